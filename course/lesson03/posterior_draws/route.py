"""The truth of posterior-draws by a second route, which shares no code with the judge."""

import pytest
from scipy.special import expit

from ...routing import normal_average


def agree(cases):
    for _, r in cases:
        mean = normal_average(expit, r["shift"], r["spread"])
        assert r["mean"] == pytest.approx(mean, abs=1e-7)
        assert r["sd"] ** 2 == pytest.approx(
            normal_average(lambda z: (expit(z) - mean) ** 2, r["shift"], r["spread"]), abs=1e-7
        )
