"""Ranks of the truth among the draws: what a case is, the truth, and how a measurement is judged.

With prior N(m, s0^2) and k data of N(theta, e^2) the posterior is N(mu, s^2) with s^2 = w e^2 / k and
w = s0^2 / (s0^2 + e^2 / k), and T = (theta - mu) / s is standard normal, whatever the data are. A draw of the surrogate
N(mu + shift s, (ratio s)^2) lies below theta with probability Phi((T - shift) / ratio). So a rank is binomial given an
X that is normal, with mean -shift / ratio and sd 1 / ratio, and Phi(X) its probability; mistakes change mean and sd.
"""

import numpy as np
from scipy.special import ndtr
from scipy.stats import binom

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, GREEN, ORANGE, RED, seed

DATA, DRAWS, SIMS = 5, 39, 2000  # as in measure.py

WEAK, STRONG, NARROW, MOVED = range(4)
KINDS = ("exact, weak data", "exact, strong data", "too narrow", "moved")

_X = np.linspace(-9, 9, 1201)
#: P(rank <= k | X), (40, nodes).
_BELOW = binom.cdf(np.arange(DRAWS + 1)[:, None], DRAWS, ndtr(_X))


def rank_cdf(mean, sd):
    """P(rank <= k) for k = 0..39, when X is normal: (..., 40) for means and sds of shape (...)."""
    mean, sd = (np.asarray(part, float)[..., None] for part in np.broadcast_arrays(mean, sd))
    weights = np.exp(-0.5 * ((_X - mean) / sd) ** 2) / (np.sqrt(2 * np.pi) * sd) * (_X[1] - _X[0])
    weights[..., [0, -1]] /= 2
    cdf = weights @ _BELOW.T + ndtr((_X[0] - mean) / sd)  # below the nodes no draw lies below theta, above them all do
    cdf[..., -1] = 1
    return cdf


def draw(rng):
    """Four pairs of model and surrogate: rows of prior mean, prior sd, sd of the noise, ratio, shift."""
    worth = np.array([rng.uniform(0.15, 0.25), rng.uniform(0.75, 0.85), *rng.uniform(0.45, 0.55, 2)])
    prior_sd = np.exp(rng.uniform(np.log(0.3), np.log(3), 4))
    prior_mean = rng.choice([-1, 1], 4) * rng.uniform(1, 4, 4) * prior_sd
    noise = prior_sd * np.sqrt(DATA * (1 - worth) / worth)
    ratio, shift = np.ones(4), np.zeros(4)
    ratio[NARROW], shift[MOVED] = rng.uniform(0.4, 0.6), rng.choice([-1, 1]) * rng.uniform(0.6, 0.8)
    return {
        "numbers": np.stack([prior_mean, prior_sd, noise, ratio, shift], axis=1),
        "few": np.array(rng.choice([60, 100])),
        "seed": seed(rng),
    }


def reference(case):
    """Distribution functions of the ranks, (4, 40), and what mistakes make of them."""
    _, prior_sd, noise, ratio, shift = np.asarray(case["numbers"], float).T
    worth = prior_sd**2 / (prior_sd**2 + noise**2 / DATA)
    mean, sd = -shift / ratio, 1 / ratio
    return {
        "cdf": rank_cdf(mean, sd),
        "above": rank_cdf(-mean, sd),
        "other": rank_cdf(mean, sd * np.sqrt((1 + worth) / (1 - worth))),
        "one_data": sd / np.sqrt(1 - worth),
        "one_theta": sd * np.sqrt(worth / (1 - worth)),
        "few": np.array(int(case["few"])),
    }


def observed(ranks):
    """Share of the ranks that are at most k, k = 0..39: (rows, 40)."""
    return np.stack([np.mean(ranks <= k, axis=-1) for k in range(DRAWS + 1)], axis=-1)


def gaps(ranks, cdf):
    """For any stretch of ranks, the share of the given ones in it less the share by ``cdf``: the largest, (rows,).

    This is Kuiper's statistic (1960). Unlike the largest gap of the cumulated shares it also sees draws that are the
    same in every simulation. Ranks are whole numbers from 0 to 39: for others it is 1, the largest there is.
    """
    legal = np.all((ranks == np.round(ranks)) & (ranks >= 0) & (ranks <= DRAWS), axis=-1)
    gap = observed(ranks) - cdf
    return np.where(legal, np.max(gap, axis=-1, initial=0) - np.min(gap, axis=-1, initial=0), 1.0)


