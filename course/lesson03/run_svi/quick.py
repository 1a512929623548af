"""A learner's ``run_svi`` measured quicker by the calibrator, with the same answers: traced once, not on each call."""

import jax


def quick(namespace):
    """Compile the function; its static arguments are those that are no arrays."""
    if callable(namespace.get("run_svi")):
        namespace["run_svi"] = jax.jit(namespace["run_svi"], static_argnums=(1, 2))
