"""Mistakes that learners make in coin-guide: each function stands for the learner's ``guide_beta``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def uniform_prior(n, data=None):
    heads = jnp.sum(data)
    numpyro.sample("f", dist.Beta(1 + heads, 1 + n - heads))


def counts(n, data=None):
    heads = jnp.sum(data)
    numpyro.sample("f", dist.Beta(heads, n - heads))


def other_site(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    numpyro.sample("fairness", dist.Beta(a, b))


def one_name(n, data=None):
    a = numpyro.param("concentration", 2.0, constraint=constraints.positive)
    b = numpyro.param("concentration", 2.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(a, b))


def data_in_guide(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    f = numpyro.sample("f", dist.Beta(a, b))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def normal(n, data=None):
    mean = numpyro.param("mean", 0.5)
    sd = numpyro.param("sd", 0.1, constraint=constraints.positive)
    numpyro.sample("f", dist.Normal(mean, sd))


def delta(n, data=None):
    best = numpyro.param("best", 0.5, constraint=constraints.unit_interval)
    numpyro.sample("f", dist.Delta(best))


def fixed_numbers(n, data=None):
    numpyro.sample("f", dist.Beta(2.0, 2.0))


def capped(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.interval(0.0, 10.0))
    b = numpyro.param("b", 2.0, constraint=constraints.interval(0.0, 10.0))
    numpyro.sample("f", dist.Beta(a, b))


def factor(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    numpyro.factor("beta", dist.Beta(a, b).log_prob(f))


def no_constraint(n, data=None):
    a = numpyro.param("a", 10.0)
    b = numpyro.param("b", 10.0)
    numpyro.sample("f", dist.Beta(a, b))


def other_site__one_name(n, data=None):
    a = numpyro.param("concentration", 2.0, constraint=constraints.positive)
    b = numpyro.param("concentration", 2.0, constraint=constraints.positive)
    numpyro.sample("fairness", dist.Beta(a, b))


def capped__one_name(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.interval(0.0, 10.0))
    numpyro.sample("f", dist.Beta(a, a))
