"""The truth of read-ranks by a second route, which shares no code with the judge."""

import numpy as np
from scipy import stats


def agree(cases):
    """A fit of mean and sd of X by least squares on the quantiles of its probabilities, read off its two numbers."""
    for case, r in cases:
        for ranks, n, word in zip(case["ranks"], case["n_draws"], r["words"]):
            levels = np.linspace(0.06, 0.94, 23)
            found = np.quantile((ranks + 0.5) / (n + 1), levels)
            sd, mean = np.polyfit(stats.norm.ppf(levels), stats.norm.ppf(found), 1)
            if abs(mean) > 0.28:
                assert word == ("low" if mean > 0 else "high")
            else:
                assert word == ("narrow" if sd > 1.28 else "wide" if sd < 0.78 else "fine")
