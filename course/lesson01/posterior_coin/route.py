"""The truth of posterior-coin by a second route, which shares no code with the judge."""

import numpy as np
from scipy import stats


def agree(cases):
    f = np.linspace(0.001, 0.999, 50)
    for case, r in cases:
        for (a, b), heads, tails, a0, b0 in zip(
            r["parameters"], *(case[name] for name in ("heads", "tails", "a0", "b0"))
        ):
            log_joint = stats.beta.logpdf(f, a0, b0) + heads * np.log(f) + tails * np.log1p(-f)
            assert np.ptp(stats.beta.logpdf(f, a, b) - log_joint) < 1e-8  # prior times likelihood, up to a constant
