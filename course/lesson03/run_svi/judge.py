"""The loop of SVI in NumPyro: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ..guides import _MEAN_SIZES, _SD_SIZES

#: Where the judge's guide starts, and the first rate of its Adam.
CENTRE0, WIDTH0, RATE = 0.5, 1.5, 0.1


def draw_loop_case(rng):
    noise = rng.uniform(0.5, 2.0)
    prior_loc, prior_scale = rng.uniform(-3, 3), rng.uniform(0.5, 2.0)
    x = rng.normal(rng.choice([-1, 1]) * rng.uniform(1.5, 4), noise, 12).astype(np.float32)
    return {
        "x": x,
        "noise": np.float32(noise),
        "prior_loc": np.float32(prior_loc),
        "prior_scale": np.float32(prior_scale),
        "n_steps": np.array(5000),
        "seeds": rng.integers(2**31, size=2),
    }


def public_loop_case():
    x = np.array([2.9, 1.1, 2.2, 3.4, 0.7, 2.0, 1.6, 3.1, 2.4, 0.2, 1.9, 2.5], dtype=np.float32)
    one = np.float32(1)
    return {
        "x": x,
        "noise": one,
        "prior_loc": -one,
        "prior_scale": one,
        "n_steps": np.array(4000),
        "seeds": np.array([0, 1]),
    }


def loop_reference(case):
    """Conjugate normal mean (Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 2.5)."""
    x, noise, m0, s0 = (np.asarray(case[name], float) for name in ("x", "noise", "prior_loc", "prior_scale"))
    precision = len(x) / noise**2 + 1 / s0**2
    loc, scale = (x.sum() / noise**2 + m0 / s0**2) / precision, precision**-0.5

    def log_normal(x, m, s):
        return -0.5 * ((x - m) / s) ** 2 - np.log(s) - 0.5 * np.log(2 * np.pi)

    # evidence by Bayes' rule at the posterior mean
    log_z = log_normal(x, loc, noise).sum() + log_normal(loc, m0, s0) - log_normal(loc, loc, scale)
    return {"loc": loc, "scale": scale, "floor": -log_z, "n_steps": np.float64(case["n_steps"])}


def loop_kl(m, r):
    centre, width = m["centre"], m["width"]
    kl = np.log(r["scale"] / width) + (width**2 + (centre - r["loc"]) ** 2) / (2 * r["scale"] ** 2) - 0.5
    return np.max(np.where(width > 0, kl, np.nan))


def loop_floor(m, r):
    if m["losses"].shape[1] != r["n_steps"]:
        return np.nan
    return np.max(np.abs(m["losses"][:, -200:].mean(axis=1) - r["floor"]))


def _params_are(m, centre, width, tol):
    return bool(np.all(np.abs(m["centre"] - centre) < tol) and np.all(np.abs(m["width"] - width) < tol))


EXERCISE = Exercise(
    slow={"python loop": 60},
    title="The loop of SVI in NumPyro",
    names={"run_svi": "key, svi, n_steps, *args"},
    public=public_loop_case,
    case=draw_loop_case,
    reference=loop_reference,
    fields={"losses": Field((2, None)), "kind": Field((2,), text=True), "centre": Field((2,)), "width": Field((2,))},
    criteria=(
        Criterion(
            "parameters",
            points=3,
            compared="KL(guide at your parameters ‖ exact posterior of a normal mean), the worse of two keys, nats",
            distance=loop_kl,
            needs=("centre", "width"),
            failed="With the parameters that you return, the guide is not the posterior.",
        ),
        Criterion(
            "losses",
            points=2,
            compared="length of your losses and n_steps",
            distance=lambda m, r: abs(m["losses"].shape[1] - r["n_steps"]),
            needs=("losses",),
            failed="Your losses should be one number for each of the n_steps updates.",
        ),
        Criterion(
            "floor",
            points=1,
            compared="mean of the last 200 losses and -ln Z, nats",
            distance=loop_floor,
            needs=("losses",),
            failed="After n_steps updates your losses don't end at -ln Z, though this guide can reach it.",
        ),
        Criterion(
            "keys",
            points=1,
            compared="losses with two keys: 0 if they differ, 1 if they are the same",
            distance=lambda m, r: float(np.array_equal(m["losses"][0], m["losses"][1])),
            needs=("losses",),
            failed="Two keys gave the same losses: your loop does not use its key.",
        ),
    ),
    mistakes=(
        Mistake(
            "unconstrained",
            hint="In which coordinates does the optimiser keep its numbers?",
            looks_like=lambda m, r, d: (
                _params_are({**m, "width": np.exp(m["width"])}, r["loc"], r["scale"], 0.1 * r["scale"])
                and d["floor"] < 0.05
                and d["keys"] == 0
            ),
        ),
        Mistake(
            "init each step",
            hint="What does the carry of your scan remember?",
            looks_like=lambda m, r, d: (
                bool(
                    np.all(np.abs(np.abs(m["centre"] - CENTRE0) - RATE) < 1e-3)
                    and np.all(np.abs(np.abs(np.log(m["width"] / WIDTH0)) - RATE) < 1e-3)
                )
                and d["losses"] == 0
            ),
        ),
        Mistake(
            "no data",
            hint="What in your loss mentions the data?",
            looks_like=lambda m, r, d: _params_are(m, 0.0, 1.0, 0.1) and d["losses"] == 0 and d["keys"] == 0,
        ),
        Mistake(
            "state",
            hint="Is that the parameters, or the state they live in? Ask svi for them.",
            looks_like=lambda m, r, d: list(m["kind"]) == ["SVIState"] * 2 and d["floor"] < 0.05 and d["keys"] == 0,
        ),
        Mistake(
            "own n",
            hint="Count your losses.",
            looks_like=lambda m, r, d: (
                m["losses"].ndim == 2
                and m["losses"].shape[1] not in (0, 1, r["n_steps"])
                and d["keys"] == 0
                and d["parameters"] < 0.5
            ),
        ),
        Mistake(
            "initial params",
            hint="From which state did you read the parameters?",
            looks_like=lambda m, r, d: _params_are(m, CENTRE0, WIDTH0, 1e-4) and d["floor"] < 0.05 and d["keys"] == 0,
        ),
    ),
    near=(
        NearMiss(
            "width too large",
            unit="part of the sd",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: {**m, "width": m["width"] * (1 + size)},
        ),
        NearMiss(
            "width too small",
            unit="part of the sd",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: {**m, "width": m["width"] * (1 - size)},
        ),
        NearMiss(
            "centre",
            unit="sds",
            sizes=_MEAN_SIZES,
            must=0.25,
            perturb=lambda m, r, size: {**m, "centre": m["centre"] + size * r["scale"]},
        ),
        NearMiss(
            "losses",
            unit="nats added",
            sizes=(0.005, 0.01, 0.02, 0.05, 0.15, 0.3),
            must=0.15,
            perturb=lambda m, r, size: {**m, "losses": m["losses"] + size},
        ),
        NearMiss(
            "short",
            unit="losses missing at the end",
            sizes=(1, 2, 10, 100),
            must=1,
            perturb=lambda m, r, size: {**m, "losses": m["losses"][:, : -int(size)]},
        ),
    ),
)
