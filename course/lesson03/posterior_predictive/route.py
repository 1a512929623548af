"""The truth of posterior-predictive by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def agree(cases):
    for _, r in cases:
        assert r["pmf"] == pytest.approx(stats.betabinom.pmf(np.arange(16), 15, r["a"], r["b"]), abs=1e-9)
        assert r["fixed"] == pytest.approx(stats.binom.pmf(np.arange(16), 15, r["a"] / (r["a"] + r["b"])), abs=1e-9)
