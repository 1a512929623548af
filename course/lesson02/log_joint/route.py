"""The truth of log-joint by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit


def agree(cases):
    for case, r in cases:
        near = np.abs(case["z"]) < 6
        for h, t, values, slopes in zip(case["heads"], case["tails"], r["values"], r["slopes"]):
            route = lambda z: (
                stats.binom.logpmf(h, h + t, expit(z))
                - stats.binom.logpmf(h, h + t, 0.5)
                + (h + t) * np.log(0.5)
                + stats.logistic.logpdf(z)
            )  # noqa: E731, B023
            assert values[near] == pytest.approx(route(case["z"][near]), abs=1e-9)
            assert slopes[near] == pytest.approx(
                (route(case["z"][near] + 1e-5) - route(case["z"][near] - 1e-5)) / 2e-5, abs=1e-5
            )
