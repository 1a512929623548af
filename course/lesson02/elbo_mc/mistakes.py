"""Mistakes that learners make in elbo-mc: each function stands for the learner's ``elbo_mc``."""

import jax
import jax.numpy as jnp


def negated(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (n,))
    z = phi["loc"] + scale * eps
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jnp.mean(log_q - log_joint(z))


def no_log_q(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (n,))
    z = phi["loc"] + scale * eps
    return jnp.mean(log_joint(z))


def log_scale_as_scale(key, phi, log_joint, n):
    scale = phi["log_scale"]
    z = phi["loc"] + scale * jax.random.normal(key, (n,))
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jnp.mean(log_joint(z) - log_q)


def scale_squared(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"]) ** 2
    z = phi["loc"] + scale * jax.random.normal(key, (n,))
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jnp.mean(log_joint(z) - log_q)


def draws_cut_off(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (n,))
    z = phi["loc"] + scale * eps
    z = jax.lax.stop_gradient(z)
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jnp.mean(log_joint(z) - log_q)


def key_ignored(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(jax.random.key(0), (n,))
    z = phi["loc"] + scale * eps
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jnp.mean(log_joint(z) - log_q)


def n_ignored(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (10,))
    z = phi["loc"] + scale * eps
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jnp.mean(log_joint(z) - log_q)


def log_mean_exp(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (n,))
    z = phi["loc"] + scale * eps
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jax.scipy.special.logsumexp(log_joint(z) - log_q) - jnp.log(n)


def log_q_of_eps(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (n,))
    z = phi["loc"] + scale * eps
    log_q = jax.scipy.stats.norm.logpdf(eps)
    return jnp.mean(log_joint(z) - log_q)


def negated__no_log_q(key, phi, log_joint, n):
    z = phi["loc"] + jnp.exp(phi["log_scale"]) * jax.random.normal(key, (n,))
    return -jnp.mean(log_joint(z))


def draws_cut_off__key_ignored(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    z = jax.lax.stop_gradient(phi["loc"] + scale * jax.random.normal(jax.random.key(0), (n,)))
    return jnp.mean(log_joint(z) - jax.scipy.stats.norm.logpdf(z, phi["loc"], scale))
