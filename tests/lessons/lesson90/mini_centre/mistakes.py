"""Mistakes that learners make in mini-centre: each function stands for the learner's ``centre``."""

import numpy as np


def median(x):
    return np.median(x)


def total(x):
    return x.sum()
