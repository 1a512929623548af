"""Other right answers in shrink: each function stands for the learner's ``shrink``."""

import jax.numpy as jnp
import numpy as np


def precisions(y, noise, mu, tau):
    if tau == 0:
        return np.ones(len(y)), np.full(len(y), mu), np.zeros(len(y))
    of_y, of_mu = noise**-2.0, tau**-2.0
    total = of_y + of_mu
    return of_mu / total, (of_y * y + of_mu * mu) / total, total**-0.5


def step_towards_y(y, noise, mu, tau):
    gain = jnp.square(tau) / (jnp.square(tau) + jnp.square(noise))
    return 1 - gain, mu + gain * (y - mu), tau * jnp.sqrt(1 - gain)


def joint_normal(y, noise, mu, tau):
    n = len(y)
    prior, of_y = tau**2 * np.eye(n), tau**2 * np.eye(n) + np.diag(noise**2)
    gain = prior @ np.linalg.inv(of_y)
    return 1 - np.diag(gain), mu + gain @ (y - mu), np.sqrt(np.abs(np.diag(prior - gain @ prior)))


def school_by_school(y, noise, mu, tau):
    rows = []
    for one, s in zip(y, noise):
        pull = 1 / (1 + (tau / s) ** 2)
        rows.append((pull, one + pull * (mu - one), s * tau / np.hypot(s, tau)))
    return tuple(np.array(rows).T)
