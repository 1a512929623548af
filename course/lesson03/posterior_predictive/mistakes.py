"""Mistakes that learners make in posterior-predictive: each stands for the learner's ``posterior_predictive``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from numpyro.infer import Predictive


def plug_in(key, model, guide, params, n_flips, n_rep):
    key_f, key_flips = jax.random.split(key)
    f = Predictive(guide, params=params, num_samples=n_rep)(key_f, n_flips)["f"].mean()
    return dist.Bernoulli(f).sample(key_flips, (n_rep, n_flips))


def new_coin_each_flip(key, model, guide, params, n_flips, n_rep):
    key_f, key_flips = jax.random.split(key)
    f = Predictive(guide, params=params, num_samples=n_rep * n_flips)(key_f, n_flips)["f"]
    return dist.Bernoulli(f.reshape(n_rep, n_flips)).sample(key_flips)


def prior(key, model, guide, params, n_flips, n_rep):
    return Predictive(model, params=params, num_samples=n_rep)(key, n_flips)["obs"]


def data_returned(key, model, guide, params, n_flips, n_rep):
    data = jnp.array([1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0.0])[:n_flips]
    return Predictive(model, guide=guide, params=params, num_samples=n_rep)(key, n_flips, data)["obs"]


def probabilities(key, model, guide, params, n_flips, n_rep):
    f = Predictive(guide, params=params, num_samples=n_rep)(key, n_flips)["f"]
    return jnp.repeat(f[:, None], n_flips, axis=1)


def one_replicate(key, model, guide, params, n_flips, n_rep):
    flips = Predictive(model, guide=guide, params=params, num_samples=1)(key, n_flips)["obs"]
    return jnp.tile(flips.reshape(1, n_flips), (n_rep, 1))
