"""The truth of judge-chains by a second route: arviz, which shares no code with the judge."""

import arviz
import numpy as np
import pytest


def agree(cases):
    """R-hat and ESS of two kinds each."""
    for case, r in cases:
        draws = np.asarray(case["draws"], float)
        for i in range(len(draws)):
            for j in range(draws.shape[-1]):
                x = draws[i, :, :, j]
                if r["kind"][i] == 5:
                    continue
                rhats = sorted([arviz.rhat(x, method="split"), arviz.rhat(x, method="rank")])
                assert [r["low"][i, j], r["high"][i, j]] == pytest.approx(rhats, abs=2e-4)
                ess = np.sqrt(arviz.ess(x, method="mean") * arviz.ess(x, method="bulk"))
                if rhats[1] < 1.05:
                    assert abs(np.log(r["ess"][i, j] / ess)) < 0.12
                else:
                    assert max(r["ess"][i, j], ess) < 400
