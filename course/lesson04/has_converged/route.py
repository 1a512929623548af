"""The truth of has-converged by a second route, which shares no code with the judge."""

import numpy as np
from scipy import stats


def agree(cases):
    """Welch's test of the last two windows, where nothing is infinite."""
    for case, r in cases:
        n = int(case["window"])
        for losses, converged in zip(case["losses"], r["converged"]):
            last, before = losses[-n:], losses[-2 * n : -n]
            finite = np.isfinite(last).all() and np.isfinite(before).all()
            assert bool(converged) == bool(finite and stats.ttest_ind(last, before, equal_var=False).pvalue > 1e-5)
