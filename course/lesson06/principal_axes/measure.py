"""What is measured of ``principal_axes``."""

import numpy as np

from svi_course.learner.measuring import attempt


def measure(fn, case):
    """sds (6, 2) and angles (6,) of six scale_trils."""
    results = [fn(np.array(tril, dtype=np.float64)) for tril in case["scale_tril"]]
    return attempt(
        {
            "sds": lambda: {"sds": [np.asarray(sds) for sds, _ in results]},
            "angle": lambda: {"angle": [np.asarray(a) for _, a in results]},
        }
    )
