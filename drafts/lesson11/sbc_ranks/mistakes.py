"""Mistakes that learners make in sbc-ranks: each function stands for the learner's ``sbc_ranks``."""

import jax
import jax.numpy as jnp


def _ranks(key, n_sims, one):
    return jax.vmap(one)(jax.random.split(key, n_sims))


def data_of_another_theta(key, simulate, posterior, n_sims):
    def one(key):
        keys = jax.random.split(key, 3)
        theta, _ = simulate(keys[0])
        _, data = simulate(keys[1])
        return jnp.sum(posterior(keys[2], data) < theta)

    return _ranks(key, n_sims, one)


def one_data_set_for_all(key, simulate, posterior, n_sims):
    key, key_data = jax.random.split(key)
    _, data = simulate(key_data)

    def one(key):
        key_theta, key_draws = jax.random.split(key)
        theta, _ = simulate(key_theta)
        return jnp.sum(posterior(key_draws, data) < theta)

    return _ranks(key, n_sims, one)


def one_theta_for_all(key, simulate, posterior, n_sims):
    key, key_theta = jax.random.split(key)
    theta, _ = simulate(key_theta)

    def one(key):
        key_data, key_draws = jax.random.split(key)
        _, data = simulate(key_data)
        return jnp.sum(posterior(key_draws, data) < theta)

    return _ranks(key, n_sims, one)


def one_simulation_for_all(key, simulate, posterior, n_sims):
    key, key_data = jax.random.split(key)
    theta, data = simulate(key_data)
    return _ranks(key, n_sims, lambda key: jnp.sum(posterior(key, data) < theta))


def one_key_for_every_posterior(key, simulate, posterior, n_sims):
    key_data, key_draws = jax.random.split(key)

    def one(key):
        theta, data = simulate(key)
        return jnp.sum(posterior(key_draws, data) < theta)

    return _ranks(key_data, n_sims, one)


def theta_taken_from_the_draws(key, simulate, posterior, n_sims):
    def one(key):
        key_data, key_draws = jax.random.split(key)
        _, data = simulate(key_data)
        draws = posterior(key_draws, data)
        return jnp.sum(draws[1:] < draws[0])

    return _ranks(key, n_sims, one)


def draws_above(key, simulate, posterior, n_sims):
    def one(key):
        key_data, key_draws = jax.random.split(key)
        theta, data = simulate(key_data)
        return jnp.sum(posterior(key_draws, data) > theta)

    return _ranks(key, n_sims, one)


def mean_only(key, simulate, posterior, n_sims):
    def one(key):
        key_data, key_draws = jax.random.split(key)
        theta, data = simulate(key_data)
        return (posterior(key_draws, data).mean() < theta).astype(int)

    return _ranks(key, n_sims, one)


def share(key, simulate, posterior, n_sims):
    def one(key):
        key_data, key_draws = jax.random.split(key)
        theta, data = simulate(key_data)
        return jnp.mean(posterior(key_draws, data) < theta)

    return _ranks(key, n_sims, one)


def own_key(key, simulate, posterior, n_sims):
    def one(key):
        key_data, key_draws = jax.random.split(key)
        theta, data = simulate(key_data)
        return jnp.sum(posterior(key_draws, data) < theta)

    return _ranks(jax.random.key(0), n_sims, one)


def draws_above__share(key, simulate, posterior, n_sims):
    def one(key):
        key_data, key_draws = jax.random.split(key)
        theta, data = simulate(key_data)
        return jnp.mean(posterior(key_draws, data) > theta)

    return _ranks(key, n_sims, one)


def data_of_another_theta__own_key(key, simulate, posterior, n_sims):
    def one(key):
        keys = jax.random.split(key, 3)
        theta, _ = simulate(keys[0])
        _, data = simulate(keys[1])
        return jnp.sum(posterior(keys[2], data) < theta)

    return _ranks(jax.random.key(0), n_sims, one)
