"""Other right answers in posterior-draws: each function stands for the learner's ``posterior_draws``."""

import jax
import numpy as np
from numpyro import handlers
from numpyro.infer import Predictive


def by_hand(key, guide, params, n, *args):
    def one(key):
        return handlers.trace(handlers.seed(handlers.substitute(guide, params), key)).get_trace(*args)["f"]["value"]

    return jax.vmap(one)(jax.random.split(key, n))


def named_site(key, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n, return_sites=["f"])
    return np.asarray(draws(key, *args)["f"])
