"""The truth of coin-model by a second route, which shares no code with the judge."""

import pytest
from scipy import stats


def agree(cases):
    for case, r in cases:
        for name in "ab":
            heads, n = case[f"data_{name}"].sum(), len(case[f"data_{name}"])
            exact = stats.bernoulli.logpmf(case[f"data_{name}"].astype(int)[:, None], case["f"].astype(float)).sum(
                axis=0
            )
            assert r[f"logp_{name}"] == pytest.approx(exact, abs=1e-6)
            assert stats.betabinom.pmf(heads, n, 1, 1) == pytest.approx(
                1 / (n + 1)
            )  # what the judge expects of the numbers of heads
