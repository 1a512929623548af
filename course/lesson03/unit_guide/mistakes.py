"""Mistakes that learners make in unit-guide: each function stands for the learner's ``guide_on_unit_interval``."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def normal(n, data=None):
    loc = numpyro.param("loc", 0.5)
    scale = numpyro.param("scale", 0.1, constraint=constraints.positive)
    numpyro.sample("f", dist.Normal(loc, scale))


def clipped(n, data=None):
    loc = numpyro.param("loc", 0.5)
    scale = numpyro.param("scale", 0.1, constraint=constraints.positive)
    x = numpyro.sample("x", dist.Normal(loc, scale), infer={"is_auxiliary": True})
    numpyro.sample("f", dist.Delta(jnp.clip(x, 0.001, 0.999)))


def no_log_density(n, data=None):
    loc = numpyro.param("loc", 0.0)
    scale = numpyro.param("scale", 1.0, constraint=constraints.positive)
    u = numpyro.sample("u", dist.Normal(loc, scale), infer={"is_auxiliary": True})
    numpyro.sample("f", dist.Delta(jax.nn.sigmoid(u)))


def exp(n, data=None):
    loc = numpyro.param("loc", -1.0)
    scale = numpyro.param("scale", 0.3, constraint=constraints.positive)
    base = dist.Normal(loc, scale)
    numpyro.sample("f", dist.TransformedDistribution(base, dist.transforms.ExpTransform()))


def Beta_again(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(a, b))
