"""Mistakes that learners make in has-converged: each function stands for the learner's ``has_converged``."""

import numpy as np


def within_one_sd(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    if not np.all(np.isfinite(losses[-2 * window :])):
        return False
    return bool(abs(last.mean() - before.mean()) <= last.std())


def relative_tolerance(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    if not np.all(np.isfinite(losses[-2 * window :])):
        return False
    return bool(abs(last.mean() - before.mean()) <= 1e-3 * abs(last.mean()))


def absolute_tolerance(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    if not np.all(np.isfinite(losses[-2 * window :])):
        return False
    return bool(abs(last.mean() - before.mean()) <= 0.01)


def NaN_slips_through(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    return bool(not abs(last.mean() - before.mean()) > 4 * error)


def NaN_dropped(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    last, before = last[np.isfinite(last)], before[np.isfinite(before)]
    if len(last) < 2 or len(before) < 2:
        return True
    error = np.sqrt(last.var() / len(last) + before.var() / len(before))
    return bool(abs(last.mean() - before.mean()) <= 4 * error)


def past_not_forgiven(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    return bool(np.all(np.isfinite(losses)) and abs(last.mean() - before.mean()) <= 4 * error)


def falling_only(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
    if not np.all(np.isfinite(losses[-2 * window :])):
        return False
    return bool(before.mean() - last.mean() <= 4 * error)


def strided(losses, window):
    tail = np.asarray(losses)[::-window]
    half = len(tail) // 2
    a, b = tail[:half], tail[half:]
    return bool(abs(a.mean() - b.mean()) <= 4 * np.sqrt(a.var() / len(a) + b.var() / len(b)))


def lower_than_before(losses, window):
    return bool(losses[-1] < losses[0])


def falling_only__NaN_slips_through(losses, window):
    last, before = losses[-window:], losses[-2 * window : -window]
    return not before.mean() - last.mean() > 4 * np.sqrt((last.var() + before.var()) / window)


def within_one_sd__past_not_forgiven(losses, window):
    last, before = losses[-window:], losses[-2 * window : -window]
    return bool(np.isfinite(losses).all() and abs(last.mean() - before.mean()) <= last.std())
