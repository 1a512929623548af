"""Mistakes that learners make in grad-variance: each function stands for the learner's ``grad_variance``."""

import jax
import jax.numpy as jnp


def sd(key, loss, phi, n):
    grads = jax.vmap(lambda k: jax.grad(loss, argnums=1)(k, phi))(jax.random.split(key, n))
    return jax.tree.map(lambda g: g.std(axis=0), grads)


def one_key(key, loss, phi, n):
    grads = jax.vmap(lambda k: jax.grad(loss, argnums=1)(key, phi))(jax.random.split(key, n))
    return jax.tree.map(lambda g: g.var(axis=0), grads)


def variance_of_the_loss(key, loss, phi, n):
    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(key, n))
    return jax.tree.map(lambda p: values.var(), phi)


def variance_of_the_mean(key, loss, phi, n):
    grads = jax.vmap(lambda k: jax.grad(loss, argnums=1)(k, phi))(jax.random.split(key, n))
    return jax.tree.map(lambda g: g.var(axis=0) / n, grads)


def one_number_for_both(key, loss, phi, n):
    grads = jax.vmap(lambda k: jax.grad(loss, argnums=1)(k, phi))(jax.random.split(key, n))
    both = jnp.stack([g for g in jax.tree.leaves(grads)])
    return jax.tree.map(lambda p: both.var(), phi)


def sd__variance_of_the_mean(key, loss, phi, n):
    grads = jax.vmap(lambda k: jax.grad(loss, argnums=1)(k, phi))(jax.random.split(key, n))
    return jax.tree.map(lambda g: g.std(axis=0) / jnp.sqrt(n), grads)
