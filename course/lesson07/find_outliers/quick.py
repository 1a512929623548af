"""A learner's ``find_outliers`` measured quicker by the calibrator, with the same answers: traced once only."""

import jax


def quick(namespace):
    """Compile the function."""
    if callable(namespace.get("find_outliers")):
        namespace["find_outliers"] = jax.jit(namespace["find_outliers"])
