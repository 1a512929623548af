"""Mistakes that learners make in shrink: each function stands for the learner's ``shrink``."""

import numpy as np


def factor_is_the_weight_of_y(y, noise, mu, tau):
    factor = tau**2 / (noise**2 + tau**2)
    return factor, factor * y + (1 - factor) * mu, noise * np.sqrt(factor)


def weights_swapped(y, noise, mu, tau):
    factor = noise**2 / (noise**2 + tau**2)
    return factor, factor * y + (1 - factor) * mu, noise * np.sqrt(1 - factor)


def sds_not_variances(y, noise, mu, tau):
    factor = noise / (noise + tau)
    return factor, factor * mu + (1 - factor) * y, noise * np.sqrt(1 - factor)


def sd_not_shrunk(y, noise, mu, tau):
    factor = noise**2 / (noise**2 + tau**2)
    return factor, factor * mu + (1 - factor) * y, noise


def spread_of_y(y, noise, mu, tau):
    factor = noise**2 / (noise**2 + tau**2)
    return factor, factor * mu + (1 - factor) * y, np.sqrt(noise**2 + tau**2)


def variance(y, noise, mu, tau):
    factor = noise**2 / (noise**2 + tau**2)
    return factor, factor * mu + (1 - factor) * y, noise**2 * (1 - factor)


def one_factor_for_all(y, noise, mu, tau):
    s = noise.mean()
    factor = s**2 / (s**2 + tau**2) * np.ones(len(y))
    return factor, factor * mu + (1 - factor) * y, noise * np.sqrt(1 - factor)


def pulled_to_the_average(y, noise, mu, tau):
    factor = noise**2 / (noise**2 + tau**2)
    return factor, factor * y.mean() + (1 - factor) * y, noise * np.sqrt(1 - factor)


def nothing_at_tau_0(y, noise, mu, tau):
    of_y, of_mu = 1 / noise**2, 1 / tau**2
    factor = of_mu / (of_y + of_mu)
    return factor, (of_y * y + of_mu * mu) / (of_y + of_mu), 1 / np.sqrt(of_y + of_mu)


def factor_is_the_weight_of_y__sd_not_shrunk(y, noise, mu, tau):
    factor = tau**2 / (noise**2 + tau**2)
    return factor, factor * y + (1 - factor) * mu, noise


def sds_not_variances__pulled_to_the_average(y, noise, mu, tau):
    factor = noise / (noise + tau)
    return factor, factor * y.mean() + (1 - factor) * y, noise * np.sqrt(1 - factor)
