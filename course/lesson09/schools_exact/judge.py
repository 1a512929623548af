"""Eight schools, exactly: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import hierarchy
from ...tools import BLUE, worst

SETS, SIZES = ("a", "b", "c"), (8, 5, 12)
CLEAR = 0.15  # by how much, in sds or in 0.6 nats, a wrong posterior of a hidden case must be off
BEYOND = 0.02  # what lies beyond tau = 100 may matter by at most this many sds


def _draw_set(rng, n):
    """``n`` schools and two prior scales, neither near the lesson's 5."""
    while True:
        mu_sd, tau_scale = rng.uniform(3, 9, 2)
        tau, mu = rng.uniform(2, 12), rng.choice([-1, 1]) * rng.uniform(3, 12)
        noise = rng.uniform(6, 18, n).round(1)
        y = rng.normal(rng.normal(mu, tau, n), noise).round(1)
        if min(abs(mu_sd - 5), abs(tau_scale - 5)) > 1 and 3 < abs(y.mean()) < 20:
            return {"y": y, "noise": noise, "mu_sd": np.float64(mu_sd), "tau_scale": np.float64(tau_scale)}


def draw(rng):
    """Three data sets on which no listed wrong posterior is close to the right one everywhere, but tau to 100 is."""
    while True:
        case = {name: _draw_set(rng, n) for name, n in zip(SETS, SIZES)}
        r = reference(case)
        if _distance(_stack([_wrong("up to 100", **data) for data in r["sets"].values()]), r) > BEYOND:
            continue
        if min(_distance(r["wrong"][name], r) for name in WRONG if name not in ("up to 10", "up to 20")) > CLEAR:
            return case


def public():
    rng = np.random.default_rng(92)
    schools = {"y": hierarchy.SCHOOLS_Y, "noise": hierarchy.SCHOOLS_NOISE}
    schools |= {"mu_sd": np.float64(hierarchy.MU_SD), "tau_scale": np.float64(hierarchy.TAU_SCALE)}
    return {"a": schools} | {name: _draw_set(rng, n) for name, n in zip(SETS[1:], SIZES[1:])}


def _distance(values, r):
    """How far posteriors are from the right ones: sds, or 0.6 nats, whichever is more."""
    moments = [worst((values[name] - r[name]) / r[name][:, 1:]) for name in ("mu", "tau")]
    return max(worst(values["log_z"] - r["log_z"]) / 0.6, *moments)


def reference(case):
    """Right and wrong posteriors, by quadrature over tau; mu is integrated by hand."""
    sets = [{name: np.asarray(value, float) for name, value in case[s].items()} for s in SETS]
    return {
        **_stack([hierarchy.schools_exact(**data) for data in sets]),
        "sets": dict(zip(SETS, sets)),
        "mean_log": np.transpose([_prior_mean_of_log_likelihood(**data) for data in sets]),
        "largest": np.array([_largest(**data) for data in sets]),
        "wrong": {name: _stack([_wrong(name, **data) for data in sets]) for name in WRONG},
    }


def _stack(found):
    """Answers for the three data sets as arrays of the measurement's shapes."""
    return {name: np.array([answer[name] for answer in found]) for name in ("log_z", "mu", "tau")}


#: Wrong posteriors: what stands in the place of the variance of y_j, of the priors, of the scales.
WRONG = (
    "up to 5",
    "up to 10",
    "up to 20",
    "sds added",
    "tau for a variance",
    "noise forgotten",
    "no prior for tau",
    "no prior for mu",
    "scales of 5",
    "half",
)


def _wrong(name, y, noise, mu_sd, tau_scale, low=0.0):
    """Log evidence, mean and sd of mu and of tau under one slip, on a grid of tau up to 100.

    ``low`` is where a grid in ln tau begins, for the slip "ln tau": equal steps there, counted as if equal in tau.
    """
    high = float(name.split()[-1]) if name.startswith("up to") else 100.0
    if name == "ln tau":
        u = np.linspace(np.log(low), np.log(high), 1000)
        tau, step = np.exp(u), u[1] - u[0]
    else:
        step = high / 4000
        tau = step * (np.arange(4000) + 0.5)
    if name == "scales of 5":
        mu_sd, tau_scale = 5.0, 5.0
    t = tau[:, None]
    variance = {
        "sds added": (noise + t) ** 2,
        "tau for a variance": noise**2 + t,
        "noise forgotten": t**2 + 0 * noise,
    }.get(name, noise**2 + t**2)
    flat = name == "no prior for mu"
    precision = (0 if flat else mu_sd**-2) + np.sum(1 / variance, axis=1)
    pull = np.sum(y / variance, axis=1)
    log_p = -0.5 * np.sum(hierarchy.LOG_2PI + np.log(variance) + y**2 / variance, axis=1)
    log_p += 0.5 * pull**2 / precision - 0.5 * np.log(precision)
    log_p += 0.5 * hierarchy.LOG_2PI if flat else -np.log(mu_sd)
    if name != "no prior for tau":
        log_p += hierarchy.log_half_cauchy(tau, tau_scale) - (np.log(2) if name == "half" else 0)
    p = np.exp(log_p - log_p.max())
    log_z = np.log(p.sum() * step) + log_p.max()
    p /= p.sum()
    return {
        "log_z": log_z,
        "mu": hierarchy.mean_sd(p, pull / precision, 1 / precision),
        "tau": hierarchy.mean_sd(p, tau),
    }


