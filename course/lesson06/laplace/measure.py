"""What is measured of ``laplace``."""

from functools import partial

import jax
import jax.numpy as jnp

from svi_course.learner.measuring import attempt


@jax.jit
def _coin(numbers, z):
    return numbers["a"] * jax.nn.log_sigmoid(z[0]) + numbers["b"] * jax.nn.log_sigmoid(-z[0]) + numbers["constant"]


@jax.jit
def _log_gammas(numbers, z):
    u = numbers["unmix"] @ (z - numbers["shift"])
    return numbers["constant"] + jnp.sum(numbers["k"] * u - jnp.exp(u))


def measure(fn, case):
    """loc, cov and log_z for the coin and two log-gamma targets."""
    named = {"coin": ("a", "b", "constant")} | {f"pair{i}": ("unmix", "shift", "k", "constant") for i in (1, 2)}

    def run(target):
        numbers = {name: jnp.asarray(case[f"{target}_{name}"], jnp.float32) for name in named[target]}
        log_joint = partial(_coin if target == "coin" else _log_gammas, numbers)
        loc, cov, log_z = fn(log_joint, jnp.asarray(case[f"{target}_z0"], jnp.float32))
        return {f"{target}_loc": loc, f"{target}_cov": cov, f"{target}_log_z": log_z}

    return attempt({target: partial(run, target) for target in named})
