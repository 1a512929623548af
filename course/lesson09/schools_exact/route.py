"""The truth of schools-exact by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats

NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)


def agree(cases):
    """A dense multivariate normal of all y, on nodes that are quantiles of the half-Cauchy prior of tau."""
    share, weight = (NODES + 1) / 2, WEIGHTS / 2
    for case, r in cases:
        for k, name in enumerate(("a", "b", "c")):
            y, noise, mu_sd, scale = (np.asarray(case[name][z], float) for z in ("y", "noise", "mu_sd", "tau_scale"))
            taus = stats.halfcauchy.ppf(share, scale=scale)
            ones = np.ones(len(y))
            p, mean, variance = [], [], []
            for tau in taus:
                cov = np.diag(noise**2 + tau**2) + mu_sd**2
                p.append(stats.multivariate_normal(0 * ones, cov).pdf(y))
                gain = mu_sd**2 * np.linalg.solve(cov, ones)
                mean.append(gain @ y)
                variance.append(mu_sd**2 * (1 - gain @ ones))
            p, mean, variance = np.array(p) * weight, np.array(mean), np.array(variance)
            assert r["log_z"][k] == pytest.approx(np.log(p.sum()), abs=1e-4)
            p /= p.sum()
            for found, first, second in (
                (r["mu"][k], p @ mean, p @ (variance + mean**2)),
                (r["tau"][k], p @ taus, p @ taus**2),
            ):
                sd = np.sqrt(second - first**2)
                assert found == pytest.approx((first, sd), abs=2e-3 * sd)
