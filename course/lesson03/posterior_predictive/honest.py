"""Other right answers in posterior-predictive: each function stands for the learner's ``posterior_predictive``."""

import jax
import jax.numpy as jnp
from numpyro.infer import Predictive


def two_calls(key, model, guide, params, n_flips, n_rep):
    key_f, key_flips = jax.random.split(key)
    draws = Predictive(guide, params=params, num_samples=n_rep)(key_f, n_flips)
    return Predictive(model, posterior_samples=draws)(key_flips, n_flips)["obs"]


def bernoulli_by_hand(key, model, guide, params, n_flips, n_rep):
    key_f, key_flips = jax.random.split(key)
    f = Predictive(guide, params=params, num_samples=n_rep)(key_f, n_flips)["f"]
    return (jax.random.uniform(key_flips, (n_rep, n_flips)) < f[:, None]).astype(jnp.float32)
