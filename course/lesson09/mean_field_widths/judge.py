"""Widths of mean field in a hierarchy: what a case is, the truth, and how a measurement is judged.

J groups, y_j ~ N(theta_j, s**2), theta_j ~ N(mu, tau**2), flat priors on mu and ln tau. At the optimum
of independent normals the average of sum (theta_j - mu)**2 is J tau**2, and for many groups

    width          all else fixed            all else integrated out
    mu             tau / sqrt(J)             sqrt((s**2 + tau**2) / J)
    ln tau         1 / sqrt(2 J)             (s**2 + tau**2) / (sqrt(2 J) tau**2)

the right column from y_j ~ N(mu, s**2 + tau**2). Given mu and tau the theta_j are independent anyway, so the
gap is the log of the product of both ratios, -1.5 ln(1 - B) with B = s**2 / (s**2 + tau**2). ``route.py``
finds all of it by optimisation and quadrature.
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, RED, worst

ROWS = 12
COLUMNS = ("mu_slice", "mu_shadow", "lntau_slice", "lntau_shadow", "gap")


def draw_widths_case(rng):
    """Twelve rows of (noise, tau, n_groups), with the shrinkage factor B between .17 and .83."""
    noise = np.exp(rng.uniform(np.log(0.3), np.log(20), ROWS))
    tau = noise * np.exp(rng.uniform(np.log(0.45), np.log(2.2), ROWS))
    return {"noise": noise, "tau": tau, "n_groups": rng.integers(200, 1001, ROWS)}


def exact_widths(noise, tau, n_groups):
    """(12, 5): the columns of COLUMNS."""
    kept = tau**2 / (noise**2 + tau**2)  # 1 - B
    mu_slice, lntau_slice = tau / np.sqrt(n_groups), 1 / np.sqrt(2 * n_groups)
    return np.stack([mu_slice, mu_slice / np.sqrt(kept), lntau_slice, lntau_slice / kept, -1.5 * np.log(kept)], axis=1)


def widths_reference(case):
    noise, tau, n_groups = (np.asarray(case[name], float) for name in ("noise", "tau", "n_groups"))
    widths = exact_widths(noise, tau, n_groups)
    return {"widths": widths, "noise": noise, "tau": tau, "n_groups": n_groups, "kept": tau**2 / (noise**2 + tau**2)}


def off(*columns):
    """Distance: the largest relative error of these columns."""
    chosen = [COLUMNS.index(column) for column in columns]
    return lambda m, r: worst(m["widths"][:, chosen] / r["widths"][:, chosen] - 1)


def shows(**wanted):
    """looks_like: these columns are wrong as ``wanted(reference)`` says, and no other is wrong."""

    def looks_like(m, r, d):
        expected = r["widths"].copy()
        for column, value in wanted.items():
            expected[:, COLUMNS.index(column)] = value(r)
        return worst(m["widths"] / expected - 1) < 0.01

    return looks_like


def any_of(*tests):
    return lambda m, r, d: any(test(m, r, d) for test in tests)


def column(name):
    """The exact column."""
    return lambda r: r["widths"][:, COLUMNS.index(name)]


def times(name, factor):
    """The exact column, multiplied by ``factor(reference)``."""
    return lambda r: column(name)(r) * factor(r)


_EXCHANGED = {
    "mu": {"mu_slice": column("mu_shadow"), "mu_shadow": column("mu_slice")},
    "lntau": {"lntau_slice": column("lntau_shadow"), "lntau_shadow": column("lntau_slice")},
}
_ROOT_GAP = {"gap": lambda r: -np.log(r["kept"])}
_B_GAP = {"gap": lambda r: -1.5 * np.log(1 - r["kept"])}
_B_SHADOW = {"lntau_shadow": lambda r: column("lntau_slice")(r) / (1 - r["kept"])}
_ROOT_SHADOW = {"lntau_shadow": times("lntau_shadow", lambda r: np.sqrt(r["kept"]))}
_SMALLER = {name: times(name, lambda r: np.sqrt(r["n_groups"])) for name in COLUMNS[:4]}
_SAME = {"lntau_shadow": column("lntau_slice")}
_MU_GAP = {"gap": lambda r: -0.5 * np.log(r["kept"])}


def widths_figure(axes, m, r):
    """Part of the exact width that independent normals have, against the shrinkage factor."""
    factor, curve = 1 - r["kept"], np.linspace(0.1, 0.9)
    with np.errstate(all="ignore"):
        mu, lntau = m["widths"][:, 0] / m["widths"][:, 1], m["widths"][:, 2] / m["widths"][:, 3]
    right = off(*COLUMNS[:4])(m, r) < 0.01
    axes.plot(curve, np.sqrt(1 - curve), color="black", linewidth=1, label="mu")
    axes.plot(curve, 1 - curve, color="black", linewidth=1, linestyle="--", label="ln tau")
    axes.plot(factor, mu, "o", color=BLUE if right else RED, label="yours, mu")
    axes.plot(factor, lntau, "s", color=ORANGE if right else RED, label="yours, ln tau")
    axes.set_xlabel("shrinkage factor B", fontsize=8)
    axes.set_ylabel("slice over shadow", fontsize=8)
    axes.set_title(
        "The more you shrink, the more independent normals overclaim"
        if right
        else "Your widths are not those of slice and shadow",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        "The width of the slice over that of the shadow, against the shrinkage factor, as two falling curves, one for "
        "mu and a steeper one for ln tau, with your twelve rows as marks. "
        + ("The marks lie on the curves." if right else "Some of your widths are not the right ones.")
    )


EXERCISE = Exercise(
    title="Widths of independent normals in a hierarchy",
    names={"mean_field_widths": "noise, tau, n_groups"},
    public=lambda: draw_widths_case(np.random.default_rng(93)),
    case=draw_widths_case,
    reference=widths_reference,
    fields={"widths": Field((ROWS, 5), allow="inf nan")},
    criteria=(
        Criterion(
            "mu",
            points=1,
            compared="your two widths of mu and the exact ones, relative, twelve rows",
            distance=off("mu_slice", "mu_shadow"),
            needs=("widths",),
            failed="Your slice and shadow of mu are not those of the text.",
        ),
        Criterion(
            "slice of ln tau",
            points=2,
            compared="your lntau_slice and the exact one, relative, twelve rows",
            distance=off("lntau_slice"),
            needs=("widths",),
            failed="Your lntau_slice is not the width of ln tau with mu and all theta held fixed.",
        ),
        Criterion(
            "shadow of ln tau",
            points=2,
            compared="your lntau_shadow and the exact one, relative, twelve rows",
            distance=off("lntau_shadow"),
            needs=("widths",),
            failed="Your lntau_shadow is not the width of ln tau with all theta integrated out.",
        ),
        Criterion(
            "gap",
            points=2,
            compared="your gap and the exact one, relative, twelve rows",
            distance=off("gap"),
            needs=("widths",),
            failed="Your gap is not what the independent normals lose.",
        ),
    ),
    mistakes=(
        Mistake(
            "slice and shadow exchanged",
            hint="Which of the two widths holds the others fixed, and which is the larger?",
            looks_like=any_of(
                shows(**_EXCHANGED["mu"], **_EXCHANGED["lntau"]),
                shows(**_EXCHANGED["mu"], **_EXCHANGED["lntau"], gap=times("gap", lambda r: -np.ones(ROWS))),
                *(shows(**exchanged) for exchanged in _EXCHANGED.values()),
            ),
        ),
        Mistake(
            "B for 1 - B",
            hint="Groups measured without noise: how much wider than the slice should the shadow be?",
            looks_like=any_of(shows(**_B_SHADOW, **_B_GAP), shows(**_B_GAP), shows(**_B_SHADOW)),
        ),
        Mistake(
            "root in ln tau",
            hint="The derivative of s**2 + e**(2u) in u, squared: which power of tau**2 / (s**2 + tau**2) is that?",
            looks_like=any_of(shows(**_ROOT_SHADOW, **_ROOT_GAP), shows(**_ROOT_SHADOW)),
        ),
        Mistake(
            "no two",
            hint="What is the second derivative of exp(-2u)?",
            looks_like=any_of(
                shows(
                    lntau_slice=times("lntau_slice", lambda r: np.sqrt(2)),
                    lntau_shadow=times("lntau_shadow", lambda r: np.sqrt(2)),
                ),
                shows(lntau_slice=times("lntau_slice", lambda r: np.sqrt(2))),
                shows(
                    lntau_slice=times("lntau_slice", lambda r: np.sqrt(2)),
                    gap=lambda r: column("gap")(r) - np.log(2) / 2,
                ),
            ),
        ),
        Mistake(
            "sd of tau",
            hint="Count the noise in other units: may the width of a logarithm change?",
            looks_like=any_of(
                shows(
                    lntau_slice=times("lntau_slice", lambda r: r["tau"]),
                    lntau_shadow=times("lntau_shadow", lambda r: r["tau"]),
                ),
            ),
        ),
        Mistake(
            "noise alone",
            hint="If every group were measured perfectly, would you know mu exactly?",
            looks_like=any_of(
                shows(mu_shadow=lambda r: r["noise"] / np.sqrt(r["n_groups"])),
                shows(
                    mu_shadow=lambda r: r["noise"] / np.sqrt(r["n_groups"]),
                    gap=lambda r: np.log(r["noise"] / r["tau"]) - np.log(r["kept"]),
                ),
            ),
        ),
        Mistake(
            "variances",
            hint="Is it a width or a squared width?",
            looks_like=any_of(
                shows(**{name: (lambda r, name=name: column(name)(r) ** 2) for name in COLUMNS[:4]}),
                shows(
                    **{name: (lambda r, name=name: column(name)(r) ** 2) for name in COLUMNS[:4]},
                    gap=times("gap", lambda r: 2),
                ),
            ),
        ),
        Mistake(
            "one group",
            hint="With four times as many groups, what happens to the widths?",
            looks_like=shows(**_SMALLER),
        ),
        Mistake(
            "theta costs nothing",
            hint="Integrating theta out costs mu some certainty: and ln tau none?",
            looks_like=any_of(shows(**_SAME, **_MU_GAP), shows(**_SAME)),
        ),
        Mistake(
            "gap of mu alone",
            hint="How many of your widths are narrower than they should be?",
            looks_like=shows(**_MU_GAP),
        ),
        Mistake(
            "gap of ln tau alone",
            hint="How many of your widths are narrower than they should be?",
            looks_like=shows(**_ROOT_GAP),
        ),
        Mistake(
            "gap halved",
            hint="The half in lesson 6 stood before logs of precisions: how does a precision go with a width?",
            looks_like=shows(gap=times("gap", lambda r: 0.5)),
        ),
    ),
    near=(
        NearMiss(
            "widths of mu",
            unit="part of each width",
            sizes=(3e-3, 0.01, 0.02, 0.04),
            must=0.04,
            perturb=lambda m, r, size: {**m, "widths": m["widths"] * (1 + size * np.array([1, 1, 0, 0, 0]))},
        ),
        NearMiss(
            "width of ln tau",
            unit="part of each width",
            sizes=(3e-3, 0.01, 0.02, 0.04),
            must=0.04,
            perturb=lambda m, r, size: {**m, "widths": m["widths"] * (1 - size * np.array([0, 0, 0, 1, 0]))},
        ),
        NearMiss(
            "gap",
            unit="part of the gap",
            sizes=(3e-3, 0.01, 0.02, 0.04),
            must=0.04,
            perturb=lambda m, r, size: {**m, "widths": m["widths"] * (1 + size * np.array([0, 0, 0, 0, 1]))},
        ),
    ),
    figure=widths_figure,
)
