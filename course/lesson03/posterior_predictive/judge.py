"""Flips that have not happened yet: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betainc, betaln

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import coin
from ...tools import BLUE, RED
from ..guides import _MEAN_SIZES, _SD_SIZES, _beta_of, _heads_chances, _log_choose, ks, recount


def draw_predictive_case(rng):
    total, mean = rng.uniform(8, 16), rng.uniform(0.25, 0.75)
    return {"a": np.float32(total * mean), "b": np.float32(total * (1 - mean)), "seed": rng.integers(2**31)}


def predictive_reference(case):
    """Numbers of heads in 15 flips: beta-binomial, and binomial with f held at its mean."""
    a, b = float(case["a"]), float(case["b"])
    k = np.arange(16)
    log_choose = _log_choose(15, k)
    pmf = np.exp(log_choose + betaln(a + k, b + 15 - k) - betaln(a, b))
    mean = a / (a + b)
    fixed = np.exp(log_choose + k * np.log(mean) + (15 - k) * np.log1p(-mean))
    return {"a": np.float64(a), "b": np.float64(b), "pmf": pmf, "fixed": fixed, "sd": np.sqrt(pmf @ (k - pmf @ k) ** 2)}


def frequencies(m):
    return np.bincount(np.clip(np.round(m["flips"].sum(axis=1)), 0, 15).astype(int), minlength=16) / len(m["flips"])


def variation(m, pmf):
    return 0.5 * np.abs(frequencies(m) - pmf).sum()


def predictive_figure(axes, m, r):
    good = variation(m, r["pmf"]) < 0.04
    k = np.arange(16)
    axes.bar(k, frequencies(m), color=BLUE, alpha=0.55, label="your replicates")
    axes.plot(k, r["pmf"], color="black", marker="o", markersize=4, label="beta-binomial: a new f for each replicate")
    axes.plot(k, r["fixed"], color=RED, linestyle=":", linewidth=2, label="binomial: one fixed f")
    axes.set(
        xlabel="heads in 15 new flips", ylabel="frequency", ylim=(0, 1.5 * max(r["fixed"].max(), frequencies(m).max()))
    )
    axes.set_title(
        "Your new flips are as uncertain as they should be"
        if good
        else "Your new flips are not those of the posterior",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    sd = m["flips"].sum(axis=1).std()
    return (
        f"Bars: numbers of heads in your replicates, sd {sd:.2f}. Line with dots: the beta-binomial, sd {r['sd']:.2f}. "
        "Dotted line: a binomial with f fixed, which is narrower."
    )


def _flips(m):
    return m["flips"].shape == (8000, 15) and np.isin(m["flips"], (0, 1)).all()


def _rows_equal(m):
    return _flips(m) and not np.ptp(m["flips"], axis=0).any()


def _the_data(m):
    return np.array_equal(m["flips"][0], coin.public_coin()["data"][:15])


def _too_narrow(m, r, d):
    return _flips(m) and variation(m, r["fixed"]) < 0.05 and not _rows_equal(m)


def _other_spread(m, r, ratio):
    """Replicates in which the number of heads has another sd, its mean being right."""
    a, b = r["a"], r["b"]
    spread = (ratio**2 * (1 + 14 / (a + b + 1)) - 1) / 14  # correlation of two flips of one replicate
    total = 1 / spread - 1
    return {**m, "flips": recount(m["flips"], r["pmf"], _heads_chances(15, a / (a + b) * total, b / (a + b) * total))}


def _other_chance(m, r, size):
    mean, sd = coin.beta_mean_sd(r["a"], r["b"])
    return {
        **m,
        "flips": recount(
            m["flips"], r["pmf"], _heads_chances(15, *_beta_of(mean + size * sd * np.sign(0.5 - mean), sd))
        ),
    }


EXERCISE = Exercise(
    title="Flips that have not happened yet",
    names={"posterior_predictive": "key, model, guide, params, n_flips, n_rep"},
    public=lambda: {"a": np.float32(6), "b": np.float32(4), "seed": np.array(6)},
    case=draw_predictive_case,
    reference=predictive_reference,
    fields={"flips": Field((8000, 15))},
    criteria=(
        Criterion(
            "zeros and ones",
            points=1,
            compared="your values, and 0 or 1",
            distance=lambda m, r: float(not np.isin(m["flips"], (0, 1)).all()),
            needs=("flips",),
            failed="A flip is 0 or 1.",
        ),
        Criterion(
            "numbers of heads",
            points=3,
            compared="total variation between the numbers of heads in your replicates and the exact posterior "
            "predictive",
            distance=lambda m, r: variation(m, r["pmf"]),
            needs=("flips",),
            failed="The numbers of heads in your replicates are not those of the posterior predictive.",
        ),
        Criterion(
            "spread",
            points=1,
            compared="log ratio of the sd of the number of heads and the exact one",
            distance=lambda m, r: abs(np.log(m["flips"].sum(axis=1).std() / r["sd"])),
            needs=("flips",),
            failed="The numbers of heads in your replicates have the wrong spread.",
        ),
    ),
    mistakes=(
        Mistake(
            "plug-in",
            hint="Which of your flips share one f, and which of them should?",
            looks_like=_too_narrow,
        ),
        Mistake(
            "new coin each flip",
            hint="Which of your flips share one f, and which of them should?",
            looks_like=_too_narrow,
        ),
        Mistake(
            "prior",
            hint="Who used the fitted parameters?",
            looks_like=lambda m, r, d: _flips(m) and variation(m, np.full(16, 1 / 16)) < 0.05,
        ),
        Mistake(
            "data returned",
            hint="What happens to a site that has data?",
            looks_like=lambda m, r, d: _rows_equal(m) and _the_data(m),
        ),
        Mistake(
            "probabilities",
            hint="A flip is 0 or 1: what are your numbers?",
            looks_like=lambda m, r, d: (
                m["flips"].shape == (8000, 15)
                and np.all((m["flips"] > 0) & (m["flips"] < 1))
                and ks(m["flips"][:, 0], lambda f: betainc(r["a"], r["b"], f)) < 0.03
            ),
        ),
        Mistake(
            "one replicate",
            hint="How many different rows are there?",
            looks_like=lambda m, r, d: _rows_equal(m) and not _the_data(m) and np.ptp(m["flips"][0]) == 1,
        ),
    ),
    near=(
        NearMiss(
            "spread too large",
            unit="part of the sd of the number of heads",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: _other_spread(m, r, 1 + size),
        ),
        NearMiss(
            "spread too small",
            unit="part of the sd of the number of heads",
            sizes=_SD_SIZES[:-1],
            must=0.15,
            perturb=lambda m, r, size: _other_spread(m, r, 1 - size),
        ),
        NearMiss("mean", unit="sds of f", sizes=_MEAN_SIZES, must=0.5, perturb=_other_chance),
    ),
    figure=predictive_figure,
)
