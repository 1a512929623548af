"""Mistakes that learners make in agreement: each function stands for the learner's ``agreement``."""

import numpy as np
from numpyro.diagnostics import hpdi


def _middle(draws, low=16, high=84):
    low, middle, high = np.percentile(np.asarray(draws).ravel(), [low, 50, high])
    return middle, (high - low) / 2


def _both(surrogate, chains):
    """name -> medians and half-widths of the surrogate and of the chains."""
    return {name: (*_middle(surrogate[name]), *_middle(chains[name])) for name in surrogate}


def mean_and_sd(surrogate, chains):
    out = {}
    for name, draws in surrogate.items():
        others = chains[name]
        out[name] = ((draws.mean() - others.mean()) / others.std(), draws.std() / others.std())
    return out


def unit_of_the_surrogate(surrogate, chains):
    return {name: ((a - c) / b, b / d) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def upside_down(surrogate, chains):
    return {name: ((a - c) / d, d / b) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def roles_swapped(surrogate, chains):
    return {name: ((c - a) / b, d / b) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def sign(surrogate, chains):
    return {name: ((c - a) / d, b / d) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def squares(surrogate, chains):
    return {name: ((a - c) / d, (b / d) ** 2) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def too_wide_an_interval(surrogate, chains):
    out = {}
    for name in surrogate:
        (a, b), (c, d) = _middle(surrogate[name], 5, 95), _middle(chains[name], 5, 95)
        out[name] = ((a - c) / d, b / d)
    return out


def shortest_interval(surrogate, chains):
    out = {}
    for name, draws in surrogate.items():
        (low, high), (below, above) = hpdi(np.asarray(draws), 0.68), hpdi(np.asarray(chains[name]).ravel(), 0.68)
        shift = 2 * (np.median(draws) - np.median(chains[name])) / (above - below)
        out[name] = (shift, (high - low) / (above - below))
    return out


def whole_interval(surrogate, chains):
    return {name: ((a - c) / (2 * d), b / d) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def first_chain_only(surrogate, chains):
    chains = {name: draws[0] for name, draws in chains.items()}
    return {name: ((a - c) / d, b / d) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def shift_without_a_unit(surrogate, chains):
    return {name: (a - c, b / d) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def relative_to_the_median(surrogate, chains):
    return {name: ((a - c) / c, b / d) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def sign__upside_down(surrogate, chains):
    return {name: ((c - a) / d, d / b) for name, (a, b, c, d) in _both(surrogate, chains).items()}


def first_chain_only__whole_interval(surrogate, chains):
    chains = {name: draws[0] for name, draws in chains.items()}
    return {name: ((a - c) / (2 * d), b / d) for name, (a, b, c, d) in _both(surrogate, chains).items()}
