"""What is measured of ``bridge``."""

import numpy as np

from svi_course.learner.measuring import attempt


def measure(fn, case):
    """Means and standard deviations, (3, 6) each: six betas for each of three pairs of normals."""
    rows = zip(*(case[name] for name in ("m0", "s0", "m1", "s1")), case["beta"])
    results = [fn(*(float(number) for number in row[:4]), np.array(row[4], float)) for row in rows]
    return attempt(
        {
            "means": lambda: {"means": [np.asarray(means, float) for means, _ in results]},
            "sds": lambda: {"sds": [np.asarray(sds, float) for _, sds in results]},
        }
    )
