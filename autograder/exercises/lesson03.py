"""Lesson 3, SVI in NumPyro: what its exercises ask and how they are judged."""

import numpy as np
from scipy.special import betainc, betaincinv, betaln, expit, gammaln, log_expit, logit, ndtr

from autograder.exercises.common import BLUE, ORANGE, RED
from autograder.judging import Criterion, Exercise, Field, KnownWrong, NearMiss
from autograder.references import coin

#: The nodes as the measurement's float32 sees them.
NODES = coin.UNIT_NODES.astype(np.float32).astype(np.float64)

#: Where a guide is probed with every unconstrained parameter at -3.
CORNER_PROBES = np.array([0.1, 0.3, 0.5, 0.7, 0.9], dtype=np.float32).astype(np.float64)


# ---------------------------------------------------------------- tools of the judges


def residual(y, *columns):
    """Largest distance of ``y`` from the span of ``columns`` and a constant, and the coefficients.

    Only points within 30 nats of the highest count: further out float32 has little to say.
    """
    keep = y > np.max(y) - 30
    design = np.stack([np.ones_like(y), *columns], axis=1)[keep]
    if not keep.any() or not np.all(np.isfinite(design)) or not np.all(np.isfinite(y[keep])):
        return np.nan, np.full(1 + len(columns), np.nan)
    coefficients = np.linalg.lstsq(design, y[keep], rcond=None)[0]
    return np.max(np.abs(design @ coefficients - y[keep])), coefficients


def close(x, y, tol):
    """Whether two arrays agree everywhere, absolutely and relatively to ``y``."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    return x.shape == y.shape and bool(np.all(np.abs(x - y) <= tol * (1 + np.abs(y))))


def sites_of(m, kind):
    """Names of the sites of one kind in the lines "name kind shape" of a measurement."""
    return [line.rsplit(f" {kind} ", 1)[0] for line in m["sites"] if f" {kind} (" in line]


# ---------------------------------------------------------------- 3.1 the model


N_SIMULATIONS = 4000


def draw_model_case(rng):
    flips = [rng.permutation(np.repeat([1.0, 0.0], [h, n - h])).astype(np.float32) for n, h in ((15, rng.integers(3, 13)), (23, rng.integers(3, 21)))]
    return {"data_a": flips[0], "data_b": flips[1], "f": np.sort(rng.uniform(0.05, 0.95, 9)).astype(np.float32), "seed": rng.integers(2**31)}


def public_model_case():
    flips = np.concatenate([coin.public_coin()["data"]] * 2)
    return {"data_a": flips[:15], "data_b": flips[5:28], "f": np.linspace(0.1, 0.9, 9).astype(np.float32), "seed": np.array(3)}


def model_reference(case):
    f = np.asarray(case["f"], float)
    logs = {}
    for name in "ab":
        data = case[f"data_{name}"]
        heads = float(data.sum())
        logs[f"heads_{name}"], logs[f"n_{name}"] = np.float64(heads), np.float64(len(data))
        logs[f"logp_{name}"] = heads * np.log(f) + (len(data) - heads) * np.log1p(-f)
    return {"f": f, **logs}


def model_excess(m, r):
    """Learner's log joint minus the right one, for 15 and for 23 flips."""
    return m["logp_a"] - r["logp_a"], m["logp_b"] - r["logp_b"]


def counts_ks(m, r):
    """Kolmogorov distance between simulated numbers of heads and equal chances for 0..n."""
    n = m["obs"].shape[1]
    counts = np.bincount(m["obs"].sum(axis=1).astype(int), minlength=n + 1)[: n + 1] / len(m["obs"])
    return np.max(np.abs(np.cumsum(counts) - np.arange(1, n + 2) / (n + 1)))


def model_figure(axes, m, r):
    n = m["obs"].shape[1]
    counts = np.bincount(np.clip(m["obs"].sum(axis=1), 0, n).astype(int), minlength=n + 1) / len(m["obs"])
    flat = counts_ks(m, r) <= 0.05
    axes.bar(np.arange(n + 1), counts, color=BLUE, alpha=0.6, label=f"your model, {N_SIMULATIONS} simulations")
    axes.axhline(1 / (n + 1), color="black", label="a uniform prior on one shared f")
    axes.set(xlabel=f"heads in {n} flips", ylabel="frequency", ylim=(0, 1.5 * max(counts.max(), 1 / (n + 1))))
    axes.set_title("Before any data, every number of heads is equally likely" if flat else "Your numbers of heads are not equally likely",
        fontsize=10)
    axes.legend(fontsize=8)
    return f"Bars: how often your model gave each number of heads from 0 to {n}, without data. Line: equal frequencies. " + (
        "They agree." if flat else "They differ."
    )


def _random_flips(m, r):
    """The log joint is that of flips which are not the data: a whole number of heads for each f."""
    whole = []
    for name in "ab":
        heads = (m[f"logp_{name}"] - r[f"n_{name}"] * np.log1p(-r["f"])) / (np.log(r["f"]) - np.log1p(-r["f"]))
        heads = heads[np.abs(logit(r["f"])) > 0.1]  # at f = 1/2 every number of heads is equally likely
        whole.append(np.max(np.abs(heads - np.round(heads))) < 0.02 and np.all(heads > -0.1))
    return all(whole) and not sites_of(m, "observed") and sites_of(m, "latent") == ["f", "obs"]


def _prior_differs(m, r):
    a, b = model_excess(m, r)
    return np.ptp(a) > 0.02 and np.max(np.abs(a - b)) < 2e-3


def _twice(m, r):
    return close(m["logp_a"], 2 * r["logp_a"], 1e-3) and close(m["logp_b"], 2 * r["logp_b"], 1e-3)


def _log_choose(n, h):
    return gammaln(n + 1) - gammaln(h + 1) - gammaln(n - h + 1)


def _binomial(m, r):
    if m["obs"].ndim != 1:
        return False
    a, b = model_excess(m, r)
    return close(a, np.full(9, _log_choose(r["n_a"], r["heads_a"])), 1e-3) and close(b, np.full(9, _log_choose(r["n_b"], r["heads_b"])), 1e-3)


def recount(flips, old, new):
    """Flips with other numbers of heads: those of chances ``old``, moved by their quantiles to the chances ``new``."""
    n = flips.shape[1]
    heads = flips.sum(axis=1).astype(int)
    within = np.empty(len(heads))  # spreads equal numbers of heads over their step of the distribution function
    for k in np.unique(heads):
        tied = heads == k
        within[tied] = (np.arange(tied.sum()) + 0.5) / tied.sum()
    ranks = np.append(0, np.cumsum(old))[heads] + within * old[heads]
    moved = np.minimum(np.searchsorted(np.cumsum(new), ranks), n)
    return ((np.arange(n) + np.arange(len(heads))[:, None]) % n < moved[:, None]).astype(float)


def _heads_chances(n, a, b):
    """Chances of 0..n heads with f from Beta(a, b)."""
    k = np.arange(n + 1)
    return np.exp(_log_choose(n, k) + betaln(a + k, b + n - k) - betaln(a, b))


def _tilted_prior(m, r, size):
    obs = recount(m["obs"], np.full(16, 1 / 16), _heads_chances(15, 1 + size, 1))
    tilt = size * np.log(r["f"]) + np.log1p(size)
    return {**m, "logp_a": m["logp_a"] + tilt, "logp_b": m["logp_b"] + tilt, "obs": obs}


