"""The truth of bimodal-guide by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats


def agree(cases):
    """The best loss by a grid over the plane: two normal bumps along u1, the best normal across them."""
    for case, r in cases:
        b, s1, s2 = (float(case[name]) for name in ("b", "s1", "s2"))

        def loss(log_scale):
            q = stats.norm(0, np.exp(log_scale[0]))
            across = q.expect(lambda u: -np.log1p(0.5 * (u / s2) ** 2), lb=-40 * s2, ub=40 * s2) + q.entropy()  # noqa: B023
            return np.log(200.0**2) - across

        found = optimize.minimize(loss, [np.log(2 * s2)], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10})
        assert r["best_s2"] == pytest.approx(np.exp(found.x[0]), rel=1e-3)
        u = np.linspace(-b - 10 * s1, b + 10 * s1, 20_001)
        bumps = np.exp(-0.5 * ((u - b) / s1) ** 2) + np.exp(-0.5 * ((u + b) / s1) ** 2)
        q = bumps / integrate.trapezoid(bumps, u)
        along = integrate.trapezoid(q * (np.log(bumps + 1e-300) - np.log(q + 1e-300)), u)
        assert r["best"] == pytest.approx(found.fun - along, abs=2e-3)
