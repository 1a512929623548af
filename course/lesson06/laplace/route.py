"""The truth of laplace by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import expit


def agree(cases):
    for case, r in cases:

        def coin_joint(z):
            return case["coin_constant"] + case["coin_a"] * np.log(expit(z[0])) + case["coin_b"] * np.log(expit(-z[0]))  # noqa: B023

        def pair_joint(name):
            def joint(z):
                u = case[f"{name}_unmix"] @ (z - case[f"{name}_shift"])  # noqa: B023
                return case[f"{name}_constant"] + np.sum(case[f"{name}_k"] * u - np.exp(u))  # noqa: B023

            return joint

        for name, joint in (("coin", coin_joint), ("pair1", pair_joint("pair1")), ("pair2", pair_joint("pair2"))):
            found = optimize.minimize(
                lambda z: -joint(z),
                case[f"{name}_z0"],
                method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 5000},
            )  # noqa: B023
            mode, d, h = found.x, len(found.x), 1e-4
            steps = h * np.eye(d)
            hessian = np.array(
                [
                    [
                        (joint(mode + a + b) - joint(mode + a - b) - joint(mode - a + b) + joint(mode - a - b))
                        / (4 * h * h)
                        for a in steps
                    ]
                    for b in steps
                ]
            )
            cov = np.linalg.inv(-hessian)
            assert r[f"{name}_loc"] == pytest.approx(mode, abs=1e-4) and r[f"{name}_cov"] == pytest.approx(
                cov, rel=1e-3, abs=1e-4
            )
            assert r[f"{name}_log_z"] == pytest.approx(
                joint(mode) + 0.5 * d * np.log(2 * np.pi) + 0.5 * np.log(np.linalg.det(cov)), abs=1e-4
            )