MODEL = Exercise(
    id="coin-model",
    title="The coin as a NumPyro model",
    names={"model_coin": "n, data=None"},
    public=public_model_case,
    case=draw_model_case,
    reference=model_reference,
    fields={"logp_a": Field((9,)), "logp_b": Field((9,)), "sites": Field((None,), text=True), "obs": Field((N_SIMULATIONS, 15))},
    criteria=(
        Criterion(
            "log joint", 2, "log density of your model and of the coin at 9 values of f, for 15 and for 23 flips, nats",
            lambda m, r: max(np.max(np.abs(e)) for e in model_excess(m, r)), ("logp_a", "logp_b"),
            "With f held fixed, your model's log density is not that of the prior times the flips.",
        ),
        Criterion(
            "sites", 1, "your sample sites with 15 flips of data, and a latent `f` of shape () with an observed `obs` of shape (15,)",
            lambda m, r: float(sorted(line for line in m["sites"] if " param " not in line) != ["f latent ()", "obs observed (15,)"]), ("sites",),
            "Print the trace of your model with data: it should show one number `f` and the observed flips `obs`, and no other sample site.",
        ),
        Criterion(
            "simulation", 1, "values of `obs` without data, and 15 zeros or ones",
            lambda m, r: float(not np.isin(m["obs"], (0, 1)).all()), ("obs",),
            "With `data=None` the site `obs` should hold n simulated flips, each 0 or 1.",
        ),
        Criterion(
            "numbers of heads", 2, "cumulated frequencies of the number of heads in 15 simulated flips, and equal chances for 0 to 15",
            counts_ks, ("obs",), "Without data, the numbers of heads that your model simulates are not spread as one coin with a uniform f spreads them.",
        ),
    ),
    known_wrong=(
        KnownWrong(
            "f in the plate",
            """
def model_coin(n, data=None):
    with numpyro.plate("flips", n):
        f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
""",
            "How many coins did you mint?",
            lambda m, r, d: "f latent (15,)" in m["sites"] and abs(m["obs"].sum(axis=1).var() / (15 / 4) - 1) < 0.2 and d["log joint"] < 1e-3,
        ),
        KnownWrong(
            "no obs",
            """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f))
""",
            "Does the log density change with the data?",
            lambda m, r, d: _random_flips(m, r) and d["numbers of heads"] < 0.05,
        ),
        KnownWrong(
            "plate of 20",
            """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", 20):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
""",
            "Try another n: how many flips come out?",
            lambda m, r, d: m["obs"].shape == (N_SIMULATIONS, 20) and "logp_a" not in m and counts_ks(m, r) < 0.05,
        ),
        KnownWrong(
            "ten without data",
            """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", 10 if data is None else len(data)):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
""",
            "Try another n: how many flips come out?",
            lambda m, r, d: m["obs"].shape in ((N_SIMULATIONS, 10), (N_SIMULATIONS, 20)) and d["log joint"] < 1e-3,
        ),
        KnownWrong(
            "binomial",
            """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    numpyro.sample("obs", dist.Binomial(n, f), obs=None if data is None else jnp.sum(data))
""",
            "One site for all flips, or one value a flip?",
            lambda m, r, d: _binomial(m, r),
        ),
        KnownWrong(
            "len of None",
            """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", len(data)):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
""",
            "What is n for?",
            lambda m, r, d: d["log joint"] < 1e-3 and d["sites"] == 0 and "obs" not in m,
        ),
        KnownWrong(
            "another prior",
            """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Beta(2.0, 2.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
""",
            "Sample the prior: is f flat?",
            lambda m, r, d: _prior_differs(m, r) and d["sites"] == 0 and d["simulation"] == 0,
        ),
        KnownWrong(
            "likelihood twice",
            """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
        if data is not None:
            numpyro.factor("likelihood", dist.Bernoulli(f).log_prob(data))
""",
            "Count the terms that mention the data.",
            lambda m, r, d: _twice(m, r) and d["numbers of heads"] < 0.05,
        ),
    ),
    honest={
        "beta prior": """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Beta(1.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.BernoulliProbs(probs=f), obs=data)
""",
        "expand in place of a plate": """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Uniform())
    numpyro.sample("obs", dist.Bernoulli(f).expand([n]).to_event(1), obs=data)
""",
        "logits": """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0, 1))
    with numpyro.plate("N", n, dim=-1) as index:
        numpyro.sample("obs", dist.Bernoulli(logits=jnp.log(f) - jnp.log1p(-f)), obs=data)
    return f
""",
    },
    near=(
        NearMiss("constant", "nats added to the log joint", (2e-4, 5e-4, 1e-3, 2e-3, 4e-3), 4e-3,
                 lambda m, r, size: {**m, "logp_a": m["logp_a"] + size, "logp_b": m["logp_b"] + size}),
        NearMiss("tilted prior", "f from Beta(1 + size, 1)", (3e-4, 1e-3, 3e-3, 0.01, 0.03), 0.01, _tilted_prior),
        NearMiss("simulation", "f from Beta(1 + size, 1) where there are no data", (0.05, 0.1, 0.2, 0.4, 0.8), 0.8,
                 lambda m, r, size: {**m, "obs": recount(m["obs"], np.full(16, 1 / 16), _heads_chances(15, 1 + size, 1))}),
    ),
    figure=model_figure,
)


# ---------------------------------------------------------------- 3.2 and 3.6 guides


def draw_guide_case(rng):
    return {**coin.draw_coin(rng, n=20), "seed": rng.integers(2**31)}


def public_guide_case():
    return {**coin.public_coin(), "seed": np.array(7)}


def guide_reference(case):
    a, b = coin.posterior(case)
    heads = float(np.sum(case["data"]))
    mean, sd = coin.beta_mean_sd(a, b)
    loc, scale, kl = coin.best_logit_normal(a, b)
    return {
        "a": np.float64(a), "b": np.float64(b), "heads": np.float64(heads), "tails": np.float64(len(case["data"]) - heads),
        "a0": np.float64(case["a0"]), "b0": np.float64(case["b0"]),
        "mean": np.float64(mean), "sd": np.float64(sd), "loc": np.float64(loc), "scale": np.float64(scale), "best_kl": np.float64(kl),
        "floor": -np.float64(coin.log_evidence(heads, len(case["data"]) - heads, float(case["a0"]), float(case["b0"]))),
    }


GUIDE_FIELDS = {
    "losses": Field((3000,), allow="inf nan"),
    "draws": Field((4096,), allow="inf nan"),
    "logq": Field((4096,), allow="inf nan"),
    "probe": Field((204,), allow="inf nan"),
    "corner": Field((5,), allow="inf nan"),
    "sites": Field((None,), text=True),
}


def leaks(m):
    """Whether the guide has density at one of the probes outside (0, 1)."""
    return bool(np.isfinite(m["probe"][200:]).any())


def density(m, r):
    """How far the claimed density on (0, 1) is from one in total; infinite if it reaches outside."""
    return np.inf if leaks(m) else abs(coin.UNIT_WEIGHTS @ np.exp(m["probe"][:200]) - 1)


def probed_kl(m, r):
    """KL(guide || posterior) by quadrature, nats: infinite where the guide leaves (0, 1), none where it is no density."""
    if leaks(m):
        return np.inf
    logq = m["probe"][:200]
    q = np.exp(logq)
    if not abs(coin.UNIT_WEIGHTS @ q - 1) <= 0.05:
        return np.nan
    logp = coin.beta_log_pdf(NODES, r["a"], r["b"])
    return abs(coin.UNIT_WEIGHTS @ np.where(q > 0, q * (np.where(q > 0, logq, 0) - logp), 0))


def drawn_kl(m, r):
    """KL(guide || posterior) at the claimed density, less the best logit-normal's, nats; either sign counts.

    By quadrature where the claim is a normal one in z = logit f, read off the draws; else
    as the mean over the draws of w - 1 - ln w, with w = posterior / claimed density. That
    has the expectation of -ln w too, but a few large w can make it jump.
    """
    if not inside(m):
        return np.inf
    f, z = m["draws"], logit(m["draws"])
    far, c = residual(m["logq"] + np.log(f) + np.log1p(-f), z, z**2)
    if far < 0.01 and c[2] < 0:
        scale = np.sqrt(-0.5 / c[2])
        loc = c[1] * scale**2
        missing = c[0] + 0.5 * (loc / scale) ** 2 + np.log(scale) + 0.5 * np.log(2 * np.pi)  # of a density that is one in total
        return abs(betaln(r["a"], r["b"]) - coin.logit_normal_elbo(loc, scale, r["a"], r["b"]) + missing - r["best_kl"])
    log_w = coin.beta_log_pdf(f, r["a"], r["b"]) - m["logq"]
    return abs(np.mean(np.expm1(log_w) - log_w) - r["best_kl"])


def draws_off(m, r):
    """The larger of the error of the mean, in posterior sds, and twice that of the log sd, which has less noise."""
    return np.max(np.abs([(m["draws"].mean() - r["mean"]) / r["sd"], 2 * np.log(m["draws"].std() / r["sd"])]))


def claim(m, r):
    """How far E[posterior / claimed density] over the draws is from 1, less five standard errors."""
    weights = np.exp(coin.beta_log_pdf(m["draws"], r["a"], r["b"]) - m["logq"])
    return max(abs(weights.mean() - 1) - 5 * weights.std() / np.sqrt(len(weights)), 0.0) if np.all(np.isfinite(weights)) else np.nan


def bound(m, r):
    """How far the last losses lie below the floor, nats; at or above it the distance is zero."""
    level = m["losses"][-200:].mean()
    return max(r["floor"] - level, 0.0) if not np.isnan(level) else np.nan


def beta_form(m, r):
    return residual(m["probe"][:200], np.log(NODES), np.log1p(-NODES))[0]


def corner(m, r):
    """With every unconstrained parameter at -3: how far the Beta's parameters are below zero."""
    if not np.all(np.isfinite(m["corner"])):
        return np.nan
    return max(0.0, *(-x for x in _corner_beta(m)))


