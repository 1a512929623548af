"""What is measured of ``elbo_mc``."""

from functools import partial

import jax
import jax.numpy as jnp


@partial(jax.jit, static_argnums=(0, 1))
def _elbos(fn, n, keys, loc, log_scale, a, b, c):
    def target(z):
        return c + a * jax.nn.log_sigmoid(z) + b * jax.nn.log_sigmoid(-z)

    def one(loc, log_scale, key):
        phi = {"loc": loc, "log_scale": log_scale}
        value, grad = jax.value_and_grad(lambda phi: fn(key, phi, target, n))(phi)
        return value, jnp.stack([grad["loc"], grad["log_scale"]])

    return jax.vmap(lambda x, y: jax.vmap(lambda key: one(x, y, key))(keys))(loc, log_scale)


def measure(elbo_mc, case):
    """Values (4, 32) and gradients (4, 32, 2) for four phis and 32 keys; ``repeat`` (4,): the first key again."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 32)
    keys = jnp.concatenate([keys, keys[:1]])
    numbers = [jnp.asarray(case[name], jnp.float32) for name in ("loc", "log_scale", "a", "b", "c")]
    values, grads = _elbos(elbo_mc, int(case["n"]), keys, *numbers)
    return {"values": values[:, :32], "grads": grads[:, :32], "repeat": values[:, 32]}
