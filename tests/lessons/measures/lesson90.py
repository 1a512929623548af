"""Learner's half of the small lesson that the tests use: no JAX, so that it is fast."""

import numpy as np


def mini_centre(centre, case):
    x = case["x"]
    return {"value": centre(x), "shifted": centre(x + 1.0)}


def mini_scale(scale, case):
    return {"value": scale(case["x"])}


def mini_sites(sites, case):
    names = sites(int(case["n"]))
    return {"names": np.array([str(name) for name in names])}
