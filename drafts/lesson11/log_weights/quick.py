"""A learner's ``log_weights`` measured quicker by the calibrator, with the same answers: draws all at once."""

from functools import partial

from numpyro.infer import Predictive


def quick(namespace):
    """Let ``Predictive`` make its draws side by side: nothing is compiled anew for each model and guide."""
    if namespace.get("Predictive") is Predictive:
        namespace["Predictive"] = partial(Predictive, parallel=True)
