"""Mistakes that learners make in coin-model: each function stands for the learner's ``model_coin``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist


def f_in_the_plate(n, data=None):
    with numpyro.plate("flips", n):
        f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def no_obs(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f))


def plate_of_20(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", 20):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def ten_without_data(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", 10 if data is None else len(data)):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def binomial(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    numpyro.sample("obs", dist.Binomial(n, f), obs=None if data is None else jnp.sum(data))


def len_of_None(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", len(data)):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def another_prior(n, data=None):
    f = numpyro.sample("f", dist.Beta(2.0, 2.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def likelihood_twice(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
        if data is not None:
            numpyro.factor("likelihood", dist.Bernoulli(f).log_prob(data))


def plate_of_20__another_prior(n, data=None):
    f = numpyro.sample("f", dist.Beta(2.0, 2.0))
    with numpyro.plate("flips", 20):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)


def no_obs__f_in_the_plate(n, data=None):
    with numpyro.plate("flips", n):
        f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
        numpyro.sample("obs", dist.Bernoulli(f))
