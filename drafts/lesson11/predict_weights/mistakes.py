"""Mistakes that learners make in predict-weights: each function stands for the learner's ``predict_weights``."""

import numpy as np


def _scaled(matrix):
    root = np.sqrt(np.diag(matrix))
    return matrix / np.outer(root, root)


def _pair(values):
    ess = np.sqrt(np.prod(2 * values - 1)) / np.prod(values) if values.min() > 0.5 else 0.0
    return 1 - values.min(), ess


def _values(precision):
    return np.linalg.eigvalsh(_scaled(precision))


def _gap(precision):
    return -0.5 * np.linalg.slogdet(_scaled(precision))[1]


def correlation(precision):
    return _pair(np.linalg.eigvalsh(_scaled(np.linalg.inv(precision))))


def Lambda_itself(precision):
    return _pair(np.linalg.eigvalsh(precision))


def largest_correlation(precision):
    found = _scaled(np.linalg.inv(precision))
    rho = np.abs(found - np.eye(len(found))).max()
    return rho, np.sqrt(max(0.0, 1 - 4 * rho**2)) / (1 - rho**2)


def other_end(precision):
    return 1 - _values(precision).max(), _pair(_values(precision))[1]


def axes_only(precision):
    return _pair(1 / np.diag(precision) / np.diag(np.linalg.inv(precision)))


def gap(precision):
    return _gap(precision), _pair(_values(precision))[1]


def one_minus_k(precision):
    k, _ = _pair(_values(precision))
    return k, 1 - k


def e_to_the_minus_KL(precision):
    return _pair(_values(precision))[0], np.exp(-_gap(precision))


def no_root(precision):
    values = _values(precision)
    k, _ = _pair(values)
    return k, np.prod(2 * values - 1) / np.prod(values) if k < 0.5 else 0.0


def upside_down(precision):
    k, ess = _pair(_values(precision))
    return k, 1 / ess if ess else np.inf


def never_zero(precision):
    values = _values(precision)
    with np.errstate(invalid="ignore"):
        return 1 - values.min(), np.sqrt(np.prod(2 * values - 1)) / np.prod(values)


def correlation__no_root(precision):
    values = np.linalg.eigvalsh(_scaled(np.linalg.inv(precision)))
    k, _ = _pair(values)
    return k, np.prod(2 * values - 1) / np.prod(values) if k < 0.5 else 0.0


def one_minus_k__other_end(precision):
    values = _values(precision)
    return 1 - values.max(), values.max()
