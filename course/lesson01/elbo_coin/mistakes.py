"""Mistakes that learners make in elbo-coin: each function stands for the learner's ``elbo_beta_coin``."""

import numpy as np
from scipy import special


def no_entropy(a, b, heads, tails, a0, b0):
    mean_log_f = special.digamma(a) - special.digamma(a + b)
    mean_log_1mf = special.digamma(b) - special.digamma(a + b)
    log_likelihood = heads * mean_log_f + tails * mean_log_1mf
    log_prior = (a0 - 1) * mean_log_f + (b0 - 1) * mean_log_1mf - special.betaln(a0, b0)
    return log_likelihood + log_prior


def entropy_with_the_wrong_sign(a, b, heads, tails, a0, b0):
    mean_log_f = special.digamma(a) - special.digamma(a + b)
    mean_log_1mf = special.digamma(b) - special.digamma(a + b)
    log_likelihood = heads * mean_log_f + tails * mean_log_1mf
    log_prior = (a0 - 1) * mean_log_f + (b0 - 1) * mean_log_1mf - special.betaln(a0, b0)
    log_q = (a - 1) * mean_log_f + (b - 1) * mean_log_1mf - special.betaln(a, b)
    return log_likelihood + log_prior + log_q


def negated(a, b, heads, tails, a0, b0):
    mean_log_f = special.digamma(a) - special.digamma(a + b)
    mean_log_1mf = special.digamma(b) - special.digamma(a + b)
    log_likelihood = heads * mean_log_f + tails * mean_log_1mf
    log_prior = (a0 - 1) * mean_log_f + (b0 - 1) * mean_log_1mf - special.betaln(a0, b0)
    log_q = (a - 1) * mean_log_f + (b - 1) * mean_log_1mf - special.betaln(a, b)
    return log_q - log_likelihood - log_prior


def no_prior(a, b, heads, tails, a0, b0):
    mean_log_f = special.digamma(a) - special.digamma(a + b)
    mean_log_1mf = special.digamma(b) - special.digamma(a + b)
    log_likelihood = heads * mean_log_f + tails * mean_log_1mf
    log_q = (a - 1) * mean_log_f + (b - 1) * mean_log_1mf - special.betaln(a, b)
    return log_likelihood - log_q


def prior_not_normalised(a, b, heads, tails, a0, b0):
    mean_log_f = special.digamma(a) - special.digamma(a + b)
    mean_log_1mf = special.digamma(b) - special.digamma(a + b)
    log_likelihood = heads * mean_log_f + tails * mean_log_1mf
    log_prior = (a0 - 1) * mean_log_f + (b0 - 1) * mean_log_1mf
    log_q = (a - 1) * mean_log_f + (b - 1) * mean_log_1mf - special.betaln(a, b)
    return log_likelihood + log_prior - log_q


def joint_at_the_mean(a, b, heads, tails, a0, b0):
    mean_log_f = special.digamma(a) - special.digamma(a + b)
    mean_log_1mf = special.digamma(b) - special.digamma(a + b)
    log_q = (a - 1) * mean_log_f + (b - 1) * mean_log_1mf - special.betaln(a, b)
    f = a / (a + b)
    log_joint = (a0 + heads - 1) * np.log(f) + (b0 + tails - 1) * np.log(1 - f) - special.betaln(a0, b0)
    return log_joint - log_q


def divergence(a, b, heads, tails, a0, b0):
    mean_log_f = special.digamma(a) - special.digamma(a + b)
    mean_log_1mf = special.digamma(b) - special.digamma(a + b)
    log_q = (a - 1) * mean_log_f + (b - 1) * mean_log_1mf - special.betaln(a, b)
    c, d = a0 + heads, b0 + tails
    return log_q - (c - 1) * mean_log_f - (d - 1) * mean_log_1mf + special.betaln(c, d)


def no_prior__negated(a, b, heads, tails, a0, b0):
    f, not_f = special.digamma(a) - special.digamma(a + b), special.digamma(b) - special.digamma(a + b)
    return (a - 1) * f + (b - 1) * not_f - special.betaln(a, b) - heads * f - tails * not_f
