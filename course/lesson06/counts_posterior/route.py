"""The truth of counts-posterior by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import integrate, stats


def agree(cases):
    for case, r in cases:
        prior = stats.lognorm(case["sigma0"], scale=np.exp(case["mu0"]))
        shift = r["true_log_z"]

        def moment(power):
            joint = lambda rate: (
                rate**power * prior.pdf(rate) * np.exp(stats.poisson.logpmf(case["counts"], rate).sum() - shift)
            )  # noqa: E731, B023
            return integrate.quad(joint, 1e-6, 60, limit=300, points=[r["true_mean"]])[0]  # noqa: B023

        z, first, second = moment(0), moment(1), moment(2)
        assert z == pytest.approx(1, abs=1e-5)
        assert (r["true_mean"], r["true_sd"]) == pytest.approx(
            (first / z, np.sqrt(second / z - (first / z) ** 2)), rel=1e-4
        )
