"""The truth of bound-check by a second route, which shares no code with the judge."""

import numpy as np
from scipy import stats


def agree(cases):
    for case, r in cases:
        for losses, log_z, broken in zip(case["losses"], case["log_z"], r["broken"]):
            if np.isfinite(losses).all() and losses.std() > 1e-5:  # noise is exactly zero where the surrogate is exact
                p = stats.ttest_1samp(np.asarray(losses, float), -log_z, alternative="less").pvalue
                assert bool(broken) == (p < 1e-6)
