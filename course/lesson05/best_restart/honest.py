"""Other right answers in best-restart: each function stands for the learner's ``best_of_restarts``."""

import jax
import jax.numpy as jnp
import numpy as np


def python_loop(fit, keys, window):
    runs = [fit(key) for key in keys]
    scores = [float(np.mean(np.asarray(losses)[-window:])) for _, losses in runs]
    best = min((i for i, score in enumerate(scores) if score == score), key=lambda i: scores[i])
    return runs[best][0], scores


def jax_all_through(fit, keys, window):
    phis, losses = jax.lax.map(fit, keys)
    scores = jnp.mean(losses[:, -window:], axis=1)
    best = jnp.argmin(jnp.where(jnp.isnan(scores), jnp.inf, scores))
    return {name: value[best] for name, value in phis.items()}, scores
