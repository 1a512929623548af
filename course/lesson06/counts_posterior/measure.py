"""What is measured of ``counts_posterior``."""

import jax
import jax.numpy as jnp
import numpy as np


def measure(fn, case):
    """4096 draws of the rate and the losses, as they came."""
    draws, losses = fn(
        jax.random.key(int(case["seed"])),
        jnp.asarray(case["counts"], jnp.float32),
        jnp.float32(case["mu0"]),
        jnp.float32(case["sigma0"]),
    )
    return {"draws": np.asarray(draws), "losses": np.asarray(losses)}
