"""Mistakes that learners make in compare-fits: each function stands for the learner's ``compare``."""

import numpy as np
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin


def _widths_differ(guide_draws, chains):
    error = np.sqrt(0.5 / len(guide_draws) + 0.5 / effective_sample_size(chains))
    return abs(np.log(guide_draws.std() / chains.std())) > 4 * error


def n_for_ESS(guide_draws, chains):
    if split_gelman_rubin(chains) > 1.05:
        return "no reference"
    error = np.sqrt(guide_draws.var() / len(guide_draws) + chains.var() / chains.size)
    apart = abs(guide_draws.mean() - chains.mean()) > 4 * error
    return "differ" if apart or _widths_differ(guide_draws, chains) else "agree"


def within_a_tenth_of_an_sd(guide_draws, chains):
    if split_gelman_rubin(chains) > 1.05:
        return "no reference"
    apart = abs(guide_draws.mean() - chains.mean()) > 0.1 * chains.std()
    return "differ" if apart or _widths_differ(guide_draws, chains) else "agree"


def within_one_sd(guide_draws, chains):
    if split_gelman_rubin(chains) > 1.05:
        return "no reference"
    apart = abs(guide_draws.mean() - chains.mean()) > chains.std()
    return "differ" if apart or _widths_differ(guide_draws, chains) else "agree"


def within_a_hundredth_of_the_mean(guide_draws, chains):
    if split_gelman_rubin(chains) > 1.05:
        return "no reference"
    apart = abs(guide_draws.mean() - chains.mean()) > 0.01 * abs(chains.mean())
    return "differ" if apart or _widths_differ(guide_draws, chains) else "agree"


def no_R_hat(guide_draws, chains):
    error = np.sqrt(guide_draws.var() / len(guide_draws) + chains.var() / effective_sample_size(chains))
    apart = abs(guide_draws.mean() - chains.mean()) > 4 * error
    return "differ" if apart or _widths_differ(guide_draws, chains) else "agree"


def means_only(guide_draws, chains):
    if split_gelman_rubin(chains) > 1.05:
        return "no reference"
    error = np.sqrt(guide_draws.var() / len(guide_draws) + chains.var() / effective_sample_size(chains))
    return "differ" if abs(guide_draws.mean() - chains.mean()) > 4 * error else "agree"


def guide_s_error_forgotten(guide_draws, chains):
    if split_gelman_rubin(chains) > 1.05:
        return "no reference"
    error = chains.std() / np.sqrt(effective_sample_size(chains))
    apart = abs(guide_draws.mean() - chains.mean()) > 4 * error
    return "differ" if apart or _widths_differ(guide_draws, chains) else "agree"


def means_only__no_R_hat(guide_draws, chains):
    error = np.sqrt(guide_draws.var() / len(guide_draws) + chains.var() / effective_sample_size(chains))
    return "differ" if abs(guide_draws.mean() - chains.mean()) > 4 * error else "agree"


def within_one_sd__means_only(guide_draws, chains):
    if split_gelman_rubin(chains) > 1.05:
        return "no reference"
    return "differ" if abs(guide_draws.mean() - chains.mean()) > chains.std() else "agree"
