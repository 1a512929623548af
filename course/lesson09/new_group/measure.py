"""What is measured of ``new_group``."""

import jax
import jax.numpy as jnp
import numpy as np

from svi_course.learner.measuring import attempt

N_AGAIN = 1024


def measure(fn, case):
    """Rows for all draws, (n, 5), and the first rows of the same key again and of another key, (1024, 5) each."""
    hyper = {name: jnp.asarray(draws, jnp.float32) for name, draws in case["hyper"].items()}
    x, noise = (jnp.asarray(case[name], jnp.float32) for name in ("x", "noise"))
    key, other = jax.random.split(jax.random.key(int(case["seed"])))

    def rows(key):
        return np.asarray(fn(key, dict(hyper), x, noise))

    return attempt(
        {
            "rows": lambda: {"y": rows(key)},
            "the same key again": lambda: {"again": rows(key)[:N_AGAIN]},
            "another key": lambda: {"other": rows(other)[:N_AGAIN]},
        }
    )
