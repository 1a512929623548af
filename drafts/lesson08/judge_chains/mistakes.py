"""Mistakes that learners make in judge-chains: each function stands for the learner's ``judge_chains``."""

import numpy as np
from numpyro.diagnostics import effective_sample_size, gelman_rubin, split_gelman_rubin


def _copies(draws):
    pairs = [(i, j) for i in range(len(draws)) for j in range(i)]
    return any(np.array_equal(draws[i], draws[j]) for i, j in pairs)


def _judged(draws, rhat, ess):
    return rhat, ess, bool(np.max(rhat) < 1.05 and np.min(ess) >= 400 and not _copies(draws))


def not_split(draws):
    return _judged(draws, gelman_rubin(draws), effective_sample_size(draws))


def variances(draws):
    return _judged(draws, split_gelman_rubin(draws) ** 2, effective_sample_size(draws))


def R_hat_alone(draws):
    rhat = split_gelman_rubin(draws)
    return rhat, effective_sample_size(draws), np.all(rhat < 1.05) and not _copies(draws)


def number_of_draws(draws):
    chains, n, parameters = draws.shape
    return _judged(draws, split_gelman_rubin(draws), np.full(parameters, chains * n))


def chain_by_chain(draws):
    ess = sum(effective_sample_size(chain[None]) for chain in draws)
    return _judged(draws, split_gelman_rubin(draws), ess)


def one_chain(draws):
    return _judged(draws, split_gelman_rubin(draws), effective_sample_size(draws) / len(draws))


def mean_of_the_parameters(draws):
    rhat, ess = split_gelman_rubin(draws), effective_sample_size(draws)
    return rhat, ess, rhat.mean() < 1.05 and ess.mean() >= 400 and not _copies(draws)


def one_parameter(draws):
    rhat, ess = split_gelman_rubin(draws), effective_sample_size(draws)
    return rhat, ess, rhat[0] < 1.05 and ess[0] >= 400 and not _copies(draws)


def best_parameter(draws):
    rhat, ess = split_gelman_rubin(draws), effective_sample_size(draws)
    return rhat, ess, np.any(rhat < 1.05) and np.any(ess >= 400) and not _copies(draws)


def copies_not_looked_for(draws):
    rhat, ess = split_gelman_rubin(draws), effective_sample_size(draws)
    return rhat, ess, np.all(rhat < 1.05) and np.all(ess >= 400)


def not_all_pairs(draws):
    rhat, ess = split_gelman_rubin(draws), effective_sample_size(draws)
    same = any(np.array_equal(draws[0], other) for other in draws[1:])
    return rhat, ess, np.all(rhat < 1.05) and np.all(ess >= 400) and not same


def not_split__one_chain(draws):
    return _judged(draws, gelman_rubin(draws), effective_sample_size(draws) / 4)


def number_of_draws__copies_not_looked_for(draws):
    rhat = split_gelman_rubin(draws)
    return rhat, np.full(rhat.shape, 4000.0), rhat.max() < 1.05
