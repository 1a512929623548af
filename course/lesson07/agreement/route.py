"""The truth of agreement by a second route, which shares no code with the judge."""

import pytest


def agree(cases):
    """Quantiles by counting in the sorted draws, with the straight line between neighbours."""

    def quantile(values, share):
        values = sorted(float(x) for x in values.ravel())
        place = share * (len(values) - 1)
        below = int(place)
        return values[below] + (place - below) * (values[below + 1] - values[below])

    for case, r in cases:
        for draws, chains, (shift, ratio) in zip(case["surrogate"], case["chains"], r["pairs"]):
            unit = (quantile(chains, 0.84) - quantile(chains, 0.16)) / 2
            assert shift * unit == pytest.approx(quantile(draws, 0.5) - quantile(chains, 0.5), abs=1e-9)
            assert ratio * unit * 2 == pytest.approx(quantile(draws, 0.84) - quantile(draws, 0.16), abs=1e-9)