def posterior_figure(axes, m, r, line, name):
    """A learner's surrogate over the exact posterior."""
    f = np.linspace(0.001, 0.999, 500)
    exact = np.exp(coin.beta_log_pdf(f, r["a"], r["b"]))
    x, claimed = line
    inside = (x > 0) & (x < 1)
    off = np.abs(claimed - np.exp(coin.beta_log_pdf(np.where(inside, x, 0.5), r["a"], r["b"])))[inside]
    good, right_claim = draws_off(m, r) < 0.15, off.size > 0 and np.max(off) < 0.2 * exact.max()
    title = "Your surrogate lies on the posterior" if good else "Your surrogate is not the posterior"
    if good and not right_claim:
        title = "Your draws lie on the posterior, the density that you claim does not"
    axes.hist(m["draws"][np.isfinite(m["draws"])], bins=np.linspace(0, 1, 51), density=True, color=ORANGE, alpha=0.45, label="your draws")
    axes.plot(f, exact, color="black", label="exact posterior")
    axes.plot(x, claimed, color=BLUE, linestyle="--", linewidth=2, label=name)
    axes.set(xlabel="f", ylabel="density", xlim=(0, 1), ylim=(0, 1.6 * exact.max()))
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8)
    return (
        f"The exact posterior of f, with mean {r['mean']:.3f} and sd {r['sd']:.3f}; the density of your guide; and a histogram of its draws, "
        f"with mean {m['draws'].mean():.3f} and sd {m['draws'].std():.3f}."
    )


def beta_figure(axes, m, r):
    return posterior_figure(axes, m, r, (NODES, np.exp(m["probe"][:200])), "your guide's density")


def _coefficients(m):
    """(residual, a, b) of the Beta density nearest to the probes."""
    far, c = residual(m["probe"][:200], np.log(NODES), np.log1p(-NODES))
    return far, c[1] + 1, c[2] + 1


def _is_beta(m, a, b):
    far, mine, yours = _coefficients(m)
    return far < 1e-2 and abs(mine / a - 1) < 2e-3 and abs(yours / b - 1) < 2e-3


def _corner_beta(m):
    """(a, b) of the Beta density nearest to the corner probes."""
    c = np.linalg.lstsq(np.stack([np.ones(5), np.log(CORNER_PROBES), np.log1p(-CORNER_PROBES)], axis=1), m["corner"], rcond=None)[0]
    return c[1] + 1, c[2] + 1


def _corner_of_cap(m, heads=0.0):
    """Whether the corner is that of parameters between 0 and 10."""
    return abs(_corner_beta(m)[0] - heads - 10 * expit(-3.0)) < 0.01


def _one_name(m, r):
    far, a, b = _coefficients(m)
    return far < 1e-3 and abs(a / b - 1) < 1e-3 and len(sites_of(m, "param")) == 1 and density(m, r) < 0.01 and corner(m,
        r) < 1e-3 and not _corner_of_cap(m)


def _capped(m, r):
    far, a, b = _coefficients(m)
    return far < 1e-3 and 9.5 < max(a, b) <= 10.01 and len(sites_of(m, "param")) == 2 and density(m, r) < 0.01


def _quadratic_in_f(m):
    """The claimed log density at the draws is a quadratic of f, as a Normal's is; clipped draws don't count."""
    f, logq = m["draws"], m["logq"]
    good = np.isfinite(logq) & (f > f.min()) & (f < f.max())
    far, c = residual(logq[good], f[good], f[good] ** 2)
    return far < 5e-3 and c[2] < -1


def _is_normal(m):
    """A Normal on f itself. Where its losses are infinite its fit may end anywhere, so the corner tells."""
    if sites_of(m, "latent") != ["f"] or not (leaks(m) or np.isnan(m["probe"]).all()):
        return False
    if not np.isfinite(m["corner"]).all():
        return _quadratic_in_f(m)
    x = CORNER_PROBES
    design = np.stack([np.ones(5), x, x**2], axis=1)
    c = np.linalg.lstsq(design, m["corner"], rcond=None)[0]
    return close(design @ c, m["corner"], 1e-4) and c[2] < -1


def _only(m, *lines):
    return [line for line in m["sites"] if " param " not in line] == list(lines)


# --- near misses: what would have been measured of a guide whose fit ended elsewhere


def _fitted_beta(m):
    _, a, b = _coefficients(m)
    return a, b


def as_beta(m, r, a, b):
    """The measurement of a guide that ended at Beta(a, b): the same draws moved by their quantiles, other densities and losses."""
    a0, b0 = _fitted_beta(m)
    draws = betaincinv(a, b, betainc(a0, b0, m["draws"]))
    probe = np.append(coin.beta_log_pdf(NODES, a, b), m["probe"][200:])
    excess = coin.beta_kl(a, b, r["a"], r["b"]) - coin.beta_kl(a0, b0, r["a"], r["b"])
    return {**m, "draws": draws, "logq": coin.beta_log_pdf(draws, a, b), "probe": probe, "losses": m["losses"] + excess}


def _beta_of(mean, sd):
    """(a, b) of the Beta with this mean and sd."""
    total = mean * (1 - mean) / sd**2 - 1
    return mean * total, (1 - mean) * total


def _other_sd(m, r, ratio):
    mean, sd = coin.beta_mean_sd(*_fitted_beta(m))
    return as_beta(m, r, *_beta_of(mean, sd * ratio))


def _other_mean(m, r, size):
    mean, sd = coin.beta_mean_sd(*_fitted_beta(m))
    return as_beta(m, r, *_beta_of(mean + size * sd, sd))


def _stopped_early(m, r, size):
    """A fit that started at Beta(2, 2) and has this part of the way, in log a and log b, still to go."""
    a, b = (np.exp((1 - size) * np.log(x) + size * np.log(2.0)) for x in _fitted_beta(m))
    return as_beta(m, r, a, b)


def _false_claim(m, draws):
    """Other draws, scored by the density that was claimed."""
    return {**m, "draws": draws, "logq": coin.beta_log_pdf(draws, *_fitted_beta(m))}


def _drawn_off(m, r, size):
    mean, sd = coin.beta_mean_sd(*_fitted_beta(m))
    return _false_claim(m, as_beta(m, r, *_beta_of(mean + size * sd, sd))["draws"])


def _drawn_wide(m, r, size):
    return _false_claim(m, _other_sd(m, r, 1 + size)["draws"])


_SD_SIZES, _MEAN_SIZES = (0.02, 0.05, 0.075, 0.1, 0.15, 0.3), (0.03, 0.06, 0.1, 0.15, 0.25, 0.5)

