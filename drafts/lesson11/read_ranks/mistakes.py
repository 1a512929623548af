"""Mistakes that learners make in read-ranks: each function stands for the learner's ``read_ranks``."""

import numpy as np
from scipy import stats


def _scores(u):
    n = len(u)
    return (u.mean() - 0.5) / np.sqrt(1 / (12 * n)), (u.var() - 1 / 12) / np.sqrt(1 / (180 * n))


def _even(ranks, n_draws):
    return (ranks + 0.5) / (n_draws + 1)


def mean_only(ranks, n_draws):
    mean, _ = _scores(_even(ranks, n_draws))
    return "fine" if abs(mean) < 4 else "low" if mean > 0 else "high"


def variance_only(ranks, n_draws):
    _, variance = _scores(_even(ranks, n_draws))
    return "fine" if abs(variance) < 4 else "narrow" if variance > 0 else "wide"


def variance_first(ranks, n_draws):
    mean, variance = _scores(_even(ranks, n_draws))
    if abs(variance) > 4:
        return "narrow" if variance > 0 else "wide"
    return "fine" if abs(mean) < 4 else "low" if mean > 0 else "high"


def U_read_as_wide(ranks, n_draws):
    mean, variance = _scores(_even(ranks, n_draws))
    if abs(mean) > 4:
        return "low" if mean > 0 else "high"
    return "fine" if abs(variance) < 4 else "wide" if variance > 0 else "narrow"


def low_and_high_swapped(ranks, n_draws):
    mean, variance = _scores(_even(ranks, n_draws))
    if abs(mean) > 4:
        return "high" if mean > 0 else "low"
    return "fine" if abs(variance) < 4 else "narrow" if variance > 0 else "wide"


def a_hundredth_off(ranks, n_draws):
    u = _even(ranks, n_draws)
    if abs(u.mean() - 0.5) > 0.01:
        return "low" if u.mean() > 0.5 else "high"
    _, variance = _scores(u)
    return "fine" if abs(variance) < 4 else "narrow" if variance > 0 else "wide"


def any_misfit_is_a_shift(ranks, n_draws):
    u = _even(ranks, n_draws)
    if stats.kstest(u, "uniform").pvalue > 1e-3:
        return "fine"
    return "low" if u.mean() > 0.5 else "high"


def own_number_of_draws(ranks, n_draws):
    mean, variance = _scores((ranks + 0.5) / 100)
    if abs(mean) > 4:
        return "low" if mean > 0 else "high"
    return "fine" if abs(variance) < 4 else "narrow" if variance > 0 else "wide"


def U_read_as_wide__low_and_high_swapped(ranks, n_draws):
    mean, variance = _scores(_even(ranks, n_draws))
    if abs(mean) > 4:
        return "high" if mean > 0 else "low"
    return "fine" if abs(variance) < 4 else "wide" if variance > 0 else "narrow"


def mean_only__own_number_of_draws(ranks, n_draws):
    mean, _ = _scores((ranks + 0.5) / 100)
    return "fine" if abs(mean) < 4 else "low" if mean > 0 else "high"
