"""The truth of the-exercise by a second route, which shares no code with the judge."""

import statistics

import pytest


def agree(cases):
    """The mean by Python's own library."""
    for case, r in cases:
        assert r["mean"] == pytest.approx(statistics.fmean(case["x"]), abs=1e-9)
