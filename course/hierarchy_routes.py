"""The hierarchies of lesson 9 by other routes, all cases in one call each: NUTS, and densities written out in full.

Exact posteriors come from quadrature after the groups were integrated out (``hierarchy.py``). Here NUTS draws all
unknowns, in coordinates without a funnel, and the best surrogates are asked for their ELBO and its gradient, with draws
and, for the regression, the covariance of all 96 points as one matrix. A case is refused when NUTS is not sound (R-hat,
ESS, divergences) or when a route disagrees with the reference.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import lax, random
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer.hmc import hmc
from numpyro.infer.util import initialize_model

CHAINS, WARMUP, DRAWS = 4, 700, 1000
MAX_RHAT, MIN_ESS, MAX_DIVERGING = 1.02, 400, 0.01
N_ELBO = 4000


def schools_model(y, noise):
    """Schools in coordinates without a funnel."""
    mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
    tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
    z = numpyro.sample("z", dist.Normal(0.0, 1.0).expand(y.shape))
    numpyro.sample("y", dist.Normal(mu + tau * z, noise), obs=y)


def regression_model(group, x, noise, y, groups):
    """The regression in coordinates without a funnel; ``groups`` is an array with an entry for each group."""
    mu = [numpyro.sample(f"mu_{name}", dist.Normal(0.0, wide)) for name, wide in (("m", 15.0), ("c", 25.0))]
    sigma = [numpyro.sample(f"sigma_{name}", dist.HalfNormal(wide)) for name, wide in (("m", 10.0), ("c", 15.0))]
    m, c = (
        mu[i] + sigma[i] * numpyro.sample(f"z_{name}", dist.Normal(0.0, 1.0).expand(groups.shape))
        for i, name in enumerate(("m", "c"))
    )
    numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def nuts(key, model, *data):
    """NUTS for many cases in one vmapped call.

    Args:
        key: JAX key.
        model: NumPyro model of one case's data.
        data: arrays with a first axis of cases.

    Returns:
        Unconstrained draws, name -> (cases, CHAINS, DRAWS, *shape), and the divergences, (cases,).
    """
    setup = initialize_model(random.key(0), model, model_args=tuple(x[0] for x in data), dynamic_args=True)
    init, sample = hmc(potential_fn_gen=setup.potential_fn, algo="NUTS")

    def chain(key, *case):
        start, run = random.split(key)
        keys = random.split(start, len(setup.param_info.z))
        z = {
            name: random.uniform(key, jnp.shape(x), minval=-1.0, maxval=1.0)
            for key, (name, x) in zip(keys, setup.param_info.z.items())
        }
        state = init(z, WARMUP, model_args=case, rng_key=run, target_accept_prob=0.95)

        def step(state, _):
            state = sample(state, case, {})
            return state, (state.z, state.diverging)

        state, _ = lax.scan(step, state, length=WARMUP)
        _, (z, diverging) = lax.scan(step, state, length=DRAWS)
        return z, diverging.sum()

    keys = random.split(key, (len(data[0]), CHAINS))
    per_case = jax.vmap(chain, (0,) + (None,) * len(data))
    draws, diverging = jax.jit(jax.vmap(per_case))(keys, *data)
    return {name: np.asarray(z) for name, z in draws.items()}, np.asarray(diverging).sum(axis=1)


def elbo(key, log_joint, mean, sd, *data):
    """For many cases the ELBO of independent normals, and its gradient in (mean / sd, ln sd), from N_ELBO draws.

    Args:
        log_joint: function of unconstrained z (d,) and one case's data.
        mean, sd: (cases, d).

    Returns:
        (elbo, its standard error, gradient, its standard errors): (cases,), (cases,), (cases, 2 d), (cases, 2 d).
    """

    def one(key, mean, sd, *case):
        def term(phi, eps):
            shift, log_ratio = jnp.split(phi, 2)
            z = mean + sd * (shift + jnp.exp(log_ratio) * eps)
            return (
                log_joint(z, *case) + jnp.sum(log_ratio + jnp.log(sd)) + 0.5 * len(mean) * jnp.log(2 * jnp.pi * jnp.e)
            )

        eps = random.normal(key, (N_ELBO // 2, len(mean)))
        phi = jnp.zeros(2 * len(mean))
        # each draw with its mirror image: what is linear in eps has no noise then
        pair = lambda eps: [jax.value_and_grad(term)(phi, e) for e in (eps, -eps)]  # noqa: E731
        values, gradients = lax.map(lambda eps: jax.tree.map(lambda a, b: (a + b) / 2, *pair(eps)), eps, batch_size=100)
        root = jnp.sqrt(N_ELBO // 2)
        return values.mean(), values.std() / root, gradients.mean(axis=0), gradients.std(axis=0) / root

    return [np.asarray(x) for x in jax.jit(jax.vmap(one))(random.split(key, len(mean)), mean, sd, *data)]


def _normal(z, mean, sd):
    return jnp.sum(-0.5 * ((z - mean) / sd) ** 2 - jnp.log(sd) - 0.5 * jnp.log(2 * jnp.pi))


def schools_log_joint(z, y, noise):
    """ln p(y, mu, ln tau, z) with z = (mu, ln tau, (theta - mu) / tau)."""
    mu, u, z = z[0], z[1], z[2:]
    half_cauchy = jnp.log(2 / (5 * jnp.pi)) - jnp.log1p(jnp.exp(2 * u) / 25) + u
    return _normal(mu, 0, 5.0) + half_cauchy + _normal(z, 0, 1.0) + _normal(y, mu + jnp.exp(u) * z, noise)


def regression_log_joint(z, group, x, noise, y):
    """ln p(y, mu_m, mu_c, ln sigma_m, ln sigma_c): all y as one normal vector, whose groups share their lines."""
    mu, u = z[:2], z[2:]
    wide = jnp.array([10.0, 15.0])
    prior = _normal(mu, 0, jnp.array([15.0, 25.0])) + _normal(jnp.exp(u), 0, wide) + jnp.sum(jnp.log(2) + u)
    same = group[:, None] == group
    cov = jnp.diag(noise**2) + same * (jnp.exp(2 * u[0]) * x[:, None] * x + jnp.exp(2 * u[1]))
    return prior + dist.MultivariateNormal(mu[0] * x + mu[1], covariance_matrix=cov).log_prob(y)


def _trouble(names, chains, means, sds, divergences):
    """Numbers of NUTS to keep, and what is wrong with them.

    Args:
        names: of the quantities.
        chains: (CHAINS, DRAWS, quantities).
        means, sds: the exact ones.
    """
    pooled = chains.reshape(-1, chains.shape[-1])
    squares = (chains - pooled.mean(axis=0)) ** 2
    rhat = np.array([float(split_gelman_rubin(chains[..., i])) for i in range(len(names))])
    ess = np.array([float(effective_sample_size(chains[..., i])) for i in range(len(names))])
    ess_squares = np.array([float(effective_sample_size(squares[..., i])) for i in range(len(names))])
    mean, sd = pooled.mean(axis=0), pooled.std(axis=0)
    error = sd / np.sqrt(ess)
    error_log_sd = 0.5 * squares.std(axis=(0, 1)) / squares.mean(axis=(0, 1)) / np.sqrt(ess_squares)
    numbers = {
        "nuts_mean": mean,
        "nuts_sd": sd,
        "nuts_mcse": error,
        "nuts_rhat": rhat,
        "nuts_ess": ess,
        "nuts_divergences": np.asarray(divergences),
    }
    off = np.abs(mean - means) / error
    off_sd = np.abs(np.log(sd / sds)) / error_log_sd
    if divergences > MAX_DIVERGING * CHAINS * DRAWS or not rhat.max() <= MAX_RHAT or not ess.min() >= MIN_ESS:
        return numbers, f"NUTS is not sound: R-hat {rhat.max():.4f}, ESS {ess.min():.0f}, {divergences} divergences"
    if not max(off.max(), off_sd.max()) <= 5:
        i = int(np.argmax(np.maximum(off, off_sd)))
        return numbers, (
            f"NUTS disagrees with the exact posterior in {names[i]}: mean {mean[i]:.4f} for {means[i]:.4f}, "
            f"sd {sd[i]:.4f} for {sds[i]:.4f}"
        )
    return numbers, ""


def _best_trouble(best, elbo, error, gradient, gradient_error):
    """Numbers to keep of a surrogate that is said to be the best of its family, and what is wrong with it."""
    numbers = {"elbo_of_best": elbo, "elbo_mcse": error, "elbo_gradient": gradient}
    if not abs(elbo + best) <= 5 * error + 1e-3:
        return numbers, f"the best surrogate's loss is {-elbo:.4f} by draws, {best:.4f} in closed form"
    if not np.all(np.abs(gradient) <= 5 * gradient_error + 2e-3):
        return numbers, f"the best surrogate can be bettered: gradient {np.abs(gradient).max():.4f}"
    return numbers, ""


def _schools(key, cases, references):
    y, noise = (jnp.array([np.asarray(case[name], float) for case in cases]) for name in ("y", "noise"))
    key_nuts, key_elbo = random.split(key)
    z, divergences = nuts(key_nuts, schools_model, y, noise)
    theta = z["mu"][..., None] + np.exp(z["tau"])[..., None] * z["z"]
    chains = np.concatenate([z["mu"][..., None], z["tau"][..., None], theta], axis=-1)
    names = ["mu", "ln tau", *(f"theta {j}" for j in range(theta.shape[-1]))]
    exact = [
        (
            np.append([r["mu"][0], r["ln_tau"][0]], r["theta_mean"]),
            np.append([r["mu"][1], r["ln_tau"][1]], r["theta_sd"]),
        )
        for r in references
    ]
    best = _best(key_elbo, schools_log_joint, references, y, noise)
    return names, chains, exact, divergences, best


def _regression(key, cases, references):
    group = jnp.array([np.asarray(case["group"]) for case in cases])
    x, noise, y = (jnp.array([np.asarray(case[name], float) for case in cases]) for name in ("x", "noise", "y"))
    n_groups = len(references[0]["line_mean"])
    key_nuts, key_elbo = random.split(key)
    z, divergences = nuts(key_nuts, regression_model, group, x, noise, y, jnp.zeros((len(cases), n_groups)))
    hyper = [z[name][..., None] for name in ("mu_m", "mu_c", "sigma_m", "sigma_c")]
    lines = [z[f"mu_{n}"][..., None] + np.exp(z[f"sigma_{n}"])[..., None] * z[f"z_{n}"] for n in ("m", "c")]
    chains = np.concatenate([*hyper, *lines], axis=-1)
    names = ["mu_m", "mu_c", "ln sigma_m", "ln sigma_c"] + [f"{n} {j}" for n in ("m", "c") for j in range(n_groups)]
    exact = [
        tuple(np.concatenate([r[f"exact_{part}"], r[f"line_{part}"].T.ravel()]) for part in ("mean", "sd"))
        for r in references
    ]
    best = _best(key_elbo, regression_log_joint, references, group, x, noise, y)
    return names, chains, exact, divergences, best


def _best(key, log_joint, references, *data):
    mean, sd = (jnp.array([r[f"best_{part}"] for r in references]) for part in ("mean", "sd"))
    return elbo(key, log_joint, mean, sd, *data)


def routes(cases, references, seed=0):
    """The other routes to the references of cases of one kind, schools or regressions.

    Args:
        cases: list of cases, with ``y`` and ``noise``; regressions have ``group`` and ``x`` too.
        references: their references: exact means and sds, and the best surrogate's loss, means and sds.
        seed: of the JAX key.

    Returns:
        A list of (numbers, trouble): arrays to store, and "" or why the case is refused.
    """
    kind = _regression if "group" in cases[0] else _schools
    names, chains, exact, divergences, best = kind(random.key(seed), cases, references)
    found = []
    for i, r in enumerate(references):
        numbers, trouble = _trouble(names, chains[i], *exact[i], divergences[i])
        more, other = _best_trouble(float(r["best"]), *(part[i] for part in best))
        numbers = {key: np.asarray(value) for key, value in {**numbers, **more}.items()}
        found.append((numbers, trouble or other))
    return found
