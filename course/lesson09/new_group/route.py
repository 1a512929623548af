"""The truth of new-group by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def agree(cases):
    """Many groups simulated point by point: moments, and normality of rows given their draw by Mahalanobis."""
    rng = np.random.default_rng(0)
    for case, r in cases:
        hyper = {name: np.asarray(draws, float) for name, draws in case["hyper"].items()}
        x, noise = case["x"], case["noise"]
        total, square, repeats = np.zeros(5), np.zeros((5, 5)), 40
        for _ in range(repeats):
            n = len(hyper["mu_m"])
            m, c = (rng.normal(hyper[f"mu_{name}"], hyper[f"sigma_{name}"]) for name in "mc")
            y = np.stack([rng.normal(m * x[k] + c, noise[k]) for k in range(5)], axis=1)
            total, square = total + y.sum(axis=0) / n / repeats, square + y.T @ y / n / repeats
        cov = square - np.outer(total, total)
        assert total == pytest.approx(r["mean"], abs=0.01 * r["sd"].min())
        assert np.sqrt(np.diag(cov)) == pytest.approx(r["sd"], rel=0.02)
        assert cov / np.outer(r["sd"], r["sd"]) == pytest.approx(r["cov"] / np.outer(r["sd"], r["sd"]), abs=0.04)
        i = np.arange(200)
        squares = [
            (y[j] - hyper["mu_m"][j] * x - hyper["mu_c"][j])
            @ np.linalg.inv(
                hyper["sigma_m"][j] ** 2 * np.outer(x, x)
                + hyper["sigma_c"][j] ** 2 * np.ones((5, 5))
                + np.diag(noise**2)
            )
            @ (y[j] - hyper["mu_m"][j] * x - hyper["mu_c"][j])
            for j in i
        ]
        assert stats.kstest(squares, stats.chi2(5).cdf).pvalue > 1e-4
