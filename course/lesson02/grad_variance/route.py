"""The truth of grad-variance by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy.special import expit


def agree(cases):
    rng = np.random.default_rng(0)
    for case, r in cases:
        (loc, log_scale), a, b = case["phi"], float(case["a"]), float(case["b"])
        eps = rng.normal(size=1_000_000)
        slope = a * (1 - expit(loc + np.exp(log_scale) * eps)) - b * expit(loc + np.exp(log_scale) * eps)
        both = np.stack([slope, slope * np.exp(log_scale) * eps + 1])
        assert np.log(both.var(axis=1) / r["variances"][0]) == pytest.approx([0, 0], abs=0.02)
        assert r["variances"][0] / r["variances"][1] == pytest.approx(case["particles"][1] / case["particles"][0])
