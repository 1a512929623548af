"""The best normal for a banana: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED, worst
from .. import banana

ROWS = 4


def _draw_row(rng):
    """One banana on which wrong answers are far from the right one: (b, s1, s2)."""
    while True:
        s1, s2 = np.exp(rng.uniform(np.log(0.5), np.log(3), 2))
        b = rng.choice([-1, 1]) * rng.uniform(0.8, 4) * s2 / s1**2
        sd1 = banana.best_normal(b, s1, s2)[0]
        if min(abs(np.log(sd1)), abs(np.log(s2)), abs(np.log(sd1 / s2))) >= 0.15:
            return b, s1, s2


def draw(rng):
    b, s1, s2 = np.array([_draw_row(rng) for _ in range(ROWS)]).T
    return {"b": b, "s1": s1, "s2": s2}


def public():
    """The lesson's banana and three others."""
    case = draw(np.random.default_rng(101))
    case["b"][0], case["s1"][0], case["s2"][0] = 0.5, 2.0, 0.5
    return case


def reference(case):
    """Right and wrong sds (4, 2) and gaps (4,)."""
    b, s1, s2 = (np.asarray(case[name], float) for name in ("b", "s1", "s2"))
    sd1, sd2, gap = banana.best_normal(b, s1, s2)
    kappa_2 = (b * s1**2 / s2) ** 2
    half, fourth = (s1 * np.sqrt(banana.root(a * kappa_2, 1.0)) for a in (2.0, 6.0))
    centred = s1 * np.sqrt(banana.root(6 * kappa_2, 1 - 2 * kappa_2))
    return {
        "b": b,
        "s1": s1,
        "s2": s2,
        "sds": np.stack([sd1, sd2], axis=1),
        "gap": gap,
        "wrong": {
            "peak": np.stack([s1, s2], axis=1),
            "target": np.stack(banana.target_sds(b, s1, s2), axis=1),
            "var": np.stack([half, s2], axis=1),
            "fourth moment": np.stack([fourth, s2], axis=1),
            "no mean": np.stack([centred, s2], axis=1),
        },
    }


def _same(found, wanted, tol=2e-3):
    """Whether all entries agree to this part of the wanted size."""
    return bool(np.all(np.abs(found - wanted) <= tol * np.abs(wanted)))


def _sds_are(*names):
    return lambda m, r, d: any(_same(m["sds"], r["wrong"][name]) for name in names)


def _gap_is(change):
    """looks_like: right sds, and the gap is what ``change`` makes of the right one."""
    return lambda m, r, d: _same(m["sds"], r["sds"]) and _same(m["gap"], change(r["gap"]))


def _figure(axes, m, r):
    b, s1, s2 = (r[name][0] for name in ("b", "s1", "s2"))
    (width, height), right = m["sds"][0], _same(m["sds"][0], r["sds"][0], 1e-3)
    reach = 3 * s1
    x1 = np.linspace(-reach, reach, 121)
    low, high = sorted((-b * s1**2, b * (reach**2 - s1**2)))
    x1, x2 = np.meshgrid(x1, np.linspace(low - 4 * s2, high + 4 * s2, 161))
    axes.contourf(x1, x2, np.exp(banana.log_density(x1, x2, b, s1, s2)), levels=8, cmap="Greys")
    angle = np.linspace(0, 2 * np.pi, 200)
    for (sd1, sd2), style in (((width, height), "-"), (r["sds"][0], ":")):
        centre = b * (sd1**2 - s1**2)
        colour = "black" if style == ":" else BLUE if right else RED
        label = "best normal" if style == ":" else "yours"
        axes.plot(sd1 * np.cos(angle), centre + sd2 * np.sin(angle), style, color=colour, label=f"{label}, one sd")
    axes.set(xlabel="x1", ylabel="x2", xlim=(-reach, reach), ylim=(low - 4 * s2, high + 4 * s2))
    axes.set_title(
        "The best normal covers the tip and gives up the arms"
        if right
        else "Your normal is not the one closest to the banana",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return "A map of a bent ridge with two ellipses, one standard deviation of your normal and of the best one. " + (
        "They agree: a small ellipse at the tip of the ridge." if right else "They differ."
    )


EXERCISE = Exercise(
    title="The best normal for a banana",
    names={"best_normal": "b, s1, s2"},
    public=public,
    case=draw,
    reference=reference,
    fields={"sds": Field((ROWS, 2), allow="inf nan"), "gap": Field((ROWS,), allow="inf nan")},
    criteria=(
        Criterion(
            "sds",
            points=3,
            compared="your standard deviations and those of the best independent normals, relative, for four bananas",
            distance=lambda m, r: worst(m["sds"] / r["sds"] - 1),
            needs=("sds",),
            failed="Your widths are not those at which the KL is least.",
        ),
        Criterion(
            "gap",
            points=2,
            compared="your gap and the KL of the best independent normals, relative, for four bananas",
            distance=lambda m, r: worst(m["gap"] / r["gap"] - 1),
            needs=("gap",),
            failed="Your gap is not the KL that is left at the best widths.",
        ),
    ),
    mistakes=(
        Mistake(
            "curvature at the peak",
            hint="Does the ridge bend within the width that you claim?",
            looks_like=_sds_are("peak"),
        ),
        Mistake(
            "sds of the target",
            hint="Are those the widths that the optimum has, or the widths that you would like it to have?",
            looks_like=_sds_are("target"),
        ),
        Mistake(
            "spread of a square",
            hint="How spread is the square of a normal draw?",
            looks_like=_sds_are("var", "fourth moment"),
        ),
        Mistake(
            "fourth moment for variance",
            hint="How spread is the square of a normal draw?",
            looks_like=_sds_are("var", "fourth moment"),
        ),
        Mistake(
            "mean of x2 left at zero",
            hint="Where does the ridge lie when x1 is kept near 0?",
            looks_like=_sds_are("no mean"),
        ),
        Mistake(
            "variances",
            hint="Is it a width or a squared width?",
            looks_like=lambda m, r, d: _same(m["sds"], r["sds"] ** 2),
        ),
        Mistake(
            "constants lost",
            hint="Make b tiny, so that the ridge is straight: does your gap go to 0?",
            looks_like=lambda m, r, d: any(_gap_is(lambda gap, more=more: gap + more)(m, r, d) for more in (0.5, 1.0)),
        ),
        Mistake(
            "half lost",
            hint="Which factor stands in front of all the terms of the KL between two normals?",
            looks_like=_gap_is(lambda gap: 2 * gap),
        ),
        Mistake("gap below zero", hint="Can a KL be below zero?", looks_like=_gap_is(lambda gap: -gap)),
    ),
    near=(
        NearMiss(
            "sds",
            unit="part of each sd",
            sizes=(2e-4, 5e-4, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "sds": m["sds"] * (1 + size)},
        ),
        NearMiss(
            "gap",
            unit="part of the gap",
            sizes=(2e-4, 5e-4, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "gap": m["gap"] * (1 + size)},
        ),
    ),
    figure=_figure,
    equivalent={
        "return (np.array([s1 * np.sqrt(r), s2]), gap) => return ([s1 * np.sqrt(r), s2], gap)": "a list of two numbers "
        "holds the same",
    },
)
