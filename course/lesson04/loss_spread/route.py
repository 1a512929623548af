"""The truth of loss-spread by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def agree(cases):
    rng = np.random.default_rng(0)
    for case, r in cases:
        f = rng.beta(*case["phi"], size=400_000)
        losses = stats.beta.logpdf(f, *case["phi"]) - stats.beta.logpdf(f, case["a"], case["b"]) + r["floor"]
        assert r["off"] == pytest.approx(losses.std(), rel=0.01)
        assert r["level"] == pytest.approx(losses.mean(), abs=6 * losses.std() / np.sqrt(len(f)))
