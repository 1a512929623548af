"""The truth of best-gaussian by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import optimize


def agree(cases):
    """Forward: moments of the target on the grid. Reverse: a gradient search on a sum over the grid."""
    for case, r in cases:
        x = case["x"]
        for row, (reverse, forward) in enumerate(r["best"]):
            log_p = case["logp"][row] - np.logaddexp.reduce(case["logp"][row])
            mean = np.exp(log_p) @ x
            assert forward == pytest.approx((mean, np.sqrt(np.exp(log_p) @ (x - mean) ** 2)), abs=2e-3)

            def loss(t):
                q = np.exp(-0.5 * ((x - t[0]) / np.exp(t[1])) ** 2)
                q = q / q.sum()
                return q @ (np.log(q + 1e-300) - log_p)  # noqa: B023

            tries = [
                optimize.minimize(loss, [m, s], method="L-BFGS-B") for m in np.linspace(-5, 5, 9) for s in (-1, 0.3)
            ]
            best = min(tries, key=lambda t: t.fun)
            assert loss([reverse[0], np.log(reverse[1])]) == pytest.approx(best.fun, abs=1e-4)
