"""Mistakes that learners make in loss-spread: each function stands for the learner's ``loss_spread``."""

import jax
import jax.numpy as jnp


def variance(key, loss, phi, n):
    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(key, n))
    return jnp.var(values)


def standard_error(key, loss, phi, n):
    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(key, n))
    return jnp.std(values) / jnp.sqrt(n)


def one_key(key, loss, phi, n):
    values = jax.vmap(lambda k: loss(key, phi))(jax.random.split(key, n))
    return jnp.std(values)


def mean(key, loss, phi, n):
    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(key, n))
    return jnp.mean(values)


def means_of_a_hundred(key, loss, phi, n):
    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(key, 100 * n))
    return values.reshape(n, 100).mean(axis=1).std()


def own_key(key, loss, phi, n):
    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(jax.random.key(0), n))
    return jnp.std(values)


def variance__own_key(key, loss, phi, n):
    return jnp.var(jax.vmap(lambda k: loss(k, phi))(jax.random.split(jax.random.key(0), n)))
