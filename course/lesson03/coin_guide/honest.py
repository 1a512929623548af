"""Other right answers in coin-guide: each function stands for the learner's ``guide_beta``."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def from_one(n, data=None):
    a = numpyro.param("a", 1.0, constraint=constraints.positive)
    b = numpyro.param("b", 1.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(a, b))


def logs(n, data=None):
    log_a = numpyro.param("log_a", 1.0)
    log_b = numpyro.param("log_b", 1.0)
    numpyro.sample("f", dist.Beta(jnp.exp(log_a), jnp.exp(log_b)))


def mean_and_concentration(n, data=None):
    mean = numpyro.param("mean", 0.5, constraint=constraints.unit_interval)
    concentration = numpyro.param("concentration", 5.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(mean * concentration, (1 - mean) * concentration))


def softplus_of_one_vector(n, data=None):
    raw = numpyro.param("raw", jnp.array([1.0, 1.0]))
    ab = jax.nn.softplus(raw)
    return numpyro.sample("f", dist.Beta(ab[0], ab[1]))
