"""Mistakes that learners make in log-mixture: each function stands for the learner's ``log_mixture``."""

import jax.numpy as jnp
import numpyro.distributions as dist


def q_on_the_outliers(y, mu, e, bg_mean, bg_sigma, q):
    on_line = dist.Normal(mu, e).log_prob(y)
    outlier = dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2)).log_prob(y)
    return jnp.logaddexp(jnp.log(1 - q) + on_line, jnp.log(q) + outlier)


def background_without_e(y, mu, e, bg_mean, bg_sigma, q):
    on_line = dist.Normal(mu, e).log_prob(y)
    outlier = dist.Normal(bg_mean, bg_sigma).log_prob(y)
    return jnp.logaddexp(jnp.log(q) + on_line, jnp.log(1 - q) + outlier)


def widths_added(y, mu, e, bg_mean, bg_sigma, q):
    on_line = dist.Normal(mu, e).log_prob(y)
    outlier = dist.Normal(bg_mean, bg_sigma + e).log_prob(y)
    return jnp.logaddexp(jnp.log(q) + on_line, jnp.log(1 - q) + outlier)


def square_root_lost(y, mu, e, bg_mean, bg_sigma, q):
    on_line = dist.Normal(mu, e).log_prob(y)
    outlier = dist.Normal(bg_mean, bg_sigma**2 + e**2).log_prob(y)
    return jnp.logaddexp(jnp.log(q) + on_line, jnp.log(1 - q) + outlier)


def weights_outside_the_log(y, mu, e, bg_mean, bg_sigma, q):
    on_line = dist.Normal(mu, e).log_prob(y)
    outlier = dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2)).log_prob(y)
    return q * on_line + (1 - q) * outlier


def one_bump(y, mu, e, bg_mean, bg_sigma, q):
    centre = q * mu + (1 - q) * bg_mean
    width = jnp.sqrt((q * e) ** 2 + (1 - q) ** 2 * (bg_sigma**2 + e**2))
    return dist.Normal(centre, width).log_prob(y)


def the_larger_of_the_two(y, mu, e, bg_mean, bg_sigma, q):
    on_line = dist.Normal(mu, e).log_prob(y)
    outlier = dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2)).log_prob(y)
    return jnp.maximum(jnp.log(q) + on_line, jnp.log(1 - q) + outlier)


def weights_lost(y, mu, e, bg_mean, bg_sigma, q):
    on_line = dist.Normal(mu, e).log_prob(y)
    outlier = dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2)).log_prob(y)
    return jnp.logaddexp(on_line, outlier)


def log_of_exp(y, mu, e, bg_mean, bg_sigma, q):
    on_line = jnp.exp(dist.Normal(mu, e).log_prob(y))
    outlier = jnp.exp(dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2)).log_prob(y))
    return jnp.log(q * on_line + (1 - q) * outlier)


def q_on_the_outliers__background_without_e(y, mu, e, bg_mean, bg_sigma, q):
    on_line = dist.Normal(mu, e).log_prob(y)
    outlier = dist.Normal(bg_mean, bg_sigma).log_prob(y)
    return jnp.logaddexp(jnp.log(1 - q) + on_line, jnp.log(q) + outlier)


def weights_lost__log_of_exp(y, mu, e, bg_mean, bg_sigma, q):
    on_line = jnp.exp(dist.Normal(mu, e).log_prob(y))
    outlier = jnp.exp(dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2)).log_prob(y))
    return jnp.log(on_line + outlier)
