"""Other right answers in posterior-coin: each function stands for the learner's ``posterior_coin``."""

import numpy as np


def array(heads, tails, a0, b0):
    return np.array([a0, b0]) + np.array([heads, tails])


def one_flip_at_a_time(heads, tails, a0, b0):
    a, b = a0, b0
    for _ in range(heads):
        a = a + 1
    for _ in range(tails):
        b = b + 1
    return [a, b]


def float32(heads, tails, a0, b0):
    return np.float32(a0) + np.float32(heads), np.float32(b0) + np.float32(tails)
