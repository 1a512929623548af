"""Other right answers in sbc-ranks: each function stands for the learner's ``sbc_ranks``."""

import jax
import jax.numpy as jnp
import numpy as np


def in_two_steps(key, simulate, posterior, n_sims):
    key_data, key_draws = jax.random.split(key)
    thetas, data = jax.vmap(simulate)(jax.random.split(key_data, n_sims))
    draws = jax.vmap(posterior)(jax.random.split(key_draws, n_sims), data)
    return (draws < thetas[:, None]).sum(axis=1)


def place_in_order(key, simulate, posterior, n_sims):
    """The place of theta when it is sorted in among its draws."""
    keys = jax.random.split(key, (n_sims, 2))
    thetas, data = jax.vmap(simulate)(keys[:, 0])
    everything = jnp.concatenate([thetas[:, None], jax.vmap(posterior)(keys[:, 1], data)], axis=1)
    return np.argmin(np.argsort(np.asarray(everything), axis=1), axis=1)


def folded_keys(key, simulate, posterior, n_sims):
    """Keys by numbers, and each simulation keeps what it compares."""
    keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(2 * n_sims))
    thetas, data = jax.vmap(simulate)(keys[::2])
    draws = jax.vmap(posterior)(keys[1::2], data)
    return [int(np.sum(row <= theta)) for row, theta in zip(np.asarray(draws), np.asarray(thetas))]
