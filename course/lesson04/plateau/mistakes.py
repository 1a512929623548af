"""Mistakes that learners make in plateau: each function stands for the learner's ``plateau``."""

import numpy as np


def strided(losses, window):
    tail = losses[::-window]
    return np.mean(tail), np.std(tail) / np.sqrt(len(tail))


def first_window(losses, window):
    tail = losses[:window]
    return np.mean(tail), np.std(tail) / np.sqrt(window)


def whole_run(losses, window):
    return np.mean(losses), np.std(losses) / np.sqrt(len(losses))


def median(losses, window):
    tail = np.asarray(losses)[-window:]
    return np.median(tail), np.std(tail) / np.sqrt(window)


def sd(losses, window):
    tail = np.asarray(losses)[-window:]
    return np.mean(tail), np.std(tail)


def squared(losses, window):
    tail = np.asarray(losses)[-window:]
    return np.mean(tail), np.var(tail) / window


def last_loss(losses, window):
    tail = np.asarray(losses)[-window:]
    return losses[-1], np.std(tail) / np.sqrt(window)


def median__sd(losses, window):
    return np.median(losses[-window:]), np.std(losses[-window:])


def whole_run__squared(losses, window):
    return np.mean(losses), np.var(losses) / len(losses)
