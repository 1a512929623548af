"""Other right answers in chain-budget: each function stands for the learner's ``chain_budget``."""

import math

import jax.numpy as jnp
import numpy as np


def whole_draws(error, ess_per_draw, steps_per_draw, warmup):
    draws = math.ceil(1 / (error**2 * ess_per_draw))
    return draws, warmup + draws * steps_per_draw


def draw_by_draw(error, ess_per_draw, steps_per_draw, warmup):
    independent = (1 / error) ** 2
    return np.round(independent / ess_per_draw), np.round(warmup + independent * steps_per_draw / ess_per_draw)


def single_precision(error, ess_per_draw, steps_per_draw, warmup):
    worth = jnp.float32(ess_per_draw)
    draws = jnp.ceil(jnp.square(1 / jnp.float32(error)) / worth)
    return draws, jnp.ceil(warmup + steps_per_draw * draws)


def by_search(error, ess_per_draw, steps_per_draw, warmup):
    low, high = 1e-3, 1e9
    for _ in range(200):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if 1 / np.sqrt(middle * ess_per_draw) > error else (low, middle)
    return high, warmup + high * steps_per_draw
