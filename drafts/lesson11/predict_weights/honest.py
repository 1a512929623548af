"""Other right answers in predict-weights: each function stands for the learner's ``predict_weights``."""

import jax.numpy as jnp
import numpy as np
from scipy import linalg


def generalised_eigenvalues(precision):
    values = linalg.eigh(precision, np.diag(np.diag(precision)), eigvals_only=True)
    if np.any(values <= 0.5):
        return 1 - values[0], 0.0
    return 1 - values[0], np.exp(np.sum(0.5 * np.log(2 * values - 1) - np.log(values)))


def by_determinants(precision):
    d = np.diag(np.diag(precision))
    k = 1 - np.linalg.eigvals(np.linalg.inv(d) @ precision).real.min()
    if k >= 0.5:
        return k, 0
    return k, np.sqrt(np.linalg.det(d) * np.linalg.det(2 * precision - d)) / np.linalg.det(precision)


def in_jax(precision):
    root = jnp.diag(precision) ** 0.5
    u, values, _ = jnp.linalg.svd(precision / root / root[:, None])
    second_moment = jnp.prod(values) / jnp.sqrt(jnp.prod(2 * values - 1))
    k = 1 - jnp.min(values)
    return k, jnp.where(k < 0.5, 1 / second_moment, 0.0)


def no_branch(precision):
    scale = np.diag(np.diag(precision) ** -0.5)
    values = np.linalg.eigvalsh(scale @ precision @ scale)
    return float(np.max(1 - values)), np.prod(np.sqrt(np.maximum(2 * values - 1, 0)) / values)
