"""What is measured of ``agreement``."""

import jax.numpy as jnp
import numpy as np


def measure(fn, case):
    """Shift and ratio of four parameters in the order of the case, (4, 2); NaN for a name that is missing."""
    names = [str(name) for name in case["names"]]
    surrogate = {names[i]: jnp.asarray(case["surrogate"][i], jnp.float32) for i in case["surrogate_order"]}
    chains = {names[i]: jnp.asarray(case["chains"][i], jnp.float32) for i in case["chains_order"]}
    answer = fn(surrogate, chains)
    if not isinstance(answer, dict):
        raise TypeError(f"it returned {type(answer).__name__} instead of a dict.")
    pairs = np.full((4, 2), np.nan)
    for i, name in enumerate(names):
        if name in answer:
            pair = np.array([float(number) for number in answer[name]])
            if pair.shape != (2,):
                raise ValueError(f"it returned {pair.size} numbers for {name} instead of 2.")
            pairs[i] = pair
    return {"pairs": pairs}
