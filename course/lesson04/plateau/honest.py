"""Other right answers in plateau: each function stands for the learner's ``plateau``."""

import jax.numpy as jnp
import numpy as np


def unbiased(losses, window):
    tail = np.asarray(losses)[-window:]
    return tail.mean(), tail.std(ddof=1) / window**0.5


def jax(losses, window):
    tail = jnp.asarray(losses, jnp.float32)[-window:]
    return jnp.mean(tail), jnp.std(tail) / jnp.sqrt(window)


def slice_from_the_front(losses, window):
    tail = losses[len(losses) - window :]
    mean = sum(tail) / window
    return float(mean), float(np.sqrt(sum((x - mean) ** 2 for x in tail) / (window * (window - 1))))
