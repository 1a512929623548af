"""Mistakes that learners make in the-exercise: each function stands for the learner's ``the_function``."""

import numpy as np


def median(x):
    return np.median(x)
