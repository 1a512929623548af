"""The truth of fit-autoguide by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats

from ..routing import smallest_mean_field_kl


def agree(cases):
    for case, r in cases:
        target = stats.multivariate_normal(r["loc"], r["cov"])
        x = np.random.default_rng(0).normal(size=(5, 3))
        log_density = case["height"] - 0.5 * np.sum(((x - case["loc"]) @ case["whiten"].T) ** 2, axis=1)
        assert log_density - target.logpdf(x) == pytest.approx(
            np.full(5, -r["floor"]), abs=1e-8
        )  # their ratio is the evidence
        assert r["gap"] == pytest.approx(smallest_mean_field_kl(r["cov"])[1], abs=1e-6)
