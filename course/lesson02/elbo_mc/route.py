"""The truth of elbo-mc by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats

from ...routing import normal_average
from ..routing import log_joint_z


def agree(cases):
    for case, r in cases:

        def elbo(loc, log_scale):
            scale = np.exp(log_scale)
            return (
                normal_average(lambda z: case["c"] + log_joint_z(z, case["a"], case["b"]), loc, scale)
                + stats.norm(loc, scale).entropy()
            )

        for i, (loc, log_scale) in enumerate(zip(case["loc"], case["log_scale"])):
            assert r["value"][i] == pytest.approx(elbo(loc, log_scale), abs=1e-7)
            h = 1e-4
            assert r["grad"][i, 0] == pytest.approx(
                (elbo(loc + h, log_scale) - elbo(loc - h, log_scale)) / (2 * h), abs=1e-4
            )
            assert r["grad"][i, 1] == pytest.approx(
                (elbo(loc, log_scale + h) - elbo(loc, log_scale - h)) / (2 * h), abs=1e-4
            )
