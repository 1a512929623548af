"""The truth of coupling-flow by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def agree(cases):
    """Areas of small squares, point by point, and the share of draws that land in cells of the grid."""
    rng = np.random.default_rng(0)
    for case, r in cases:

        def send(u):
            point = [np.array(u[0]), np.array(u[1])]
            for i in range(int(case["n"])):  # noqa: B023
                a, c, w, p, o, t, omega = (case[name][i] for name in ("a", "c", "w", "p", "o", "t", "omega"))  # noqa: B023
                still = point[i % 2]
                point[(i + 1) % 2] = np.exp(c + a * np.tanh(w * still + p)) * point[(i + 1) % 2] + (
                    o + t * np.sin(omega * still)
                )
            return np.array(point)

        u, h = case["u"].T, 1e-6
        (xx, yx), (xy, yy) = (
            (send(u + h * step) - send(u - h * step)) / (2 * h) for step in (np.array([[1], [0]]), np.array([[0], [1]]))
        )
        area = xx * yy - xy * yx
        moved = send(u).T
        assert moved == pytest.approx(r["x"], abs=1e-9) and np.log(area) == pytest.approx(r["log_det"], abs=1e-6)

        # densities from the other side: where points of known u go, ln q is known
        draws = rng.normal(size=(2, 400_000))
        x, y = send(draws)
        grid = r["grid"].reshape(61, 61, 2)
        edges = [grid[:, 0, 0], grid[0, :, 1]]
        counts = np.histogram2d(x, y, bins=[edge[::6] for edge in edges])[0] / draws.shape[1]
        mass = np.exp(r["grid_log_q"]).reshape(61, 61)
        weights = np.ones(7)
        weights[[0, -1]] = 0.5
        coarse = np.array(
            [[weights @ mass[6 * i : 6 * i + 7, 6 * j : 6 * j + 7] @ weights for j in range(10)] for i in range(10)]
        )
        assert np.abs(coarse * r["cell"] - counts).max() < 0.01 and counts.sum() == pytest.approx(1, abs=1e-3)
        assert stats.pearsonr(coarse.ravel(), counts.ravel())[0] > 0.995
