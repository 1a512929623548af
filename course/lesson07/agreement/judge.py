"""Do two sets of draws agree: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import ndtr
from scipy.stats import beta

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst

#: Four parameters: normal, log-normal, Beta, and a normal of which one chain spends a while far away.
BELL, SKEWED, SHARE, STRAYED = range(4)

CHAINS, STEPS, DRAWS = 4, 500, 2000
AWAY, WHILE = 12, 30  # sds, and steps: 30 of 2000 are 1.5 %

NAMES = ("theta", "b_perp", "bg_mean", "bg_sigma", "Q", "slope", "rate", "width", "share", "place")

#: What a mistake must change in some parameter, in the unit of the criterion.
APART = 0.15


#: What averages of one number a chain, which are as good an estimate, may change.
HARMLESS = 0.025


def draw(rng):
    """A surrogate and chains on which every mistake is ``APART`` from the truth or farther."""
    while True:
        case = _draw(rng)
        r = reference(case)
        chain_by_chain = [part.mean(axis=-1) for part in _middle(np.asarray(case["chains"], float))]
        harmless = worst(_pairs(_middle(np.asarray(case["surrogate"], float)), chain_by_chain) - r["pairs"]) < HARMLESS
        if harmless and all(np.max(np.abs(wrong - r["pairs"])) > APART for wrong in r["wrong"].values()):
            return case


def _draw(rng):
    calm = rng.uniform(0.6, 0.85, 4)[:, None]  # correlation of a draw with the next
    u = np.empty((4, CHAINS, STEPS))
    u[..., 0] = rng.normal(size=(4, CHAINS))
    for t in range(1, STEPS):
        u[..., t] = calm * u[..., t - 1] + np.sqrt(1 - calm**2) * rng.normal(size=(4, CHAINS))
    centre, narrow = rng.choice([-1, 1], (4, 1)) * rng.uniform(0.3, 0.7, (4, 1)), rng.random((4, 1)) < 0.6
    width = np.where(narrow, rng.uniform(0.6, 0.8, (4, 1)), rng.uniform(1.2, 1.35, (4, 1)))
    v = centre + width * rng.normal(size=(4, DRAWS))
    begin = rng.integers(0, STEPS - WHILE)
    u[STRAYED, rng.integers(1, CHAINS), begin : begin + WHILE] += rng.choice([-1, 1]) * AWAY
    loc, scale = rng.choice([-1, 1], 4) * rng.uniform(0.5, 3, 4), np.exp(rng.uniform(np.log(0.1), np.log(3), 4))
    a, b, spread = rng.uniform(2, 8), rng.uniform(2, 8), rng.uniform(0.7, 1.1)

    def moved(z):
        return np.stack(
            [
                loc[BELL] + scale[BELL] * z[BELL],
                np.exp(0.3 * loc[SKEWED] + spread * z[SKEWED]),
                beta(a, b).ppf(ndtr(z[SHARE])),
                loc[STRAYED] + scale[STRAYED] * z[STRAYED],
            ]
        ).astype(np.float32)

    order = rng.permutation(4)
    return {
        "names": np.array(rng.choice(NAMES, 4, replace=False), dtype="U16"),
        "surrogate": moved(v)[order],
        "chains": moved(u)[order],
        "surrogate_order": rng.permutation(4),
        "chains_order": rng.permutation(4),
    }


def _middle(x, mass=0.68):
    """Median and half of the central interval that holds ``mass`` of the draws, along the last axis."""
    low, middle, high = np.quantile(x, [(1 - mass) / 2, 0.5, (1 + mass) / 2], axis=-1)
    return middle, (high - low) / 2


def _shortest(x, mass=0.68):
    """Median and half of the shortest interval that holds ``mass`` of the draws, along the last axis."""
    inside = int(mass * x.shape[-1])
    ordered = np.sort(x, axis=-1)
    return np.median(x, axis=-1), np.min(ordered[..., inside:] - ordered[..., :-inside], axis=-1) / 2


def _pairs(surrogate, chains):
    """(shift, ratio) from (median, half-width) of both, (4, 2)."""
    return np.stack([(surrogate[0] - chains[0]) / chains[1], surrogate[1] / chains[1]], axis=-1)


def reference(case):
    """Shifts and width ratios of the four parameters, and those of every mistake, (4, 2) each."""
    surrogate, chains = (np.asarray(case[name], float) for name in ("surrogate", "chains"))
    pooled = chains.reshape(4, -1)
    mine, theirs = _middle(surrogate), _middle(pooled)
    truth = _pairs(mine, theirs)
    shift, ratio = truth.T
    return {
        "pairs": truth,
        "wrong": {
            "mean and sd": _pairs((surrogate.mean(-1), surrogate.std(-1)), (pooled.mean(-1), pooled.std(-1))),
            "unit of the surrogate": np.stack([shift / ratio, ratio], axis=-1),
            "upside down": np.stack([shift, 1 / ratio], axis=-1),
            "roles swapped": _pairs(theirs, mine),
            "sign": np.stack([-shift, ratio], axis=-1),
            "squares": np.stack([shift, ratio**2], axis=-1),
            "too wide an interval": _pairs(_middle(surrogate, 0.9), _middle(pooled, 0.9)),
            "shortest interval": _pairs(_shortest(surrogate), _shortest(pooled)),
            "whole interval": np.stack([shift / 2, ratio], axis=-1),
            "first chain only": _pairs(mine, _middle(chains[:, 0])),
            "shift without a unit": np.stack([shift * theirs[1], ratio], axis=-1),
            "relative to the median": np.stack([shift * theirs[1] / theirs[0], ratio], axis=-1),
        },
    }


def _is(name):
    """looks_like: the pairs are those of a mistake."""

    def looks_like(m, r, d):
        wrong = r["wrong"][name]
        return worst((m["pairs"] - wrong) / (1 + np.abs(wrong))) < 0.02

    return looks_like


def _figure(axes, m, r):
    wrong = int(np.sum(~(np.abs(m["pairs"] - r["pairs"]) < 0.05).all(axis=1)))
    shown = np.clip(m["pairs"], -3, 3)
    axes.plot(*r["pairs"].T, "o", color="black", fillstyle="none", markersize=9, label="exact")
    axes.plot(*shown.T, "x", color=BLUE, label="yours")
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.axhline(1, color="grey", linewidth=0.8)
    axes.set(xlabel="shift, in half-widths of the chains", ylabel="ratio of the widths")
    axes.set_title(
        "You see where each surrogate sits and how wide it is" if not wrong else f"{wrong} of your 4 pairs are off",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return f"Ratio of the widths against the shift for four parameters, exact and yours. {wrong} of the pairs are off."


def _moved(m, row, column, size):
    pairs = np.array(m["pairs"], float)
    pairs[row, column] += size
    return {**m, "pairs": pairs}


EXERCISE = Exercise(
    title="Do two sets of draws agree?",
    names={"agreement": "surrogate, chains"},
    public=lambda: draw(np.random.default_rng(76)),
    case=draw,
    reference=reference,
    fields={"pairs": Field((4, 2), allow="inf nan")},
    criteria=(
        Criterion(
            "shift",
            points=3,
            compared="your shift and the exact one, in half-widths of the chains, the worst of four parameters",
            distance=lambda m, r: worst((m["pairs"] - r["pairs"])[:, 0]),
            needs=("pairs",),
            failed="A shift is not the distance of the two medians in half-widths of the chains.",
        ),
        Criterion(
            "ratio",
            points=3,
            compared="your ratio of the widths and the exact one, the worst of four parameters",
            distance=lambda m, r: worst((m["pairs"] - r["pairs"])[:, 1]),
            needs=("pairs",),
            failed="A ratio is not the surrogate's half-width over that of the chains.",
        ),
    ),
    mistakes=(
        Mistake(
            "mean and sd",
            hint="Move one draw in a hundred very far away: what happens to your numbers?",
            looks_like=_is("mean and sd"),
        ),
        Mistake(
            "unit of the surrogate",
            hint="By whose width do you measure, that of the chains or that of the surrogate?",
            looks_like=_is("unit of the surrogate"),
        ),
        Mistake(
            "upside down",
            hint="Is the ratio of a surrogate that is too narrow above 1 or below?",
            looks_like=_is("upside down"),
        ),
        Mistake(
            "roles swapped",
            hint="Which of the two is under test, and which is the ruler?",
            looks_like=_is("roles swapped"),
        ),
        Mistake("sign", hint="If the surrogate lies too high, is your shift positive?", looks_like=_is("sign")),
        Mistake("squares", hint="If a surrogate is twice as wide, is your ratio 2 or 4?", looks_like=_is("squares")),
        Mistake(
            "too wide an interval",
            hint="How much of the draws lies between your two ends?",
            looks_like=_is("too wide an interval"),
        ),
        Mistake(
            "shortest interval",
            hint="Does your interval leave out as many draws below it as above?",
            looks_like=_is("shortest interval"),
        ),
        Mistake("whole interval", hint="Is it the interval or half of it that is 1?", looks_like=_is("whole interval")),
        Mistake(
            "first chain only", hint="How many draws have the chains together?", looks_like=_is("first chain only")
        ),
        Mistake(
            "shift without a unit",
            hint="Does your shift change when the parameter is given in other units?",
            looks_like=_is("shift without a unit"),
        ),
        Mistake(
            "relative to the median",
            hint="What would your shift be if the median of the chains were 0?",
            looks_like=_is("relative to the median"),
        ),
    ),
    near=(
        NearMiss(
            "shift",
            unit="half-widths",
            sizes=(0.02, 0.05, 0.08, 0.15),
            must=0.15,
            perturb=lambda m, r, size: _moved(m, 1, 0, size),
        ),
        NearMiss(
            "ratio",
            unit="error of one ratio",
            sizes=(0.02, 0.05, 0.08, 0.18),
            must=0.18,
            perturb=lambda m, r, size: _moved(m, 2, 1, size),
        ),
    ),
    figure=_figure,
)
