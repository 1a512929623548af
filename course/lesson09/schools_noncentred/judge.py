"""Schools without a funnel: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy import stats

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import hierarchy
from ...tools import BLUE, seed, worst

J = 8
CHAINS, DRAWS, LATE, BEFORE = 4, 1000, 500, 16384
FINE = 0.05  # below it float32 keeps too little of theta - mu to divide it by tau twice
APART = 1.0  # nats by which independent normals do better in the new coordinates, at least


def draw(rng):
    """Schools on which the funnel costs independent normals a nat or more."""
    while True:
        mu, tau = rng.choice([-1, 1]) * rng.uniform(3, 9), np.exp(rng.uniform(0, np.log(7)))
        noise = rng.uniform(7, 18, J).round(1)
        y = rng.normal(rng.normal(mu, tau, J), noise).round(1)
        case = {"y": y, "noise": noise, "seed": seed(rng)}
        r = reference(case)
        if r["centred"] - r["best"] > APART:
            return case


def public():
    return {"y": hierarchy.SCHOOLS_Y, "noise": hierarchy.SCHOOLS_NOISE, "seed": np.array(94)}


def reference(case):
    """Exact posterior by quadrature; the best independent normals in either coordinates."""
    y, noise = (np.asarray(case[name], float) for name in ("y", "noise"))
    exact = hierarchy.schools_exact(y, noise)
    best, mean, sd = hierarchy.schools_mean_field(y, noise, centred=False)
    return {
        "floor": np.float64(-exact["log_z"]),
        "best": np.float64(best),
        "best_mean": mean,
        "best_sd": sd,
        "centred": np.float64(hierarchy.schools_mean_field(y, noise, centred=True)[0]),
        **{name: exact[name] for name in ("mu", "ln_tau", "theta_mean", "theta_sd")},
        "y": y,
        "noise": noise,
    }


# ---------------------------------------------------------------- distances


def excess(m, r):
    return np.mean(m["losses"][-LATE:]) - r["best"]


def fit(m, r):
    """How far the loss ends above the best; below it counts two fifths, as better coordinates lie there too."""
    e = excess(m, r)
    return np.where(e > 0, e, -0.4 * e)


def out_of_the_funnel(distance):
    """NaN unless the loss left the funnel's behind: to hand back the centred model is to do nothing."""
    return lambda m, r: distance(m, r) if excess(m, r) < 0.5 * APART else np.nan


def _ks(values, cdf):
    """Largest distance between the distribution of values and a distribution function."""
    found, n = cdf(np.sort(values.ravel())), values.size
    return np.max([np.arange(1, n + 1) / n - found, found - np.arange(n) / n])


def _apart(e):
    """Largest correlation between the columns of e, (n, J); NaN where one of them is constant."""
    return worst(np.corrcoef(e.T)[np.triu_indices(e.shape[1], 1)])


def _split(m):
    """Draws before the data: mu (n, 1), tau (n, 1) and theta (n, J)."""
    return m["before"][:, :1], m["before"][:, 1:2], m["before"][:, 2:]


def _white(e):
    """How far e, (n, J), is from independent standard normals."""
    return np.max([_ks(e, stats.norm.cdf), _apart(e) / 2])


def prior(m, r):
    """mu, tau and (theta - mu) / tau before the data: distances from their distribution functions, or correlations."""
    mu, tau, effects = _split(m)
    return np.max(
        [
            _ks(mu, stats.norm(0, hierarchy.MU_SD).cdf),
            _ks(tau, stats.halfcauchy(scale=hierarchy.TAU_SCALE).cdf),
            _white((effects - mu) / tau),
        ]
    )


def population(m, r):
    """The worst of the means (exact sds) and of the log ratios of sds, of mu and ln tau."""
    z = m["chains"].reshape(-1, 2)
    exact = np.stack([r["mu"], r["ln_tau"]])
    return worst([(z.mean(axis=0) - exact[:, 0]) / exact[:, 1], np.log(z.std(axis=0) / exact[:, 1])])


def theta(m, r):
    return worst([(m["theta_mean"] - r["theta_mean"]) / r["theta_sd"], np.log(m["theta_sd"] / r["theta_sd"])])


