"""The truth of sbc-ranks by a second route, which shares no code with the judge."""

import numpy as np


def agree(cases):
    """The whole thing in NumPy: 100,000 simulations, their posteriors by weights on a grid of theta."""
    rng = np.random.default_rng(7)
    n = 100_000
    for case, r in cases:
        for (mean, sd, noise, ratio, shift), cdf in zip(case["numbers"], r["cdf"]):
            theta = mean + sd * rng.standard_normal(n)
            average = theta + noise / np.sqrt(5) * rng.standard_normal(n)
            grid = np.linspace(-9, 9, 2001)
            # theta on a grid about one average: the posterior's width is the same for all, its place is linear
            places, widths = [], []
            for at in (0.0, 1.0):
                log_p = -0.5 * ((grid * sd) / sd) ** 2 - 0.5 * 5 * ((at * sd - grid * sd) / noise) ** 2
                p = np.exp(log_p - log_p.max())
                p /= p.sum()
                places.append(p @ (grid * sd))
                widths.append(np.sqrt(p @ (grid * sd - places[-1]) ** 2))
            centre = mean + (average - mean) / sd * places[1]
            draws = centre[:, None] + widths[0] * (shift + ratio * rng.standard_normal((n, 39)))
            ranks = (draws < theta[:, None]).sum(axis=1)
            counted = np.cumsum(np.bincount(ranks, minlength=40)) / n
            assert np.max(np.abs(counted - cdf)) < 2.5 / np.sqrt(n)
