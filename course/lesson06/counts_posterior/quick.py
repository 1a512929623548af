"""A learner's ``counts_posterior`` measured quicker by the calibrator, with the same answers: traced once only."""

import jax


def quick(namespace):
    """Compile the function; its static arguments are those that are no arrays."""
    if callable(namespace.get("counts_posterior")):
        namespace["counts_posterior"] = jax.jit(namespace["counts_posterior"])
