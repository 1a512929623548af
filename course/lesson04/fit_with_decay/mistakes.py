"""Mistakes that learners make in fit-with-decay: each function stands for the learner's ``fit_with_decay``."""

import jax.numpy as jnp
import optax

from ..given import minimise


def constant_and_large(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(0.2))
    return phi


def constant_and_small(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(0.01))
    return phi


def decays_too_early(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(optax.cosine_decay_schedule(0.3, n_steps // 10)))
    return phi


def decays_from_too_small(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(optax.cosine_decay_schedule(0.05, n_steps)))
    return phi


def rises(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(optax.linear_schedule(0.0, 0.5, n_steps)))
    return phi


def square_root(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(lambda t: 3.0 / jnp.sqrt(t + 1.0)))
    return phi


def one_noise_for_all(key, loss, phi0, n_steps):
    same = key
    phi, _ = minimise(
        key, lambda key, phi: loss(same, phi), phi0, n_steps, optax.adam(optax.cosine_decay_schedule(0.5, n_steps))
    )
    return phi


def constant_and_large__one_noise_for_all(key, loss, phi0, n_steps):
    same = key
    return minimise(key, lambda key, phi: loss(same, phi), phi0, n_steps, optax.adam(0.2))[0]
