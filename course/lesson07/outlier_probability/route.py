"""The truth of outlier-probability by a second route, which shares no code with the judge."""

from decimal import Decimal, getcontext

import numpy as np
import pytest


def agree(cases):
    """Plain densities with 40 digits and exponents without end, draw by draw."""
    getcontext().prec = 40

    def bell(y, mean, variance):
        return (-((y - mean) ** 2) / (2 * variance)).exp() / variance.sqrt()

    for case, r in cases:
        z = case["draws"]
        height = z["b_perp"] / np.cos(z["theta"])
        for i in (0, 3, 6, 10, 14):
            x, e, y = (Decimal(float(case[name][i])) for name in ("x", "e", "y"))
            found = []
            for s in range(len(height)):
                slope, intercept, mean, sigma, q = (
                    Decimal(float(number))
                    for number in (np.tan(z["theta"][s]), height[s], z["bg_mean"][s], z["bg_sigma"][s], z["Q"][s])
                )
                on_line = q * bell(y, slope * x + intercept, e * e)
                outlier = (1 - q) * bell(y, mean, sigma * sigma + e * e)
                found.append(float(outlier / (on_line + outlier)))
            assert np.mean(found) == pytest.approx(r["many"][i], abs=1e-10)
            assert found[0] == pytest.approx(r["one"][i], abs=1e-10)
