"""Draws from a fitted guide: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import expit, logit, ndtr

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import coin
from ..guides import _MEAN_SIZES, _SD_SIZES, ks

_GRID = np.linspace(0.0005, 0.9995, 2000)


def logit_normal_cdf(f, loc, scale):
    return ndtr((logit(f) - loc) / scale)


def draw_params_case(rng):
    while True:
        shift, spread = rng.uniform(-2, 2), rng.uniform(0.3, 1.2)
        cdf = logit_normal_cdf(_GRID, shift, spread)
        if min(np.max(np.abs(cdf - _GRID)), np.max(np.abs(cdf - logit_normal_cdf(_GRID, 0, 1)))) > 0.15:
            return {"shift": np.float32(shift), "spread": np.float32(spread), "seeds": rng.integers(2**31, size=2)}


def draws_reference(case):
    shift, spread = float(case["shift"]), float(case["spread"])
    f = expit(shift + spread * coin.NORMAL_NODES)
    mean = coin.NORMAL_WEIGHTS @ f
    return {
        "shift": np.float64(shift),
        "spread": np.float64(spread),
        "mean": np.float64(mean),
        "sd": np.sqrt(coin.NORMAL_WEIGHTS @ (f - mean) ** 2),
    }


def draws_ks(m, r):
    return ks(m["draws"].ravel(), lambda f: logit_normal_cdf(f, r["shift"], r["spread"]))


def _constant(m):
    return m["draws"].shape == (2, 4096) and np.all(np.ptp(m["draws"], axis=1) < 1e-6)


def _near_mean(m, r):
    return np.all(np.abs(m["draws"][:, 0] - r["mean"]) < 6 * r["sd"] / 64)


def draws_moments(m, r):
    """The larger of the error of the mean in logit f, in sds, and twice that of the log sd."""
    z = (logit(m["draws"]) - r["shift"]) / r["spread"]
    return np.max(np.abs([z.mean(), 2 * np.log(z.std())]))


def _moved_draws(m, r, sds, ratio):
    return {**m, "draws": expit(r["shift"] + sds * r["spread"] + ratio * (logit(m["draws"]) - r["shift"]))}


EXERCISE = Exercise(
    slow={"named site": 300},
    title="Draws from a fitted guide",
    names={"posterior_draws": "key, guide, params, n, *args"},
    public=lambda: {"shift": np.float32(0.38), "spread": np.float32(0.44), "seeds": np.array([4, 5])},
    case=draw_params_case,
    reference=draws_reference,
    fields={"draws": Field((2, 4096))},
    criteria=(
        Criterion(
            "distribution",
            points=3,
            compared="largest gap between the cumulated frequencies of your draws, 4096 for each of two keys, "
            "and the guide's distribution function",
            distance=draws_ks,
            needs=("draws",),
            failed="Your numbers are not draws of `f` from this guide at these parameters.",
        ),
        Criterion(
            "mean and sd",
            points=1,
            compared="logit f of all your draws and the guide's: difference of the means in sds, or twice the "
            "log ratio of the sds",
            distance=draws_moments,
            needs=("draws",),
            failed="Your draws don't have the mean and the sd that this guide has at these parameters.",
        ),
        Criterion(
            "keys",
            points=1,
            compared="draws with two keys: 0 if they differ, 1 if they are the same",
            distance=lambda m, r: float(np.array_equal(m["draws"][0], m["draws"][1])),
            needs=("draws",),
            failed="Two keys gave the same draws.",
        ),
    ),
    mistakes=(
        Mistake(
            "prior",
            hint="Which of the two functions knows the fitted parameters?",
            looks_like=lambda m, r, d: max(ks(x, lambda f: f) for x in m["draws"]) < 0.04,
        ),
        Mistake(
            "one draw",
            hint="How many different values are there?",
            looks_like=lambda m, r, d: (
                _constant(m)
                and d["keys"] == 0
                and not _near_mean(m, r)
                and abs(np.diff(m["draws"][:, 0])[0]) > 0.04 * r["sd"]
            ),
        ),
        Mistake(
            "mean",
            hint="Which spread does a mean have?",
            looks_like=lambda m, r, d: _constant(m) and _near_mean(m, r),
        ),
        Mistake(
            "own n",
            hint="Print the shape.",
            looks_like=lambda m, r, d: (
                m["draws"].ndim == 2
                and m["draws"].shape[1] not in (1, 4096)
                and draws_ks(m, r) < 2.5 / np.sqrt(m["draws"].size)
            ),
        ),
        Mistake(
            "no params",
            hint="Change params: do your draws change?",
            looks_like=lambda m, r, d: (
                max(ks(x, lambda f: logit_normal_cdf(f, 0.0, 1.0)) for x in m["draws"]) < 0.04 and d["keys"] == 0
            ),
        ),
    ),
    near=(
        NearMiss(
            "sd too large",
            unit="part of the sd in logit f",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: _moved_draws(m, r, 0, 1 + size),
        ),
        NearMiss(
            "sd too small",
            unit="part of the sd in logit f",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: _moved_draws(m, r, 0, 1 - size),
        ),
        NearMiss(
            "centre",
            unit="sds in logit f",
            sizes=_MEAN_SIZES,
            must=0.5,
            perturb=lambda m, r, size: _moved_draws(m, r, size, 1),
        ),
    ),
)
