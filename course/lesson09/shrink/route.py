"""The truth of shrink by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import integrate, stats


def agree(cases):
    """Posterior mean and sd of some schools by adaptive quadrature; the factor from how the mean moves with y."""
    for case, r in cases:
        for i, j in ((0, 0), (1, 3), (2, 7)):
            s, mu, tau = case["noise"][i, j], case["mu"][i], case["tau"][i]

            def moment(power, y):
                def f(theta):
                    return theta**power * stats.norm.pdf(y, theta, s) * stats.norm.pdf(theta, mu, tau)  # noqa: B023

                low, high = min(y - 10 * s, mu - 10 * tau), max(y + 10 * s, mu + 10 * tau)  # noqa: B023
                return integrate.quad(f, low, high, points=[y, mu], epsabs=0, epsrel=1e-10, limit=500)[0]  # noqa: B023

            def mean(y):
                return moment(1, y) / moment(0, y)  # noqa: B023

            y = case["y"][i, j]
            assert r["mean"][i, j] == pytest.approx(mean(y), abs=1e-6)
            assert r["sd"][i, j] == pytest.approx(np.sqrt(moment(2, y) / moment(0, y) - mean(y) ** 2), rel=1e-5)
            assert r["factor"][i, j] == pytest.approx(1 - (mean(y + 1) - mean(y)), abs=1e-6)
