"""What is measured of ``scale``."""


def measure(fn, case):
    return {"value": fn(case["x"])}
