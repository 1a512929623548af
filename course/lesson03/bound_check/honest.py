"""Other right answers in bound-check: each function stands for the learner's ``breaks_the_bound``."""

import jax.numpy as jnp
import numpy as np


def z_score(losses, log_z):
    losses = jnp.asarray(losses)
    gap = jnp.mean(losses) + log_z
    return (gap < -1e-3) & (gap < -3 * jnp.std(losses, ddof=1) / jnp.sqrt(losses.shape[0]))


def batch_means(losses, log_z):
    if not np.all(np.isfinite(losses)):
        return False
    means = np.asarray(losses).reshape(20, -1).mean(axis=1)
    error = max(means.std(ddof=1) / np.sqrt(20), 1e-3 / 5)
    return means.mean() + 5 * error < -log_z


def finite_losses_only(losses, log_z):
    losses = np.asarray(losses)[np.isfinite(losses)]
    upper = losses.mean() + 4 * losses.std() / len(losses) ** 0.5
    return upper < -log_z - 1e-3
