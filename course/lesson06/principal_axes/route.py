"""The truth of principal-axes by a second route, which shares no code with the judge."""

import numpy as np
import pytest


def agree(cases):
    """Where the variance along a direction is largest and smallest, over a fine grid of directions."""
    angles = np.radians(np.arange(0, 180, 0.005))
    v = np.stack([np.cos(angles), np.sin(angles)])
    for case, r in cases:
        for tril, sds, angle in zip(case["scale_tril"], r["sds"], r["angle"]):
            variance = np.sum((tril.T @ v) ** 2, axis=0)
            assert sds == pytest.approx((np.sqrt(variance.max()), np.sqrt(variance.min())), rel=1e-6)
            assert abs((np.degrees(angles[variance.argmax()]) - angle + 90) % 180 - 90) < 0.01
