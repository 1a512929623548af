"""What is measured of ``combine_runs``."""

import numpy as np


def measure(fn, case):
    """Weights (3, 8) and ELBO (3,) of the mixtures made of three sets of runs."""
    weights, elbos = [], []
    for scores, means, sds in zip(case["elbos"], case["means"], case["sds"]):
        w, elbo = fn(scores, means, sds)
        weights.append(np.asarray(w, float))
        elbos.append(np.asarray(elbo, float).reshape(()))
    return {"weights": np.array(weights), "elbo": np.array(elbos)}
