"""What is measured of ``posterior_predictive``."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def _beta_guide(n, data=None):
    top = numpyro.param("top", 2.0, constraint=constraints.positive)
    bottom = numpyro.param("bottom", 2.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(top, bottom))


def _coin_model(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def measure(fn, case):
    """8000 replicates of 15 flips."""
    params = {"top": jnp.float32(case["a"]), "bottom": jnp.float32(case["b"])}
    flips = fn(jax.random.key(int(case["seed"])), _coin_model, _beta_guide, params, 15, 8000)
    return {"flips": np.asarray(flips)}
