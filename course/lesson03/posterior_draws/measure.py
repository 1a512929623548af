"""What is measured of ``posterior_draws``."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def _shifted_guide(n, data=None):
    """A logit-normal surrogate of f, by an auxiliary site."""
    shift = numpyro.param("shift", 0.0)
    spread = numpyro.param("spread", 1.0, constraint=constraints.positive)
    u = numpyro.sample("u", dist.Normal(shift, spread), infer={"is_auxiliary": True})
    f = jax.nn.sigmoid(u)
    numpyro.sample("f", dist.Delta(f, log_density=-jnp.log(f) - jnp.log1p(-f)))


def measure(fn, case):
    """4096 draws of f from the judge's guide at the case's parameters, for two keys."""
    params = {"shift": jnp.float32(case["shift"]), "spread": jnp.float32(case["spread"])}
    return {
        "draws": np.stack(
            [np.asarray(fn(jax.random.key(int(seed)), _shifted_guide, params, 4096, 20)) for seed in case["seeds"]]
        )
    }
