"""The truth of compare-fits by a second route, which shares no code with the judge."""

import arviz
import numpy as np

from .measure import draws_of


def agree(cases):
    """ArviZ's rank-normalised R-hat, and its Monte Carlo standard errors of mean and sd."""
    for case, r in cases:
        for i, answer in enumerate(r["answers"]):
            guide, chains = draws_of(case, i)
            if arviz.rhat(chains) > 1.05:
                found = "no reference"
            else:
                errors = [
                    np.hypot(arviz.mcse(chains, method=method), guide.std() / np.sqrt(worth))
                    for method, worth in (("mean", len(guide)), ("sd", 2 * len(guide)))
                ]
                apart = [abs(guide.mean() - chains.mean()) / errors[0], abs(guide.std() - chains.std()) / errors[1]]
                found = "differ" if max(apart) > 4 else "agree"
            assert found == answer, (i, r["kinds"][i])
