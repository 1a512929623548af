"""Runs that found several bumps, in one mixture: what a case is, the truth, and how a measurement is judged.

For components that do not overlap the ELBO of a mixture is sum_k w_k (ELBO_k - ln w_k) = ln S - KL(w || e^ELBO / S)
with S the sum of e^ELBO_k: largest at w = softmax(ELBO), where it is ln S.
"""

import numpy as np
from scipy.special import logsumexp, softmax

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst

SETS, RUNS, MOST = 3, 8, 4

#: Corners of a square on which the bumps sit: some pairs differ in one coordinate only, and two bumps in the second.
CORNERS = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])

#: The line of the solution that decides whether a run found a new bump.
LINE = "if all((np.max(np.abs(means[i] - means[j]) / sds[j]) > 3 for j in kept)):"

#: What a mistake must change in some set: weight of a bump, or nats.
APART = 0.1


def draw(rng):
    """Three sets of runs on which every mistake is ``APART`` from the truth or farther."""
    while True:
        case = _draw(rng)
        r = reference(case)
        if np.abs(r["elbo"]).min() < 2:
            continue
        far = [
            _off(wrong["modes"], r["modes"]) > APART or _off(wrong["elbo"], r["elbo"]) > APART
            for wrong in r["wrong"].values()
        ]
        if all(far) and _off(r["wrong"]["share of the runs"]["modes"], r["modes"]) > 0.2:
            return case


def _off(mine, other):
    return float(np.max(np.abs(mine - other)))


def _draw(rng):
    case = {"elbos": np.empty((SETS, RUNS)), "means": np.empty((SETS, RUNS, 2)), "sds": np.empty((SETS, RUNS, 2))}
    modes = rng.permutation([2, 3, 4])
    scales = rng.permutation([0.001, 1, 2000]) * np.exp(rng.uniform(-0.5, 0.5, SETS))
    offsets = rng.permutation([rng.uniform(10, 40), rng.uniform(10, 40), rng.uniform(800, 1500)])
    offsets *= rng.choice([-1, 1], SETS)
    for i, (count, scale, offset) in enumerate(zip(modes, scales, offsets)):
        masses = rng.dirichlet(np.full(count, 2.0))
        while masses.min() < 0.08:
            masses = rng.dirichlet(np.full(count, 2.0))
        best = offset + np.log(masses) - rng.uniform(0, 0.6, count)  # a normal is not the shape of a bump
        unit = scale * np.exp(rng.uniform(-1, 1) * np.array([0.5, -0.5]) * np.log(9))
        sds = unit * rng.uniform(0.6, 1.6, (count, 2))
        found = np.array([*range(count), *rng.integers(0, count, RUNS - count)])
        if count == 3:  # one bump is much wider than the others, and found three times or more
            sds[:2], found[3:5] = sds[:2] / 60, 2
        found, turned = rng.permutation(found), rng.choice([-1, 1], 2)
        centres = rng.normal(0, 3, 2) * unit + unit * rng.uniform(14, 30) * CORNERS[:count] * turned
        case["elbos"][i] = best[found] - rng.uniform(0, 0.01, RUNS)
        case["means"][i] = centres[found] + sds[found] * rng.uniform(-0.08, 0.08, (RUNS, 2))
        case["sds"][i] = sds[found] * rng.uniform(0.97, 1.03, (RUNS, 2))
        often = np.flatnonzero(np.bincount(found, minlength=count) > 1)
        poor = rng.choice(np.flatnonzero(np.isin(found, often)))  # one run of a bump that others fitted better
        case["elbos"][i, poor] -= rng.uniform(0.4, 1.2)
    return case


def labels_of(means, sds, columns=slice(None), unit=True):
    """Number of the bump of each run, (RUNS,): runs within 3 sds of each other, or within 1 without a unit."""
    apart = np.abs(means[:, None] - means[None])
    if unit:
        apart = apart / (3 * np.maximum(sds[:, None], sds[None]))
    near = np.all(apart[..., columns] < 1, axis=-1)
    for _ in range(3):  # also the neighbours of neighbours
        near = (near.astype(int) @ near) > 0
    return np.unique(np.argmax(near, axis=1), return_inverse=True)[1]


def _best(elbos, labels):
    """Index of the best run of each bump."""
    return np.array([np.flatnonzero(labels == k)[np.argmax(elbos[labels == k])] for k in range(labels.max() + 1)])


def _soft(elbos, labels):
    """Weight of each run and ELBO of the mixture of the best runs."""
    kept = _best(elbos, labels)
    weights = np.zeros(len(elbos))
    weights[kept] = softmax(elbos[kept])
    return weights, logsumexp(elbos[kept])


