"""What is measured of ``grad_variance``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ..measuring import _coin_loss, _pair


@partial(jax.jit, static_argnums=(0, 1, 2))
def _variances(fn, n, particles, key, phi, a, b):
    out = fn(key, _coin_loss(a, b, 0.0, particles, "sampled"), {"loc": phi[0], "log_scale": phi[1]}, n)
    return _pair(out)


def measure(grad_variance, case):
    """Variance of the gradient for each number of particles, (2, 2): rows particles, columns loc and log_scale."""
    key, n = jax.random.key(int(case["seed"])), int(case["n"])
    phi, a, b = (jnp.asarray(case[name], jnp.float32) for name in ("phi", "a", "b"))
    return {
        "variances": np.array(
            [np.asarray(_variances(grad_variance, n, int(s), key, phi, a, b)) for s in case["particles"]]
        )
    }
