"""Other right answers in elbo-mc: each function stands for the learner's ``elbo_mc``."""

from functools import partial

import jax
import jax.numpy as jnp


def closed_entropy(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (n,))
    z = phi["loc"] + scale * eps
    return jnp.mean(log_joint(z)) + phi["log_scale"] + 0.5 * jnp.log(2 * jnp.pi * jnp.e)


def antithetic(key, phi, log_joint, n):
    eps = jax.random.normal(key, (n // 2,))
    eps = jnp.concatenate([eps, -eps])
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * eps
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jnp.mean(log_joint(z) - log_q)


def a_key_each(key, phi, log_joint, n):
    def one(key):
        eps = jax.random.normal(key)
        z = phi["loc"] + jnp.exp(phi["log_scale"]) * eps
        log_q = -0.5 * eps**2 - phi["log_scale"] - 0.5 * jnp.log(2 * jnp.pi)
        return log_joint(z) - log_q

    return jax.vmap(one)(jax.random.split(key, n)).mean()


def sticking_the_landing(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (n,))
    z = phi["loc"] + scale * eps
    fixed = jax.tree.map(jax.lax.stop_gradient, phi)
    log_q = jax.scipy.stats.norm.logpdf(z, fixed["loc"], jnp.exp(fixed["log_scale"]))
    return jnp.mean(log_joint(z) - log_q)


@partial(jax.jit, static_argnames=("log_joint", "n"))
def jitted(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    eps = jax.random.normal(key, (n,))
    z = phi["loc"] + scale * eps
    log_q = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    return jnp.mean(jax.vmap(log_joint)(z) - log_q)