def _gap(*rows):
    return lambda m, r: float(np.max(gaps(m["ranks"], r["cdf"])[list(rows)]))


def keys_and_number(m, r):
    """0 if the number of ranks is the one asked for, the key decides, and the ranks are not far from right; else 1."""
    same, again, other = m["few"]
    sane = np.max(gaps(m["ranks"], r["cdf"])[:2]) < 0.25 and gaps(other, r["cdf"][0]) < 0.45
    return float(not (sane and len(same) == r["few"] and np.array_equal(same, again) and np.any(same != other)))


def _near(ranks, cdf, limit=0.06):
    return np.max(gaps(ranks, cdf)) < limit


def _farthest(ranks, cdf):
    """Largest gap between the cumulated shares of the ranks and ``cdf``."""
    return np.max(np.abs(observed(ranks) - cdf))


def _with_some_mean(ranks, sds):
    """The largest gap of the four rows to the nearest rank distribution whose X has these sds and any mean."""
    means = np.linspace(-6, 6, 241)
    found = observed(ranks)
    return max(
        np.min(np.max(np.abs(rank_cdf(sd * means, sd) - cdf), axis=-1)) if np.isfinite(cdf).all() else 1.0
        for sd, cdf in zip(sds, found)
    )


def _one_key(m, r, d):
    """Steps where the draws of one key lie, and none between: the bars of the histogram are uneven as no chance is."""
    cdf = observed(m["ranks"])
    expected = np.diff(r["cdf"], axis=-1, prepend=0)
    uneven = (np.diff(cdf, axis=-1, prepend=0) - expected) / np.sqrt(expected / SIMS)
    return (
        np.all(np.mean(uneven**2, axis=-1) > 12)
        and np.max(np.abs(cdf - r["cdf"])) < 0.4
        and np.all([len(np.unique(row)) > 15 for row in m["ranks"]])
        and np.ptp(m["ranks"]) > 30
    )


def _means_only(m, r, d):
    """0 or 1, and the share of ones is that of thetas above the median of the surrogate."""
    half = np.abs(m["ranks"].mean(axis=-1) - (1 - r["cdf"] @ np.ones(DRAWS + 1) / DRAWS + 1 / DRAWS))
    return np.all(np.isin(m["ranks"], (0, 1))) and np.all(half < 0.12) and np.all(np.ptp(m["ranks"], axis=-1) == 1)


def _one_simulation(m, r, d):
    """Binomial counts in each row: one theta, one posterior, and only the draws are new."""
    share = m["ranks"].mean(axis=-1) / DRAWS
    expected = binom.cdf(np.arange(DRAWS + 1), DRAWS, np.clip(share, 0, 1)[:, None])
    return _near(m["ranks"], expected) and np.ptp(m["ranks"]) > 5


def _figure(axes, m, r):
    """Each histogram of ten bars as a line, with the expected one dashed; from the four rows."""
    bins = np.arange(3, DRAWS + 1, 4)
    right = gaps(m["ranks"], r["cdf"]) < 0.09
    for row, (colour, style) in enumerate(zip((BLUE, GREEN, ORANGE, RED), ("-", "-.", "-", "-"))):
        shares = [np.diff(cdf[bins], prepend=0) * 100 for cdf in (observed(m["ranks"])[row], r["cdf"][row])]
        axes.plot(np.arange(10), shares[0], color=colour, linestyle=style, marker="o", markersize=3, label=KINDS[row])
        axes.plot(np.arange(10), shares[1], color="black", linestyle=":", linewidth=1)
    axes.set_xticks(range(10), [f"{4 * i}-{4 * i + 3}" for i in range(10)], fontsize=7)
    axes.set(xlabel="rank of theta among 39 draws (dotted: exact)", ylabel="% of simulations", ylim=(0, None))
    axes.set_title(
        "Flat if the surrogate is right, a U if it is too narrow, a slope if it is moved"
        if right.all()
        else f"{int((~right).sum())} of 4 histograms of ranks are not what they should be",
        fontsize=9,
    )
    axes.legend(fontsize=7)
    return (
        "Histograms of your ranks as lines for two exact surrogates, one that is too narrow and one that is moved, "
        f"with the exact ones dotted. {int((~right).sum())} of the four are wrong."
    )


def _to_zero(m, row, share):
    ranks = np.array(m["ranks"])
    ranks[row, : round(share * SIMS)] = 0 if row != NARROW else 20
    return {**m, "ranks": ranks}


