"""Other right answers in restarts-needed: each function stands for the learner's ``restarts_needed``."""

import jax.numpy as jnp
import numpy as np


def by_counting(scores, tolerance, miss):
    best = min(score for score in scores if score == score)
    bad = sum(not score - best <= tolerance for score in scores) / len(scores)
    n = 1
    while bad**n > miss:
        n += 1
    return bad, n


def base_ten(scores, tolerance, miss):
    scores = np.nan_to_num(scores, nan=np.inf)
    share = np.count_nonzero(scores > scores.min() + tolerance) / scores.size
    if share == 0:
        return 0.0, 1
    return share, int(np.log10(miss) / np.log10(share)) + 1


def in_jax(scores, tolerance, miss):
    scores = jnp.asarray(scores)
    good = jnp.mean(scores <= jnp.nanmin(scores) + tolerance)
    return 1 - good, jnp.maximum(1, jnp.ceil(jnp.log(miss) / jnp.log1p(-good)))
