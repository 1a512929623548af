"""Other right answers in grad-variance: each function stands for the learner's ``grad_variance``."""

import jax
import jax.numpy as jnp


def unbiased(key, loss, phi, n):
    grads = jax.vmap(lambda k: jax.grad(loss, argnums=1)(k, phi))(jax.random.split(key, n))
    return {name: jnp.var(g, axis=0, ddof=1) for name, g in grads.items()}


def two_moments(key, loss, phi, n):
    g = jax.vmap(jax.grad(loss, argnums=1), in_axes=(0, None))(jax.random.split(key, n), phi)
    centre = jax.tree.map(lambda x: x.mean(0), g)
    return jax.tree.map(lambda x, c: ((x - c) ** 2).mean(0), g, centre)


def lax_map(key, loss, phi, n):
    grads = jax.lax.map(lambda k: jax.grad(lambda p: loss(k, p))(phi), jax.random.split(key, n))
    return jax.tree.map(lambda g: jnp.var(g, axis=0), grads)
