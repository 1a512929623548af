"""Other right answers in has-converged: each function stands for the learner's ``has_converged``."""

import jax.numpy as jnp
import numpy as np


def threshold_3(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    if not np.all(np.isfinite(losses[-2 * window :])):
        return False
    return abs(last.mean() - before.mean()) / error < 3


def threshold_6(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    return bool(abs(last.mean() - before.mean()) <= 6 * error)


def jax(losses, window):
    losses = jnp.asarray(losses, jnp.float32)
    tail = losses[-2 * window :].reshape(2, window)
    mean, error = tail.mean(axis=1), tail.std(axis=1, ddof=1) / jnp.sqrt(window)
    return jnp.isfinite(tail).all() & (jnp.abs(mean[0] - mean[1]) < 4 * jnp.hypot(error[0], error[1]))


def slope(losses, window):
    tail = np.asarray(losses)[-2 * window :]
    if not np.isfinite(tail).all():
        return False
    t = np.arange(len(tail)) - (len(tail) - 1) / 2
    slope = t @ tail / (t @ t)
    rest = tail - tail.mean() - slope * t
    return abs(slope) < 4 * np.sqrt(rest @ rest / (len(tail) - 2) / (t @ t))


def batch_means(losses, window):
    k = window // 20
    tail = np.asarray(losses)[-40 * k :].reshape(40, k).mean(axis=1)
    if not np.isfinite(losses[-2 * window :]).all():
        return False
    a, b = tail[:20], tail[20:]
    return bool(abs(a.mean() - b.mean()) < 4.5 * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 20))
