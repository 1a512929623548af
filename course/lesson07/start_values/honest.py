"""Other right answers in start-values: each function stands for the learner's ``start_values``."""

import numpy as np
from scipy import optimize


def _start(slope, intercept, residual_share=0.8):
    theta = np.arctan(slope)
    return {"theta": theta, "b_perp": intercept * np.cos(theta), "bg_mean": 0.0, "bg_sigma": 1.5, "Q": residual_share}


def _pairs(x):
    return np.triu_indices(len(x), 1)


def absolute_deviations(x, e, y):
    miss = lambda line: np.sum(np.abs(y - line[0] * x - line[1]) / e)
    found = optimize.minimize(miss, np.polyfit(x, y, 1, w=1 / e), method="Nelder-Mead")
    return _start(*found.x)


def weighted_median_of_slopes(x, e, y):
    i, j = _pairs(x)
    slopes, weights = (y[j] - y[i]) / (x[j] - x[i]), np.abs(x[j] - x[i]) / np.hypot(e[i], e[j])
    order = np.argsort(slopes)
    slope = slopes[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)]
    rest = y - slope * x
    good = e < 1
    return {"theta": np.arctan(slope), "b_perp": np.median(rest[good]) * np.cos(np.arctan(slope))} | {
        "bg_mean": np.median(y[good]),
        "bg_sigma": np.std(y[good]),
        "Q": 0.7,
    }


def best_line_through_two_points(x, e, y):
    i, j = _pairs(x)
    slopes = (y[j] - y[i]) / (x[j] - x[i])
    lines = np.stack([slopes, y[i] - slopes * x[i]], axis=1)
    near = [np.sum(np.abs(y - slope * x - intercept) < 2 * e) for slope, intercept in lines]
    misses = [np.median(np.abs(y - slope * x - intercept) / e) for slope, intercept in lines]
    best = max(range(len(lines)), key=lambda k: (near[k], -misses[k]))
    return _start(*lines[best], residual_share=min(0.95, near[best] / len(x)))


def grid(x, e, y):
    theta, b_perp = (a.ravel() for a in np.meshgrid(np.linspace(-1.5, 1.5, 151), np.linspace(-2, 2, 81)))
    miss = (y - x * np.tan(theta)[:, None] - (b_perp / np.cos(theta))[:, None]) / e
    best = np.argmin(np.minimum(miss**2, 9.0).sum(axis=1))
    return {"theta": theta[best], "b_perp": b_perp[best], "bg_mean": 0.0, "bg_sigma": 1.0, "Q": 0.5}


def three_rounds_of_least_squares(x, e, y):
    weights = 1 / e
    for _ in range(4):
        slope, intercept = np.polyfit(x, y, 1, w=weights)
        miss = np.abs(y - slope * x - intercept) / e
        weights = 1 / e / np.sqrt(1 + (miss / 3) ** 2)
    off = miss > 5
    start = _start(slope, intercept, np.clip(1 - off.mean(), 0.1, 0.95))
    if off.sum() > 1:
        start |= {"bg_mean": np.mean(y[off]), "bg_sigma": np.std(y[off])}
    return start
