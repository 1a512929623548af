"""Mistakes that learners make in find-outliers: each function stands for the learner's ``find_outliers``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
import optax
from numpyro.infer import SVI, Trace_ELBO, init_to_value
from numpyro.infer.autoguide import AutoNormal

from ..given import model_line, run_svi


def _start(x, e, y):
    i, j = jnp.triu_indices(len(x), 1)
    slope = (y[j] - y[i]) / (x[j] - x[i])
    intercept = y[i] - slope * x[i]
    miss = jnp.abs(y - slope[:, None] * x - intercept[:, None]) / e
    best = jnp.argmin(jnp.minimum(miss, 4.0).sum(axis=1))
    theta = jnp.arctan(slope[best])
    background = {"bg_mean": 0.0, "bg_sigma": 1.5, "Q": 0.7}
    return {"theta": theta, "b_perp": intercept[best] * jnp.cos(theta)} | background


def _draws(key, x, e, y, start):
    guide = AutoNormal(model_line, init_loc_fn=init_to_value(values=start))
    optimizer = optax.adam(optax.cosine_decay_schedule(0.03, 2000))
    svi = SVI(model_line, guide, optimizer, Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, _ = run_svi(key_fit, svi, 2000, x, e, y)
    return guide.sample_posterior(key_draws, params, sample_shape=(4000,))


def _probabilities(draws, x, e, y):
    theta, b_perp, mean, sigma, q = (draws[name][:, None] for name in ("theta", "b_perp", "bg_mean", "bg_sigma", "Q"))
    on = dist.Normal(x * jnp.tan(theta) + b_perp / jnp.cos(theta), e).log_prob(y)
    off = dist.Normal(mean, jnp.sqrt(sigma**2 + e**2)).log_prob(y)
    return jax.nn.sigmoid(jnp.log1p(-q) - jnp.log(q) + off - on).mean(axis=0)


def inlier_probability(key, x, e, y):
    return 1 - _probabilities(_draws(key, x, e, y, _start(x, e, y)), x, e, y)


def least_squares_and_three_errors(key, x, e, y):
    w = 1 / e**2
    moments = jnp.array([[jnp.sum(w * x**2), jnp.sum(w * x)], [jnp.sum(w * x), jnp.sum(w)]])
    slope, intercept = jnp.linalg.solve(moments, jnp.array([jnp.sum(w * x * y), jnp.sum(w * y)]))
    return (jnp.abs(y - slope * x - intercept) > 3 * e).astype(float)


def one_share_for_all(key, x, e, y):
    draws = _draws(key, x, e, y, _start(x, e, y))
    return jnp.full(len(x), 1 - draws["Q"].mean())


def verdicts(key, x, e, y):
    return (_probabilities(_draws(key, x, e, y, _start(x, e, y)), x, e, y) > 0.5).astype(float)


def bad_optimum(key, x, e, y):
    start = {"theta": 0.0, "b_perp": 0.0, "bg_mean": 0.0, "bg_sigma": 1.0, "Q": 0.5}
    return _probabilities(_draws(key, x, e, y, start), x, e, y)


def verdicts__inlier_probability(key, x, e, y):
    return (_probabilities(_draws(key, x, e, y, _start(x, e, y)), x, e, y) < 0.5).astype(float)
