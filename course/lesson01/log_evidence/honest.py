"""Other right answers in log-evidence: each function stands for the learner's ``log_evidence_coin``."""

import numpy as np
from scipy import special, stats


def gammaln(heads, tails, a0, b0):
    g = special.gammaln
    return g(a0 + heads) + g(b0 + tails) - g(a0 + b0 + heads + tails) + g(a0 + b0) - g(a0) - g(b0)


def betabinom(heads, tails, a0, b0):
    n = heads + tails
    choose = special.gammaln(n + 1) - special.gammaln(heads + 1) - special.gammaln(tails + 1)
    return stats.betabinom(n, a0, b0).logpmf(heads) - choose


def flip_by_flip(heads, tails, a0, b0):
    i, j, n = np.arange(heads), np.arange(tails), np.arange(heads + tails)
    return np.log(a0 + i).sum() + np.log(b0 + j).sum() - np.log(a0 + b0 + n).sum()


def quadrature_of_logs(heads, tails, a0, b0):
    f = (np.arange(20_000) + 0.5) / 20_000
    logs = stats.beta(a0, b0).logpdf(f) + heads * np.log(f) + tails * np.log1p(-f)
    return special.logsumexp(logs) - np.log(20_000)


def float32(heads, tails, a0, b0):
    g = lambda x: special.gammaln(np.float32(x))
    return g(a0 + heads) + g(b0 + tails) - g(a0 + b0 + heads + tails) + g(a0 + b0) - g(a0) - g(b0)
