"""A learner's ``laplace`` measured quicker by the calibrator, with the same answers."""

import functools

import jax


def quick(namespace):
    """Compile the function once for each kind of target: the numbers in a log joint become arguments."""
    fn = namespace.get("laplace")
    if not callable(fn):
        return
    whole = jax.jit(lambda target, numbers, z0: fn(functools.partial(target, numbers), z0), static_argnums=0)
    namespace["laplace"] = lambda log_joint, z0: whole(log_joint.func, log_joint.args[0], z0)
