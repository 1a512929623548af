"""Small tools that the lessons' judges share."""

import numpy as np

#: Colours of the figures, told apart by colour-blind readers too (Okabe & Ito 2008).
BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"


def seed(rng):
    """A seed for a case's JAX key."""
    return np.array(rng.integers(1, 2**31))


def worst(x):
    """Largest absolute entry; NaN if there is one."""
    return float(np.max(np.abs(x)))
