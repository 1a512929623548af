"""Other right answers in coin-model: each function stands for the learner's ``model_coin``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist


def beta_prior(n, data=None):
    f = numpyro.sample("f", dist.Beta(1.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.BernoulliProbs(probs=f), obs=data)


def expand_in_place_of_a_plate(n, data=None):
    f = numpyro.sample("f", dist.Uniform())
    numpyro.sample("obs", dist.Bernoulli(f).expand([n]).to_event(1), obs=data)


def logits(n, data=None):
    f = numpyro.sample("f", dist.Uniform(0, 1))
    with numpyro.plate("N", n, dim=-1) as index:
        numpyro.sample("obs", dist.Bernoulli(logits=jnp.log(f) - jnp.log1p(-f)), obs=data)
    return f
