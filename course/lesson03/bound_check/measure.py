"""What is measured of ``breaks_the_bound``."""

from svi_course.learner.measuring import verdicts


def measure(fn, case):
    """The verdict on each trace: 1 for a broken bound, 0 for none, NaN where it raised."""
    return {"broken": verdicts(lambda i: fn(case["losses"][i], float(case["log_z"][i])), len(case["losses"]))}