BETA_GUIDE = Exercise(
    id="coin-guide",
    title="A Beta guide for the coin",
    names={"guide_beta": "n, data=None"},
    public=public_guide_case,
    case=draw_guide_case,
    reference=guide_reference,
    routes="coin_routes",
    fields=GUIDE_FIELDS,
    criteria=(
        Criterion(
            "density", 1, "total of your guide's density over (0, 1), and 1, with nothing outside", density, ("probe",),
            "The density that your guide claims for `f` must be one in total over (0, 1), and zero outside. Yours is not.",
        ),
        Criterion(
            "surrogate", 3, "KL(your fitted guide ‖ exact posterior) by quadrature, nats", probed_kl, ("probe",),
            "After the fit your guide's density is not the posterior's.",
        ),
        Criterion(
            "draws", 1, "4096 draws of `f` and the posterior: difference of the means in sds, or twice the log ratio of the sds", draws_off,
            ("draws",),
            "The draws at the site `f` of your guide don't have the posterior's mean and sd.",
        ),
        Criterion(
            "bound", 1, "mean of the last 200 losses, and the floor -ln Z that no loss can undercut, nats", bound, ("losses",),
            "The loss fell below the floor -ln Z, which no guide can.",
        ),
        Criterion(
            "Beta form", 1, "your log density over (0, 1), and the nearest log density of a Beta, nats", beta_form, ("probe",),
            "Your guide's density is not that of a Beta.",
        ),
        Criterion(
            "constraints", 1, "parameters of your Beta when the optimiser's own numbers are all -3, and zero", corner, ("corner",),
            "The optimiser may try any number: some of them make your guide's Beta illegal.",
        ),
    ),
    known_wrong=(
        KnownWrong(
            "uniform prior",
            """
def guide_beta(n, data=None):
    heads = jnp.sum(data)
    numpyro.sample("f", dist.Beta(1 + heads, 1 + n - heads))
""",
            "Who told your guide the prior?",
            lambda m, r, d: _is_beta(m, 1 + r["heads"], 1 + r["tails"]) and not sites_of(m, "param"),
            hidden_only=True,
        ),
        KnownWrong(
            "counts",
            """
def guide_beta(n, data=None):
    heads = jnp.sum(data)
    numpyro.sample("f", dist.Beta(heads, n - heads))
""",
            "Who told your guide the prior?",
            lambda m, r, d: _is_beta(m, r["heads"], r["tails"]) and not sites_of(m, "param"),
            hidden_only=True,
        ),
        KnownWrong(
            "other site",
            """
def guide_beta(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    numpyro.sample("fairness", dist.Beta(a, b))
""",
            "Compare the sites of the two traces: which one does your guide cover?",
            lambda m, r, d: sites_of(m, "param") and len(sites_of(m, "latent")) == 1 and "f" not in sites_of(m, "latent") and not sites_of(m,
                "observed") and np.isnan(m["draws"]).all(),
        ),
        KnownWrong(
            "one name",
            """
def guide_beta(n, data=None):
    a = numpyro.param("concentration", 2.0, constraint=constraints.positive)
    b = numpyro.param("concentration", 2.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(a, b))
""",
            "How many numbers can the optimiser move?",
            lambda m, r, d: _one_name(m, r),
        ),
        KnownWrong(
            "data in guide",
            """
def guide_beta(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    f = numpyro.sample("f", dist.Beta(a, b))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
""",
            "What in your loss still mentions the data?",
            lambda m, r, d: len(sites_of(m, "observed")) == 1 and sites_of(m,
                "latent") == ["f"] and d["Beta form"] < 1e-3 and d["bound"] > 1 and not _corner_of_cap(m, r["heads"]),
        ),
        KnownWrong(
            "normal",
            """
def guide_beta(n, data=None):
    mean = numpyro.param("mean", 0.5)
    sd = numpyro.param("sd", 0.1, constraint=constraints.positive)
    numpyro.sample("f", dist.Normal(mean, sd))
""",
            "May f be 1.2?",
            lambda m, r, d: _is_normal(m),
        ),
        KnownWrong(
            "delta",
            """
def guide_beta(n, data=None):
    best = numpyro.param("best", 0.5, constraint=constraints.unit_interval)
    numpyro.sample("f", dist.Delta(best))
""",
            "Is a distribution of zero width what you believe about f?",
            lambda m, r, d: _only(m, "f latent ()") and np.isneginf(m["probe"]).all() and m["draws"].std() < 1e-6 and 0 < m["draws"][0] < 1,
        ),
        KnownWrong(
            "fixed numbers",
            """
def guide_beta(n, data=None):
    numpyro.sample("f", dist.Beta(2.0, 2.0))
""",
            "What can the optimiser turn?",
            lambda m, r, d: not sites_of(m, "param") and _only(m, "f latent ()") and _coefficients(m)[0] < 1e-3
            and not _is_beta(m, 1 + r["heads"], 1 + r["tails"]) and not _is_beta(m, r["heads"], r["tails"]),
        ),
        KnownWrong(
            "capped",
            """
def guide_beta(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.interval(0.0, 10.0))
    b = numpyro.param("b", 2.0, constraint=constraints.interval(0.0, 10.0))
    numpyro.sample("f", dist.Beta(a, b))
""",
            "Which values can your parameters never reach?",
            lambda m, r, d: _capped(m, r),
        ),
        KnownWrong(
            "factor",
            """
def guide_beta(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    numpyro.factor("beta", dist.Beta(a, b).log_prob(f))
""",
            "Does your guide draw from what it scores?",
            lambda m, r, d: len(sites_of(m, "factor")) == 1 and sites_of(m, "latent") == ["f"] and not sites_of(m, "observed")
            and abs(m["draws"].mean() - 0.5) < 0.03 and abs(m["draws"].std() * np.sqrt(12) - 1) < 0.06,
        ),
        KnownWrong(
            "no constraint",
            """
def guide_beta(n, data=None):
    a = numpyro.param("a", 10.0)
    b = numpyro.param("b", 10.0)
    numpyro.sample("f", dist.Beta(a, b))
""",
            "Which of your parameters must never cross zero?",
            lambda m, r, d: _only(m, "f latent ()") and d["Beta form"] < 1e-3 and d["surrogate"] < 0.01 and not d["constraints"] < 1e-3,
        ),
    ),
    honest={
        "from one": """
def guide_beta(n, data=None):
    a = numpyro.param("a", 1.0, constraint=constraints.positive)
    b = numpyro.param("b", 1.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(a, b))
""",
        "logs": """
def guide_beta(n, data=None):
    log_a = numpyro.param("log_a", 1.0)
    log_b = numpyro.param("log_b", 1.0)
    numpyro.sample("f", dist.Beta(jnp.exp(log_a), jnp.exp(log_b)))
""",
        "mean and concentration": """
def guide_beta(n, data=None):
    mean = numpyro.param("mean", 0.5, constraint=constraints.unit_interval)
    concentration = numpyro.param("concentration", 5.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(mean * concentration, (1 - mean) * concentration))
""",
        "softplus of one vector": """
def guide_beta(n, data=None):
    raw = numpyro.param("raw", jnp.array([1.0, 1.0]))
    ab = jax.nn.softplus(raw)
    return numpyro.sample("f", dist.Beta(ab[0], ab[1]))
""",
    },
    near=(
        NearMiss("sd too large", "part of the sd", _SD_SIZES, 0.15, lambda m, r, size: _other_sd(m, r, 1 + size)),
        NearMiss("sd too small", "part of the sd", _SD_SIZES, 0.15, lambda m, r, size: _other_sd(m, r, 1 - size)),
        NearMiss("mean", "sds", _MEAN_SIZES, 0.25, _other_mean),
        NearMiss("stopped early", "part of the way from Beta(2, 2), in log a and log b, that is left", (0.01, 0.03, 0.06, 0.1, 0.2, 0.4), 0.2,
            _stopped_early),
        NearMiss("draws beside the claim", "sds from the claimed mean to that of the draws", _MEAN_SIZES, 0.5, _drawn_off),
        NearMiss("draws wider than the claim", "part of the claimed sd", _SD_SIZES, 0.3, _drawn_wide),
    ),
    figure=beta_figure,
)


def unit_claimed(m):
    """Log density of z = logit f at the draws, as the guide claims it, with z."""
    z = logit(m["draws"])
    return m["logq"] + log_expit(z) + log_expit(-z), z


def logit_normal_form(m, r):
    log_density, z = unit_claimed(m)
    far, c = residual(log_density, z, z**2)
    return far if c[2] < 0 else np.nan


def inside(m):
    """Whether all draws are inside (0, 1), and no density outside."""
    return not leaks(m) and bool(np.all((m["draws"] > 0) & (m["draws"] < 1)))


def unit_draws(m, r):
    return draws_off(m, r) if inside(m) else np.inf


def unit_figure(axes, m, r):
    order = np.argsort(m["draws"])
    return posterior_figure(axes, m, r, (m["draws"][order], np.exp(m["logq"][order])), "the density your guide claims")


def _no_jacobian(m, r):
    z = logit(m["draws"])
    far, c = residual(m["logq"], z, z**2)
    return far < 5e-3 and c[2] < 0 and not leaks(m)


def _lognormal(m, r):
    log_f = np.log(m["draws"])
    far, c = residual(m["logq"] + log_f, log_f, log_f**2)
    return leaks(m) and far < 5e-3 and c[2] < -0.1 and np.ptp(log_f) > 0.01


def _beta_again(m, r, d):
    far, c = residual(m["logq"], np.log(m["draws"]), np.log1p(-m["draws"]))
    return far < 3e-3 and min(c[1:]) > -1 and abs(c[0] + betaln(c[1] + 1, c[2] + 1)) < 0.01 and d["claim"] < 0.01 and d["surrogate"] < 0.02


def _claimed_normal(m):
    """(loc, scale) in logit f of the normal that the guide claims."""
    log_density, z = unit_claimed(m)
    c = residual(log_density, z, z**2)[1]
    scale = (-2 * c[2]) ** -0.5
    return c[1] * scale**2, scale


def as_logit_normal(m, r, loc=0.0, ratio=1.0, claim=1.0):
    """The measurement of a guide that ended at another normal in z = logit f, and may claim a part of its Jacobian only.

    Args:
        loc: by how many of its own sds the centre is moved.
        ratio: factor on the sd.
        claim: part of the log Jacobian that is claimed.
    """
    z = unit_claimed(m)[1]
    loc0, scale0 = _claimed_normal(m)
    centre, scale = loc0 + loc * scale0, scale0 * ratio
    z = centre + ratio * (z - loc0)

    def claimed(z):
        return -0.5 * ((z - centre) / scale) ** 2 - np.log(scale) - 0.5 * np.log(2 * np.pi) - claim * (log_expit(z) + log_expit(-z))

    probe = m["probe"]
    if np.isfinite(probe[:200]).all():  # a guide with a density at every f, not a helper site and a Delta
        probe = np.append(claimed(logit(NODES)), probe[200:])
    excess = coin.logit_normal_elbo(loc0, scale0, r["a"], r["b"]) - coin.logit_normal_elbo(centre, scale, r["a"], r["b"])
    jacobian = coin.NORMAL_WEIGHTS @ (log_expit(centre + scale * coin.NORMAL_NODES) + log_expit(-centre - scale * coin.NORMAL_NODES))
    losses = m["losses"] + excess + (1 - claim) * jacobian
    return {**m, "draws": expit(z), "logq": claimed(z), "probe": probe, "losses": losses}


