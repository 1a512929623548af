"""A whole analysis: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import gammaln

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE
from ..gaussians import LOG_2PI

_U = np.linspace(-6, 6, 24001)


def rate_posterior(log_density):
    """(mean, sd, ln of the integral) of the rate e**u, from an unnormalised log density in u on the grid."""
    top = np.max(log_density)
    weights = np.exp(log_density - top)
    total = weights.sum()
    rate = np.exp(_U)
    mean = weights @ rate / total
    return mean, np.sqrt(weights @ (rate - mean) ** 2 / total), top + np.log(total * (_U[1] - _U[0]))


def draw_counts_case(rng):
    while True:
        rate, sigma0 = rng.uniform(2, 9), rng.uniform(0.15, 0.4)
        mu0 = np.log(rate) + rng.choice([-1, 1]) * rng.uniform(1, 2.5) * sigma0
        case = {
            "counts": rng.poisson(rate, 12).astype(float),
            "mu0": mu0,
            "sigma0": sigma0,
            "seed": rng.integers(2**31),
        }
        if case["counts"].sum() >= 12 and abs(mu0) >= 0.2 and _telling(counts_reference(case)):
            return case


def _log_normal(u, centre, width):
    return -0.5 * ((u - centre) / width) ** 2 - np.log(width) - 0.5 * LOG_2PI


def log_joint_counts(counts, mu0, sigma0):
    """Log joint density of 12 counts and the log rate, on the grid of log rates."""
    return _log_normal(_U, mu0, sigma0) + counts.sum() * _U - 12 * np.exp(_U) - gammaln(counts + 1).sum()


def counts_reference(case):
    """The posterior by quadrature on a grid of log rates, and those of some wrong models."""
    counts, mu0, sigma0 = np.asarray(case["counts"], float), float(case["mu0"]), float(case["sigma0"])
    rate = np.exp(_U)

    def likelihood(total, n):
        return total * _U - n * rate

    log_normal = _log_normal(_U, mu0, sigma0)
    posteriors = {
        "true": log_joint_counts(counts, mu0, sigma0),
        "flat": likelihood(counts.sum(), 12) + _U,
        "rate_prior": _log_normal(rate, mu0, sigma0) + _U + likelihood(counts.sum(), 12),
        "shifted": _log_normal(_U, np.exp(mu0), sigma0) + likelihood(counts.sum(), 12),
        "first": log_normal + likelihood(counts[0], 1),
        "average": log_normal + likelihood(counts.mean(), 1),
        "prior": log_normal,
    }
    out = {"data": counts, "mu0": np.float64(mu0), "sigma0": np.float64(sigma0)}
    for name, log_density in posteriors.items():
        mean, sd, log_z = rate_posterior(log_density)
        out |= {f"{name}_mean": mean, f"{name}_sd": sd, f"{name}_log_z": log_z}
    return out


def _telling(r):
    """Whether wrong models give a posterior that is clearly another one."""
    off = {
        name: abs(r[f"{name}_mean"] - r["true_mean"]) / r["true_sd"]
        for name in ("flat", "rate_prior", "shifted", "first", "average", "prior")
    }
    wide = {name: abs(np.log(r[f"{name}_sd"] / r["true_sd"])) for name in off}
    return min(max(off[name] / 0.5, wide[name] / 0.25) for name in off) > 1


def mean_off(m, r):
    return abs(m["draws"].mean() - r["true_mean"]) / r["true_sd"]


def sd_off(m, r):
    return abs(np.log(m["draws"].std() / r["true_sd"]))


def counts_tail(m):
    return np.mean(m["losses"][-max(len(m["losses"]) // 10, 1) :])


def bound_off(m, r):
    """How far the mean of the last tenth of at least 500 losses is from -ln Z."""
    return abs(counts_tail(m) + r["true_log_z"]) if len(m["losses"]) >= 500 else np.nan


#: Wrong models whose posteriors are known, in groups with one hint.
_GROUPS = (("true",), ("rate_prior", "shifted"), ("flat",), ("first", "average"), ("prior",))


def _posterior_is(name):
    """looks_like: mean and sd of the draws are those of this model, and nearer to them than to another group's."""

    def distance(m, r, other):
        mean, sd = r[f"{other}_mean"], r[f"{other}_sd"]
        return np.hypot(
            (np.mean(m["draws"], dtype=float) - mean) / (0.2 * sd), np.log(np.std(m["draws"], dtype=float) / sd) / 0.15
        )

    def looks_like(m, r, d):
        if m["draws"].shape != (4096,) or not np.min(m["draws"]) > 0:
            return False
        own = next(group for group in _GROUPS if name in group)
        nearest = min(distance(m, r, other) for group in _GROUPS if group is not own for other in group)
        mine = distance(m, r, name)
        without_data = abs(counts_tail(m)) < 0.02  # prior and surrogate alone: the loss ends at zero
        return mine < 1 and without_data == (name == "prior") and (mine < nearest or without_data)

    return looks_like


