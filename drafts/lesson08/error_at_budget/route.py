"""The truth of error-at-budget by a second route, which shares no code with the judge."""

import math
import statistics

import pytest


def agree(cases):
    """One draw after the other, in plain Python."""
    for case, r in cases:
        n_warmup, n = int(case["n_warmup"]), int(case["n_draws"])
        steps, draws = case["steps"].tolist(), case["draws"].astype(float).tolist()
        for budget, error in zip(case["budgets"].tolist(), r["errors"]):
            left = budget - sum(sum(row[:n_warmup]) for row in steps)
            kept = []
            for i in range(n):
                left -= sum(row[n_warmup + i] for row in steps)
                if left < 0:
                    break
                kept += [chain[i] for chain in draws]
            if not kept:
                assert math.isnan(error)
                continue
            shifts = [
                (statistics.median(column) - centre) / width
                for column, centre, width in zip(zip(*kept), case["median"].tolist(), case["half_width"].tolist())
            ]
            assert error == pytest.approx(statistics.fmean(shift**2 for shift in shifts) ** 0.5, abs=1e-9)
