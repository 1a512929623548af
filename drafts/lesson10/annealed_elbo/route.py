"""The truth of annealed-elbo by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def _log_w(row, case, x, moves):
    """ln w for rows of standard normal numbers, move by move."""
    loc, scale, step = row[:2], np.exp(row[2:4]), np.exp(row[4])
    cov = np.linalg.inv(case["whiten"].T @ case["whiten"])
    q, p = stats.multivariate_normal(loc, np.diag(scale**2)), stats.multivariate_normal(case["mean"], cov)
    z = loc + x[:, :2] * scale
    total = -q.logpdf(z)
    for k in range(moves):
        v = x[:, 2 + 2 * k : 4 + 2 * k]
        z = z + 0.5 * step * v
        beta = (k + 1) / moves
        force = (1 - beta) * (loc - z) / scale**2 + beta * np.linalg.solve(cov, (case["mean"] - z).T).T
        new = v + step * force
        z = z + 0.5 * step * new
        total += stats.norm.logpdf(new).sum(axis=1) - stats.norm.logpdf(v).sum(axis=1)
    return total + p.logpdf(z) + case["log_z"]


def agree(cases):
    """Averages of simulated ln w; slopes by differences with the same random numbers; E w = Z; below ln Z."""
    rng = np.random.default_rng(0)
    for case, r in cases:
        case = {**case, "whiten": np.asarray(case["whiten"], float), "mean": np.asarray(case["mean"], float)}
        phi = case["phi"]
        for i in range(4):
            row = np.array([*phi["loc"][i], *phi["log_scale"][i], phi["log_step"][i]], float)
            x = rng.normal(size=(20_000, 8))
            log_w = _log_w(row, case, x, 3)
            error = log_w.std() / np.sqrt(len(x))
            assert r["truth"][i, 0] == pytest.approx(log_w.mean(), abs=5 * error)
            assert r["sd"][i] == pytest.approx(log_w.std(), rel=0.06)
            assert r["truth"][i, 0] < case["log_z"]
            for j in range(5):
                h = np.zeros(5)
                h[j] = 1e-4
                slopes = (_log_w(row + h, case, x, 3) - _log_w(row - h, case, x, 3)) / 2e-4
                assert r["truth"][i, 1 + j] == pytest.approx(slopes.mean(), abs=5 * slopes.std() / np.sqrt(len(x)))
            one = _log_w(row, case, x[:, :4], 1)
            assert r["other"][i] == pytest.approx(one.mean(), abs=5 * one.std() / np.sqrt(len(x)))
            assert r["other_sd"][i] == pytest.approx(one.std(), rel=0.06)
