"""What is measured of ``the_function``: raw numbers, nothing compared."""


def measure(fn, case):
    """Its value on the case's data, and on the data moved by one."""
    return {"value": fn(case["x"]), "moved": fn(case["x"] + 1.0)}
