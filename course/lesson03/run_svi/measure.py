"""What is measured of ``run_svi``."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
from numpyro.distributions import constraints
from numpyro.infer import SVI, Trace_ELBO

from svi_course.learner.measuring import attempt


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


def measure(fn, case):
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
