"""Mistakes that learners make in kl-grid: each function stands for the learner's ``kl_grid``."""

import numpy as np


def swapped(log_q, log_p, x):
    p = np.exp(log_p)
    keep = p > 0
    return np.sum(p[keep] * (log_p[keep] - log_q[keep])) * (x[1] - x[0])


def zero_times_infinity(log_q, log_p, x):
    dx = x[1] - x[0]
    return np.sum(np.exp(log_q) * (log_q - log_p)) * dx


def finite_price(log_q, log_p, x):
    dx = x[1] - x[0]
    keep = np.exp(log_q) > 0
    log_q, log_p = log_q[keep], log_p[keep]
    q = np.exp(log_q)
    return np.sum(q * (log_q - np.maximum(log_p, -1000.0))) * dx


def plain_average(log_q, log_p, x):
    keep = np.isfinite(log_q) & np.isfinite(log_p)
    return np.mean(log_q[keep] - log_p[keep])


def no_spacing(log_q, log_p, x):
    keep = np.exp(log_q) > 0
    log_q, log_p = log_q[keep], log_p[keep]
    q = np.exp(log_q)
    return np.sum(q * (log_q - log_p))


def absolute_value(log_q, log_p, x):
    dx = x[1] - x[0]
    keep = np.exp(log_q) > 0
    log_q, log_p = log_q[keep], log_p[keep]
    q = np.exp(log_q)
    return np.sum(q * np.abs(log_q - log_p)) * dx


def ratio_of_rounded_numbers(log_q, log_p, x):
    dx = x[1] - x[0]
    q, p = np.exp(log_q), np.exp(log_p)
    keep = q > 0
    return np.sum(q[keep] * np.log(q[keep] / p[keep])) * dx


def swapped__no_spacing(log_q, log_p, x):
    keep = np.exp(log_p) > 0
    return np.sum(np.exp(log_p[keep]) * (log_p[keep] - log_q[keep]))
