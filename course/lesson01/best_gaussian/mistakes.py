"""Mistakes that learners make in best-gaussian: each function stands for the learner's ``best_gaussian``."""

import numpy as np
from scipy import optimize, special


def directions_swapped(logp_grid, x, direction):
    p = np.exp(logp_grid - logp_grid.max())
    p = p / p.sum()
    mean = np.sum(p * x)
    sd = np.sqrt(np.sum(p * (x - mean) ** 2))
    if direction == "reverse":
        return mean, sd

    def divergence(t):
        log_q = -0.5 * ((x - t[0]) / np.exp(t[1])) ** 2
        log_q = log_q - special.logsumexp(log_q)
        return np.sum(np.exp(log_q) * (log_q - logp_grid))

    def search(starts):
        fits = [optimize.minimize(divergence, [start, 0.0], method="Nelder-Mead") for start in starts]
        best = min(fits, key=lambda fit: fit.fun)
        return best.x[0], np.exp(best.x[1])

    return search(np.linspace(-6, 6, 5))


def highest_peak(logp_grid, x, direction):
    p = np.exp(logp_grid - logp_grid.max())
    p = p / p.sum()
    mean = np.sum(p * x)
    sd = np.sqrt(np.sum(p * (x - mean) ** 2))
    if direction == "forward":
        return mean, sd
    i, dx = np.argmax(logp_grid), x[1] - x[0]
    curvature = (logp_grid[i - 1] - 2 * logp_grid[i] + logp_grid[i + 1]) / dx**2
    return x[i], np.sqrt(-1 / curvature)


def one_start(logp_grid, x, direction):
    p = np.exp(logp_grid - logp_grid.max())
    p = p / p.sum()
    mean = np.sum(p * x)
    sd = np.sqrt(np.sum(p * (x - mean) ** 2))
    if direction == "forward":
        return mean, sd

    def divergence(t):
        log_q = -0.5 * ((x - t[0]) / np.exp(t[1])) ** 2
        log_q = log_q - special.logsumexp(log_q)
        return np.sum(np.exp(log_q) * (log_q - logp_grid))

    def search(starts):
        fits = [optimize.minimize(divergence, [start, 0.0], method="Nelder-Mead") for start in starts]
        best = min(fits, key=lambda fit: fit.fun)
        return best.x[0], np.exp(best.x[1])

    return search([x[np.argmax(logp_grid)]])


def variance(logp_grid, x, direction):
    p = np.exp(logp_grid - logp_grid.max())
    p = p / p.sum()
    mean = np.sum(p * x)
    sd = np.sqrt(np.sum(p * (x - mean) ** 2))
    if direction == "forward":
        return mean, sd**2

    def divergence(t):
        log_q = -0.5 * ((x - t[0]) / np.exp(t[1])) ** 2
        log_q = log_q - special.logsumexp(log_q)
        return np.sum(np.exp(log_q) * (log_q - logp_grid))

    def search(starts):
        fits = [optimize.minimize(divergence, [start, 0.0], method="Nelder-Mead") for start in starts]
        best = min(fits, key=lambda fit: fit.fun)
        return best.x[0], np.exp(best.x[1])

    mean, sd = search(np.linspace(-6, 6, 5))
    return mean, sd**2


def exp_of_a_large_number(logp_grid, x, direction):
    p = np.exp(logp_grid)
    p = p / p.sum()
    mean = np.sum(p * x)
    sd = np.sqrt(np.sum(p * (x - mean) ** 2))
    if direction == "forward":
        return mean, sd

    def divergence(t):
        log_q = -0.5 * ((x - t[0]) / np.exp(t[1])) ** 2
        log_q = log_q - special.logsumexp(log_q)
        return np.sum(np.exp(log_q) * (log_q - logp_grid))

    def search(starts):
        fits = [optimize.minimize(divergence, [start, 0.0], method="Nelder-Mead") for start in starts]
        best = min(fits, key=lambda fit: fit.fun)
        return best.x[0], np.exp(best.x[1])

    return search(np.linspace(-6, 6, 5))


def weights_ignored(logp_grid, x, direction):
    return x.mean(), x.std()


def off_the_grid(logp_grid, x, direction):
    p = np.exp(logp_grid - logp_grid.max())
    p = p / p.sum()
    mean = np.sum(p * x)
    sd = np.sqrt(np.sum(p * (x - mean) ** 2))
    if direction == "forward":
        return mean, sd
    best = (np.inf, 0.0, 1.0)
    for m in np.linspace(-13.975, 13.975, 60):
        for s in np.geomspace(1e-3, 20, 40):
            log_q = -0.5 * ((x - m) / s) ** 2 - np.log(s) - 0.5 * np.log(2 * np.pi)
            best = min(best, (np.sum(np.exp(log_q) * (log_q - logp_grid)) * (x[1] - x[0]), m, s))
    return best[1], best[2]


def directions_swapped__variance(logp_grid, x, direction):
    p = np.exp(logp_grid - special.logsumexp(logp_grid))
    mean = np.sum(p * x)
    if direction == "reverse":
        return mean, np.sum(p * (x - mean) ** 2)
    i, dx = np.argmax(logp_grid), x[1] - x[0]
    return x[i], -(dx**2) / (logp_grid[i - 1] - 2 * logp_grid[i] + logp_grid[i + 1])
