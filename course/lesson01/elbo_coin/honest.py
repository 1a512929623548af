"""Other right answers in elbo-coin: each function stands for the learner's ``elbo_beta_coin``."""

import numpy as np
from scipy import special, stats


def identity(a, b, heads, tails, a0, b0):
    c, d = a0 + heads, b0 + tails
    psi = special.digamma
    kl = (
        special.betaln(c, d) - special.betaln(a, b) + (a - c) * psi(a) + (b - d) * psi(b) + (c - a + d - b) * psi(a + b)
    )
    return special.betaln(c, d) - special.betaln(a0, b0) - kl


def scipy_s_entropy(a, b, heads, tails, a0, b0):
    mean_log_f = special.digamma(a) - special.digamma(a + b)
    mean_log_1mf = special.digamma(b) - special.digamma(a + b)
    log_likelihood = heads * mean_log_f + tails * mean_log_1mf
    log_prior = (a0 - 1) * mean_log_f + (b0 - 1) * mean_log_1mf - special.betaln(a0, b0)
    return log_likelihood + log_prior + stats.beta(a, b).entropy()


def quadrature(a, b, heads, tails, a0, b0):
    f = (np.arange(20_000) + 0.5) / 20_000
    log_q = stats.beta(a, b).logpdf(f)
    log_joint = stats.beta(a0, b0).logpdf(f) + heads * np.log(f) + tails * np.log1p(-f)
    return np.mean(np.exp(log_q) * (log_joint - log_q))


def float32(a, b, heads, tails, a0, b0):
    a, b, c, d, a0, b0 = np.float32([a, b, a0 + heads, b0 + tails, a0, b0])
    psi, total = special.digamma, np.float32(a + b)
    gaps = (c - a) * (psi(a) - psi(total)) + (d - b) * (psi(b) - psi(total))
    return gaps + special.betaln(a, b) - special.betaln(a0, b0)
