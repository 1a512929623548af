"""The truth of bounds by a second route, which shares no code with the judge."""

import numpy as np
from scipy import integrate


def agree(cases):
    """Many groups of draws for the bounds of K draws, quadrature for those of an order."""
    rng = np.random.default_rng(6)
    for case, r in cases:
        for i, (log_z, s) in enumerate(zip(case["log_z"], case["spread"])):
            for j, count in enumerate(case["K"]):
                z = rng.normal(size=(20_000, int(count)))
                control = np.mean(s * z - s**2 / 2, axis=1)  # its mean is known
                values = np.log(np.mean(np.exp(s * z - s**2 / 2), axis=1)) - control
                assert abs(log_z - s**2 / 2 + values.mean() - r["iwae"][i, j]) < 6 * values.std() / 140 + 1e-5
            for j, alpha in enumerate(case["alpha"]):
                if alpha == 1:
                    assert abs(log_z - s**2 / 2 - r["renyi"][i, j]) < 1e-9
                    continue
                a = 1 - alpha
                moment = integrate.quad(
                    lambda z: np.exp(a * (s * z - s**2 / 2) - z**2 / 2) / np.sqrt(2 * np.pi),
                    -12,
                    16,
                    limit=200,  # noqa: B023
                )[0]
                assert abs(log_z + np.log(moment) / a - r["renyi"][i, j]) < 1e-5
