"""The truth of affine-guide by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats

from .judge import _log_gauss


def agree(cases):
    """The judge's density of A u + m against SciPy's normal with covariance A A^T."""
    rng = np.random.default_rng(0)
    for _, r in cases:
        draws = np.stack([rng.normal(size=(50, 3)) @ a.T + m for a, m in zip(r["a"], r["m"])])
        want = np.stack([stats.multivariate_normal(m, a @ a.T).logpdf(x) for a, m, x in zip(r["a"], r["m"], draws)])
        assert _log_gauss(draws, r["a"], r["m"]) == pytest.approx(want, abs=1e-8)
