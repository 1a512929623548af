"""What is measured of ``best_gaussian``."""

import numpy as np

from ..measuring import _calls


def measure(best_gaussian, case):
    """(mean, sd) for three targets, both directions, (3, 2, 2): rows two modes, skewed, two modes with an offset."""
    x, logp = np.array(case["x"], dtype=float), np.array(case["logp"], dtype=float)
    rows = [(target.copy(), x.copy(), direction) for target in logp for direction in ("reverse", "forward")]
    return {"fits": _calls(best_gaussian, rows, 2).reshape(3, 2, 2)}
