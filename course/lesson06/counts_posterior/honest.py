"""Other right answers in counts-posterior: each function stands for the learner's ``counts_posterior``."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
import optax
from numpyro.infer import SVI, Predictive, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal

from ..given import run_svi


def log_rate(key, counts, mu0, sigma0):
    def model():
        rate = jnp.exp(numpyro.sample("log_rate", dist.Normal(mu0, sigma0)))
        with numpyro.plate("counts", 12):
            numpyro.sample("obs", dist.Poisson(rate), obs=counts)

    guide = AutoMultivariateNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return jnp.exp(draws["log_rate"]), losses


def own_guide(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.LogNormal(mu0, sigma0))
        with numpyro.plate("n", len(counts)):
            numpyro.sample("counts", dist.Poisson(rate), obs=counts)

    def guide():
        a = numpyro.param("a", 10.0, constraint=dist.constraints.positive)
        b = numpyro.param("b", 2.0, constraint=dist.constraints.positive)
        numpyro.sample("rate", dist.LogNormal(jnp.log(a / b), a**-0.5))

    svi = SVI(model, guide, optax.adam(optax.linear_schedule(0.05, 0.0, 3000)), Trace_ELBO(num_particles=32))
    params, losses = run_svi(key, svi, 3000)
    draws = Predictive(guide, params=params, num_samples=4096)(jax.random.fold_in(key, 1))
    return draws["rate"], losses


def standard_normal_inside(key, counts, mu0, sigma0):
    def model(counts):
        z = numpyro.sample("z", dist.Normal(0.0, 1.0))
        rate = numpyro.deterministic("rate", jnp.exp(mu0 + sigma0 * z))
        numpyro.sample("counts", dist.Poisson(rate).expand([12]).to_event(1), obs=counts)

    guide = AutoNormal(model)
    rate = optax.piecewise_constant_schedule(0.02, {1500: 0.2, 3000: 0.2})
    svi = SVI(model, guide, optax.adam(rate), Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, 4000, counts)
    z = guide.sample_posterior(jax.random.fold_in(key, 1), params, sample_shape=(4096,))["z"]
    return jnp.exp(mu0 + sigma0 * z), losses
