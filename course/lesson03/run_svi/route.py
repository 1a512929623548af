"""The truth of run-svi by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import integrate, stats


def agree(cases):
    for case, r in cases:
        x, noise, m0, s0 = (np.asarray(case[name], float) for name in ("x", "noise", "prior_loc", "prior_scale"))

        def log_p(mean):
            return stats.norm.logpdf(x, mean, noise).sum() + stats.norm.logpdf(mean, m0, s0)

        shift = log_p(r["loc"])
        z = integrate.quad(lambda v: np.exp(log_p(v) - shift), r["loc"] - 12 * r["scale"], r["loc"] + 12 * r["scale"])[
            0
        ]
        mean = (
            integrate.quad(
                lambda v: v * np.exp(log_p(v) - shift), r["loc"] - 12 * r["scale"], r["loc"] + 12 * r["scale"]
            )[0]
            / z
        )
        assert r["floor"] == pytest.approx(-np.log(z) - shift, abs=1e-6) and r["loc"] == pytest.approx(mean, abs=1e-6)
        assert r["scale"] == pytest.approx(1 / np.sqrt(12 / noise**2 + 1 / s0**2))
