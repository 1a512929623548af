"""The truth of bridge by a second route, which shares no code with the judge."""

import numpy as np
import pytest


def agree(cases):
    """Peak and curvature of (1 - beta) ln q + beta ln p, by differences; it is a parabola."""
    for case, r in cases:
        for i in range(3):
            m0, s0, m1, s1 = (case[name][i] for name in ("m0", "s0", "m1", "s1"))
            for j, beta in enumerate(case["beta"][i]):
                log = lambda z, b=beta: -0.5 * (1 - b) * ((z - m0) / s0) ** 2 - 0.5 * b * ((z - m1) / s1) ** 2  # noqa: B023
                a, b, c = np.polyfit(z := np.linspace(-5, 5, 9), log(z), 2)
                assert r["means"][i, j] == pytest.approx(-b / (2 * a), abs=1e-8)
                assert r["sds"][i, j] == pytest.approx((-2 * a) ** -0.5, rel=1e-8)