def _drawn_elsewhere(m, r, **moved):
    """Draws of another normal, scored by the density that was claimed."""
    draws = as_logit_normal(m, r, **moved)["draws"]
    loc, scale = _claimed_normal(m)
    z = logit(draws)
    return {**m, "draws": draws, "logq": -0.5 * ((z - loc) / scale) ** 2 - np.log(scale) - 0.5 * np.log(2 * np.pi) - log_expit(z) - log_expit(-z)}


UNIT_GUIDE = Exercise(
    id="unit-guide",
    title="A normal surrogate moved to (0, 1)",
    names={"guide_on_unit_interval": "n, data=None"},
    public=public_guide_case,
    case=draw_guide_case,
    reference=guide_reference,
    routes="coin_routes",
    fields=GUIDE_FIELDS,
    criteria=(
        Criterion(
            "surrogate", 2, "KL(your fitted guide ‖ exact posterior) over your draws, and that of the best logit-normal, nats", drawn_kl,
            ("draws", "logq", "probe"),
            "Your guide's KL to the posterior is not that of the best normal surrogate in logit f.",
        ),
        Criterion(
            "draws", 1, "4096 draws of `f` and the posterior: difference of the means in sds, or twice the log ratio of the sds; infinite if f may leave (0, 1)", unit_draws, ("draws", "probe"),
            "The draws at the site `f` of your guide can leave (0, 1), or don't have the posterior's mean and sd.",
        ),
        Criterion(
            "claim", 1, "mean of posterior / claimed density over your draws beyond 5 standard errors, and 1", claim, ("draws", "logq"),
            "The density that your guide claims is not the density of its draws.",
        ),
        Criterion(
            "bound", 1, "mean of the last 200 losses, and the floor -ln Z that no loss can undercut, nats", bound, ("losses",),
            "The loss fell below the floor -ln Z, which no guide can.",
        ),
        Criterion(
            "normal in logit f", 3, "log density of logit f that your guide claims, and the nearest parabola, nats", logit_normal_form,
            ("draws", "logq"),
            "Carried over to logit f, the density that your guide claims is not a normal one.",
        ),
    ),
    known_wrong=(
        KnownWrong(
            "normal",
            """
def guide_on_unit_interval(n, data=None):
    loc = numpyro.param("loc", 0.5)
    scale = numpyro.param("scale", 0.1, constraint=constraints.positive)
    numpyro.sample("f", dist.Normal(loc, scale))
""",
            "May f be 1.2?",
            lambda m, r, d: _is_normal(m),
        ),
        KnownWrong(
            "clipped",
            """
def guide_on_unit_interval(n, data=None):
    loc = numpyro.param("loc", 0.5)
    scale = numpyro.param("scale", 0.1, constraint=constraints.positive)
    x = numpyro.sample("x", dist.Normal(loc, scale), infer={"is_auxiliary": True})
    numpyro.sample("f", dist.Delta(jnp.clip(x, 0.001, 0.999)))
""",
            "Where does the clipped mass sit?",
            lambda m, r, d: not leaks(m) and _quadratic_in_f(m),
        ),
        KnownWrong(
            "no log density",
            """
def guide_on_unit_interval(n, data=None):
    loc = numpyro.param("loc", 0.0)
    scale = numpyro.param("scale", 1.0, constraint=constraints.positive)
    u = numpyro.sample("u", dist.Normal(loc, scale), infer={"is_auxiliary": True})
    numpyro.sample("f", dist.Delta(jax.nn.sigmoid(u)))
""",
            "Is your loss better than possible?",
            lambda m, r, d: _no_jacobian(m, r),
        ),
        KnownWrong(
            "exp",
            """
def guide_on_unit_interval(n, data=None):
    loc = numpyro.param("loc", -1.0)
    scale = numpyro.param("scale", 0.3, constraint=constraints.positive)
    base = dist.Normal(loc, scale)
    numpyro.sample("f", dist.TransformedDistribution(base, dist.transforms.ExpTransform()))
""",
            "Can f exceed 1 in your guide?",
            lambda m, r, d: _lognormal(m, r),
        ),
        KnownWrong(
            "Beta again",
            """
def guide_on_unit_interval(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(a, b))
""",
            "Is that a normal surrogate moved to (0, 1)?",
            lambda m, r, d: _beta_again(m, r, d),
        ),
    ),
    honest={
        "auxiliary site": """
def guide_on_unit_interval(n, data=None):
    loc = numpyro.param("loc", 0.0)
    scale = numpyro.param("scale", 1.0, constraint=constraints.positive)
    u = numpyro.sample("u", dist.Normal(loc, scale), infer={"is_auxiliary": True})
    log_slope = jax.nn.log_sigmoid(u) + jax.nn.log_sigmoid(-u)
    numpyro.sample("f", dist.Delta(jax.nn.sigmoid(u), log_density=-log_slope))
""",
        "log scale": """
def guide_on_unit_interval(n, data=None):
    m = numpyro.param("m", 0.5)
    log_s = numpyro.param("log_s", -1.0)
    to_unit = dist.transforms.biject_to(constraints.unit_interval)
    numpyro.sample("f", dist.TransformedDistribution(dist.Normal(m, jnp.exp(log_s)), to_unit))
""",
        "shift and stretch": """
def guide_on_unit_interval(n, data=None):
    loc = numpyro.param("loc", 0.1)
    scale = numpyro.param("scale", 0.5, constraint=constraints.softplus_positive)
    steps = [dist.transforms.AffineTransform(loc, scale), dist.transforms.SigmoidTransform()]
    numpyro.sample("f", dist.TransformedDistribution(dist.Normal(0.0, 1.0), steps))
""",
    },
    near=(
        NearMiss("sd too large", "part of the sd in logit f", _SD_SIZES, 0.15, lambda m, r, size: as_logit_normal(m, r, ratio=1 + size)),
        NearMiss("sd too small", "part of the sd in logit f", _SD_SIZES, 0.15, lambda m, r, size: as_logit_normal(m, r, ratio=1 - size)),
        NearMiss("centre", "sds in logit f", _MEAN_SIZES, 0.25, lambda m, r, size: as_logit_normal(m, r, loc=size)),
        NearMiss("Jacobian", "part of the log Jacobian that is not claimed", (1e-3, 2e-3, 5e-3, 0.01, 0.03, 0.1), 0.03,
                 lambda m, r, size: as_logit_normal(m, r, claim=1 - size)),
        NearMiss("draws beside the claim", "sds in logit f from the claimed centre to that of the draws", _MEAN_SIZES, 0.5,
                 lambda m, r, size: _drawn_elsewhere(m, r, loc=size)),
        NearMiss("draws wider than the claim", "part of the claimed sd in logit f", _SD_SIZES, 0.3,
                 lambda m, r, size: _drawn_elsewhere(m, r, ratio=1 + size)),
    ),
    figure=unit_figure,
)


# ---------------------------------------------------------------- 3.3 the loop

#: Where the judge's guide starts, and the first rate of its Adam.
CENTRE0, WIDTH0, RATE = 0.5, 1.5, 0.1


def draw_loop_case(rng):
    noise = rng.uniform(0.5, 2.0)
    prior_loc, prior_scale = rng.uniform(-3, 3), rng.uniform(0.5, 2.0)
    x = rng.normal(rng.choice([-1, 1]) * rng.uniform(1.5, 4), noise, 12).astype(np.float32)
    return {
        "x": x, "noise": np.float32(noise), "prior_loc": np.float32(prior_loc), "prior_scale": np.float32(prior_scale),
        "n_steps": np.array(5000), "seeds": rng.integers(2**31, size=2),
    }


def public_loop_case():
    x = np.array([2.9, 1.1, 2.2, 3.4, 0.7, 2.0, 1.6, 3.1, 2.4, 0.2, 1.9, 2.5], dtype=np.float32)
    one = np.float32(1)
    return {"x": x, "noise": one, "prior_loc": -one, "prior_scale": one, "n_steps": np.array(4000), "seeds": np.array([0, 1])}


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


