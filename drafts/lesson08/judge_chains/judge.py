"""Which chains can be trusted: what a case is, the truth, and how a measurement is judged.

The sets of draws are autoregressions: with a coefficient a, a draw is worth (1 - a) / (1 + a) independent ones.
"""

import numpy as np
from scipy.signal import lfilter

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, worst
from .. import diagnostics

CHAINS, DRAWS, PARAMETERS = 4, 1000, 3

#: Two sets of each kind in a case, in random order.
KINDS = ("good", "tired", "stuck", "drift", "jump", "copies")
GOOD, TIRED, STUCK, DRIFT, JUMP, COPIES = range(6)

#: What is asked: R-hat below and ESS at least.
MAX_RHAT, MIN_ESS = 1.05, 400

#: Sets of a case lie clear of these limits, by every estimator.
CLEARLY_GOOD, CLEARLY_TIRED, CLEARLY_APART = (1.02, 700), (1.035, 220), 1.12

#: Where chains disagree, an ESS above this does not know of it. The usual ones give a few dozen.
APART_ESS = 700

#: Of one of the sets that are stuck the average of R-hat over the parameters is no larger.
SLIGHT = 1.047


def _chains(rng, a):
    """Autoregressions with coefficients a and standard deviation 1, (4, 1000, 3)."""
    noise = rng.normal(size=(CHAINS, 100 + DRAWS, PARAMETERS))
    return np.stack(
        [lfilter([np.sqrt(1 - c**2)], [1, -c], noise[..., i], axis=1)[:, 100:] for i, c in enumerate(a)], axis=-1
    )


