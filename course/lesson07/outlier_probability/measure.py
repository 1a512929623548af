"""What is measured of ``outlier_probability``."""

import jax.numpy as jnp

from svi_course.learner.measuring import attempt


def measure(fn, case):
    """Probabilities of 15 points from 500 draws, ``many``, and from the first draw alone, ``one``; (15,) each."""
    draws = {name: jnp.asarray(values, jnp.float32) for name, values in case["draws"].items()}
    data = [jnp.asarray(case[name], jnp.float32) for name in ("x", "e", "y")]
    return attempt(
        {
            "one draw": lambda: {"one": fn({name: values[:1] for name, values in draws.items()}, *data)},
            "many draws": lambda: {"many": fn(draws, *data)},
        }
    )
