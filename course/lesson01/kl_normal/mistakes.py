"""Mistakes that learners make in kl-normal: each function stands for the learner's ``kl_normal``."""

import numpy as np


def arguments_swapped(m1, s1, m2, s2):
    return np.log(s1 / s2) + (s2**2 + (m1 - m2) ** 2) / (2 * s1**2) - 0.5


def sd_as_variance(m1, s1, m2, s2):
    return 0.5 * np.log(s2 / s1) + (s1 + (m1 - m2) ** 2) / (2 * s2) - 0.5


def no_half(m1, s1, m2, s2):
    return np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2)


def log_ratio_flipped(m1, s1, m2, s2):
    return np.log(s1 / s2) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5


def shift_in_units_of_q(m1, s1, m2, s2):
    return np.log(s2 / s1) + s1**2 / (2 * s2**2) + (m1 - m2) ** 2 / (2 * s1**2) - 0.5


def arguments_swapped__no_half(m1, s1, m2, s2):
    return np.log(s1 / s2) + (s2**2 + (m1 - m2) ** 2) / (2 * s1**2)
