"""Mistakes that learners make in count-parameters: each function stands for the learner's ``count_parameters``."""

import jax
import jax.numpy as jnp


def _stored(phi):
    return sum(leaf.size for leaf in jax.tree.leaves(phi))


def _gradients(key, loss, phi, n):
    return jax.tree.leaves(jax.vmap(jax.grad(loss, argnums=1), (0, None))(jax.random.split(key, n), phi))


def one_draw(key, loss, phi):
    return _stored(phi), sum(int(jnp.sum(g != 0)) for g in jax.tree.leaves(jax.grad(loss, argnums=1)(key, phi)))


def few_draws(key, loss, phi):
    return _stored(phi), sum(int((g != 0).any(axis=0).sum()) for g in _gradients(key, loss, phi, 4))


def threshold(key, loss, phi):
    return _stored(phi), sum(int((abs(g) > 1e-4).any(axis=0).sum()) for g in _gradients(key, loss, phi, 100))


def arrays_counted(key, loss, phi):
    return len(jax.tree.leaves(phi)), sum(bool((g != 0).any()) for g in _gradients(key, loss, phi, 100))


def values_that_are_not_zero(key, loss, phi):
    return _stored(phi), sum(int(jnp.sum(leaf != 0)) for leaf in jax.tree.leaves(phi))


def stored_for_both(key, loss, phi):
    return _stored(phi), _stored(phi)


def the_other_way_round(key, loss, phi):
    return sum(int((g != 0).any(axis=0).sum()) for g in _gradients(key, loss, phi, 100)), _stored(phi)
