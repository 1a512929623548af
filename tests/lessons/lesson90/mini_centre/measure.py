"""What is measured of ``centre``."""


def measure(fn, case):
    x = case["x"]
    return {"value": fn(x), "shifted": fn(x + 1.0)}