def _largest(y, noise, mu_sd, tau_scale):
    """Largest log joint density of mu, tau and y on a grid of tau: given tau, mu is best at its posterior mean."""
    tau = 0.025 * (np.arange(4000) + 0.5)
    variance = noise**2 + tau[:, None] ** 2
    mu = np.sum(y / variance, axis=1) / (mu_sd**-2 + np.sum(1 / variance, axis=1))
    log_p = -0.5 * np.sum(hierarchy.LOG_2PI + np.log(variance) + (y - mu[:, None]) ** 2 / variance, axis=1)
    log_p -= 0.5 * (hierarchy.LOG_2PI + (mu / mu_sd) ** 2) + np.log(mu_sd)
    return np.max(log_p + hierarchy.log_half_cauchy(tau, tau_scale))


def moments(name):
    """Distance: mean and sd of mu or tau, in sds, the worst of three data sets."""
    return lambda m, r: worst((m[name] - r[name]) / r[name][:, 1:])


def _same(m, values, log_z=0.04, sds=0.04):
    """Whether the answer is a given one; a tolerance of None leaves the evidence out."""
    near = log_z is None or worst(m["log_z"] - values["log_z"]) < log_z
    return near and all(worst((m[name] - values[name]) / values[name][:, 1:]) < sds for name in ("mu", "tau"))


def _is(*names):
    return lambda m, r, d: any(_same(m, r["wrong"][name]) for name in names)


def _moments_right(m, r):
    return _same(m, r, log_z=None)


def _no_spacing(m, r):
    """All evidences too large by one and the same number."""
    off = m["log_z"] - r["log_z"]
    return _moments_right(m, r) and np.ptp(off) < 0.05 and off.min() > 0.3


def _largest_lost(m, r):
    """What is left of ln Z when the largest log density was taken off and not given back; a tenth is the grid's."""
    return _moments_right(m, r) and worst(m["log_z"] - (r["log_z"] - r["largest"])) < 0.1


def _no_slope(m, r):
    """The posterior of a grid in ln tau, summed as if its steps were equal in tau, wherever that grid begins."""
    for low in np.geomspace(1e-4, 1, 41):
        values = _stack([_wrong("ln tau", **r["sets"][s], low=low) for s in SETS])
        if _same(m, values, log_z=None, sds=0.1):
            return True
    return False


def _prior_mean_of_log_likelihood(y, noise, mu_sd, tau_scale):
    """ln L averaged over the prior, tau up to 100, (2,): as the sum is, and divided by the prior's sum.

    Given tau, (y - mu)**2 is y**2 + mu_sd**2 on average.
    """
    tau = 0.025 * (np.arange(4000) + 0.5)
    variance = noise**2 + tau[:, None] ** 2
    log_l = -0.5 * np.sum(hierarchy.LOG_2PI + np.log(variance) + (y**2 + mu_sd**2) / variance, axis=1)
    prior = 0.025 * np.exp(hierarchy.log_half_cauchy(tau, tau_scale))
    return prior @ log_l / np.array([1, prior.sum()])


def _mean_of_logs(m, r):
    """Far below the evidence, as it should be for this slip; a tenth is left to the grid, whose ends count here."""
    off = np.abs(m["log_z"] - r["mean_log"]) / (0.5 + 0.1 * np.abs(r["mean_log"] - r["log_z"]))
    return _moments_right(m, r) and off.max(axis=1).min() < 1


def _best_tau(m, r):
    return worst(m["tau"][:, 1] / r["tau"][:, 1]) < 1e-3 and np.all(m["log_z"] > r["log_z"])