def _with_weights(shares):
    """An answer whose weights of the best runs are ``shares(elbos of these, number of runs of each)``."""

    def answer(elbos, means, sds):
        labels = labels_of(means, sds)
        kept, weights = _best(elbos, labels), np.zeros(len(elbos))
        w = weights[kept] = shares(elbos[kept], np.bincount(labels))
        with np.errstate(all="ignore"):
            return weights, np.nansum(w * (elbos[kept] - np.log(w)))

    return answer


def _with_elbo(bound):
    """An answer with the right weights and another ELBO: ``bound(elbos of the best runs, their weights)``."""

    def answer(elbos, means, sds):
        kept = _best(elbos, labels_of(means, sds))
        return _soft(elbos, labels_of(means, sds))[0], bound(elbos[kept], softmax(elbos[kept]))

    return answer


def _mean_of_a_bump(elbos, means, sds):
    labels = labels_of(means, sds)
    return _soft(np.array([elbos[labels == k].mean() for k in labels]), labels)


WRONG = {
    "softmax over all runs": lambda elbos, means, sds: (softmax(elbos), logsumexp(elbos)),
    "share of the runs": _with_weights(lambda elbos, hits: hits / RUNS),
    "best run only": _with_weights(lambda elbos, hits: np.where(elbos == elbos.max(), 1.0, 0.0)),
    "equal weights": _with_weights(lambda elbos, hits: np.full(len(elbos), 1 / len(elbos))),
    "sign": _with_weights(lambda elbos, hits: softmax(-elbos)),
    "best ELBO": _with_elbo(lambda elbos, w: elbos.max()),
    "weighted mean": _with_elbo(lambda elbos, w: w @ elbos),
    "log of a mean": _with_elbo(lambda elbos, w: logsumexp(elbos) - np.log(len(elbos))),
    "mean of a bump": _mean_of_a_bump,
    "first coordinate only": lambda elbos, means, sds: _soft(elbos, labels_of(means, sds, columns=slice(1))),
    "distance without a unit": lambda elbos, means, sds: _soft(elbos, labels_of(means, sds, unit=False)),
}


def _sets(case):
    return zip(*(np.asarray(case[name], float) for name in ("elbos", "means", "sds")))


def by_bump(weights, labels):
    """Sum of the weights of each bump, (SETS, MOST)."""
    return np.array([np.bincount(k.astype(int), w, minlength=MOST) for w, k in zip(weights, labels)])


def _answer(case, labels, answer):
    weights, elbos = zip(*(answer(*one) for one in _sets(case)))
    return {"modes": by_bump(weights, labels), "elbo": np.array(elbos)}


def reference(case):
    """Bump of each run (SETS, RUNS), weight of each bump (SETS, MOST) and ELBO (SETS,); the same of the mistakes."""
    labels = np.array([labels_of(means, sds) for _, means, sds in _sets(case)])
    return {
        "labels": labels.astype(float),
        **_answer(case, labels, lambda elbos, means, sds: _soft(elbos, labels_of(means, sds))),
        "wrong": {name: _answer(case, labels, answer) for name, answer in WRONG.items()},
    }


def weights_off(m, r, modes=None):
    """Largest error of the weight of a bump; no weight may be negative."""
    modes = r["modes"] if modes is None else modes
    return max(worst(by_bump(m["weights"], r["labels"]) - modes), float(-m["weights"].min()))


def _is(name):
    """looks_like: weights and ELBOs are those of a mistake."""

    def looks_like(m, r, d):
        wrong = r["wrong"][name]
        return weights_off(m, r, wrong["modes"]) < 0.01 and worst(m["elbo"] - wrong["elbo"]) < 0.04

    return looks_like


def _has_weights(name):
    """looks_like: the weights are those of a mistake; their ELBO can be computed in more than one way."""
    return lambda m, r, d: weights_off(m, r, r["wrong"][name]["modes"]) < 0.01


def _overflow(m, r, d):
    """One set has a large offset: there nothing is a number, in the others all is right."""
    big = np.abs(r["elbo"]) > 500
    fine = np.abs(by_bump(m["weights"], r["labels"]) - r["modes"]).max(axis=1) < 0.03
    return not np.isfinite(m["weights"][big]).any() and bool(np.all(fine[~big]))


