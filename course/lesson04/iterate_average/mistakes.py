"""Mistakes that learners make in iterate-average: each function stands for the learner's ``iterate_average``."""

import jax
import jax.numpy as jnp


def first_part(phis, frac):
    return {name: x[: int(frac * len(x))].mean(axis=0) for name, x in phis.items()}


def frac_ignored(phis, frac):
    return jax.tree.map(lambda x: x.mean(axis=0), phis)


def over_everything(phis, frac):
    return jax.tree.map(lambda x: x[-int(frac * len(x)) :].mean(), phis)


def wrong_axis(phis, frac):
    return jax.tree.map(lambda x: x[-int(frac * len(x)) :].mean(axis=-1), phis)


def last_iterate(phis, frac):
    return jax.tree.map(lambda x: x[-1], phis)


def median(phis, frac):
    return jax.tree.map(lambda x: jnp.median(x[-int(frac * len(x)) :], axis=0), phis)


def running_decay(phis, frac):
    def one(x):
        mean = x[0]
        mean, _ = jax.lax.scan(lambda m, v: (0.99 * m + 0.01 * v, None), mean, x)
        return mean

    return jax.tree.map(one, phis)


def first_part__median(phis, frac):
    return jax.tree.map(lambda x: jnp.median(x[: round(frac * len(x))], axis=0), phis)
