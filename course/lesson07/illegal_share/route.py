"""The truth of illegal-share by a second route, which shares no code with the judge."""

import numpy as np


def agree(cases):
    """A million draws, tested against the limits one by one."""
    rng = np.random.default_rng(5)
    for case, r in cases:
        z = rng.normal(case["loc"], case["scale"], (1_000_000, 8))
        counted = [
            np.mean(z[:, 0] <= 0),
            np.mean((z[:, 1] < 0) | (z[:, 1] > 1)),
            np.mean((z[:, 2] < case["x"].min()) | (z[:, 2] > case["x"].max())),
            np.mean((z[:, 3] <= 0) | (z[:, 4] <= 0)),
            np.mean(~((z[:, 5] > 0) & (z[:, 6] > 0))),
            0,
        ]
        assert np.abs(counted - r["shares"]).max() < 5 * 0.5 / np.sqrt(1_000_000)
