"""Mistakes that learners make in best-normal: each stands for the learner's ``best_normal``."""

import numpy as np
from scipy import optimize


def _kl(v, w, m, b, s1, s2, spread=2.0):
    """KL of N(0, v) N(m, w) with ``spread`` v**2 for the variance of a squared normal."""
    bend = (m - b * (v - s1**2)) ** 2 + spread * b**2 * v**2
    return 0.5 * (v / s1**2 + w / s2**2 + bend / s2**2 - 2 - np.log(v / s1**2) - np.log(w / s2**2))


def _least(b, s1, s2, spread):
    kl = lambda t: _kl(np.exp(2 * t), s2**2, b * (np.exp(2 * t) - s1**2), b, s1, s2, spread)
    found = optimize.minimize_scalar(kl, bounds=(np.log(s1) - 4, np.log(s1) + 1), method="bounded")
    return np.exp(found.x), found.fun


def _right(b, s1, s2):
    kappa = b * s1**2 / s2
    r = 2 / (1 + np.sqrt(1 + 16 * kappa**2))
    return np.array([s1 * np.sqrt(r), s2]), 0.5 * (r - 1 - np.log(r)) + kappa**2 * r**2


def curvature_at_the_peak(b, s1, s2):
    return np.array([s1, s2]), _kl(s1**2, s2**2, -b * s1**2, b, s1, s2)


def sds_of_the_target(b, s1, s2):
    sd2 = np.sqrt(s2**2 + 2 * b**2 * s1**4)
    return np.array([s1, sd2]), _kl(s1**2, sd2**2, 0.0, b, s1, s2)


def spread_of_a_square(b, s1, s2):
    sd1, gap = _least(b, s1, s2, 1.0)
    return np.array([sd1, s2]), gap


def fourth_moment_for_variance(b, s1, s2):
    sd1, gap = _least(b, s1, s2, 3.0)
    return np.array([sd1, s2]), gap


def mean_of_x2_left_at_zero(b, s1, s2):
    kl = lambda t: _kl(np.exp(2 * t), s2**2, 0.0, b, s1, s2)
    found = optimize.minimize_scalar(kl, bounds=(np.log(s1) - 4, np.log(s1) + 1), method="bounded")
    return np.array([np.exp(found.x), s2]), found.fun


def variances(b, s1, s2):
    sds, gap = _right(b, s1, s2)
    return sds**2, gap


def constants_lost(b, s1, s2):
    sds, gap = _right(b, s1, s2)
    return sds, gap + 1


def half_lost(b, s1, s2):
    sds, gap = _right(b, s1, s2)
    return sds, 2 * gap


def gap_below_zero(b, s1, s2):
    sds, gap = _right(b, s1, s2)
    return sds, -gap


def variances__gap_below_zero(b, s1, s2):
    sds, gap = _right(b, s1, s2)
    return sds**2, -gap
