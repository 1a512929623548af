"""Other right answers in tail-index: each function stands for the learner's ``tail_index``."""

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
from numpyro.infer.importance import _psis_khat
from scipy import stats


def a_tenth_of_all(log_w):
    tail, _ = jax.lax.top_k(log_w, len(log_w) // 10)
    return jnp.mean(tail) - tail[-1]


def hundred_largest(log_w):
    ordered = np.sort(np.asarray(log_w, dtype=float))[::-1]
    return np.mean(ordered[:100] - ordered[100])


def sd_of_the_tail(log_w):
    return float(np.std(np.sort(np.asarray(log_w))[-190:]))


def slope_of_the_tail(log_w):
    tail = np.sort(np.asarray(log_w, dtype=float))[-190:][::-1]
    return -np.polyfit(np.log(np.arange(1, 191) - 0.5), tail, 1)[0]


def k_hat_of_arviz(log_w):
    return float(az.psislw(np.asarray(log_w, dtype=float))[1])


def k_hat_of_numpyro(log_w):
    return _psis_khat(np.asarray(log_w))


def generalised_pareto(log_w):
    w = np.exp(np.asarray(log_w, dtype=float) - np.max(log_w))
    ordered = np.sort(w)
    excess = ordered[-400:] - ordered[-401]
    return stats.genpareto.fit(excess / excess.mean(), floc=0)[0]
