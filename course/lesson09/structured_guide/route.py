"""The truth of structured-guide by a second route, which shares no code with the judge."""

import jax
import numpy as np
import pytest
from scipy import stats

from ... import hierarchy_routes

NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


def agree(cases):
    """NUTS and the ELBO by draws; the evidence by a dense normal of all points on a grid of the two sigmas."""
    with jax.enable_x64(True):
        for _, trouble in hierarchy_routes.routes(*map(list, zip(*cases))):
            assert trouble == ""
    for case, r in cases:
        assert r["floor"] == pytest.approx(-dense_log_evidence(case), abs=2e-3)
        assert r["floor"] < r["best"]


def dense_log_evidence(case):
    """ln p(y) from the covariance of all points, on pieces of the quarter plane of the sigmas."""
    x, noise, y = (np.asarray(case[name], float) for name in ("x", "noise", "y"))
    same = np.asarray(case["group"])[:, None] == np.asarray(case["group"])
    fixed = np.diag(noise**2) + 15**2 * np.outer(x, x) + 25**2
    slope, level = same * np.outer(x, x), same * 1.0
    sides = []
    for edges, scale in (([0, 0.25, 0.6, 1.5, 4], 10), ([0, 0.5, 1.5, 4, 12], 15)):
        nodes = np.concatenate([a + (b - a) * (NODES + 1) / 2 for a, b in zip(edges, edges[1:])])
        weights = np.concatenate([(b - a) * WEIGHTS / 2 for a, b in zip(edges, edges[1:])])
        sides.append(list(zip(nodes, weights * stats.halfnorm.pdf(nodes, scale=scale))))
    terms = []
    for sigma_m, weight_m in sides[0]:
        for sigma_c, weight_c in sides[1]:
            chol = np.linalg.cholesky(fixed + sigma_m**2 * slope + sigma_c**2 * level)
            e = np.linalg.solve(chol, y)
            log_p = -0.5 * e @ e - np.log(np.diag(chol)).sum() - 0.5 * len(y) * np.log(2 * np.pi)
            terms.append(np.log(weight_m * weight_c) + log_p)
    return np.logaddexp.reduce(terms)
