"""What is measured of a learner's functions in lesson 3."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
from numpyro import handlers
from numpyro.distributions import constraints
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.util import log_density

from autograder.learner.measures.common import attempt, fit_guide, site_lines, verdicts


@partial(jax.jit, static_argnums=(0, 1))
def _log_joint(model, n, key, data, f):
    return jax.vmap(lambda f: log_density(handlers.seed(model, key), (n, data), {}, {"f": f})[0])(f)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _simulate(model, n, n_draws, key):
    return jax.vmap(lambda key: handlers.trace(handlers.seed(model, key)).get_trace(n)["obs"]["value"])(jax.random.split(key, n_draws))


def coin_model(fn, case):
    """Log joint at 9 f for 15 and for 23 flips, the sites, and 4000 data sets without data."""
    key = jax.random.key(int(case["seed"]))
    f, a, b = case["f"], case["data_a"], case["data_b"]
    return attempt(
        {
            "with 15 flips": lambda: {"logp_a": _log_joint(fn, len(a), key, a, f)},
            "with 23 flips": lambda: {"logp_b": _log_joint(fn, len(b), key, b, f)},
            "sites": lambda: {"sites": [line for line in site_lines(fn, len(a), a)]},
            "with data=None": lambda: {"obs": _simulate(fn, len(a), 4000, key)},
        }
    )


def coin_guide(fn, case):
    """The judge's fit of the guide."""
    return fit_guide(fn, case)


def unit_guide(fn, case):
    """The judge's fit of the guide."""
    return fit_guide(fn, case)


@cache
def _mean_svi():
    """SVI for the mean of normal data; the data and the prior come as arguments."""

    def model(x=None, noise=1.0, prior_loc=0.0, prior_scale=1.0):
        mean = numpyro.sample("mean", dist.Normal(prior_loc, prior_scale))
        with numpyro.plate("data", 12):
            numpyro.sample("x", dist.Normal(mean, noise), obs=x)

    def guide(x=None, noise=1.0, prior_loc=0.0, prior_scale=1.0):
        loc = numpyro.param("centre", 0.5)
        scale = numpyro.param("width", 1.5, constraint=constraints.positive)
        numpyro.sample("mean", dist.Normal(loc, scale))

    # one particle, because a vmap over particles would double the compile time
    optimizer = optax.adam(optax.exponential_decay(0.1, 200, 0.75), b2=0.99)
    return SVI(model, guide, optimizer, Trace_ELBO())


def run_svi(fn, case):
    """Two runs of the loop on the mean of normal data: what came back, as it came."""
    n_steps = int(case["n_steps"])
    args = [jnp.asarray(case[name], dtype=jnp.float32) for name in ("x", "noise", "prior_loc", "prior_scale")]
    results = [fn(jax.random.key(int(seed)), _mean_svi(), n_steps, *args) for seed in case["seeds"]]
    params = [result[0] for result in results]
    return attempt(
        {
            "losses": lambda: {"losses": [np.asarray(result[1]) for result in results]},
            "type of params": lambda: {"kind": [type(p).__name__[:80] for p in params]},
            "params": lambda: {name: [np.asarray(p[name]) for p in params] for name in ("centre", "width")},
        }
    )


def _shifted_guide(n, data=None):
    """A logit-normal surrogate of f, by an auxiliary site."""
    shift = numpyro.param("shift", 0.0)
    spread = numpyro.param("spread", 1.0, constraint=constraints.positive)
    u = numpyro.sample("u", dist.Normal(shift, spread), infer={"is_auxiliary": True})
    f = jax.nn.sigmoid(u)
    numpyro.sample("f", dist.Delta(f, log_density=-jnp.log(f) - jnp.log1p(-f)))


def posterior_draws(fn, case):
    """4096 draws of f from the judge's guide at the case's parameters, for two keys."""
    params = {"shift": jnp.float32(case["shift"]), "spread": jnp.float32(case["spread"])}
    return {"draws": np.stack([np.asarray(fn(jax.random.key(int(seed)), _shifted_guide, params, 4096, 20)) for seed in case["seeds"]])}


def _beta_guide(n, data=None):
    top = numpyro.param("top", 2.0, constraint=constraints.positive)
    bottom = numpyro.param("bottom", 2.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(top, bottom))


def _coin_model(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def posterior_predictive(fn, case):
    """8000 replicates of 15 flips."""
    params = {"top": jnp.float32(case["a"]), "bottom": jnp.float32(case["b"])}
    flips = fn(jax.random.key(int(case["seed"])), _coin_model, _beta_guide, params, 15, 8000)
    return {"flips": np.asarray(flips)}


def bound_check(fn, case):
    """The verdict on each trace: 1 for a broken bound, 0 for none, NaN where it raised."""
    return {"broken": verdicts(lambda i: fn(case["losses"][i], float(case["log_z"][i])), len(case["losses"]))}
