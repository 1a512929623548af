"""What is measured of ``predict_weights``."""

import numpy as np


def measure(fn, case):
    """Tail index and share of effective draws for six precision matrices: ``k`` and ``ess``, (6,) each."""
    k, ess = [], []
    for precision, d in zip(case["precision"], case["d"]):
        index, share = fn(precision[:d, :d].copy())
        k.append(float(index))
        ess.append(float(share))
    return {"k": np.array(k), "ess": np.array(ess)}
