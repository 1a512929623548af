"""The truth of coin-guide by a second route, which shares no code with the judge."""

import jax
import numpy as np
import pytest
from scipy import integrate, stats

from ... import coin_routes


def agree(cases):
    """Exact posterior and best logit-normal against NUTS and reference SVI."""
    with jax.enable_x64(True):
        for (_, r), (numbers, trouble) in zip(cases, coin_routes.routes([case for case, _ in cases], None)):
            assert trouble == ""
            assert abs(numbers["nuts_mean"] - r["mean"]) < 5 * numbers["nuts_mcse"]
            assert (numbers["svi_loc"], numbers["svi_scale"]) == pytest.approx((r["loc"], r["scale"]), abs=0.05)
    exact(cases)


def exact(cases):
    """Posterior mean and evidence by adaptive quadrature."""
    for case, r in cases:
        density = lambda f: stats.beta.pdf(f, r["a"], r["b"])  # noqa: E731, B023
        assert r["mean"] == pytest.approx(integrate.quad(lambda f: f * density(f), 0, 1)[0], abs=1e-8)
        prior, n = stats.beta(float(case["a0"]), float(case["b0"])), len(case["data"])
        heads = case["data"].sum()
        evidence = integrate.quad(
            lambda f: prior.pdf(f) * f**heads * (1 - f) ** (n - heads), 0, 1, epsabs=0, epsrel=1e-8
        )[0]
        assert r["floor"] == pytest.approx(-np.log(evidence), abs=1e-7)