def counts_figure(axes, m, r):
    draws = m["draws"]
    if draws.shape != (4096,) or not np.isfinite(draws).all() or np.ptp(draws) == 0:
        return None
    rate = np.exp(_U)
    density = np.exp(log_joint_counts(r["data"], r["mu0"], r["sigma0"]) - r["true_log_z"]) / rate
    prior = np.exp(_log_normal(_U, r["mu0"], r["sigma0"])) / rate
    axes.hist(draws, bins=60, density=True, color=BLUE, alpha=0.6, label="your draws")
    axes.plot(rate, density, color="black", label="exact posterior")
    axes.plot(rate, prior, color=ORANGE, linestyle=":", label="prior")
    shown = [r["true_mean"] - 6 * r["true_sd"], r["true_mean"] + 6 * r["true_sd"]]
    axes.set(xlim=(max(0, shown[0]), shown[1]), xlabel="rate", ylabel="density")
    right = mean_off(m, r) < 0.25 and sd_off(m, r) < 0.1
    axes.set_title(
        "Your surrogate is the posterior of the rate" if right else "Your draws are not from the posterior", fontsize=10
    )
    axes.legend(fontsize=8)
    return (
        f"Histogram of your draws of the rate, with mean {draws.mean():.2f}, over the exact posterior with mean "
        f"{r['true_mean']:.2f}. " + ("They agree." if right else "They do not agree.")
    )


EXERCISE = Exercise(
    title="A whole analysis",
    names={"counts_posterior": "key, counts, mu0, sigma0"},
    public=lambda: {
        "counts": np.array([4.0, 7.0, 3.0, 5.0, 6.0, 2.0, 5.0, 8.0, 4.0, 6.0, 3.0, 5.0]),
        "mu0": np.float64(1.1),
        "sigma0": np.float64(0.3),
        "seed": np.array(66),
    },
    case=draw_counts_case,
    reference=counts_reference,
    fields={"draws": Field((4096,)), "losses": Field((None,), allow="inf nan")},
    criteria=(
        Criterion(
            "mean",
            points=2,
            compared="mean of your 4096 draws and of the exact posterior, sds of the posterior",
            distance=mean_off,
            needs=("draws",),
            failed="The centre of your draws is not that of the posterior of the rate.",
        ),
        Criterion(
            "sd",
            points=2,
            compared="log ratio of the sd of your draws and the exact one",
            distance=sd_off,
            needs=("draws",),
            failed="The spread of your draws is not that of the posterior.",
        ),
        Criterion(
            "support",
            points=1,
            compared="share of draws that no rate can be",
            distance=lambda m, r: np.mean(m["draws"] <= 0),
            needs=("draws",),
            failed="A rate is positive; some of your draws are not.",
        ),
        Criterion(
            "bound",
            points=2,
            compared="mean of the last tenth of your losses and -ln Z, nats",
            distance=bound_off,
            needs=("losses",),
            failed="Your losses, at least 500, should settle a hair above -ln Z of the model that is described.",
        ),
    ),
    mistakes=(
        Mistake(
            "prior on the rate",
            hint="Simulate from your prior alone: do the logarithms of the rates have mean mu0?",
            looks_like=_posterior_is("rate_prior"),
        ),
        Mistake(
            "exp of mu0",
            hint="Simulate from your prior alone: do the logarithms of the rates have mean mu0?",
            looks_like=_posterior_is("shifted"),
        ),
        Mistake("flat prior", hint="Change mu0: does your posterior move?", looks_like=_posterior_is("flat")),
        Mistake(
            "one count", hint="How many observations does your posterior believe in?", looks_like=_posterior_is("first")
        ),
        Mistake(
            "average likelihood",
            hint="How many observations does your posterior believe in?",
            looks_like=_posterior_is("average"),
        ),
        Mistake("no data", hint="Where do the counts enter?", looks_like=_posterior_is("prior")),
        Mistake(
            "log rate",
            hint="Are these rates or their logarithms?",
            looks_like=lambda m, r, d: (
                d["bound"] < 0.1 and _posterior_is("true")({**m, "draws": np.exp(m["draws"])}, r, d)
            ),
        ),
        Mistake(
            "loss negated",
            hint="Which of the two falls during a fit, the ELBO or the loss?",
            looks_like=lambda m, r, d: (
                d["mean"] < 0.25 and d["sd"] < 0.1 and abs(counts_tail(m) - r["true_log_z"]) < 0.1
            ),
        ),
        Mistake(
            "peak only",
            hint="How wide is your surrogate?",
            looks_like=lambda m, r, d: np.ptp(m["draws"]) < 1e-6 and d["mean"] < 1,
        ),
    ),
    near=(
        NearMiss(
            "mean",
            unit="sds of the posterior",
            sizes=(0.1, 0.2, 0.4, 0.9),
            must=0.9,
            perturb=lambda m, r, size: {**m, "draws": m["draws"] + size * r["true_sd"]},
        ),
        NearMiss(
            "sd",
            unit="part of the sd",
            sizes=(0.03, 0.06, 0.15, 0.4),
            must=0.4,
            perturb=lambda m, r, size: {
                **m,
                "draws": np.abs(r["true_mean"] + (1 + size) * (m["draws"] - r["true_mean"])),
            },
        ),
        NearMiss(
            "losses",
            unit="nats added to the losses",
            sizes=(0.02, 0.05, 0.15, 0.4),
            must=0.4,
            perturb=lambda m, r, size: {**m, "losses": m["losses"] + size},
        ),
    ),
    figure=counts_figure,
)
