"""Other right answers in compare-fits: each function stands for the learner's ``compare``."""

import jax.numpy as jnp
import numpy as np
from numpyro.diagnostics import effective_sample_size, gelman_rubin


def threshold_3(guide_draws, chains):
    if gelman_rubin(chains) > 1.03:
        return "no reference"
    ess, n = effective_sample_size(chains), guide_draws.size
    means = (guide_draws.mean() - chains.mean()) / np.hypot(guide_draws.std() / n**0.5, chains.std() / ess**0.5)
    widths = np.log(guide_draws.std() / chains.std()) / np.sqrt(1 / (2 * n) + 1 / (2 * ess))
    return "differ" if max(abs(means), abs(widths)) > 3 else "agree"


def threshold_5_batch_means(guide_draws, chains):
    halves = chains.reshape(8, -1)
    if halves.mean(axis=1).var(ddof=1) > 0.21 * halves.var(axis=1).mean():
        return "no reference"
    pieces = chains.reshape(80, 50)
    error = np.sqrt(guide_draws.var() / len(guide_draws) + pieces.mean(axis=1).var(ddof=1) / 80)
    if abs(guide_draws.mean() - chains.mean()) > 5 * error:
        return "differ"
    squares = ((chains - chains.mean()) ** 2).reshape(80, 50).mean(axis=1)
    error = np.sqrt(squares.var(ddof=1) / 80 + 2 * guide_draws.var() ** 2 / len(guide_draws))
    return "differ" if abs(guide_draws.var() - chains.var()) > 5 * error else "agree"


def moments(guide_draws, chains):
    within, between = jnp.var(chains, axis=1).mean(), jnp.var(chains.mean(axis=1), ddof=1)
    if jnp.sqrt(1 + between / within) > 1.1:
        return "no reference"
    centre, n = chains.mean(), len(guide_draws)
    for power in (1, 2):
        a, b = (guide_draws - centre) ** power, (chains - centre) ** power
        error = np.sqrt(a.var() / n + b.var() / effective_sample_size(b))
        if abs(a.mean() - b.mean()) > 4.5 * error:
            return "differ"
    return "agree"
