"""The truth of tail-index by a second route, which shares no code with the judge."""

import numpy as np

from .measure import _log_weights


def agree(cases):
    """The arrays that are handed out: a Pareto weight above its cut is exponential in its logarithm, with mean k."""
    for case, r in cases:
        for i in range(24):
            numbers = (np.float32(case[name][i]) for name in ("k", "offset", "depth", "bend"))
            log_w = np.asarray(_log_weights(int(case["seeds"][i]), *numbers), float)
            above = np.sort(log_w[log_w > case["offset"][i] + 1e-3] - case["offset"][i])
            assert abs(len(above) / 4000 - 0.15) < 0.003
            expected = -r["k"][i] * np.log1p(-(np.arange(len(above)) + 0.5) / len(above))
            quantiles = slice(0, int(0.99 * len(above)))
            assert np.abs(above - expected)[quantiles].max() < 0.06 * (1 + r["k"][i])
