"""What is measured of ``guide_affine``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import handlers
from numpyro.infer.util import log_density

N_AFFINE = 2048


@partial(jax.jit, static_argnums=0)
def _affine_draws(guide, key, a, m):
    def draw(key):
        logq, sites = log_density(handlers.seed(guide, key), (a, m), {}, {})
        return (sites["x"]["value"] if "x" in sites else jnp.full(3, jnp.nan)), logq

    return jax.vmap(draw)(jax.random.split(key, N_AFFINE))


def measure(guide_affine, case):
    """For each of two maps, 2048 draws of x (2, 2048, 3) and the guide's whole log density at them (2, 2048)."""
    key = jax.random.key(int(case["seed"]))
    maps = zip(np.asarray(case["a"], np.float32), np.asarray(case["m"], np.float32))
    draws, logq = zip(
        *[
            _affine_draws(guide_affine, jax.random.fold_in(key, i), jnp.asarray(a), jnp.asarray(m))
            for i, (a, m) in enumerate(maps)
        ]
    )
    return {"draws": np.stack(draws), "logq": np.stack(logq)}
