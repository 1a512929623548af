"""Other right answers in iterate-average: each function stands for the learner's ``iterate_average``."""

import jax
import jax.numpy as jnp
import numpy as np


def dict(phis, frac):
    n = len(next(iter(phis.values())))
    start = n - round(frac * n)
    return {name: np.asarray(x)[start:].mean(axis=0) for name, x in phis.items()}


def dynamic_slice(phis, frac):
    def one(x):
        k = int(round(x.shape[0] * frac))
        return jnp.sum(jax.lax.slice_in_dim(x, x.shape[0] - k, x.shape[0]), axis=0) / k

    return jax.tree.map(one, phis)


def weights(phis, frac):
    def one(x):
        keep = jnp.arange(x.shape[0]) >= (1 - frac) * x.shape[0]
        return jnp.tensordot(keep / keep.sum(), x, 1)

    return jax.tree.map(one, phis)