def figure(axes, m, r):
    right = moments("mu")(m, r) < 0.05 and moments("tau")(m, r) < 0.05
    for i, name in enumerate(("mu", "tau")):
        for k in range(3):
            x = 4 * i + k
            for shift, (mean, sd), marker, colour in ((-0.1, r[name][k], "o", "black"), (0.1, m[name][k], "s", BLUE)):
                label = {"black": "exact, mean and sd", BLUE: "yours"}[colour] if x == 0 else None
                axes.errorbar(x + shift, mean, max(sd, 0), fmt=marker, color=colour, label=label)
    axes.set_xticks([0, 1, 2, 4, 5, 6], [f"{name}\n{n} schools" for name in ("mu", "tau") for n in SIZES], fontsize=8)
    axes.set_title(
        "Your sums over the grid give the exact posteriors" if right else "Your posteriors are not the exact ones",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return "Exact means and sds of mu and of tau for data sets of 8, 5 and 12 schools, and yours beside them. " + (
        "They agree." if right else "They do not all agree."
    )


_WHICH_PRIOR = "The posterior is likelihood times priors: which prior is missing?"

_GRID = "another grid of the stated range: its sums are the integrals, far within the tolerance"
_MIRROR = "a normal density and a square do not care which of two numbers is subtracted from the other"

#: Changes of the solution that are right as well.
EQUIVALENT = {
    **dict.fromkeys(
        (
            "d_tau, d_mu = (0.1, 0.5) => d_tau, d_mu = (0.5, 0.1)",
            "d_tau, d_mu = (0.1, 0.5) => d_tau, d_mu = (0.2, 0.5)",
            "d_tau, d_mu = (0.1, 0.5) => d_tau, d_mu = (0.05, 0.5)",
            "d_tau, d_mu = (0.1, 0.5) => d_tau, d_mu = (1.1, 0.5)",
            "d_tau, d_mu = (0.1, 0.5) => d_tau, d_mu = (0.1, 0.25)",
            "d_tau, d_mu = (0.1, 0.5) => d_tau, d_mu = (0.1, 1.0)",
            "d_tau, d_mu = (0.1, 0.5) => d_tau, d_mu = (0.1, 1.5)",
            "tau = np.arange(d_tau / 2, 100, d_tau)[:, None] => tau = np.arange(d_tau, 100, d_tau)[:, None]",
            "tau = np.arange(d_tau / 2, 100, d_tau)[:, None] => tau = np.arange(d_tau / 1, 100, d_tau)[:, None]",
            "tau = np.arange(d_tau / 2, 100, d_tau)[:, None] => tau = np.arange(d_tau / 3, 100, d_tau)[:, None]",
            "tau = np.arange(d_tau / 2, 100, d_tau)[:, None] => tau = np.arange(d_tau / -2, 100, d_tau)[:, None]",
            "tau = np.arange(d_tau / 2, 100, d_tau)[:, None] => tau = np.arange(d_tau / 2, 99, d_tau)[:, None]",
            "tau = np.arange(d_tau / 2, 100, d_tau)[:, None] => tau = np.arange(d_tau / 2, 101, d_tau)[:, None]",
            "mu = np.arange(-60, 60, d_mu) => mu = np.arange(-59, 60, d_mu)",
            "mu = np.arange(-60, 60, d_mu) => mu = np.arange(-61, 60, d_mu)",
            "mu = np.arange(-60, 60, d_mu) => mu = np.arange(-60, 59, d_mu)",
            "mu = np.arange(-60, 60, d_mu) => mu = np.arange(-60, 61, d_mu)",
        ),
        _GRID,
    ),
    **dict.fromkeys(
        (
            "log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale) => "
            "log_p = stats.norm.logpdf(0, mu, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)",
            "log_p = log_p + stats.norm.logpdf(y_j, mu, np.sqrt(noise_j ** 2 + tau ** 2)) => "
            "log_p = log_p + stats.norm.logpdf(mu, y_j, np.sqrt(noise_j ** 2 + tau ** 2))",
            "sd_mu, sd_tau = (np.sqrt((p * (mu - mean_mu) ** 2).sum()), np.sqrt((p * (tau - mean_tau) ** 2).sum())) => "
            "sd_mu, sd_tau = (np.sqrt((p * (mean_mu - mu) ** 2).sum()), np.sqrt((p * (tau - mean_tau) ** 2).sum()))",
            "sd_mu, sd_tau = (np.sqrt((p * (mu - mean_mu) ** 2).sum()), np.sqrt((p * (tau - mean_tau) ** 2).sum())) => "
            "sd_mu, sd_tau = (np.sqrt((p * (mu - mean_mu) ** 2).sum()), np.sqrt((p * (mean_tau - tau) ** 2).sum()))",
        ),
        _MIRROR,
    ),
}

EXERCISE = Exercise(
    slow={"mu integrated by hand": 60},
    title="Eight schools, exactly",
    names={"schools_exact": "y, noise, mu_sd, tau_scale"},
    public=public,
    case=draw,
    reference=reference,
    fields={"log_z": Field((3,), allow="inf"), "mu": Field((3, 2), allow="inf"), "tau": Field((3, 2), allow="inf")},
    criteria=(
        Criterion(
            "log_z",
            points=2,
            compared="your log evidence and the exact one for 8, 5 and 12 schools, nats",
            distance=lambda m, r: worst(m["log_z"] - r["log_z"]),
            needs=("log_z",),
            failed="Your log evidence is not the log of the integral over mu and tau.",
        ),
        Criterion(
            "mu",
            points=2,
            compared="posterior mean and sd of mu for 8, 5 and 12 schools, exact sds",
            distance=moments("mu"),
            needs=("mu",),
            failed="The posterior mean or sd of mu is off.",
        ),
        Criterion(
            "tau",
            points=2,
            compared="posterior mean and sd of tau for 8, 5 and 12 schools, exact sds",
            distance=moments("tau"),
            needs=("tau",),
            failed="The posterior mean or sd of tau is off.",
        ),
    ),
    mistakes=(
        Mistake(
            "tau only up to 5",
            hint="How much of the posterior lies beyond your last node of tau?",
            looks_like=_is("up to 5", "up to 10", "up to 20"),
        ),
        Mistake(
            "no spacing",
            hint="Halve the spacing of your grid: does your ln Z stay?",
            looks_like=lambda m, r, d: _no_spacing(m, r),
        ),
        Mistake(
            "largest not added back",
            hint="What did you take off before the exponential, and where is it added again?",
            looks_like=lambda m, r, d: _largest_lost(m, r),
        ),
        Mistake(
            "ln tau without slope",
            hint="Equal steps in ln tau: are they equal steps in tau?",
            looks_like=lambda m, r, d: _no_slope(m, r),
        ),
        Mistake(
            "Cauchy on half the line",
            hint="Does your prior of tau integrate to one over tau > 0?",
            looks_like=_is("half"),
        ),
        Mistake(
            "sds added",
            hint="Of two independent errors in one number, which add up: widths or squared widths?",
            looks_like=_is("sds added"),
        ),
        Mistake(
            "tau for a variance",
            hint="Double the units of y: what becomes of tau, and what of your variance?",
            looks_like=_is("tau for a variance"),
        ),
        Mistake(
            "noise forgotten",
            hint="An exact school and a noisy one: do they have an equal say in mu?",
            looks_like=_is("noise forgotten"),
        ),
        Mistake("no prior for tau", hint=_WHICH_PRIOR, looks_like=_is("no prior for tau")),
        Mistake("no prior for mu", hint=_WHICH_PRIOR, looks_like=_is("no prior for mu")),
        Mistake(
            "scales of 5 typed in",
            hint="Call it with other prior scales: does your answer change?",
            looks_like=_is("scales of 5"),
        ),
        Mistake(
            "mean of the logs",
            hint="The evidence is the log of an average: what did you average?",
            looks_like=lambda m, r, d: _mean_of_logs(m, r),
        ),
        Mistake(
            "best tau",
            hint="Is tau known once the best one is found?",
            looks_like=lambda m, r, d: _best_tau(m, r),
        ),
    ),
    near=(
        NearMiss(
            "evidence",
            unit="nats",
            sizes=(0.01, 0.02, 0.04, 0.1, 0.2),
            must=0.2,
            perturb=lambda m, r, size: {**m, "log_z": m["log_z"] + size},
        ),
        NearMiss(
            "mean of mu",
            unit="exact sds",
            sizes=(0.02, 0.05, 0.1, 0.2, 0.3),
            must=0.3,
            perturb=lambda m, r, size: {**m, "mu": m["mu"] + size * r["mu"][:, 1:] * [1, 0]},
        ),
        NearMiss(
            "sd of tau",
            unit="part of the sd",
            sizes=(0.02, 0.05, 0.1, 0.2, 0.3),
            must=0.3,
            perturb=lambda m, r, size: {**m, "tau": m["tau"] * [1, 1 + size]},
        ),
    ),
    equivalent=EQUIVALENT,
    figure=figure,
)
