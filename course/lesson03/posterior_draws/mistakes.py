"""Mistakes that learners make in posterior-draws: each function stands for the learner's ``posterior_draws``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.infer import Predictive


def _model(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def prior(key, guide, params, n, *args):
    return Predictive(_model, params=params, num_samples=n)(key, *args)["f"]


def one_draw(key, guide, params, n, *args):
    f = Predictive(guide, params=params, num_samples=1)(key, *args)["f"]
    return jnp.full(n, f[0])


def mean(key, guide, params, n, *args):
    f = Predictive(guide, params=params, num_samples=n)(key, *args)["f"]
    return jnp.full(n, f.mean())


def own_n(key, guide, params, n, *args):
    return Predictive(guide, params=params, num_samples=1000)(key, *args)["f"]


def no_params(key, guide, params, n, *args):
    return Predictive(guide, num_samples=n)(key, *args)["f"]
