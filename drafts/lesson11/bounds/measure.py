"""What is measured of ``iwae_bound`` and ``renyi_bound``."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtri

from svi_course.learner.measuring import attempt

DRAWS = 64_000


def _log_weights(seed, mean, spread):
    """Normal log weights, (64000,), one from each of 64000 cells of the same mass, in random order."""
    key_place, key_order = jax.random.split(jax.random.key(seed))
    cells = jax.random.permutation(key_order, jnp.arange(DRAWS))
    z = ndtri((cells + jax.random.uniform(key_place, (DRAWS,), minval=0.02, maxval=0.98)) / DRAWS)
    return mean + spread * z


def measure(iwae_bound, renyi_bound, case):
    """Bounds of three arrays of log weights.

    Returns:
        dict with ``iwae`` (3, 3), a row for each array and a column for each K, and ``renyi`` (3, 4), for each alpha.
    """
    arrays = [
        _log_weights(int(seed), np.float32(log_z - spread**2 / 2), np.float32(spread))
        for seed, log_z, spread in zip(case["seeds"], case["log_z"], case["spread"])
    ]

    def table(fn, columns):
        return np.array([[float(fn(log_w, column)) for column in columns] for log_w in arrays])

    return attempt(
        {
            "iwae_bound": lambda: {"iwae": table(iwae_bound, [int(K) for K in case["K"]])},
            "renyi_bound": lambda: {"renyi": table(renyi_bound, [float(alpha) for alpha in case["alpha"]])},
        }
    )
