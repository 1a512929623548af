"""What is measured of ``importance_estimates``."""

import jax.numpy as jnp
import numpy as np


def measure(fn, case):
    """Estimates from six arrays of log weights of different lengths.

    Returns:
        dict with ``log_z`` (6,), ``mean`` (6, 3) and ``ess`` (6,).
    """
    found = {"log_z": [], "mean": [], "ess": []}
    for log_w, h, n in zip(case["log_w"], case["h"], case["n"]):
        answer = fn(jnp.asarray(log_w[:n], jnp.float32), jnp.asarray(h[:n], jnp.float32))
        for values, value in zip(found.values(), answer, strict=True):
            values.append(np.asarray(value, float))
    return {name: np.stack(values) for name, values in found.items()}
