"""The truth of predict-weights by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import optimize


def agree(cases):
    """k by a search over directions, E_q[w**2] by Gaussian integrals, and whether it exists by a Cholesky factor."""
    rng = np.random.default_rng(3)
    for case, r in cases:
        for i, d in enumerate(case["d"]):
            precision = case["precision"][i][:d, :d]
            slices = np.diag(np.diag(precision))

            def ratio(u):
                return (u @ precision @ u) / (u @ slices @ u)  # noqa: B023

            starts = rng.normal(size=(10, d)) / np.sqrt(np.diag(slices))
            least = min(optimize.minimize(ratio, u, tol=1e-12).fun for u in starts)
            assert 1 - least == pytest.approx(r["k"][i], abs=1e-5)
            try:
                np.linalg.cholesky(2 * precision - slices)
            except np.linalg.LinAlgError:
                assert r["ess"][i] == 0
                continue
            log_second = np.linalg.slogdet(precision)[1] - 0.5 * (
                np.linalg.slogdet(slices)[1] + np.linalg.slogdet(2 * precision - slices)[1]
            )
            assert r["ess"][i] == pytest.approx(np.exp(-log_second), abs=1e-10)
            if r["k"][i] < 0.3:  # the squares of the weights have a variance only below a quarter
                z = rng.normal(size=(400_000, d)) / np.sqrt(np.diag(slices))
                log_w = -0.5 * np.einsum("ni,ij,nj->n", z, precision - slices, z)
                w = np.exp(log_w)
                assert w.sum() ** 2 / (w**2).sum() / len(w) == pytest.approx(r["ess"][i], abs=0.02)
