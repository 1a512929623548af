"""Mistakes that learners make in bridge: each function stands for the learner's ``bridge``."""

import numpy as np


def _path(m0, s0, m1, s1, beta):
    w0, w1 = (1 - beta) / s0**2, beta / s1**2
    return (w0 * m0 + w1 * m1) / (w0 + w1), (w0 + w1) ** -0.5


def mixture(m0, s0, m1, s1, beta):
    mean = (1 - beta) * m0 + beta * m1
    return mean, np.sqrt((1 - beta) * (s0**2 + (m0 - mean) ** 2) + beta * (s1**2 + (m1 - mean) ** 2))


def straight_line(m0, s0, m1, s1, beta):
    return m0 + beta * (m1 - m0), s0 + beta * (s1 - s0)


def reversed(m0, s0, m1, s1, beta):
    return _path(m1, s1, m0, s0, beta)


def weights_by_widths(m0, s0, m1, s1, beta):
    w0, w1 = (1 - beta) / s0, beta / s1
    return (w0 * m0 + w1 * m1) / (w0 + w1), 1 / (w0 + w1)


def variance(m0, s0, m1, s1, beta):
    means, sds = _path(m0, s0, m1, s1, beta)
    return means, sds**2


def precision(m0, s0, m1, s1, beta):
    means, sds = _path(m0, s0, m1, s1, beta)
    return means, sds**-2


def mean_not_divided(m0, s0, m1, s1, beta):
    return (1 - beta) * m0 / s0**2 + beta * m1 / s1**2, _path(m0, s0, m1, s1, beta)[1]


def reversed__variance(m0, s0, m1, s1, beta):
    means, sds = _path(m1, s1, m0, s0, beta)
    return means, sds**2
