"""What is measured of ``mean_field_gaussian``."""

import numpy as np

from svi_course.learner.measuring import attempt


def measure(fn, case):
    """sds (3, 4) and gap (3,) of three precision matrices; each gets an array of its own."""
    results = [fn(np.array(precision, dtype=np.float64)) for precision in case["precision"]]
    return attempt(
        {
            "sds": lambda: {"sds": [np.asarray(sds) for sds, _ in results]},
            "gap": lambda: {"gap": [np.asarray(gap) for _, gap in results]},
        }
    )
