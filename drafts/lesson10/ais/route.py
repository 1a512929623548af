"""The truth of ais by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def agree(cases):
    """ln Z and the mean on a grid, and the mean log weight as steps of E[ln p - ln q] that exact bridges would have.

    If its moves reached each bridge, a run's mean log weight would be sum_k (beta_k - beta_(k-1)) E_(k-1)[ln P - ln q].
    Three steps of Metropolis lag behind, so that the run's own mean is lower, but not lower than without any move.
    """
    for case, r in cases:
        case = {name: np.asarray(value, float) for name, value in case.items()}
        axis = np.linspace(-9, 9, 301) * case["scale"]
        grid = case["loc"] + np.stack(np.meshgrid(axis, axis), axis=-1)
        cell = (axis[1] - axis[0]) ** 2
        q = stats.multivariate_normal(case["loc"], case["scale"] ** 2)
        parts = [stats.multivariate_normal(c, s**2) for c, s in zip(case["centres"], case["sds"])]
        target = np.exp(case["log_z"]) * sum(w * part.pdf(grid) for w, part in zip(case["weights"], parts))
        log_p, log_q = np.log(np.maximum(target, 1e-300)), q.logpdf(grid)
        z = target.sum() * cell
        assert np.log(z) == pytest.approx(float(r["log_z"]), abs=1e-6)
        assert r["mean"] == pytest.approx((target[..., None] * grid).sum(axis=(0, 1)) * cell / z, abs=1e-6)
        means = []
        for beta in case["betas"][:-1]:
            bridge = np.exp((1 - beta) * log_q + beta * log_p)
            means.append(np.sum(bridge * (log_p - log_q)) / bridge.sum())
        reached = np.diff(case["betas"]) @ means
        assert means[0] - 0.03 < r["mean_log_w"] < reached + 0.02
        assert r["mean_log_w"] - r["log_z"] < 0 < r["ess"] < 1
