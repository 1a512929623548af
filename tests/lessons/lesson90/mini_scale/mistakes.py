"""Mistakes that learners make in mini-scale: each function stands for the learner's ``scale``."""


def variance(x):
    return x.var()