EXERCISE = Exercise(
    title="Ranks of the truth among the draws",
    names={"sbc_ranks": "key, simulate, posterior, n_sims"},
    public=lambda: draw(np.random.default_rng(116)),
    case=draw,
    reference=reference,
    fields={"ranks": Field((4, SIMS)), "few": Field((3, None))},
    criteria=(
        Criterion(
            "exact posteriors",
            points=2,
            compared="for any stretch of ranks, the share of yours in it and the exact share: the largest difference, "
            "the worse of two models with their exact posteriors",
            distance=_gap(WEAK, STRONG),
            needs=("ranks",),
            failed="Where the posterior is exact each rank from 0 to the number of draws must be as frequent as any "
            "other; yours are not.",
        ),
        Criterion(
            "too narrow",
            points=2,
            compared="the same for a surrogate that is too narrow",
            distance=_gap(NARROW),
            needs=("ranks",),
            failed="Where the surrogate is too narrow your ranks are not distributed as they should be.",
        ),
        Criterion(
            "moved",
            points=1,
            compared="the same for a surrogate that is moved",
            distance=_gap(MOVED),
            needs=("ranks",),
            failed="Where the surrogate is moved your ranks are not distributed as they should be.",
        ),
        Criterion(
            "key and number",
            points=1,
            compared="another key gives other ranks, the same key the same, and there are n_sims of them: 0 yes, 1 no",
            distance=keys_and_number,
            needs=("ranks", "few"),
            failed="The key must decide the ranks, there must be one for each of n_sims simulations, and they must not "
            "be far off.",
        ),
    ),
    mistakes=(
        Mistake(
            "data of another theta",
            hint="Which theta made the data?",
            looks_like=lambda m, r, d: (
                _farthest(m["ranks"], r["other"]) < min(0.07, _with_some_mean(m["ranks"], r["one_data"]))
            ),
        ),
        Mistake(
            "one data set for all",
            hint="How many data sets did you draw?",
            looks_like=lambda m, r, d: (
                _with_some_mean(m["ranks"], r["one_data"]) < min(0.07, _farthest(m["ranks"], r["other"]))
            ),
        ),
        Mistake(
            "one theta for all",
            hint="How many thetas did you draw?",
            looks_like=lambda m, r, d: _with_some_mean(m["ranks"], r["one_theta"]) < 0.07,
        ),
        Mistake(
            "one simulation for all",
            hint="How many different pairs of theta and data did you make?",
            looks_like=_one_simulation,
        ),
        Mistake(
            "one key for every posterior",
            hint="Are the draws of two simulations independent of each other?",
            looks_like=_one_key,
        ),
        Mistake(
            "theta taken from the draws",
            hint="Would a surrogate that is far too narrow ever look bad in your count?",
            looks_like=lambda m, r, d: _near(m["ranks"], np.minimum(np.arange(1, DRAWS + 2) / DRAWS, 1)),
        ),
        Mistake(
            "draws above",
            hint="Where theta is larger than all draws, is your rank small or large?",
            looks_like=lambda m, r, d: d["moved"] > 0.2 and _near(m["ranks"], r["above"]),
        ),
        Mistake(
            "mean only",
            hint="With how many of the draws did you compare theta?",
            looks_like=_means_only,
        ),
        Mistake(
            "share",
            hint="Where theta is larger than all draws, how many draws lie below it?",
            looks_like=lambda m, r, d: (
                np.max(m["ranks"]) <= 1
                and len(np.unique(m["ranks"])) > 2
                and _near(np.round(m["ranks"] * DRAWS), r["cdf"])
            ),
        ),
        Mistake(
            "own key",
            hint="Call it with two keys: are the ranks the same?",
            looks_like=lambda m, r, d: _near(m["ranks"], r["cdf"]) and np.array_equal(m["few"][0], m["few"][2]),
        ),
    ),
    near=(
        NearMiss(
            "ranks set to zero",
            unit="share of the ranks of an exact posterior",
            sizes=(0.03, 0.06, 0.1, 0.2, 0.3),
            must=0.3,
            perturb=lambda m, r, size: _to_zero(m, WEAK, size),
        ),
        NearMiss(
            "ranks set to the middle",
            unit="share of the ranks of a narrow surrogate",
            sizes=(0.05, 0.1, 0.2, 0.3, 0.5),
            must=0.5,
            perturb=lambda m, r, size: _to_zero(m, NARROW, size),
        ),
    ),
    figure=_figure,
)
