"""The truth of importance-estimates by a second route, which shares no code with the judge."""

from decimal import Decimal

import numpy as np


def agree(cases):
    """The sums as they stand in the definitions, in decimal numbers that neither underflow nor overflow."""
    for case, r in cases:
        for i, n in enumerate(case["n"]):
            w = [Decimal(float(x)).exp() if np.isfinite(x) else Decimal(0) for x in case["log_w"][i][:n]]
            total, squares = sum(w), sum(x * x for x in w)
            assert abs(float((total / int(n)).ln()) - r["log_z"][i]) < 1e-9
            assert abs(float(total * total / squares) - r["ess"][i]) < 1e-8 * n
            for j in range(3):
                mean = sum(x * Decimal(float(h)) for x, h in zip(w, case["h"][i][:n, j])) / total
                assert abs(float(mean) - r["mean"][i, j]) < 1e-9 * (1 + abs(float(mean)))
