"""The truth of elbo-coin by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def agree(cases):
    for case, r in cases:
        for i, (a, b, heads, tails, a0, b0) in enumerate(
            zip(*(case[name] for name in ("a", "b", "heads", "tails", "a0", "b0")))
        ):
            q = stats.beta(a, b)
            joint = q.expect(lambda f: stats.beta.logpdf(f, a0, b0) + heads * np.log(f) + tails * np.log1p(-f))  # noqa: B023
            assert r["elbo"][i] == pytest.approx(joint + q.entropy(), abs=1e-5)
