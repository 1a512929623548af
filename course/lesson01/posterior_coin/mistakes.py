"""Mistakes that learners make in posterior-coin: each function stands for the learner's ``posterior_coin``."""


def counts_alone(heads, tails, a0, b0):
    return heads, tails


def uniform_prior(heads, tails, a0, b0):
    return heads + 1, tails + 1


def exponents(heads, tails, a0, b0):
    return a0 + heads - 1, b0 + tails - 1


def swapped(heads, tails, a0, b0):
    return a0 + tails, b0 + heads


def all_flips_as_tails(heads, tails, a0, b0):
    return a0 + heads, b0 + heads + tails


def uniform_prior__swapped(heads, tails, a0, b0):
    return tails + 1, heads + 1
