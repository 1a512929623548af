"""What is measured of ``mean_field_widths``."""

import numpy as np


def measure(fn, case):
    """The five answers to each of twelve rows, (12, 5): two widths of mu, two of ln tau, and the gap."""
    rows = zip(case["noise"], case["tau"], case["n_groups"])
    answers = [fn(np.float64(noise), np.float64(tau), int(n_groups)) for noise, tau, n_groups in rows]
    return {"widths": np.array([[float(part) for part in answer] for answer in answers])}
