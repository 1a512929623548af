"""The truth of constrain-draws by a second route, which shares no code with the judge."""

import numpy as np
import pytest


def agree(cases):
    rng = np.random.default_rng(0)
    for case, r in cases:
        z = rng.normal(size=(200_000, 5)) @ np.asarray(case["scale_tril"]).T
        assert r["sds"] == pytest.approx(z.std(axis=0), rel=0.02)
        assert r["correlation"] == pytest.approx(np.corrcoef(z.T), abs=0.02)