LOOP = Exercise(
    id="run-svi",
    title="The loop of SVI in NumPyro",
    names={"run_svi": "key, svi, n_steps, *args"},
    public=public_loop_case,
    case=draw_loop_case,
    reference=loop_reference,
    fields={"losses": Field((2, None)), "kind": Field((2,), text=True), "centre": Field((2,)), "width": Field((2,))},
    criteria=(
        Criterion(
            "parameters", 3, "KL(guide at your parameters ‖ exact posterior of a normal mean), the worse of two keys, nats", loop_kl,
            ("centre", "width"),
            "With the parameters that you return, the guide is not the posterior.",
        ),
        Criterion(
            "losses", 2, "length of your losses and n_steps", lambda m, r: abs(m["losses"].shape[1] - r["n_steps"]), ("losses",),
            "Your losses should be one number for each of the n_steps updates.",
        ),
        Criterion(
            "floor", 1, "mean of the last 200 losses and -ln Z, nats", loop_floor, ("losses",),
            "After n_steps updates your losses don't end at -ln Z, though this guide can reach it.",
        ),
        Criterion(
            "keys", 1, "losses with two keys: 0 if they differ, 1 if they are the same",
            lambda m, r: float(np.array_equal(m["losses"][0], m["losses"][1])), ("losses",),
            "Two keys gave the same losses: your loop does not use its key.",
        ),
    ),
    known_wrong=(
        KnownWrong(
            "unconstrained",
            """
def run_svi(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s, *args), state, None, length=n_steps)
    return svi.optim.get_params(state.optim_state), losses
""",
            "In which coordinates does the optimiser keep its numbers?",
            lambda m, r, d: _params_are({**m, "width": np.exp(m["width"])}, r["loc"], r["scale"],
                0.1 * r["scale"]) and d["floor"] < 0.05 and d["keys"] == 0,
        ),
        KnownWrong(
            "init each step",
            """
def run_svi(key, svi, n_steps, *args):
    def step(state, _):
        state = svi.init(key, *args)
        return svi.update(state, *args)
    state, losses = jax.lax.scan(step, svi.init(key, *args), None, length=n_steps)
    return svi.get_params(state), losses
""",
            "What does the carry of your scan remember?",
            lambda m, r, d: bool(np.all(np.abs(np.abs(m["centre"] - CENTRE0) - RATE) < 1e-3) and np.all(np.abs(np.abs(np.log(m["width"] / WIDTH0)) - RATE) < 1e-3))
            and d["losses"] == 0,
        ),
        KnownWrong(
            "no data",
            """
def run_svi(key, svi, n_steps, *args):
    state = svi.init(key)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s), state, None, length=n_steps)
    return svi.get_params(state), losses
""",
            "What in your loss mentions the data?",
            lambda m, r, d: _params_are(m, 0.0, 1.0, 0.1) and d["losses"] == 0 and d["keys"] == 0,
        ),
        KnownWrong(
            "state",
            """
def run_svi(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s, *args), state, None, length=n_steps)
    return state, losses
""",
            "Is that the parameters, or the state they live in? Ask svi for them.",
            lambda m, r, d: list(m["kind"]) == ["SVIState"] * 2 and d["floor"] < 0.05 and d["keys"] == 0,
        ),
        KnownWrong(
            "own n",
            """
def run_svi(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s, *args), state, None, length=1000)
    return svi.get_params(state), losses
""",
            "Count your losses.",
            lambda m, r, d: m["losses"].ndim == 2 and m["losses"].shape[1] not in (0, 1, r["n_steps"]) and d["keys"] == 0 and d["parameters"] < 0.5,
        ),
        KnownWrong(
            "initial params",
            """
def run_svi(key, svi, n_steps, *args):
    start = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s, *args), start, None, length=n_steps)
    return svi.get_params(start), losses
""",
            "From which state did you read the parameters?",
            lambda m, r, d: _params_are(m, CENTRE0, WIDTH0, 1e-4) and d["floor"] < 0.05 and d["keys"] == 0,
        ),
    ),
    honest={
        "python loop": """
def run_svi(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    update = jax.jit(svi.update)
    losses = []
    for _ in range(n_steps):
        state, loss = update(state, *args)
        losses.append(float(loss))
    return svi.get_params(state), np.array(losses)
""",
        "svi.run": """
def run_svi(key, svi, n_steps, *args):
    result = svi.run(key, n_steps, *args, progress_bar=False)
    return result.params, result.losses
""",
        "jitted scan": """
def run_svi(key, svi, n_steps, *args):
    @jax.jit
    def run(state, args):
        return jax.lax.scan(lambda state, i: svi.update(state, *args), state, jnp.arange(n_steps))
    state, losses = run(svi.init(key, *args), args)
    return svi.get_params(state), losses
""",
    },
    near=(
        NearMiss("width too large", "part of the sd", _SD_SIZES, 0.15, lambda m, r, size: {**m, "width": m["width"] * (1 + size)}),
        NearMiss("width too small", "part of the sd", _SD_SIZES, 0.15, lambda m, r, size: {**m, "width": m["width"] * (1 - size)}),
        NearMiss("centre", "sds", _MEAN_SIZES, 0.25, lambda m, r, size: {**m, "centre": m["centre"] + size * r["scale"]}),
        NearMiss("losses", "nats added", (0.005, 0.01, 0.02, 0.05, 0.15, 0.3), 0.15, lambda m, r, size: {**m, "losses": m["losses"] + size}),
        NearMiss("short", "losses missing at the end", (1, 2, 10, 100), 1, lambda m, r, size: {**m, "losses": m["losses"][:, : -int(size)]}),
    ),
)


# ---------------------------------------------------------------- 3.4 draws of the posterior

_GRID = np.linspace(0.0005, 0.9995, 2000)


def logit_normal_cdf(f, loc, scale):
    return ndtr((logit(f) - loc) / scale)


def ks(draws, cdf):
    """Kolmogorov distance of draws from a distribution function."""
    values = cdf(np.sort(draws))
    n = len(draws)
    return max(np.max(np.arange(1, n + 1) / n - values), np.max(values - np.arange(n) / n))


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
    return {"shift": np.float64(shift), "spread": np.float64(spread), "mean": np.float64(mean), "sd": np.sqrt(coin.NORMAL_WEIGHTS @ (f - mean) ** 2)}


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


DRAWS = Exercise(
    id="posterior-draws",
    title="Draws from a fitted guide",
    names={"posterior_draws": "key, guide, params, n, *args"},
    public=lambda: {"shift": np.float32(0.38), "spread": np.float32(0.44), "seeds": np.array([4, 5])},
    case=draw_params_case,
    reference=draws_reference,
    fields={"draws": Field((2, 4096))},
    criteria=(
        Criterion(
            "distribution", 3, "largest gap between the cumulated frequencies of your draws, 4096 for each of two keys, and the guide's distribution function", draws_ks, ("draws",),
            "Your numbers are not draws of `f` from this guide at these parameters.",
        ),
        Criterion(
            "mean and sd", 1, "logit f of all your draws and the guide's: difference of the means in sds, or twice the log ratio of the sds",
            draws_moments, ("draws",),
            "Your draws don't have the mean and the sd that this guide has at these parameters.",
        ),
        Criterion(
            "keys", 1, "draws with two keys: 0 if they differ, 1 if they are the same",
            lambda m, r: float(np.array_equal(m["draws"][0], m["draws"][1])), ("draws",),
            "Two keys gave the same draws.",
        ),
    ),
    known_wrong=(
        KnownWrong(
            "prior",
            """
def _model(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
def posterior_draws(key, guide, params, n, *args):
    return Predictive(_model, params=params, num_samples=n)(key, *args)["f"]
""",
            "Which of the two functions knows the fitted parameters?",
            lambda m, r, d: max(ks(x, lambda f: f) for x in m["draws"]) < 0.04,
        ),
        KnownWrong(
            "one draw",
            """
def posterior_draws(key, guide, params, n, *args):
    f = Predictive(guide, params=params, num_samples=1)(key, *args)["f"]
    return jnp.full(n, f[0])
""",
            "How many different values are there?",
            lambda m, r, d: _constant(m) and d["keys"] == 0 and not _near_mean(m, r) and abs(np.diff(m["draws"][:, 0])[0]) > 0.04 * r["sd"],
        ),
        KnownWrong(
            "mean",
            """
def posterior_draws(key, guide, params, n, *args):
    f = Predictive(guide, params=params, num_samples=n)(key, *args)["f"]
    return jnp.full(n, f.mean())
""",
            "Which spread does a mean have?",
            lambda m, r, d: _constant(m) and _near_mean(m, r),
        ),
        KnownWrong(
            "own n",
            """
def posterior_draws(key, guide, params, n, *args):
    return Predictive(guide, params=params, num_samples=1000)(key, *args)["f"]
""",
            "Print the shape.",
            lambda m, r, d: m["draws"].ndim == 2 and m["draws"].shape[1] not in (1, 4096) and draws_ks(m, r) < 2.5 / np.sqrt(m["draws"].size),
        ),
        KnownWrong(
            "no params",
            """
def posterior_draws(key, guide, params, n, *args):
    return Predictive(guide, num_samples=n)(key, *args)["f"]
""",
            "Change params: do your draws change?",
            lambda m, r, d: max(ks(x, lambda f: logit_normal_cdf(f, 0.0, 1.0)) for x in m["draws"]) < 0.04 and d["keys"] == 0,
        ),
    ),
    honest={
        "by hand": """
def posterior_draws(key, guide, params, n, *args):
    def one(key):
        return handlers.trace(handlers.seed(handlers.substitute(guide, params), key)).get_trace(*args)["f"]["value"]
    return jax.vmap(one)(jax.random.split(key, n))
""",
        "named site": """
def posterior_draws(key, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n, return_sites=["f"])
    return np.asarray(draws(key, *args)["f"])
""",
    },
    near=(
        NearMiss("sd too large", "part of the sd in logit f", _SD_SIZES, 0.15, lambda m, r, size: _moved_draws(m, r, 0, 1 + size)),
        NearMiss("sd too small", "part of the sd in logit f", _SD_SIZES, 0.15, lambda m, r, size: _moved_draws(m, r, 0, 1 - size)),
        NearMiss("centre", "sds in logit f", _MEAN_SIZES, 0.5, lambda m, r, size: _moved_draws(m, r, size, 1)),
    ),
)


