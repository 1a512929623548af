"""Other right answers in loss-spread: each function stands for the learner's ``loss_spread``."""

import jax
import jax.numpy as jnp


def unbiased(key, loss, phi, n):
    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(key, n))
    return jnp.std(values, ddof=1)


def two_moments(key, loss, phi, n):
    values = jax.lax.map(lambda k: loss(k, phi), jax.random.split(key, n))
    centred = values - values[0]
    return jnp.sqrt(jnp.mean(centred**2) - jnp.mean(centred) ** 2)


def fold_in(key, loss, phi, n):
    values = jax.vmap(lambda i: loss(jax.random.fold_in(key, i), phi))(jnp.arange(n))
    return jnp.sqrt(jnp.sum((values - values.mean()) ** 2) / (n - 1))
