"""What is measured of ``sites``."""

import numpy as np


def measure(fn, case):
    return {"names": np.array([str(name) for name in fn(int(case["n"]))])}
