"""Bridges between two normals: what a case is, the truth, and how a measurement is judged.

The log of q**(1 - beta) p**beta is a parabola: the precision is (1 - beta) / s0**2 + beta / s1**2, and the mean is the
average of the two means with these two terms as weights.
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED, worst

PAIRS, STEPS = 3, 6


def _path(m0, s0, m1, s1, beta, power=2):
    """(means, sds) along the bridge; with ``power`` 1 the weights are one over widths instead of squared widths."""
    w0, w1 = (1 - beta) / s0**power, beta / s1**power
    return (w0 * m0 + w1 * m1) / (w0 + w1), (w0 + w1) ** (-1 / power)


def _mixture(m0, s0, m1, s1, beta):
    """(means, sds) of the mixture with weights 1 - beta and beta."""
    mean = (1 - beta) * m0 + beta * m1
    square = (1 - beta) * (s0**2 + m0**2) + beta * (s1**2 + m1**2)
    return mean, np.sqrt(square - mean**2)


def _straight(m0, s0, m1, s1, beta):
    return (1 - beta) * m0 + beta * m1, (1 - beta) * s0 + beta * s1


def _columns(case):
    return [np.asarray(case[name], float)[:, None] for name in ("m0", "s0", "m1", "s1")] + [
        np.asarray(case["beta"], float)
    ]


def reference(case):
    args = _columns(case)
    means, sds = _path(*args)
    return {
        "means": means,
        "sds": sds,
        "beta": args[4],
        "wrong": {
            "mixture": np.stack(_mixture(*args)),
            "straight": np.stack(_straight(*args)),
            "reversed": np.stack(_path(*args[:4], 1 - args[4])),
            "widths": np.stack(_path(*args, power=1)),
        },
    }


def draw(rng):
    while True:
        m0, m1 = rng.uniform(-4, 4, (2, PAIRS))
        s0, s1 = np.exp(rng.uniform(np.log(0.3), np.log(3), (2, PAIRS)))
        beta = np.sort(rng.uniform(0.03, 0.97, (PAIRS, STEPS)), axis=1)
        beta[:, 0], beta[:, -1] = 0, 1
        case = {"m0": m0, "s0": s0, "m1": m1, "s1": s1, "beta": beta}
        apart = np.diff(beta, axis=1).min() > 0.05 and np.abs(m1 - m0).min() > 2
        if apart and np.abs(np.log(s1 / s0)).min() > 0.5 and np.abs(np.log([s0, s1])).min() > 0.15 and _shown(case):
            return case


def _shown(case):
    """Whether each wrong path is a good part of a standard deviation from the right one."""
    r = reference(case)
    return all(np.abs((wrong[0] - r["means"]) / r["sds"]).max() > 0.15 for wrong in r["wrong"].values())


def _means(m, r):
    return worst((m["means"] - r["means"]) / r["sds"])


def _sds(m, r):
    return worst(m["sds"] / r["sds"] - 1)


def _close(found, wanted, unit):
    return bool(np.all(np.abs(found - wanted) < 0.01 * unit))


def _is(name):
    """looks_like: means and sds are those of a mistake."""

    def looks_like(m, r, d):
        means, sds = r["wrong"][name]
        return _close(m["means"], means, r["sds"]) and _close(m["sds"], sds, sds)

    return looks_like


def _figure(axes, m, r):
    right = _means(m, r) < 0.01 and _sds(m, r) < 0.01
    mean, sd = r["means"][0], r["sds"][0]
    x = np.linspace((mean - 4 * sd).min(), (mean + 4 * sd).max(), 400)
    for step in range(STEPS):
        height = 1 / sd[step]
        axes.fill_between(x, step, step + 0.9 * np.exp(-0.5 * ((x - mean[step]) / sd[step]) ** 2), color="0.75")
        mine, width = m["means"][0, step], m["sds"][0, step]
        if np.isfinite([mine, width]).all() and 0 < width < 100 * sd[step] and height > 0:
            bump = 0.9 * np.exp(-0.5 * ((x - mine) / width) ** 2)
            axes.plot(x, step + bump, color=BLUE if right else RED, linewidth=1.2)
    axes.set_yticks(range(STEPS), [f"{beta:.2f}" for beta in r["beta"][0]])
    axes.set(xlabel="z", ylabel="beta")
    axes.set_title(
        "The bridge is one bump that travels" if right else "Your bumps are not those of the bridge", fontsize=10
    )
    return (
        "Six bumps above each other, from beta 0 at the bottom to 1 at the top, the exact ones in grey and yours as "
        "lines. " + ("They agree." if right else "They differ.")
    )


EXERCISE = Exercise(
    title="Bridges between two normals",
    names={"bridge": "m0, s0, m1, s1, beta"},
    public=lambda: draw(np.random.default_rng(106)),
    case=draw,
    reference=reference,
    fields={"means": Field((PAIRS, STEPS), allow="inf nan"), "sds": Field((PAIRS, STEPS), allow="inf nan")},
    criteria=(
        Criterion(
            "means",
            points=2,
            compared="your means and the exact ones, in standard deviations, the worst of 18",
            distance=_means,
            needs=("means",),
            failed="The means along the bridge are not right.",
        ),
        Criterion(
            "sds",
            points=2,
            compared="your standard deviations and the exact ones, relative, the worst of 18",
            distance=_sds,
            needs=("sds",),
            failed="The standard deviations along the bridge are not right.",
        ),
    ),
    mistakes=(
        Mistake(
            "mixture",
            hint="Half way between two far bumps: is a product of powers one bump or two?",
            looks_like=_is("mixture"),
        ),
        Mistake(
            "straight line",
            hint="Multiply a sharp density by a vague one: on whose side is the product?",
            looks_like=_is("straight"),
        ),
        Mistake("reversed", hint="Which of the two densities is left at beta = 1?", looks_like=_is("reversed")),
        Mistake(
            "weights by widths",
            hint="What adds up when two normal densities are multiplied?",
            looks_like=lambda m, r, d: (
                _close(m["means"], r["wrong"]["widths"][0], r["sds"])
                and (_close(m["sds"], r["wrong"]["widths"][1], r["sds"]) or d["sds"] < 0.01)
            ),
        ),
        Mistake(
            "variance",
            hint="Is it a width or a squared width?",
            looks_like=lambda m, r, d: d["means"] < 0.01 and _close(m["sds"], r["sds"] ** 2, r["sds"] ** 2),
        ),
        Mistake(
            "precision",
            hint="Make both normals ten times as wide: should your sds grow or shrink?",
            looks_like=lambda m, r, d: (
                d["means"] < 0.01 and any(_close(m["sds"], r["sds"] ** k, r["sds"] ** k) for k in (-1, -2))
            ),
        ),
        Mistake(
            "mean not divided",
            hint="Give it two normals that are the same: is the mean theirs?",
            looks_like=lambda m, r, d: (
                d["sds"] < 0.01 and _close(m["means"], r["means"] / r["sds"] ** 2, r["sds"] + abs(r["means"]))
            ),
        ),
    ),
    near=(
        NearMiss(
            "means",
            unit="standard deviations",
            sizes=(0.002, 0.005, 0.02, 0.05),
            must=0.05,
            perturb=lambda m, r, size: {**m, "means": m["means"] + size * r["sds"]},
        ),
        NearMiss(
            "sds",
            unit="part of each sd",
            sizes=(0.002, 0.005, 0.02, 0.05),
            must=0.05,
            perturb=lambda m, r, size: {**m, "sds": m["sds"] * (1 + size)},
        ),
    ),
    figure=_figure,
)
