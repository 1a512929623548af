"""Mistakes that learners make in counts-posterior: each function stands for the learner's ``counts_posterior``."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
import optax
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoDelta, AutoNormal

from ..given import run_svi


def prior_on_the_rate(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.TruncatedNormal(mu0, sigma0, low=0.0))
        with numpyro.plate("counts", 12):
            numpyro.sample("obs", dist.Poisson(rate), obs=counts)

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["rate"], losses


def exp_of_mu0(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.LogNormal(jnp.exp(mu0), sigma0))
        with numpyro.plate("counts", 12):
            numpyro.sample("obs", dist.Poisson(rate), obs=counts)

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["rate"], losses


def flat_prior(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.ImproperUniform(dist.constraints.positive, (), ()))
        with numpyro.plate("counts", 12):
            numpyro.sample("obs", dist.Poisson(rate), obs=counts)

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["rate"], losses


def one_count(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.LogNormal(mu0, sigma0))
        if True:
            numpyro.sample("obs", dist.Poisson(rate), obs=counts[0])

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["rate"], losses


def average_likelihood(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.LogNormal(mu0, sigma0))
        if True:
            numpyro.factor("data", jnp.mean(dist.Poisson(rate).log_prob(counts)))

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["rate"], losses


def no_data(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.LogNormal(mu0, sigma0))
        with numpyro.plate("counts", 12):
            pass

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["rate"], losses


def log_rate(key, counts, mu0, sigma0):
    def model():
        log_rate = numpyro.sample("log_rate", dist.Normal(mu0, sigma0))
        rate = jnp.exp(log_rate)
        with numpyro.plate("counts", 12):
            numpyro.sample("obs", dist.Poisson(rate), obs=counts)

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["log_rate"], losses


def loss_negated(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.LogNormal(mu0, sigma0))
        with numpyro.plate("counts", 12):
            numpyro.sample("obs", dist.Poisson(rate), obs=counts)

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["rate"], -losses


def peak_only(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.LogNormal(mu0, sigma0))
        with numpyro.plate("counts", 12):
            numpyro.sample("obs", dist.Poisson(rate), obs=counts)

    guide = AutoDelta(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return draws["rate"], losses


def one_count__loss_negated(key, counts, mu0, sigma0):
    def model():
        numpyro.sample("obs", dist.Poisson(numpyro.sample("rate", dist.LogNormal(mu0, sigma0))), obs=counts[0])

    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    params, losses = run_svi(key, svi, 2000)
    return guide.sample_posterior(jax.random.fold_in(key, 1), params, sample_shape=(4096,))["rate"], -losses
