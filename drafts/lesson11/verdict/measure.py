"""What is measured of ``verdict``."""

from ..measuring import bundle_of, row, texts


def measure(fn, case):
    """Decision and reason for each of 22 bundles, (22,) each."""
    answers = texts(lambda i: fn(bundle_of(row(case, i))), len(case["losses"]), 2)
    return {"decisions": answers[:, 0], "reasons": answers[:, 1]}
