"""Mistakes that learners make in log-evidence: each function stands for the learner's ``log_evidence_coin``."""

import numpy as np
from scipy import special


def binomial_coefficient(heads, tails, a0, b0):
    choose = special.gammaln(heads + tails + 1) - special.gammaln(heads + 1) - special.gammaln(tails + 1)
    return choose + special.betaln(a0 + heads, b0 + tails) - special.betaln(a0, b0)


def prior_not_normalised(heads, tails, a0, b0):
    return special.betaln(a0 + heads, b0 + tails)


def best_f(heads, tails, a0, b0):
    f = heads / (heads + tails)
    return heads * np.log(f) + tails * np.log(1 - f)


def mean_of_the_log(heads, tails, a0, b0):
    psi = special.digamma
    return heads * psi(a0) + tails * psi(b0) - (heads + tails) * psi(a0 + b0)


def plain_numbers(heads, tails, a0, b0):
    return np.log(special.beta(a0 + heads, b0 + tails) / special.beta(a0, b0))


def minus_sign(heads, tails, a0, b0):
    return -(special.betaln(a0 + heads, b0 + tails) - special.betaln(a0, b0))


def prior_not_normalised__minus_sign(heads, tails, a0, b0):
    return -special.betaln(a0 + heads, b0 + tails)
