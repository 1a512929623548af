"""What is measured of ``loss_spread``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betaln


def _beta_loss(a, b, constant):
    """-ELBO from a single draw: a Beta guide, and a coin whose posterior is Beta(a, b)."""

    def loss(key, phi):
        f = jnp.clip(jax.random.beta(key, phi["a"], phi["b"]), 1e-6, 1 - 1e-6)
        log_q = (phi["a"] - 1) * jnp.log(f) + (phi["b"] - 1) * jnp.log1p(-f) - betaln(phi["a"], phi["b"])
        return log_q - (a - 1) * jnp.log(f) - (b - 1) * jnp.log1p(-f) - constant

    return loss


@partial(jax.jit, static_argnums=(0, 1))
def _spread(fn, n, key, phi, a, b, constant):
    return fn(key, _beta_loss(a, b, constant), {"a": phi[0], "b": phi[1]}, n)


def measure(fn, case):
    """The spread for two keys at a phi off the posterior, ``off`` (2,), and on it, ``on`` (2,)."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 2)
    a, b, constant = (jnp.float32(case[name]) for name in ("a", "b", "constant"))
    phis = {"off": jnp.asarray(case["phi"], jnp.float32), "on": jnp.stack([a, b])}
    return {
        name: np.array([np.asarray(_spread(fn, int(case["n"]), key, phi, a, b, constant)) for key in keys])
        for name, phi in phis.items()
    }