def _set(rng, kind, bad, slight):
    """One set of draws; what is wrong with it shows in parameter ``bad`` only, and not much if ``slight``."""
    a = rng.uniform(0, 0.6, PARAMETERS)
    if kind == TIRED:
        a[bad] = rng.uniform(0.885, 0.925)
    draws, chain = _chains(rng, a), rng.integers(CHAINS)
    if kind == STUCK:
        draws[chain, :, bad] += rng.choice([-1, 1]) * (rng.uniform(1.05, 1.25) if slight else rng.uniform(1.3, 3))
    if kind == DRIFT:
        draws[:, :, bad] += rng.choice([-1, 1]) * rng.uniform(2.7, 5) * np.linspace(-0.5, 0.5, DRAWS)
    if kind == JUMP:
        half = slice(0, DRAWS // 2) if rng.integers(2) else slice(DRAWS // 2, None)
        draws[chain, half, bad] += rng.choice([-1, 1]) * rng.uniform(2, 4)
    return draws


def _is_clear(draws, kind, bad, slight):
    """Whether all estimators find a set clearly what it is meant to be.

    Drifts show in the average of R-hat over the parameters too, slight differences do not.
    """
    by_parameter = np.moveaxis(draws, -1, 0)
    rhat = np.stack([diagnostics.split_rhat(by_parameter), diagnostics.rank_rhat(by_parameter)])
    ess = np.stack([diagnostics.ess(by_parameter), diagnostics.bulk_ess(by_parameter)])
    others = np.arange(PARAMETERS) != bad if kind not in (GOOD, COPIES) else np.full(PARAMETERS, True)
    if not (rhat[:, others].max() <= CLEARLY_GOOD[0] and ess[:, others].min() >= CLEARLY_GOOD[1]):
        return False
    if kind == TIRED:
        return rhat[:, bad].max() <= CLEARLY_TIRED[0] and ess[:, bad].max() <= CLEARLY_TIRED[1]
    if kind == DRIFT and rhat.mean(axis=1).min() < 1.053:
        return False
    if kind == STUCK and slight and rhat.mean(axis=1).max() > SLIGHT:
        return False
    if kind in (STUCK, DRIFT, JUMP):
        return rhat[:, bad].min() >= CLEARLY_APART and ess[:, bad].max() <= 300
    return True


def draw(rng):
    """Twelve sets of draws, two of each kind; the two of a kind have their fault in different parameters.

    Of the copies one set has two equal chains, no neighbours and not the first, the other has four.
    """
    kinds = rng.permutation(np.repeat(np.arange(len(KINDS)), 2))
    places = {kind: iter(rng.permutation(PARAMETERS)[:2]) for kind in range(len(KINDS))}
    bad = np.array([next(places[kind]) for kind in kinds])
    faulty = (kinds != GOOD) & (kinds != COPIES)
    if len(np.unique(bad[faulty])) < PARAMETERS:
        return draw(rng)
    one_of_two = {kind: iter(rng.permutation([True, False])) for kind in (STUCK, COPIES)}
    sets = []
    for kind, place in zip(kinds, bad):
        loc, scale = rng.normal(size=PARAMETERS) * 10, np.exp(rng.uniform(-2, 2, PARAMETERS))
        slight = kind in one_of_two and next(one_of_two[kind])
        while True:
            draws = _set(rng, kind, place, slight)
            if kind == COPIES:
                draws[3 if slight else slice(None)] = draws[1].copy()
            if _is_clear(draws, kind, place, slight):
                break
        sets.append(np.round(loc + scale * draws, 4))
    return {"draws": np.stack(sets).astype(np.float32), "kind": kinds, "bad": bad}


def reference(case):
    """R-hat and ESS of each parameter by two estimators each, (12, 3), and those of the mistakes."""
    draws = np.moveaxis(np.asarray(case["draws"], float), -1, 1)
    kind = np.asarray(case["kind"])
    rhat, rank = diagnostics.split_rhat(draws), diagnostics.rank_rhat(draws)
    ess, bulk = diagnostics.ess(draws), diagnostics.bulk_ess(draws)
    alone = diagnostics.ess(draws[:, :, :, None, :])
    return {
        "kind": kind,
        "bad": np.asarray(case["bad"]),
        "low": np.minimum(rhat, rank),
        "high": np.maximum(rhat, rank),
        "rhat": rhat,
        "whole": diagnostics.ratio(draws),
        "ess": np.sqrt(ess * bulk),
        "alone": alone.sum(axis=2),
        "first": alone[:, :, 0],
    }


def _agrees(r):
    """Entries of parameters on which the chains agree, in sets without copies, (12, 3)."""
    return (r["high"] < MAX_RHAT) & (r["kind"] != COPIES)[:, None]


def _rhat(m, r):
    """How far R-hat lies outside the two estimators' interval, in parts of .02 + .3 (R - 1); no copies."""
    outside = np.maximum(r["low"] - m["rhat"], m["rhat"] - r["high"]) / (0.02 + 0.3 * (r["high"] - 1))
    return max(0.0, float(outside[r["kind"] != COPIES].max()))


def _ess(m, r):
    """Largest absolute ln of the ratio to the truth where chains agree."""
    return worst(np.log(m["ess"] / r["ess"])[_agrees(r)])


def _ess_apart(m, r):
    """ESS where chains disagree, the largest; infinite unless the others are nearly right."""
    apart = (r["low"] >= MAX_RHAT) & (r["kind"] != COPIES)[:, None]
    largest = float(m["ess"][apart].max()) if np.all(m["ess"][apart] >= 0) else np.nan
    return largest if _ess(m, r) < 1.5 else np.inf


def _misjudged(m, kind, r):
    return int(np.sum(~(m["trust"] == float(kind == GOOD))[r["kind"] == kind]))


def _verdict(kind):
    """Number of sets of a kind that are misjudged; who says the same of all sets has judged none."""

    def distance(m, r):
        wrong = _misjudged(m, kind, r)
        if kind == GOOD:
            return wrong if min(_misjudged(m, other, r) for other in range(1, len(KINDS))) == 0 else np.inf
        return wrong if _misjudged(m, GOOD, r) == 0 else np.inf

    return distance


def _numbers_right(d):
    return d["rhat"] <= 1 and d["ESS"] <= 1 and d["ESS of chains apart"] <= APART_ESS


def _trusts(*kinds):
    """looks_like: numbers right, and only sets of ``kinds`` are trusted wrongly, all those of the first."""

    def looks_like(m, r, d):
        wrong = [_misjudged(m, kind, r) for kind in range(len(KINDS))]
        others = [count for kind, count in enumerate(wrong) if kind not in kinds]
        return _numbers_right(d) and wrong[kinds[0]] == 2 and sum(others) == 0

    return looks_like


def _one_parameter(m, r, d):
    """Numbers right, and the verdicts are those of one parameter, the same in all sets."""
    judged = r["kind"] != COPIES
    said = [((r["kind"] == GOOD) | (r["bad"] != place))[judged] for place in range(PARAMETERS)]
    return _numbers_right(d) and any(np.all(m["trust"][judged] == verdicts) for verdicts in said)


def _best_parameter(m, r, d):
    """Numbers right, and whatever is no copy is trusted: some parameter of each set is in order."""
    return _numbers_right(d) and bool(np.all(m["trust"][r["kind"] != COPIES] == 1))


def _mean_of_parameters(m, r, d):
    """Numbers right, and the verdicts are those of R-hat and ESS averaged over the parameters."""
    judged = r["kind"] != COPIES
    said = (r["rhat"].mean(axis=1) < MAX_RHAT) & (r["ess"].mean(axis=1) >= MIN_ESS)
    return _numbers_right(d) and bool(np.all((m["trust"] == said)[judged]))


def _close(mine, other, limit):
    return worst(np.log(mine / other)) < limit


def _not_split(m, r, d):
    calm = r["kind"] != COPIES
    return worst((m["rhat"] - r["whole"])[calm]) < 0.02 and d["rhat"] > 1


def _squared(m, r, d):
    apart = _apart(r)
    return _close(m["rhat"][apart], r["rhat"][apart] ** 2, 0.03) and d["rhat"] > 1


def _apart(r):
    return (r["low"] >= MAX_RHAT) & (r["kind"] != COPIES)[:, None]


def _number_of_draws(m, r, d):
    return bool(np.all(m["ess"] == m["ess"][0, 0]) and m["ess"][0, 0] in (CHAINS * DRAWS, DRAWS))


def _chain_by_chain(m, r, d):
    return (
        d["ESS"] <= 1 and worst(np.log(m["ess"] / r["alone"])[_apart(r)]) < 0.8 and d["ESS of chains apart"] > APART_ESS
    )


def _one_chain(m, r, d):
    """A quarter of the ESS, that of one chain or of the average chain."""
    where = _agrees(r)
    return abs(float(np.median(np.log(4 * m["ess"] / r["ess"])[where]))) < 0.25 and d["ESS"] > 1


def _figure(axes, m, r):
    """R-hat and ESS of the worst parameter of each set, the learner's, with the verdicts."""
    wrong = sum(_misjudged(m, kind, r) for kind in range(len(KINDS)))
    rhat = np.clip(np.nan_to_num(m["rhat"].max(axis=1), nan=10.0), 1 + 1e-4, 10)
    ess = np.clip(np.nan_to_num(m["ess"].min(axis=1), nan=1.0), 1, 1e5)
    for said, colour, marker, label in ((1, BLUE, "o", "you trust them"), (0, ORANGE, "s", "you don't")):
        shown = m["trust"] == said
        axes.plot(rhat[shown] - 1, ess[shown], marker, color=colour, label=label)
        for a, b, kind in zip(rhat[shown] - 1, ess[shown], r["kind"][shown]):
            axes.annotate(KINDS[kind], (a, b), (4, 3), textcoords="offset points", fontsize=7)
    axes.axvline(MAX_RHAT - 1, color="grey", linewidth=0.8)
    axes.axhline(MIN_ESS, color="grey", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set(xlabel="your largest R-hat, less 1", ylabel="your smallest ESS")
    axes.set_title(
        "Chains may agree, and their draws be worth little" if not wrong else f"{wrong} of 12 sets misjudged",
        fontsize=10,
    )
    if np.any(np.isin(m["trust"], (0, 1))):
        axes.legend(fontsize=8)
    return (
        "Smallest ESS against largest R-hat of twelve sets of chains, with their kinds and your verdicts. "
        f"{wrong} of the twelve are misjudged."
    )


def _moved_rhat(m, r, size):
    rhat = np.array(m["rhat"])
    i = int(np.flatnonzero(r["kind"] == GOOD)[0])
    rhat[i, 0] = r["high"][i, 0] + size
    return {**m, "rhat": rhat}


def _moved_ess(m, r, size):
    ess = np.array(m["ess"])
    i = int(np.flatnonzero(r["kind"] == GOOD)[0])
    ess[i, 0] = r["ess"][i, 0] * size
    return {**m, "ess": ess}


_VERDICTS = {
    GOOD: "You refuse chains that are in order, or trust all.",
    TIRED: "You trust chains that agree, but whose draws are worth too few, or refuse good ones.",
    STUCK: "You trust chains of which one is somewhere else, or refuse good ones.",
    DRIFT: "You trust chains that are still on their way, all together, or refuse good ones.",
    JUMP: "You trust chains of which one spent half of its time elsewhere, or refuse good ones.",
    COPIES: "You trust chains of which one is the copy of another, or refuse good ones.",
}
_COMPARED = {
    GOOD: "chains in order that you refuse, of two sets; counts if you see through one other kind",
    TIRED: "sets with one parameter that hardly moves, which you trust, of two; counts if you trust the good ones",
    STUCK: "sets with one chain elsewhere, which you trust, of two; counts if you trust the good ones",
    DRIFT: "sets with all chains still moving, which you trust, of two; counts if you trust the good ones",
    JUMP: "sets with half a chain elsewhere, which you trust, of two; counts if you trust the good ones",
    COPIES: "sets with a chain that is a copy, which you trust, of two; counts if you trust the good ones",
}

#: Statements of the solution.
STACK = "different = len(np.unique(draws.reshape(len(draws), {}), axis=0))"
R_HAT, ESS, DIFFERENT = "np.max(rhat) < 1.05", "np.min(ess) >= 400", "different == len(draws)"


def _verdict_becomes(rhat, ess):
    """What ``svi-course mutate`` calls a change of the limits."""
    before = f"return (rhat, ess, {R_HAT} and {ESS} and ({DIFFERENT}))"
    if not rhat:
        return f"{before} => return (rhat, ess, {ess} and {DIFFERENT})"
    return f"{before} => return (rhat, ess, {rhat} and {ess} and ({DIFFERENT}))"


_KNOWS = "where an R-hat is large, the ESS of all chains together is small"
_NEAR = "formulas of ESS differ by more than that"
_SAME_VERDICT = {
    ("", ESS): _KNOWS,
    ("np.max(rhat) <= 1.05", ESS): "no R-hat is exactly 1.05",
    ("np.min(rhat) < 1.05", ESS): _KNOWS,
    ("np.max(rhat) < 2.1", ESS): _KNOWS,
    ("np.max(rhat) < 2.05", ESS): _KNOWS,
    (R_HAT, "np.min(ess) > 400"): "no ESS is exactly 400",
    (R_HAT, "np.min(ess) >= 401"): _NEAR,
    (R_HAT, "np.min(ess) >= 399"): _NEAR,
}

EXERCISE = Exercise(
    title="Which chains can be trusted",
    names={"judge_chains": "draws"},
    public=lambda: draw(np.random.default_rng(83)),
    case=draw,
    reference=reference,
    fields={
        "rhat": Field((12, PARAMETERS), allow="inf nan"),
        "ess": Field((12, PARAMETERS), allow="inf nan"),
        "trust": Field((12,), allow="nan"),
    },
    criteria=(
        Criterion(
            "rhat",
            points=2,
            compared="how far your R-hat lies outside what two usual formulas give, in parts of "
            "0.02 + 0.3 (R - 1); the worst of ten sets without copies",
            distance=_rhat,
            needs=("rhat",),
            failed="An R-hat is not the one that compares the eight half chains.",
        ),
        Criterion(
            "ESS",
            points=2,
            compared="your ESS and the usual one where chains agree, ln of their ratio, the worst",
            distance=_ess,
            needs=("ess",),
            failed="An ESS is off by more than a factor of 3, where the chains agree.",
        ),
        Criterion(
            "ESS of chains apart",
            points=1,
            compared="your largest ESS where chains don't agree; counts if the others are nearly right",
            distance=_ess_apart,
            needs=("ess",),
            failed="Where chains disagree, their draws can't be worth many independent ones.",
        ),
        *(
            Criterion(
                KINDS[kind],
                points=1,
                compared=_COMPARED[kind],
                distance=_verdict(kind),
                needs=("trust",),
                failed=_VERDICTS[kind],
            )
            for kind in range(len(KINDS))
        ),
    ),
    mistakes=(
        Mistake(
            "not split",
            hint="If all chains drift together, does your R-hat find that they disagree?",
            looks_like=_not_split,
        ),
        Mistake(
            "variances",
            hint="Is R-hat a ratio of variances, or of standard deviations?",
            looks_like=_squared,
        ),
        Mistake(
            "R-hat alone",
            hint="Chains may agree: about how many independent draws is their agreement?",
            looks_like=_trusts(TIRED),
        ),
        Mistake("number of draws", hint="Is every draw of a chain news?", looks_like=_number_of_draws),
        Mistake(
            "chain by chain",
            hint="Does your ESS know what the other chains say?",
            looks_like=_chain_by_chain,
        ),
        Mistake("one chain", hint="Of how many chains does your ESS count the draws?", looks_like=_one_chain),
        Mistake(
            "mean of the parameters",
            hint="If one parameter is bad and two are good, which one decides?",
            looks_like=_mean_of_parameters,
        ),
        Mistake(
            "one parameter",
            hint="How many parameters have you looked at?",
            looks_like=_one_parameter,
        ),
        Mistake(
            "best parameter",
            hint="Must all parameters be in order, or is one enough?",
            looks_like=_best_parameter,
        ),
        Mistake(
            "copies not looked for",
            hint="Can chains agree too well?",
            looks_like=_trusts(COPIES),
        ),
        Mistake(
            "not all pairs",
            hint="How many pairs can be made of four chains?",
            looks_like=lambda m, r, d: (
                _numbers_right(d) and [_misjudged(m, kind, r) for kind in range(len(KINDS))] == [0, 0, 0, 0, 0, 1]
            ),
        ),
    ),
    near=(
        NearMiss(
            "rhat",
            unit="above the usual R-hat of one parameter",
            sizes=(0.01, 0.02, 0.03, 0.07, 0.1),
            must=0.1,
            perturb=_moved_rhat,
        ),
        NearMiss(
            "ESS",
            unit="times the usual ESS of one parameter",
            sizes=(1.5, 2, 4, 10, 30),
            must=30,
            perturb=_moved_ess,
        ),
    ),
    figure=_figure,
    equivalent={
        f"{STACK.format(-1)} => {STACK.format(-2)}": "any negative number stands for what is left",
        **{_verdict_becomes(*change): why for change, why in _SAME_VERDICT.items()},
    },
)