# ---------------------------------------------------------------- 3.5 new flips


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
    axes.set(xlabel="heads in 15 new flips", ylabel="frequency", ylim=(0, 1.5 * max(r["fixed"].max(), frequencies(m).max())))
    axes.set_title("Your new flips are as uncertain as they should be" if good else "Your new flips are not those of the posterior", fontsize=10)
    axes.legend(fontsize=8)
    sd = m["flips"].sum(axis=1).std()
    return f"Bars: numbers of heads in your replicates, sd {sd:.2f}. Line with dots: the beta-binomial, sd {r['sd']:.2f}. Dotted line: a binomial with f fixed, which is narrower."


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
    return {**m, "flips": recount(m["flips"], r["pmf"], _heads_chances(15, *_beta_of(mean + size * sd * np.sign(0.5 - mean), sd)))}


PREDICTIVE = Exercise(
    id="posterior-predictive",
    title="Flips that have not happened yet",
    names={"posterior_predictive": "key, model, guide, params, n_flips, n_rep"},
    public=lambda: {"a": np.float32(6), "b": np.float32(4), "seed": np.array(6)},
    case=draw_predictive_case,
    reference=predictive_reference,
    fields={"flips": Field((8000, 15))},
    criteria=(
        Criterion("zeros and ones", 1, "your values, and 0 or 1", lambda m, r: float(not np.isin(m["flips"], (0, 1)).all()), ("flips",),
            "A flip is 0 or 1."),
        Criterion(
            "numbers of heads", 3, "total variation between the numbers of heads in your replicates and the exact posterior predictive",
            lambda m, r: variation(m, r["pmf"]), ("flips",), "The numbers of heads in your replicates are not those of the posterior predictive.",
        ),
        Criterion(
            "spread", 1, "log ratio of the sd of the number of heads and the exact one",
            lambda m, r: abs(np.log(m["flips"].sum(axis=1).std() / r["sd"])), ("flips",),
            "The numbers of heads in your replicates have the wrong spread.",
        ),
    ),
    known_wrong=(
        KnownWrong(
            "plug-in",
            """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    key_f, key_flips = jax.random.split(key)
    f = Predictive(guide, params=params, num_samples=n_rep)(key_f, n_flips)["f"].mean()
    return dist.Bernoulli(f).sample(key_flips, (n_rep, n_flips))
""",
            "Which of your flips share one f, and which of them should?",
            _too_narrow,
        ),
        KnownWrong(
            "new coin each flip",
            """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    key_f, key_flips = jax.random.split(key)
    f = Predictive(guide, params=params, num_samples=n_rep * n_flips)(key_f, n_flips)["f"]
    return dist.Bernoulli(f.reshape(n_rep, n_flips)).sample(key_flips)
""",
            "Which of your flips share one f, and which of them should?",
            _too_narrow,
        ),
        KnownWrong(
            "prior",
            """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    return Predictive(model, params=params, num_samples=n_rep)(key, n_flips)["obs"]
""",
            "Who used the fitted parameters?",
            lambda m, r, d: _flips(m) and variation(m, np.full(16, 1 / 16)) < 0.05,
        ),
        KnownWrong(
            "data returned",
            """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    data = jnp.array([1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0.0])[:n_flips]
    return Predictive(model, guide=guide, params=params, num_samples=n_rep)(key, n_flips, data)["obs"]
""",
            "What happens to a site that has data?",
            lambda m, r, d: _rows_equal(m) and _the_data(m),
        ),
        KnownWrong(
            "probabilities",
            """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    f = Predictive(guide, params=params, num_samples=n_rep)(key, n_flips)["f"]
    return jnp.repeat(f[:, None], n_flips, axis=1)
""",
            "A flip is 0 or 1: what are your numbers?",
            lambda m, r, d: m["flips"].shape == (8000, 15) and np.all((m["flips"] > 0) & (m["flips"] < 1)) and ks(m["flips"][:, 0],
                lambda f: betainc(r["a"], r["b"], f)) < 0.03,
        ),
        KnownWrong(
            "one replicate",
            """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    flips = Predictive(model, guide=guide, params=params, num_samples=1)(key, n_flips)["obs"]
    return jnp.tile(flips.reshape(1, n_flips), (n_rep, 1))
""",
            "How many different rows are there?",
            lambda m, r, d: _rows_equal(m) and not _the_data(m) and np.ptp(m["flips"][0]) == 1,
        ),
    ),
    honest={
        "two calls": """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    key_f, key_flips = jax.random.split(key)
    draws = Predictive(guide, params=params, num_samples=n_rep)(key_f, n_flips)
    return Predictive(model, posterior_samples=draws)(key_flips, n_flips)["obs"]
""",
        "bernoulli by hand": """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    key_f, key_flips = jax.random.split(key)
    f = Predictive(guide, params=params, num_samples=n_rep)(key_f, n_flips)["f"]
    return (jax.random.uniform(key_flips, (n_rep, n_flips)) < f[:, None]).astype(jnp.float32)
""",
    },
    near=(
        NearMiss("spread too large", "part of the sd of the number of heads", _SD_SIZES, 0.15, lambda m, r, size: _other_spread(m, r, 1 + size)),
        NearMiss("spread too small", "part of the sd of the number of heads", _SD_SIZES[:-1], 0.15, lambda m, r, size: _other_spread(m, r, 1 - size)),
        NearMiss("mean", "sds of f", _MEAN_SIZES, 0.5, _other_chance),
    ),
    figure=predictive_figure,
)


# ---------------------------------------------------------------- 3.7 the bound

#: Kinds of traces; the verdict is True for the last two.
LOOSE, TIGHT, EXACT, INFINITE, NARROW, WIDE = range(6)


def draw_trace(rng, kind, heavy):
    """1000 losses of one kind and ln Z; noise is normal, or Student with 5 degrees of freedom."""
    n = 1000
    # ln Z away from zero, so that its sign matters
    log_z = rng.choice([-1, 1], p=[0.75, 0.25]) * rng.uniform(4, 30)
    floor = -log_z
    noise = rng.standard_t(5, n) if heavy else rng.normal(size=n)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    root = np.sqrt(n)
    if kind == LOOSE:
        sd = np.exp(rng.uniform(np.log(0.05), np.log(1.0)))
        shift = rng.uniform(0.05, 1.0) + 8 * sd / root
    elif kind == TIGHT:
        sd = rng.uniform(0.4, 2.0)
        shift = -rng.uniform(0.5, 1.2) * sd / root
    elif kind == EXACT:
        sd, shift = 0.0, rng.uniform(-3e-6, 2e-6)
    elif kind == INFINITE:
        sd = rng.uniform(0.1, 0.5)
        shift = rng.uniform(0.05, 0.5)
    elif kind == NARROW:
        sd = np.exp(rng.uniform(np.log(0.1), np.log(2.0)))
        shift = -max(rng.uniform(9, 16) * sd / root, 0.02)
    else:
        sd = rng.uniform(0.05, 0.3)
        shift = -rng.uniform(0.5, 3.0) - 5 * sd
    losses = floor + shift + sd * noise
    if kind == INFINITE:
        losses[rng.choice(n, rng.integers(1, 20), replace=False)] = np.inf
    return losses, log_z


def draw_bound_case(rng):
    """24 traces, four of each kind in random order, half of them with heavy tails."""
    while True:
        kinds = rng.permutation(np.repeat(np.arange(6), 4))
        heavy = rng.permutation(np.repeat([False, True], 12))
        pairs = [draw_trace(rng, kind, tails) for kind, tails in zip(kinds, heavy)]
        case = {"losses": np.stack([losses for losses, _ in pairs]), "log_z": np.array([log_z for _, log_z in pairs])}
        below = np.mean(case["losses"], axis=1) + case["log_z"] < -5e-7
        if np.array_equal(kinds_of(case), kinds) and 1 <= below[kinds == EXACT].sum():
            return case


def z_score(case):
    """(mean - floor) in standard errors of the mean, for each trace."""
    with np.errstate(all="ignore"):
        losses = np.asarray(case["losses"], float)
        return (losses.mean(axis=1) + case["log_z"]) / (losses.std(axis=1, ddof=1) / np.sqrt(losses.shape[1]))