def effective_draws(chains):
    """Number of independent draws that chains (chains, draws) are worth.

    Autocorrelations within and between chains, summed in pairs while these are positive and fall (Geyer 1992;
    Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 11.5).
    """
    count, n = chains.shape
    centred = chains - chains.mean(axis=1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(centred, 2 * n, axis=1)) ** 2
    covariance = np.fft.irfft(spectrum, axis=1)[:, :n].mean(axis=0) / n
    within = covariance[0] * n / (n - 1)
    total = within * (n - 1) / n + chains.mean(axis=1).var(ddof=1)
    rho = 1 - (within - covariance) / total
    rho[0] = 1
    pairs = rho[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    last = np.argmax(pairs < 0) if np.any(pairs < 0) else len(pairs)
    return count * n / (2 * np.minimum.accumulate(pairs[:last]).sum() - 1)


def mixing(m, r):
    """400 over the number of effective draws, of mu or ln tau; nothing unless the draws are about right."""
    if not population(m, r) < 1:
        return np.nan
    return 400 / np.min([effective_draws(m["chains"][..., i]) for i in (0, 1)])


# ---------------------------------------------------------------- mistakes


def _usual_mu(mu):
    return _ks(mu, stats.norm(0, hierarchy.MU_SD).cdf) < 0.06


def _drawn(standard):
    """looks_like: mu has its prior, but it is not (theta - mu) / tau that is standard normal, it is ``standard``."""

    def looks_like(m, r, d):
        mu, tau, effects = (part[m["before"][:, 1] > FINE] for part in _split(m))
        e = (effects - mu) / tau
        return _usual_mu(mu) and _white(e) > 0.1 and _white(standard(mu, tau, effects)) < 0.06

    return looks_like


def _one_z(m, r, d):
    mu, tau, effects = _split(m)
    e = (effects - mu) / tau
    return _usual_mu(mu) and _ks(e[:, 0], stats.norm.cdf) < 0.06 and np.quantile(np.abs(e - e[:, :1]), 0.99) < 0.05


def _half_normal(m, r, d):
    mu, tau, effects = _split(m)
    return _white((effects - mu) / tau) < 0.06 and _ks(tau, stats.halfnorm(scale=hierarchy.TAU_SCALE).cdf) < 0.06


def _right_posterior(m, r):
    """The right prior, and a posterior that is about right: on some schools that of another prior is close as well."""
    return prior(m, r) < 0.06 and population(m, r) < 0.5 and theta(m, r) < 0.3


def _funnel(m, r):
    """The right posterior, in coordinates that are those of the funnel, or half-way there."""
    return _right_posterior(m, r) and 0.1 < excess(m, r) < r["centred"] - r["best"] + 0.3


def figure(axes, m, r):
    draws = m["chains"][..., 1].ravel()
    u = np.linspace(-6, 5, 400)
    log_p = hierarchy.schools_given_tau(r["y"], r["noise"], hierarchy.MU_SD, np.exp(u))[0] + u
    log_p += hierarchy.log_half_cauchy(np.exp(u), hierarchy.TAU_SCALE) + r["floor"]
    right = population(m, r) < 0.2 and mixing(m, r) < 1
    axes.hist(draws, bins=np.linspace(-6, 5, 67), density=True, color=BLUE, alpha=0.5, label="NUTS on your model")
    axes.plot(u, np.exp(log_p), color="black", label="exact")
    axes.set(xlabel="ln tau", ylabel="density")
    axes.set_title(
        "In your coordinates the sampler reaches the small tau"
        if right
        else "Your draws of ln tau are not the posterior's",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return "A histogram of ln tau as NUTS draws it from your model, over the exact density. " + (
        "They agree." if right else "They do not agree, or the draws are worth few."
    )


EXERCISE = Exercise(
    title="Schools without a funnel",
    names={"schools_noncentred": "y, noise"},
    public=public,
    case=draw,
    reference=reference,
    routes="hierarchy_routes",
    fields={
        "losses": Field((2500,), allow="inf nan"),
        "chains": Field((CHAINS, DRAWS, 2), allow="inf nan"),
        "theta_mean": Field((J,), allow="inf nan"),
        "theta_sd": Field((J,), allow="inf nan"),
        "before": Field((BEFORE, 2 + J), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "fit",
            points=3,
            compared="mean of the last 500 losses of an AutoNormal on your model, nats above the least that "
            "independent normals reach in coordinates without a funnel (what lies below counts 0.4 times)",
            distance=fit,
            needs=("losses",),
            failed="Independent normals in the coordinates of your model do not reach the loss that they reach without "
            "the funnel.",
        ),
        Criterion(
            "prior",
            points=1,
            compared="16384 draws of mu, tau and (theta - mu) / tau before the data, and N(0, 5), HalfCauchy(5) and "
            "independent N(0, 1): largest distance of the cumulated frequencies, or half a correlation",
            distance=out_of_the_funnel(prior),
            needs=("losses", "before"),
            failed="Before the data, mu, tau or theta are not distributed as in the centred model.",
        ),
        Criterion(
            "population",
            points=2,
            compared="means and sds of mu and ln tau as NUTS draws them from your model, and the exact ones; exact "
            "sds, or log ratio of sds",
            distance=out_of_the_funnel(population),
            needs=("losses", "chains"),
            failed="The posterior of mu and tau under your model is not that of the schools.",
        ),
        Criterion(
            "theta",
            points=1,
            compared="means and sds of the eight theta, and the exact ones; exact sds, or log ratio of sds",
            distance=out_of_the_funnel(theta),
            needs=("losses", "theta_mean", "theta_sd"),
            failed="The values that your model records as `theta` are not the schools' effects.",
        ),
        Criterion(
            "mixing",
            points=1,
            compared="400 over the number of independent draws that your 4000 are worth, mu or ln tau",
            distance=out_of_the_funnel(mixing),
            needs=("losses", "chains"),
            failed="The chains of NUTS crawl: their draws are worth few independent ones, or are of another posterior.",
        ),
    ),
    mistakes=(
        Mistake(
            "centred",
            hint="Shrink tau to 0.1: how small must a step in your own coordinates become?",
            looks_like=lambda m, r, d: _funnel(m, r),
        ),
        Mistake(
            "half-way",
            hint="Shrink tau to 0.1: how small must a step in your own coordinates become?",
            looks_like=lambda m, r, d: _funnel(m, r),
        ),
        Mistake(
            "tau twice",
            hint="For tau = 2, what is the sd of your theta before the data?",
            looks_like=_drawn(lambda mu, tau, theta: (theta - mu) / tau**2),
        ),
        Mistake(
            "tau for a variance",
            hint="For tau = 4, what is the sd of your theta before the data?",
            looks_like=_drawn(lambda mu, tau, theta: (theta - mu) / np.sqrt(tau)),
        ),
        Mistake("one z", hint="How many schools does your z know?", looks_like=_one_z),
        Mistake(
            "mu twice",
            hint="What is the mean of your theta before the data, given mu?",
            looks_like=_drawn(lambda mu, tau, theta: (theta - mu) / tau - mu),
        ),
        Mistake(
            "no mu",
            hint="What is the mean of your theta before the data, given mu?",
            looks_like=_drawn(lambda mu, tau, theta: theta / tau),
        ),
        Mistake(
            "tau added",
            hint="Double tau: do your theta spread?",
            looks_like=_drawn(lambda mu, tau, theta: theta - mu - tau),
        ),
        Mistake(
            "half-normal tau",
            hint="Is it the same model as before, with the same prior of tau?",
            looks_like=_half_normal,
        ),
        Mistake(
            "standardised y",
            hint="Your loss changed by the sum of ln noise: is that a better fit, or other units?",
            looks_like=lambda m, r, d: _right_posterior(m, r) and abs(excess(m, r) + np.log(r["noise"]).sum()) < 0.2,
        ),
        Mistake(
            "z recorded as theta",
            hint="In what units is what you record: how large is a typical school's effect?",
            looks_like=_drawn(lambda mu, tau, theta: theta),
        ),
    ),
    near=(
        NearMiss(
            "loss",
            unit="nats added to the losses",
            sizes=(0.03, 0.06, 0.1, 0.2, 0.4),
            must=0.4,
            perturb=lambda m, r, size: {**m, "losses": m["losses"] + size},
        ),
        NearMiss(
            "mean of ln tau",
            unit="exact sds",
            sizes=(0.1, 0.2, 0.4, 0.8),
            must=0.8,
            perturb=lambda m, r, size: {**m, "chains": m["chains"] + size * r["ln_tau"][1] * np.array([0, 1])},
        ),
        NearMiss(
            "prior",
            unit="part by which every theta lies too far from mu before the data",
            sizes=(0.05, 0.1, 0.2, 0.4, 0.8),
            must=0.4,
            perturb=lambda m, r, size: {
                **m,
                "before": np.concatenate(
                    [m["before"][:, :2], m["before"][:, 2:] + size * (m["before"][:, 2:] - m["before"][:, :1])], axis=1
                ),
            },
        ),
        NearMiss(
            "sd of theta",
            unit="part by which they are too wide",
            sizes=(0.05, 0.1, 0.2, 0.4, 0.8),
            must=0.8,
            perturb=lambda m, r, size: {**m, "theta_sd": m["theta_sd"] * (1 + size)},
        ),
    ),
    equivalent={
        "with numpyro.plate('schools', len(y)): => with numpyro.plate('schools_', len(y)):": (
            "a plate may have any name"
        ),
        "z = numpyro.sample('z', dist.Normal(0.0, 1.0)) => z = numpyro.sample('z_', dist.Normal(0.0, 1.0))": (
            "a helper site may have any name"
        ),
        "numpyro.sample('y', dist.Normal(theta, noise), obs=y) => "
        "numpyro.sample('y_', dist.Normal(theta, noise), obs=y)": ("what is given may have any name"),
        "theta = numpyro.deterministic('theta', mu + tau * z) => "
        "theta = numpyro.deterministic('theta', mu - tau * z)": ("z is as often below zero as above: the same model"),
    },
    figure=figure,
)
