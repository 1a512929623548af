"""The truth of fit-flow by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import optimize, stats


def agree(cases):
    """The integral of the target on a grid; the best normal and its KL by a search with Gauss-Hermite nodes."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    u = np.stack([part.ravel() for part in np.meshgrid(nodes, nodes)], axis=1)
    w = np.outer(weights, weights).ravel() / (2 * np.pi)
    for case, r in cases:
        turn, centre, (s1, s2) = (np.asarray(case[name], float) for name in ("turn", "centre", "widths"))

        def log_target(z, turn=turn, centre=centre, s1=s1, s2=s2, case=case):
            along, across = (z - centre) @ turn[:, 0], (z - centre) @ turn[:, 1]
            ridge = case["bend"] * (along**2 - s1**2)
            return case["log_z"] + stats.norm.logpdf(along, 0, s1) + stats.norm.logpdf(across, ridge, s2)

        def loss(x, log_target=log_target):
            tril = np.array([[np.exp(x[2]), 0], [x[3], np.exp(x[4])]])
            z = x[:2] + u @ tril.T
            return w @ -log_target(z) - x[2] - x[4] - np.log(2 * np.pi) - 1

        (a, _), (c, b) = case["scale_tril"]
        best = np.array([*case["loc"], np.log(a), c, np.log(b)])
        found = optimize.minimize(loss, best + 0.02, method="BFGS", options={"gtol": 1e-7})
        assert found.fun + case["log_z"] == pytest.approx(float(r["gap"]), rel=1e-3)
        assert loss(best) == pytest.approx(found.fun, abs=1e-4)
        grid = np.linspace(-1, 1, 801)
        low = -np.abs(case["bend"]) * 40 * s1**2 - 8 * s2
        x1, x2 = 6.5 * s1 * grid, low * grid
        mass = np.exp(log_target(centre + np.stack(np.meshgrid(x1, x2), axis=-1) @ turn.T)).sum()
        assert mass * (x1[1] - x1[0]) * abs(x2[1] - x2[0]) == pytest.approx(np.exp(case["log_z"]), rel=1e-3)