def kinds_of(case):
    """The kind of each trace, read from its numbers: the case holds no answer."""
    losses = np.asarray(case["losses"], float)
    finite = np.isfinite(losses).all(axis=1)
    with np.errstate(all="ignore"):
        sd, z = losses.std(axis=1, ddof=1), z_score(case)
    kinds = np.where(z > 5, LOOSE, np.where(np.abs(z) < 2, TIGHT, np.where((z < -8.5) & (z > -40), NARROW, np.where(z < -100, WIDE, -1))))
    return np.where(~finite, INFINITE, np.where(sd < 1e-5, EXACT, kinds))


def bound_reference(case):
    kinds = kinds_of(case)
    losses = np.asarray(case["losses"], float)
    log_z = np.asarray(case["log_z"], float)
    finite = np.isfinite(losses).all(axis=1)
    with np.errstate(all="ignore"):
        mean, sd = losses.mean(axis=1), losses.std(axis=1, ddof=1)
        mcse = sd / np.sqrt(losses.shape[1])
        wrong = {
            "any": (losses < -log_z[:, None]).any(axis=1),
            "mean": mean < -log_z,
            "median": np.median(losses, axis=1) < -log_z,
            "last": losses[:, -1] < -log_z,
            "one_sd": mean < -log_z - sd,
            "exact": np.where(kinds == EXACT, mean < -log_z, kinds >= NARROW),
        }
        sign = [(mean < log_z - k * mcse) for k in (3, 4, 5, 6)]
    return {
        "kinds": kinds, "broken": kinds >= NARROW, "z": np.where(finite, z_score(case), np.inf), "sign": np.stack(sign),
        **{f"wrong_{name}": value for name, value in wrong.items()},
    }


def wrongs(*kinds):
    """Distance: how many traces of these kinds are judged wrongly."""

    def count(m, r):
        asked = np.isin(r["kinds"], kinds)
        return float(np.sum((m["broken"] != r["broken"])[asked]))

    return count


def _same(m, answers):
    return np.array_equal(m["broken"], np.asarray(answers, float))


def bound_figure(axes, m, r):
    """Each trace at its distance from the floor, marked by the learner's verdict."""
    z = np.where(r["kinds"] == EXACT, 0, np.clip(np.nan_to_num(r["z"], posinf=1e3), -1e3, 1e3))
    right = m["broken"] == r["broken"]
    rows = r["kinds"] + np.linspace(-0.25, 0.25, len(z))
    for says, marker, colour, label in ((1, "v", RED, "you say broken"), (0, "o", BLUE, "you say not broken")):
        chosen = m["broken"] == says
        axes.scatter(z[chosen], rows[chosen], marker=marker, color=colour, s=26, label=label)
    axes.scatter(z[~right], rows[~right], marker="o", facecolors="none", edgecolors="black", s=110, label="judged wrongly")
    axes.set_xscale("symlog", linthresh=1)
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(range(6), ["far above", "on the floor, noisy", "on the floor, no noise", "some infinite", "broken, a little", "broken, by far"],
        fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("mean of the trace less the floor, in standard errors (log scale beyond 1)", fontsize=8)
    axes.set_title("You told noise from a broken bound" if right.all() else f"{int((~right).sum())} of 24 traces are judged wrongly", fontsize=10)
    axes.legend(fontsize=7, loc="upper center", ncol=3, bbox_to_anchor=(0.4, -0.2))
    return (
        "Each of 24 traces as a mark, sorted into six kinds; to the right of zero its mean lies above the floor, to the left below. "
        f"{int((~right).sum())} are judged wrongly."
    )


def _threshold(m, r, errors):
    """The verdicts of somebody who asks for this many standard errors; digits that float32 lacks are left alone."""
    return {**m, "broken": np.where(r["kinds"] == EXACT, 0.0, r["z"] < -errors)}


_BOUND_HEAD = "\ndef breaks_the_bound(losses, log_z):\n    losses = np.asarray(losses)\n"

BOUND = Exercise(
    id="bound-check",
    title="Is this loss too good to be true?",
    names={"breaks_the_bound": "losses, log_z"},
    public=lambda: draw_bound_case(np.random.default_rng(37)),
    case=draw_bound_case,
    reference=bound_reference,
    fields={"broken": Field((24,), allow="nan")},
    criteria=(
        Criterion(
            "close calls", 3, "wrong verdicts on 8 traces: four true fits whose mean fell just below the floor by chance, and four narrow breaks",
            wrongs(TIGHT, NARROW), ("broken",), "Some traces a little below the floor are noise and some are breaks: yours does not tell them apart.",
        ),
        Criterion(
            "clear calls", 1, "wrong verdicts on 8 traces: four far above the floor and four far below", wrongs(LOOSE, WIDE), ("broken",),
            "A trace far above or far below the floor is judged wrongly.",
        ),
        Criterion(
            "seventh digit", 1, "wrong verdicts on four traces without noise, within 0.000003 nats of the floor", wrongs(EXACT), ("broken",),
            "A perfect guide's loss without noise, a few millionths off the floor, is called broken.",
        ),
        Criterion(
            "infinite losses", 1, "wrong verdicts on four traces with some infinite losses", wrongs(INFINITE), ("broken",),
            "A trace with infinite losses and no mean below the floor is called broken, or got no verdict.",
        ),
    ),
    known_wrong=(
        KnownWrong(
            "any loss", _BOUND_HEAD + "    return bool(np.any(losses < -log_z))\n",
            "Honest noise dips below the floor too: which number of a trace must not?",
            lambda m, r, d: _same(m, r["wrong_any"]),
        ),
        KnownWrong(
            "mean", _BOUND_HEAD + "    return bool(losses.mean() < -log_z)\n",
            "How sure are you of that mean?",
            lambda m, r, d: _same(m, r["wrong_mean"]),
        ),
        KnownWrong(
            "median", _BOUND_HEAD + "    return bool(np.median(losses) < -log_z)\n",
            "How sure are you of that mean?",
            lambda m, r, d: _same(m, r["wrong_median"]),
        ),
        KnownWrong(
            "last loss", _BOUND_HEAD + "    return bool(losses[-1] < -log_z)\n",
            "How sure are you of one loss?",
            lambda m, r, d: _same(m, r["wrong_last"]),
        ),
        KnownWrong(
            "sign of ln Z",
            _BOUND_HEAD + "    error = losses.std() / np.sqrt(losses.size)\n    return bool(losses.mean() < log_z - 4 * error - 1e-3)\n",
            "The losses are -ELBO: is their floor ln Z or something else?",
            lambda m, r, d: any(_same(m, answers) for answers in r["sign"]),
        ),
        KnownWrong(
            "one sd", _BOUND_HEAD + "    return bool(losses.mean() < -log_z - losses.std() - 1e-3)\n",
            "Which is steadier, one loss or the mean of 1000?",
            lambda m, r, d: _same(m, r["wrong_one_sd"]) or _same(m, r["wrong_one_sd"] & (r["kinds"] != EXACT)),
        ),
        KnownWrong(
            "seventh digit",
            _BOUND_HEAD + "    error = losses.std() / np.sqrt(losses.size)\n    return bool(losses.mean() < -log_z - 4 * error)\n",
            "In which digit does float32 end?",
            lambda m, r, d: _same(m, r["wrong_exact"]),
        ),
    ),
    honest={
        "z score": """
def breaks_the_bound(losses, log_z):
    losses = jnp.asarray(losses)
    gap = jnp.mean(losses) + log_z
    return (gap < -1e-3) & (gap < -3 * jnp.std(losses, ddof=1) / jnp.sqrt(losses.shape[0]))
""",
        "batch means": """
def breaks_the_bound(losses, log_z):
    if not np.all(np.isfinite(losses)):
        return False
    means = np.asarray(losses).reshape(20, -1).mean(axis=1)
    error = max(means.std(ddof=1) / np.sqrt(20), 1e-3 / 5)
    return means.mean() + 5 * error < -log_z
""",
        "finite losses only": """
def breaks_the_bound(losses, log_z):
    losses = np.asarray(losses)[np.isfinite(losses)]
    upper = losses.mean() + 4 * losses.std() / len(losses) ** 0.5
    return upper < -log_z - 1e-3
""",
    },
    near=(
        NearMiss("too strict", "standard errors below 3 that are asked for", (1, 1.5, 2, 2.25, 2.6, 3), 2.6,
                 lambda m, r, size: _threshold(m, r, 3 - size)),
        NearMiss("too lax", "standard errors above 6 that are asked for", (1, 3, 5, 8, 10.5, 20), 10.5,
                 lambda m, r, size: _threshold(m, r, 6 + size)),
    ),
    figure=bound_figure,
)

EXERCISES = (MODEL, BETA_GUIDE, LOOP, DRAWS, PREDICTIVE, UNIT_GUIDE, BOUND)
