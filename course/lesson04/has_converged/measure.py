"""What is measured of ``has_converged``."""

import numpy as np

from svi_course.learner.measuring import verdicts


def measure(fn, case):
    """The verdict on each trace, (23,): 1 for converged, 0 for not, NaN where it raised."""
    window = int(case["window"])
    return {"converged": verdicts(lambda i: fn(np.array(case["losses"][i], dtype=float), window), len(case["losses"]))}
