"""What is measured of ``annealed_elbo``."""

from functools import partial

import jax
import jax.numpy as jnp

from ...measuring import QUICK

#: Moves, draws and keys of the estimates with gradient, and of those of the value alone.
MOVES, N, KEYS = 3, 500, 64
FEWER_MOVES, MORE_N, FEWER_KEYS = 1, 2000, 16


def _log_p(case):
    """The log density of a normal, times e^log_z, of a point or an array of points (..., 2)."""
    constant = case["log_z"] + jnp.log(jnp.abs(jnp.linalg.det(case["whiten"]))) - jnp.log(2 * jnp.pi)
    return lambda z: constant - 0.5 * jnp.sum(((z - case["mean"]) @ case["whiten"].T) ** 2, axis=-1)


@partial(jax.jit, static_argnums=0, compiler_options=QUICK)
def _estimates(fn, keys, other_keys, phis, case):
    log_p = _log_p(case)

    def one(phi, key):
        value, grad = jax.value_and_grad(lambda phi: fn(key, phi, log_p, MOVES, N))(phi)
        return jnp.concatenate([value[None], grad["loc"], grad["log_scale"], grad["log_step"][None]])

    def other(phi, key):
        return fn(key, phi, log_p, FEWER_MOVES, MORE_N)

    def for_all(estimate, keys):
        return jax.vmap(lambda phi: jax.vmap(lambda key: estimate(phi, key))(keys))(phis)

    return {"out": for_all(one, keys), "other": for_all(other, other_keys)}


def measure(fn, case):
    """Value and gradient by loc, log_scale, log_step at four phis, (4, 64, 6); with one move, values (4, 16)."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), KEYS + FEWER_KEYS)
    phis = {name: jnp.asarray(value, jnp.float32) for name, value in case["phi"].items()}
    numbers = {name: jnp.asarray(case[name], jnp.float32) for name in ("mean", "whiten", "log_z")}
    return _estimates(fn, keys[:KEYS], keys[KEYS:], phis, numbers)
