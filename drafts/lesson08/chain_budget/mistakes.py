"""Mistakes that learners make in chain-budget: each function stands for the learner's ``chain_budget``."""

import math

import numpy as np


def error_not_squared(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / (error * ess_per_draw)
    return draws, warmup + draws * steps_per_draw


def root(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / math.sqrt(error) / ess_per_draw
    return draws, warmup + draws * steps_per_draw


def times_ess_per_draw(error, ess_per_draw, steps_per_draw, warmup):
    draws = np.ceil(ess_per_draw / error**2)
    return draws, warmup + draws * steps_per_draw


def draws_as_if_independent(error, ess_per_draw, steps_per_draw, warmup):
    draws = int(np.ceil(1 / error**2))
    return draws, warmup + draws * steps_per_draw


def capped_at_one(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / (error**2 * min(ess_per_draw, 1.0))
    return draws, warmup + draws * steps_per_draw


def four_chains_more(error, ess_per_draw, steps_per_draw, warmup):
    draws = 4 / (error**2 * ess_per_draw)
    return draws, warmup + draws * steps_per_draw


def warm_up_forgotten(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / (error**2 * ess_per_draw)
    return draws, draws * steps_per_draw


def draws_for_gradients(error, ess_per_draw, steps_per_draw, warmup):
    draws = math.ceil(1 / (error**2 * ess_per_draw))
    return draws, warmup + draws


def warm_up_at_each_draw(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / (error**2 * ess_per_draw)
    return draws, draws * (warmup + steps_per_draw)


def warm_up_times_four(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / (error**2 * ess_per_draw)
    return draws, 4 * warmup + draws * steps_per_draw


def warm_up_in_iterations(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / (error**2 * ess_per_draw)
    return draws, (warmup + draws) * steps_per_draw


def error_not_squared_in_the_gradients(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / error**2 / ess_per_draw
    return draws, warmup + steps_per_draw / (error * ess_per_draw)


def error_not_squared__warm_up_forgotten(error, ess_per_draw, steps_per_draw, warmup):
    draws = 1 / (error * ess_per_draw)
    return draws, draws * steps_per_draw


def times_ess_per_draw__draws_for_gradients(error, ess_per_draw, steps_per_draw, warmup):
    draws = ess_per_draw / error**2
    return draws, warmup + draws
