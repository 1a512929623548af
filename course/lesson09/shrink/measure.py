"""What is measured of ``shrink``."""

from functools import partial

import numpy as np

from svi_course.learner.measuring import attempt


def measure(fn, case):
    """factor, mean and sd of three sets of eight schools, (3, 8) each, and of a fourth with tau = 0, (8,) each."""

    def row(i):
        y, noise = (np.array(case[name][i], dtype=float) for name in ("y", "noise"))
        return [np.asarray(part) for part in fn(y, noise, np.float64(case["mu"][i]), np.float64(case["tau"][i]))]

    def spread():
        return dict(zip(("factor", "mean", "sd"), map(np.stack, zip(*map(row, range(3)), strict=True)), strict=True))

    def pooled():
        return dict(zip(("factor_at_0", "mean_at_0", "sd_at_0"), row(3), strict=True))

    return attempt({"tau above 0": partial(spread), "tau = 0": partial(pooled)})
