"""R-hat and effective sample size of many sets of chains at once. NumPy and SciPy.

Formulas of A. Vehtari, A. Gelman, D. Simpson, B. Carpenter and P.-C. Buerkner, "Rank-normalization, folding, and
localization: an improved R-hat for assessing convergence of MCMC", Bayesian Analysis 16 (2021), 667-718.
All functions take draws of shape (..., chains, n).
"""

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata


def split(draws):
    """Each chain cut into its first and its second half, (..., 2 chains, n // 2)."""
    half = draws.shape[-1] // 2
    return np.concatenate([draws[..., :half], draws[..., -half:]], axis=-2)


def normal_ranks(draws):
    """Normal scores of the ranks among all chains' draws."""
    flat = draws.reshape(*draws.shape[:-2], -1)
    return ndtri((rankdata(flat, axis=-1) - 0.375) / (flat.shape[-1] + 0.25)).reshape(draws.shape)


def ratio(draws):
    """R-hat of the chains as they are, without cutting them: the root of (within + between / n) over within."""
    n = draws.shape[-1]
    within = draws.var(axis=-1, ddof=1).mean(axis=-1)
    return np.sqrt((n - 1) / n + draws.mean(axis=-1).var(axis=-1, ddof=1) / within)


def split_rhat(draws):
    return ratio(split(draws))


def rank_rhat(draws):
    """The larger of the R-hats of ranks, and of ranks of distances from the median."""
    folded = np.abs(draws - np.median(draws, axis=(-2, -1), keepdims=True))
    return np.maximum(split_rhat(normal_ranks(draws)), split_rhat(normal_ranks(folded)))


def autocovariance(draws):
    """Autocovariances of each chain around its own mean, (..., chains, n)."""
    n = draws.shape[-1]
    centred = draws - draws.mean(axis=-1, keepdims=True)
    power = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    return np.fft.irfft(power)[..., :n] / n


def ess(draws):
    """Effective sample size: all draws over 1 + 2 (sum of autocorrelations), cut off as C. Geyer (1992) has it."""
    chains, n = draws.shape[-2:]
    covariance = autocovariance(draws)
    within = covariance[..., 0].mean(axis=-1) * n / (n - 1)
    between = draws.mean(axis=-1).var(axis=-1, ddof=1) if chains > 1 else 0.0
    total = within * (n - 1) / n + between
    rho = 1 - (within[..., None] - covariance.mean(axis=-2) * n / (n - 1)) / total[..., None]
    rho[..., 0] = 1
    pairs = rho[..., : n // 2 * 2].reshape(*rho.shape[:-1], -1, 2).sum(axis=-1)
    positive = np.cumprod(pairs > 0, axis=-1)
    falling = np.minimum.accumulate(np.where(positive > 0, pairs, 0), axis=-1)
    return chains * n / np.maximum(2 * falling.sum(axis=-1) - 1, 1 / np.log10(chains * n))


def bulk_ess(draws):
    return ess(normal_ranks(split(draws)))
