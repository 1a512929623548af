"""Other right answers in principal-axes: each function stands for the learner's ``principal_axes``."""

import jax.numpy as jnp
import numpy as np


def svd(scale_tril):
    U, s, _ = np.linalg.svd(np.asarray(scale_tril))
    return s, np.degrees(np.arctan2(U[1, 0], U[0, 0]))


def two_by_two(scale_tril):
    C = jnp.asarray(scale_tril) @ jnp.asarray(scale_tril).T
    middle, radius = (C[0, 0] + C[1, 1]) / 2, jnp.hypot((C[0, 0] - C[1, 1]) / 2, C[0, 1])
    angle = 0.5 * jnp.arctan2(2 * C[0, 1], C[0, 0] - C[1, 1]) * 180 / jnp.pi
    return jnp.sqrt(jnp.array([middle + radius, middle - radius])), angle


def general_eig(scale_tril):
    values, vectors = np.linalg.eig(scale_tril @ scale_tril.T)
    order = np.argsort(values)[::-1]
    x, y = vectors[:, order[0]]
    return tuple(np.sqrt(values[order])), np.rad2deg(np.arctan(y / x)) % 180
