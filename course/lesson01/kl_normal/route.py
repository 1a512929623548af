"""The truth of kl-normal by a second route, which shares no code with the judge."""

import pytest
from scipy import stats

from ...routing import normal_average


def agree(cases):
    for case, r in cases:
        for value, m1, s1, m2, s2 in zip(r["kl"], *(case[name] for name in ("m1", "s1", "m2", "s2"))):
            route = normal_average(lambda x: stats.norm.logpdf(x, m1, s1) - stats.norm.logpdf(x, m2, s2), m1, s1)  # noqa: B023
            assert value == pytest.approx(route, rel=1e-6, abs=1e-7)
