"""The truth of log-weights by a second route, which shares no code with the judge."""

import math

import numpy as np
from scipy import integrate


def _density(value, mean, sd):
    return math.exp(-0.5 * ((value - mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))


def agree(cases):
    """Weights as products of densities average to the integral of the joint, which quadrature finds as well."""
    from .judge import _log_w

    for case, r in cases:
        y, (loc, scale), width = case["y"], case["prior"], float(case["width"])

        def joint(mu, log_sigma):
            sigma = math.exp(log_sigma)
            product = _density(mu, loc, scale) * 2 * _density(sigma, 0, width) * sigma  # noqa: B023
            for value in y:  # noqa: B023
                product *= _density(value, mu, sigma)
            return product

        middle, sd = y.mean(), y.std()
        z = integrate.dblquad(
            joint, math.log(sd) - 1.5, math.log(sd) + 2.5, middle - 6 * sd, middle + 6 * sd, epsabs=0, epsrel=1e-4
        )[0]
        rng = np.random.default_rng(1)
        for which in ("hand", "auto"):
            places, scales = case[which]  # a wider proposal than the guide, so that the average is a quiet one
            params = np.array([places, 1.6 * scales])
            mu = rng.normal(places[0], params[1, 0], 200_000)
            sigma = np.exp(rng.normal(places[1], params[1, 1], 200_000))
            w = np.exp(_log_w(mu, sigma, r, params))
            assert abs(w.mean() - z) < 6 * w.std() / np.sqrt(200_000) + 1e-3 * z
