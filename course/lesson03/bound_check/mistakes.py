"""Mistakes that learners make in bound-check: each function stands for the learner's ``breaks_the_bound``."""

import numpy as np


def any_loss(losses, log_z):
    losses = np.asarray(losses)
    return bool(np.any(losses < -log_z))


def mean(losses, log_z):
    losses = np.asarray(losses)
    return bool(losses.mean() < -log_z)


def median(losses, log_z):
    losses = np.asarray(losses)
    return bool(np.median(losses) < -log_z)


def last_loss(losses, log_z):
    losses = np.asarray(losses)
    return bool(losses[-1] < -log_z)


def sign_of_ln_Z(losses, log_z):
    losses = np.asarray(losses)
    error = losses.std() / np.sqrt(losses.size)
    return bool(losses.mean() < log_z - 4 * error - 1e-3)


def one_sd(losses, log_z):
    losses = np.asarray(losses)
    return bool(losses.mean() < -log_z - losses.std() - 1e-3)


def seventh_digit(losses, log_z):
    losses = np.asarray(losses)
    error = losses.std() / np.sqrt(losses.size)
    return bool(losses.mean() < -log_z - 4 * error)
