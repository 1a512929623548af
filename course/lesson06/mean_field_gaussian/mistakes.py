"""Mistakes that learners make in mean-field-gaussian: each stands for the learner's ``mean_field_gaussian``."""

import numpy as np


def marginal_sds(precision):
    precision = np.asarray(precision)
    diagonal = np.diag(precision)
    gap = 0.5 * (np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1])
    return np.sqrt(np.diag(np.linalg.inv(precision))), gap


def marginal_sds_in_the_gap(precision):
    precision = np.asarray(precision)
    diagonal = np.diag(precision)
    cov = np.linalg.inv(precision)
    gap = 0.5 * (
        np.sum(np.log(np.diag(cov))) * -1 - np.linalg.slogdet(precision)[1] + np.sum(diagonal * np.diag(cov)) - len(cov)
    )
    return np.sqrt(np.diag(cov)), gap


def variances(precision):
    precision = np.asarray(precision)
    diagonal = np.diag(precision)
    gap = 0.5 * (np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1])
    return 1 / diagonal, gap


def covariance_taken_for_precision(precision):
    precision = np.asarray(precision)
    diagonal = np.diag(precision)
    gap = 0.5 * (np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1])
    return np.sqrt(diagonal), gap


def inverse_of_what_was_given(precision):
    precision = np.linalg.inv(precision)
    diagonal = np.diag(precision)
    gap = 0.5 * (np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1])
    return diagonal**-0.5, gap


def gap_without_a_half(precision):
    precision = np.asarray(precision)
    diagonal = np.diag(precision)
    return diagonal**-0.5, np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1]


def gap_below_zero(precision):
    precision = np.asarray(precision)
    diagonal = np.diag(precision)
    return diagonal**-0.5, 0.5 * (np.linalg.slogdet(precision)[1] - np.sum(np.log(diagonal)))


def log_det_lost(precision):
    precision = np.asarray(precision)
    diagonal = np.diag(precision)
    return diagonal**-0.5, 0.5 * np.sum(np.log(diagonal))


def variances__gap_without_a_half(precision):
    diagonal = np.diag(precision)
    return 1 / diagonal, np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1]
