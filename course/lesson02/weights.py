"""Lesson 2, grader's half: the ELBO by Monte Carlo, and a hand-made loop.

Everything is judged against closed forms and Gauss-Hermite quadrature in float64. With
p(z) = c + A log sigmoid(z) + B log sigmoid(-z) and z = loc + scale * eps, one draw gives

    log weight            w = p(z) + log scale + log(2 pi) / 2 + eps**2 / 2,
    pathwise gradient     (p'(z), p'(z) * scale * eps + 1)

(Kingma & Welling 2014, *Auto-Encoding Variational Bayes*; Kucukelbir et al. 2017, *ADVI*)."""

import numpy as np
from scipy.special import log_expit

from ..coin import NORMAL_WEIGHTS

HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


def _log_p(r, z):
    return r["c"] + r["a"] * log_expit(z) + r["b"] * log_expit(-z)


def _log_weight(r, loc, log_scale, eps, drawn=None, claimed=None):
    """log p(z) - log q(z) with z drawn at scale ``drawn`` and q of scale ``claimed``; the right one for None."""
    drawn = np.exp(log_scale) if drawn is None else drawn
    claimed = np.exp(log_scale) if claimed is None else claimed
    shift = drawn * eps
    return _log_p(r, loc + shift) + np.log(np.abs(claimed)) + HALF_LOG_2PI + 0.5 * (shift / claimed) ** 2


def _moments(values):
    """Mean and sd over the standard normal nodes, last axis."""
    mean = values @ NORMAL_WEIGHTS
    return mean, np.sqrt(np.maximum((values - mean[..., None]) ** 2 @ NORMAL_WEIGHTS, 0))
