"""Mistakes that learners make in importance-estimates: each function stands for ``importance_estimates``."""

import jax
import jax.numpy as jnp


def _right(log_w, h):
    w = jax.nn.softmax(log_w)
    return jax.nn.logsumexp(log_w) - jnp.log(len(log_w)), w @ h, 1 / jnp.sum(w**2)


def mean_of_logs(log_w, h):
    _, mean, ess = _right(log_w, h)
    return jnp.mean(log_w), mean, ess


def log_of_the_sum(log_w, h):
    _, mean, ess = _right(log_w, h)
    return jax.nn.logsumexp(log_w), mean, ess


def maximum_not_given_back(log_w, h):
    _, mean, ess = _right(log_w, h)
    return jnp.log(jnp.mean(jnp.exp(log_w - log_w.max()))), mean, ess


def infinite_weights_left_out(log_w, h):
    finite = jnp.isfinite(log_w)
    return _right(log_w[finite], h[finite])


def overflow(log_w, h):
    w = jnp.exp(log_w)
    return jnp.log(jnp.mean(w)), w @ h / jnp.sum(w), jnp.sum(w) ** 2 / jnp.sum(w**2)


def not_divided(log_w, h):
    log_z, _, ess = _right(log_w, h)
    w = jnp.exp(log_w - log_w.max())
    return log_z, jnp.mean(w[:, None] * h, axis=0), ess


def unweighted(log_w, h):
    log_z, _, ess = _right(log_w, h)
    return log_z, h.mean(axis=0), ess


def weighted_by_logs(log_w, h):
    log_z, _, ess = _right(log_w, h)
    return log_z, (log_w / log_w.sum()) @ h, ess


def share(log_w, h):
    log_z, mean, ess = _right(log_w, h)
    return log_z, mean, ess / len(log_w)


def number_of_draws(log_w, h):
    log_z, mean, _ = _right(log_w, h)
    return log_z, mean, len(log_w)


def ess_of_logs(log_w, h):
    log_z, mean, _ = _right(log_w, h)
    return log_z, mean, log_w.sum() ** 2 / jnp.sum(log_w**2)


def largest_weight(log_w, h):
    log_z, mean, _ = _right(log_w, h)
    return log_z, mean, 1 / jax.nn.softmax(log_w).max()


def upside_down(log_w, h):
    log_z, mean, ess = _right(log_w, h)
    return log_z, mean, 1 / ess


def unweighted__share(log_w, h):
    log_z, _, ess = _right(log_w, h)
    return log_z, h.mean(axis=0), ess / len(log_w)


def log_of_the_sum__maximum_not_given_back(log_w, h):
    _, mean, ess = _right(log_w, h)
    return jnp.log(jnp.sum(jnp.exp(log_w - log_w.max()))), mean, ess
