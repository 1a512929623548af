"""The truth of log-evidence by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def agree(cases):
    for case, r in cases:
        for value, heads, tails, a0, b0 in zip(
            np.append(r["few"], r["many"]), *(case[name] for name in ("heads", "tails", "a0", "b0"))
        ):
            choose = stats.binom.logpmf(heads, heads + tails, 0.5) + (heads + tails) * np.log(2)
            assert value == pytest.approx(stats.betabinom.logpmf(heads, heads + tails, a0, b0) - choose, abs=1e-6)
