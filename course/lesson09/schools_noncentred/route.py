"""The truth of schools-noncentred by a second route, which shares no code with the judge."""

import jax
import numpy as np
import pytest
from scipy import stats

from ... import hierarchy_routes

NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)


def agree(cases):
    """NUTS and the ELBO by draws; the evidence by a dense normal on quantiles of the prior of tau."""
    with jax.enable_x64(True):
        for _, trouble in hierarchy_routes.routes(*map(list, zip(*cases))):
            assert trouble == ""
    for case, r in cases:
        taus = stats.halfcauchy.ppf((NODES + 1) / 2, scale=5)
        covs = [np.diag(case["noise"] ** 2 + tau**2) + 25 for tau in taus]
        p = [stats.multivariate_normal(np.zeros(8), cov).pdf(case["y"]) for cov in covs]
        assert r["floor"] == pytest.approx(-np.log(WEIGHTS / 2 @ p), abs=1e-4)
        assert r["floor"] < r["best"] < r["centred"] - 1
