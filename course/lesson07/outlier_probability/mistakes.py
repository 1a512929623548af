"""Mistakes that learners make in outlier-probability: each stands for the learner's ``outlier_probability``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist


def _logs(draws, x, e, y):
    theta, b_perp, bg_mean, bg_sigma = (draws[name][:, None] for name in ("theta", "b_perp", "bg_mean", "bg_sigma"))
    on_line = dist.Normal(x * jnp.tan(theta) + b_perp / jnp.cos(theta), e).log_prob(y)
    outlier = dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2)).log_prob(y)
    return on_line, outlier


def means_first(draws, x, e, y):
    draws = {name: jnp.mean(values)[None] for name, values in draws.items()}
    on_line, outlier = _logs(draws, x, e, y)
    q = draws["Q"][:, None]
    return jax.nn.sigmoid(jnp.log(1 - q) + outlier - jnp.log(q) - on_line)[0]


def on_the_line(draws, x, e, y):
    on_line, outlier = _logs(draws, x, e, y)
    q = draws["Q"][:, None]
    return jax.nn.sigmoid(jnp.log(q) + on_line - jnp.log(1 - q) - outlier).mean(axis=0)


def votes(draws, x, e, y):
    on_line, outlier = _logs(draws, x, e, y)
    q = draws["Q"][:, None]
    return jnp.mean(jnp.log(1 - q) + outlier > jnp.log(q) + on_line, axis=0)


def average_of_the_log_odds(draws, x, e, y):
    on_line, outlier = _logs(draws, x, e, y)
    q = draws["Q"][:, None]
    return jax.nn.sigmoid(jnp.mean(jnp.log(1 - q) + outlier - jnp.log(q) - on_line, axis=0))


def averages_of_the_densities(draws, x, e, y):
    on_line, outlier = _logs(draws, x, e, y)
    q = draws["Q"][:, None]
    top = jax.scipy.special.logsumexp(jnp.log(1 - q) + outlier, axis=0)
    other = jax.scipy.special.logsumexp(jnp.log(q) + on_line, axis=0)
    return jax.nn.sigmoid(top - other)


def Q_forgotten(draws, x, e, y):
    on_line, outlier = _logs(draws, x, e, y)
    return jax.nn.sigmoid(outlier - on_line).mean(axis=0)


def Q_swapped(draws, x, e, y):
    on_line, outlier = _logs(draws, x, e, y)
    q = draws["Q"][:, None]
    return jax.nn.sigmoid(jnp.log(q) + outlier - jnp.log(1 - q) - on_line).mean(axis=0)


def e_forgotten(draws, x, e, y):
    on_line, _ = _logs(draws, x, e, y)
    outlier = dist.Normal(draws["bg_mean"][:, None], draws["bg_sigma"][:, None]).log_prob(y)
    q = draws["Q"][:, None]
    return jax.nn.sigmoid(jnp.log(1 - q) + outlier - jnp.log(q) - on_line).mean(axis=0)


def b_perp_as_the_intercept(draws, x, e, y):
    _, outlier = _logs(draws, x, e, y)
    on_line = dist.Normal(x * jnp.tan(draws["theta"][:, None]) + draws["b_perp"][:, None], e).log_prob(y)
    q = draws["Q"][:, None]
    return jax.nn.sigmoid(jnp.log(1 - q) + outlier - jnp.log(q) - on_line).mean(axis=0)


def three_errors_from_the_line(draws, x, e, y):
    theta, b_perp = draws["theta"].mean(), draws["b_perp"].mean()
    return jnp.where(jnp.abs(y - x * jnp.tan(theta) - b_perp / jnp.cos(theta)) > 3 * e, 1.0, 0.0)


def not_in_logs(draws, x, e, y):
    on_line, outlier = (jnp.exp(values) for values in _logs(draws, x, e, y))
    q = draws["Q"][:, None]
    return jnp.mean((1 - q) * outlier / (q * on_line + (1 - q) * outlier), axis=0)


def Q_swapped__means_first(draws, x, e, y):
    draws = {name: jnp.mean(values)[None] for name, values in draws.items()}
    on_line, outlier = _logs(draws, x, e, y)
    q = draws["Q"][:, None]
    return jax.nn.sigmoid(jnp.log(q) + outlier - jnp.log(1 - q) - on_line)[0]


def on_the_line__votes(draws, x, e, y):
    on_line, outlier = _logs(draws, x, e, y)
    q = draws["Q"][:, None]
    return jnp.mean(jnp.log(1 - q) + outlier < jnp.log(q) + on_line, axis=0)
