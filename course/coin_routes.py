"""The coin's posterior by two more routes, NUTS and reference SVI, all cases in one call each.

The exact posterior is Beta(A, B). A case is refused when NUTS is not sound (R-hat, ESS,
divergences) or when one of the routes disagrees with the exact posterior.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
from jax import lax, random
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.hmc import hmc
from numpyro.infer.util import initialize_model

from . import coin

CHAINS, WARMUP, DRAWS = 4, 500, 2000
MAX_RHAT, MIN_ESS = 1.01, 1000
STEPS, PARTICLES = 2000, 32
MAX_EXCESS = 2e-3  # nats by which reference SVI may miss the best logit-normal


def model(n, heads, a0, b0):
    """One coin: ``heads`` of ``n`` flips, prior Beta(a0, b0)."""
    f = numpyro.sample("f", dist.Beta(a0, b0))
    # ln f^h (1-f)^t: the very sequence of flips, without the binomial coefficient
    numpyro.factor("flips", heads * jnp.log(f) + (n - heads) * jnp.log1p(-f))


def guide(n, heads, a0, b0):
    """A normal surrogate in z = logit f."""
    loc = numpyro.param("loc", 0.0)
    scale = numpyro.param("scale", 0.5, constraint=dist.constraints.positive)
    numpyro.sample("f", dist.TransformedDistribution(dist.Normal(loc, scale), dist.transforms.SigmoidTransform()))


def nuts(key, n, heads, a0, b0):
    """NUTS for many coins in one vmapped call.

    Args:
        key: JAX key.
        n: number of flips, a float.
        heads, a0, b0: shape (cases,).

    Returns:
        Draws of f, shape (cases, CHAINS, DRAWS), and the divergences, shape (cases,).
    """
    setup = initialize_model(random.key(0), model, model_args=(n, heads[0], a0[0], b0[0]), dynamic_args=True)
    init, sample = hmc(potential_fn_gen=setup.potential_fn, algo="NUTS")

    def chain(key, *case):
        start, run = random.split(key)
        z = jax.tree.map(lambda x: random.uniform(start, jnp.shape(x), minval=-2.0, maxval=2.0), setup.param_info.z)
        state = init(z, WARMUP, model_args=(n, *case), rng_key=run, target_accept_prob=0.9)

        def step(state, _):
            state = sample(state, (n, *case), {})
            return state, (state.z["f"], state.diverging)

        state, _ = lax.scan(step, state, length=WARMUP)
        _, (z, diverging) = lax.scan(step, state, length=DRAWS)
        return jax.nn.sigmoid(z), diverging.sum()

    keys = random.split(key, (len(heads), CHAINS))
    draws, diverging = jax.jit(jax.vmap(jax.vmap(chain, (0, None, None, None))))(keys, heads, a0, b0)
    return np.asarray(draws), np.asarray(diverging).sum(axis=1)


def fit(key, n, heads, a0, b0):
    """Reference SVI for many coins in one vmapped call; arguments as for ``nuts``.

    Returns:
        The fitted (loc, scale), each of shape (cases,), and losses, shape (cases, STEPS).
    """
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.1, STEPS), b2=0.99), Trace_ELBO(PARTICLES))

    def one(key, *case):
        state = svi.init(key, n, *case)
        state, losses = lax.scan(lambda state, _: svi.update(state, n, *case), state, length=STEPS)
        params = svi.get_params(state)
        return params["loc"], params["scale"], losses

    return [np.asarray(x) for x in jax.jit(jax.vmap(one))(random.split(key, len(heads)), heads, a0, b0)]


def routes(cases, references, seed=0):
    """The other routes to the references of coin cases with equally many flips.

    Args:
        cases: list of coin cases (``data``, ``a0``, ``b0``).
        references: unused; the exact posterior is computed from the cases.
        seed: of the JAX key.

    Returns:
        A list of (numbers, trouble): arrays to store, and "" or why the case is refused.
    """
    n = float(len(cases[0]["data"]))
    heads, a0, b0 = (
        jnp.array([float(f(case)) for case in cases])
        for f in (lambda c: c["data"].sum(), lambda c: c["a0"], lambda c: c["b0"])
    )
    key_nuts, key_svi = random.split(random.key(seed))
    draws, divergences = nuts(key_nuts, n, heads, a0, b0)
    loc, scale, _ = fit(key_svi, n, heads, a0, b0)
    found = []
    for i, case in enumerate(cases):
        a, b = coin.posterior(case)
        mean, sd = coin.beta_mean_sd(a, b)
        chains, squares = draws[i], (draws[i] - draws[i].mean()) ** 2
        rhat, ess = float(split_gelman_rubin(chains)), float(effective_sample_size(chains))
        error = chains.std() / np.sqrt(ess)
        error_log_sd = 0.5 * squares.std() / squares.mean() / np.sqrt(float(effective_sample_size(squares)))
        best_loc, best_scale, _ = coin.best_logit_normal(a, b)
        excess = coin.logit_normal_elbo(best_loc, best_scale, a, b) - coin.logit_normal_elbo(loc[i], scale[i], a, b)
        numbers = {
            "nuts_mean": chains.mean(),
            "nuts_sd": chains.std(),
            "nuts_mcse": error,
            "nuts_rhat": rhat,
            "nuts_ess": ess,
            "nuts_divergences": divergences[i],
            "svi_loc": loc[i],
            "svi_scale": scale[i],
            "svi_excess": excess,
            "exact_mean": mean,
            "exact_sd": sd,
        }
        trouble = ""
        if divergences[i] or not rhat <= MAX_RHAT or not ess >= MIN_ESS:
            trouble = f"NUTS is not sound: R-hat {rhat:.4f}, ESS {ess:.0f}, {divergences[i]} divergences"
        elif not (abs(chains.mean() - mean) <= 5 * error and abs(np.log(chains.std() / sd)) <= 5 * error_log_sd):
            trouble = (
                f"NUTS disagrees with the exact posterior: mean {chains.mean():.4f} for {mean:.4f}, "
                f"sd {chains.std():.4f} for {sd:.4f}"
            )
        elif not excess <= MAX_EXCESS:
            trouble = f"reference SVI is {excess:.4f} nats from the best logit-normal"
        found.append(({key: np.asarray(value) for key, value in numbers.items()}, trouble))
    return found
