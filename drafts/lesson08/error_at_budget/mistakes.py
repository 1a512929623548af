"""Mistakes that learners make in error-at-budget: each function stands for the learner's ``error_at_budget``."""

import numpy as np


def _number(warmup, steps, budget):
    """Draws of each chain that the budget pays for."""
    return int(np.sum(warmup + np.cumsum(steps.sum(axis=0)) <= budget))


def _error(draws, median, half_width):
    """Root mean square shift of the draws, (chains, n, p); NaN without a draw."""
    if draws.size == 0:
        return np.nan
    return np.sqrt(np.mean(((np.median(draws, axis=(0, 1)) - median) / half_width) ** 2))


def _paid(draws, steps, n_warmup, budget):
    return draws[:, : _number(steps[:, :n_warmup].sum(), steps[:, n_warmup:], budget)]


def _shifts(draws, steps, n_warmup, budget, median, half_width):
    """Shifts, or None where nothing is paid for."""
    kept = _paid(draws, steps, n_warmup, budget)
    return (np.median(kept, axis=(0, 1)) - median) / half_width if kept.size else None


def warm_up_free(draws, steps, n_warmup, budget, median, half_width):
    return _error(draws[:, : _number(0, steps[:, n_warmup:], budget)], median, half_width)


def one_chain_paid(draws, steps, n_warmup, budget, median, half_width):
    spent = np.cumsum(steps[0])
    n = np.sum(spent <= budget) - n_warmup
    return _error(draws[:, : max(0, n)], median, half_width)


def draws_for_gradients(draws, steps, n_warmup, budget, median, half_width):
    n = budget // len(draws) - n_warmup
    return _error(draws[:, : max(0, n)], median, half_width)


def all_draws_always(draws, steps, n_warmup, budget, median, half_width):
    return _error(draws, median, half_width)


def depth_for_steps(draws, steps, n_warmup, budget, median, half_width):
    return _error(_paid(draws, np.ceil(np.log2(steps + 1)), n_warmup, budget), median, half_width)


def draws_go_on_in_one_chain(draws, steps, n_warmup, budget, median, half_width):
    spent = steps[:, :n_warmup].sum() + np.cumsum(steps[:, n_warmup:].reshape(-1))
    return _error(draws.reshape(1, -1, draws.shape[-1])[:, spent <= budget], median, half_width)


def last_draws(draws, steps, n_warmup, budget, median, half_width):
    n = _paid(draws, steps, n_warmup, budget).shape[1]
    return _error(draws[:, draws.shape[1] - n :], median, half_width)


def warm_up_draws_left_out_twice(draws, steps, n_warmup, budget, median, half_width):
    return _error(_paid(draws, steps, n_warmup, budget)[:, n_warmup:], median, half_width)


def first_chain_only(draws, steps, n_warmup, budget, median, half_width):
    return _error(_paid(draws, steps, n_warmup, budget)[:1], median, half_width)


def mean_for_median(draws, steps, n_warmup, budget, median, half_width):
    kept = _paid(draws, steps, n_warmup, budget)
    if kept.size == 0:
        return float("nan")
    return np.sqrt(np.mean(((kept.mean(axis=(0, 1)) - median) / half_width) ** 2))


def signs_cancel(draws, steps, n_warmup, budget, median, half_width):
    shifts = _shifts(draws, steps, n_warmup, budget, median, half_width)
    return np.nan if shifts is None else abs(np.mean(shifts))


def average_of_absolute_values(draws, steps, n_warmup, budget, median, half_width):
    shifts = _shifts(draws, steps, n_warmup, budget, median, half_width)
    return np.nan if shifts is None else np.mean(np.abs(shifts))


def worst_parameter(draws, steps, n_warmup, budget, median, half_width):
    shifts = _shifts(draws, steps, n_warmup, budget, median, half_width)
    return np.nan if shifts is None else np.max(np.abs(shifts))


def root_of_the_sum(draws, steps, n_warmup, budget, median, half_width):
    shifts = _shifts(draws, steps, n_warmup, budget, median, half_width)
    return np.nan if shifts is None else np.linalg.norm(shifts)


def no_root(draws, steps, n_warmup, budget, median, half_width):
    shifts = _shifts(draws, steps, n_warmup, budget, median, half_width)
    return np.nan if shifts is None else np.mean(shifts**2)


def no_unit(draws, steps, n_warmup, budget, median, half_width):
    return _error(_paid(draws, steps, n_warmup, budget), median, 1.0)


def zero_for_NaN(draws, steps, n_warmup, budget, median, half_width):
    return np.nan_to_num(_error(_paid(draws, steps, n_warmup, budget), median, half_width))


def stops_without_a_draw(draws, steps, n_warmup, budget, median, half_width):
    kept = _paid(draws, steps, n_warmup, budget)
    if kept.size == 0:
        raise ValueError("no draws")
    return _error(kept, median, half_width)


def warm_up_free__no_unit(draws, steps, n_warmup, budget, median, half_width):
    return _error(draws[:, : _number(0, steps[:, n_warmup:], budget)], median, 1.0)


def signs_cancel__zero_for_NaN(draws, steps, n_warmup, budget, median, half_width):
    shifts = _shifts(draws, steps, n_warmup, budget, median, half_width)
    return 0.0 if shifts is None else abs(np.mean(shifts))
