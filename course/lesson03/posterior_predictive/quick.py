"""A learner's ``posterior_predictive`` measured quicker by the calibrator, with the same answers: traced once only."""

import jax


def quick(namespace):
    """Compile the function; its static arguments are those that are no arrays."""
    if callable(namespace.get("posterior_predictive")):
        namespace["posterior_predictive"] = jax.jit(namespace["posterior_predictive"], static_argnums=(1, 2, 4, 5))
