"""The truth of fit by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from ..routing import log_joint_z


def agree(cases):
    quantiles = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    for case, r in cases:
        a, b, c = (float(case[name]) for name in ("a", "b", "constant"))

        def sample_average(p):  # a sample average over fixed draws, minimised by L-BFGS
            return (
                -np.mean(log_joint_z(p[0] + np.exp(p[1]) * quantiles, a, b)) - p[1] - 0.5 * np.log(2 * np.pi * np.e) - c
            )

        found = optimize.minimize(sample_average, [0.0, 0.0], method="L-BFGS-B", options={"ftol": 1e-13})
        assert (r["loc"], r["scale"]) == pytest.approx((found.x[0], np.exp(found.x[1])), abs=2e-3)
        assert r["best"] == pytest.approx(found.fun, abs=1e-3)
        evidence = integrate.quad(lambda f: stats.beta.pdf(f, a, b), 0, 1)[0]
        assert evidence == pytest.approx(1, abs=1e-8) and r["floor"] <= r["best"]
