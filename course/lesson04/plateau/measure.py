"""What is measured of ``plateau``."""

import numpy as np


def measure(fn, case):
    """(mean, mcse) of each trace, (8, 2)."""
    rows = []
    for losses in case["losses"]:
        mean, mcse = fn(np.array(losses, dtype=float), int(case["window"]))
        rows.append([np.asarray(mean, float), np.asarray(mcse, float)])
    return {"summary": np.array(rows)}