def _figure(axes, m, r):
    mine, exact = by_bump(m["weights"], r["labels"]), r["modes"]
    if not np.isfinite(mine).all():
        return None
    there = exact > 0
    places = (np.arange(MOST) + 5 * np.arange(SETS)[:, None])[there]
    right = weights_off(m, r) <= 0.03
    axes.bar(places, exact[there], color="lightgrey", edgecolor="black", label="exact")
    axes.plot(places, np.clip(mine[there], -0.5, 1.5), "o", color=BLUE, label="yours, runs of a bump added up")
    axes.set_xticks([0.5, 6, 11.5], [f"set {i + 1}" for i in range(SETS)])
    axes.set(ylabel="weight of a bump", ylim=(-0.05, 1.05 if mine.max() < 1.05 else None))
    axes.set_title(
        "Each bump has the weight that it deserves" if right else "Some bump is too heavy or too light", fontsize=10
    )
    axes.legend(fontsize=8)
    return "Bars: the exact weight of each bump in three mixtures. Points: the sum of your weights for it. " + (
        "They agree." if right else "They differ."
    )


def _heavier(m, r, size):
    weights = m["weights"].copy()
    weights[0, 0] += size
    return {**m, "weights": weights}


EXERCISE = Exercise(
    title="Several runs in one mixture",
    names={"combine_runs": "elbos, means, sds"},
    public=lambda: draw(np.random.default_rng(105)),
    case=draw,
    reference=reference,
    fields={"weights": Field((SETS, RUNS), allow="inf nan"), "elbo": Field((SETS,), allow="inf nan")},
    criteria=(
        Criterion(
            "weights",
            points=4,
            compared="sum of your weights of the runs of a bump and its exact weight, the worst bump of three mixtures",
            distance=weights_off,
            needs=("weights",),
            failed="The weights are not those with which the mixture has the largest ELBO.",
        ),
        Criterion(
            "elbo",
            points=2,
            compared="your ELBO of the mixture and the exact one, nats, the worst of three",
            distance=lambda m, r: worst(m["elbo"] - r["elbo"]),
            needs=("elbo",),
            failed="The number is not the ELBO of the best mixture of these runs.",
        ),
    ),
    mistakes=(
        Mistake(
            "softmax over all runs",
            hint="Two runs found the same bump: is it there twice?",
            looks_like=_is("softmax over all runs"),
        ),
        Mistake(
            "share of the runs",
            hint="A bump caught most of the runs: does that say how much mass it holds?",
            looks_like=_has_weights("share of the runs"),
        ),
        Mistake("best run only", hint="What happened to the other bumps?", looks_like=_has_weights("best run only")),
        Mistake("equal weights", hint="Which bump is the heaviest?", looks_like=_has_weights("equal weights")),
        Mistake("sign", hint="Are these numbers losses or ELBOs?", looks_like=_has_weights("sign")),
        Mistake(
            "best ELBO",
            hint="Put the best weights into the formula for the ELBO of a mixture: what comes out?",
            looks_like=_is("best ELBO"),
        ),
        Mistake(
            "weighted mean",
            hint="Put the best weights into the formula for the ELBO of a mixture: what comes out?",
            looks_like=_is("weighted mean"),
        ),
        Mistake(
            "log of a mean",
            hint="Put the best weights into the formula for the ELBO of a mixture: what comes out?",
            looks_like=_is("log of a mean"),
        ),
        Mistake(
            "overflow",
            hint="Add 1000 to every ELBO: do your weights change?",
            looks_like=_overflow,
        ),
        Mistake(
            "mean of a bump",
            hint="One more run finds a bump and fits it poorly: does the bump get lighter?",
            looks_like=_is("mean of a bump"),
        ),
        Mistake(
            "first coordinate only",
            hint="Can two different bumps have one coordinate in common?",
            looks_like=_is("first coordinate only"),
        ),
        Mistake(
            "distance without a unit",
            hint="When is a distance of 1 between two runs large, and when is it small?",
            looks_like=_is("distance without a unit"),
        ),
    ),
    near=(
        NearMiss(
            "weights",
            unit="added to the weight of one bump",
            sizes=(0.005, 0.01, 0.04, 0.1),
            must=0.1,
            perturb=_heavier,
        ),
        NearMiss(
            "elbo",
            unit="nats",
            sizes=(0.005, 0.01, 0.04, 0.1),
            must=0.1,
            perturb=lambda m, r, size: {**m, "elbo": m["elbo"] + size},
        ),
    ),
    figure=_figure,
    equivalent={
        f"{LINE} => {LINE.replace(*change)}": "Runs of a bump are less than half an sd apart, other runs more than 8."
        for change in ((">", ">="), ("> 3", "> 2"), ("> 3", "> 4"), ("means[i] - means[j]", "means[j] - means[i]"))
    },
)
