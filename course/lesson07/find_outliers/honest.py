"""Other right answers in find-outliers: each function stands for the learner's ``find_outliers``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
import optax
from numpyro.infer import MCMC, NUTS, SVI, Trace_ELBO, init_to_value
from numpyro.infer.autoguide import AutoLowRankMultivariateNormal, AutoMultivariateNormal

from ..given import model_line, run_svi


def _start(x, e, y):
    """The best line through two points, and a usual background."""
    i, j = jnp.triu_indices(len(x), 1)
    slope = (y[j] - y[i]) / (x[j] - x[i])
    intercept = y[i] - slope * x[i]
    miss = jnp.abs(y - slope[:, None] * x - intercept[:, None]) / e
    best = jnp.argmin(jnp.minimum(miss, 4.0).sum(axis=1))
    theta = jnp.arctan(slope[best])
    background = {"bg_mean": 0.0, "bg_sigma": 1.5, "Q": 0.7}
    return {"theta": theta, "b_perp": intercept[best] * jnp.cos(theta)} | background


def _probabilities(draws, x, e, y):
    """Bayes for each draw, then the average."""
    theta, b_perp, mean, sigma, q = (
        draws[name].reshape(-1, 1) for name in ("theta", "b_perp", "bg_mean", "bg_sigma", "Q")
    )
    on = dist.Normal(x * jnp.tan(theta) + b_perp / jnp.cos(theta), e).log_prob(y)
    off = dist.Normal(mean, jnp.sqrt(sigma**2 + e**2)).log_prob(y)
    return jax.nn.sigmoid(jnp.log1p(-q) - jnp.log(q) + off - on).mean(axis=0)


def _fitted(key, guide, x, e, y, n_steps=2000):
    optimizer = optax.adam(optax.cosine_decay_schedule(0.03, n_steps))
    svi = SVI(model_line, guide, optimizer, Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, _ = run_svi(key_fit, svi, n_steps, x, e, y)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4000,))
    return _probabilities(draws, x, e, y)


def any_covariance(key, x, e, y):
    guide = AutoMultivariateNormal(model_line, init_loc_fn=init_to_value(values=_start(x, e, y)))
    return _fitted(key, guide, x, e, y)


def low_rank(key, x, e, y):
    guide = AutoLowRankMultivariateNormal(model_line, rank=2, init_loc_fn=init_to_value(values=_start(x, e, y)))
    return _fitted(key, guide, x, e, y)


def nuts(key, x, e, y):
    kernel = NUTS(model_line, init_strategy=init_to_value(values=_start(x, e, y)))
    mcmc = MCMC(kernel, num_warmup=500, num_samples=1500, progress_bar=False)
    mcmc.run(key, x, e, y)
    return _probabilities(mcmc.get_samples(), x, e, y)
