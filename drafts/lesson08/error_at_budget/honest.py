"""Other right answers in error-at-budget: each function stands for the learner's ``error_at_budget``."""

import math
import statistics

import jax.numpy as jnp
import numpy as np


def coin_by_coin(draws, steps, n_warmup, budget, median, half_width):
    left, n = budget - int(steps[:, :n_warmup].sum()), 0
    while left >= 0 and n < draws.shape[1]:
        price = int(steps[:, n_warmup + n].sum())
        if price > left:
            break
        left, n = left - price, n + 1
    if n == 0 or left < 0:
        return math.nan
    shifts = []
    for i in range(draws.shape[2]):
        shifts.append((statistics.median(draws[:, :n, i].ravel().tolist()) - median[i]) / half_width[i])
    return math.sqrt(sum(shift**2 for shift in shifts) / len(shifts))


def one_running_sum(draws, steps, n_warmup, budget, median, half_width):
    spent = np.cumsum(steps.sum(axis=0))
    n = np.searchsorted(spent, budget, side="right") - n_warmup
    if n <= 0:
        return float("nan")
    flat = draws[:, :n].reshape(-1, draws.shape[-1])
    shift = jnp.asarray((np.quantile(flat, 0.5, axis=0) - median) / half_width)
    return jnp.linalg.norm(shift) / np.sqrt(len(shift))


def from_a_list(draws, steps, n_warmup, budget, median, half_width):
    rounds = steps[:, n_warmup:].sum(0)
    affordable = [k for k in range(1, draws.shape[1] + 1) if steps[:, :n_warmup].sum() + rounds[:k].sum() <= budget]
    if not affordable:
        return np.nan
    some = np.concatenate(draws[:, : max(affordable)])
    z = (np.quantile(some, 0.5, axis=0, method="weibull") - median) / half_width
    return float(np.sqrt(z @ z / z.size))
