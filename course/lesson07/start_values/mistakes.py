"""Mistakes that learners make in start-values: each function stands for the learner's ``start_values``."""

import numpy as np


def _start(theta, intercept):
    return {"theta": theta, "b_perp": intercept * np.cos(theta), "bg_mean": 0.0, "bg_sigma": 1.0, "Q": 0.5}


def always_the_same(x, e, y):
    return {"theta": 0.0, "b_perp": 0.0, "bg_mean": 0.0, "bg_sigma": 1.0, "Q": 0.5}


def first_and_last_point(x, e, y):
    slope = (y[-1] - y[0]) / (x[-1] - x[0])
    return _start(np.arctan(slope), y[0] - slope * x[0])


def slope_for_angle(x, e, y):
    slope, intercept = np.polyfit(x, y, 1, w=1 / e)
    return _start(slope, intercept)


def degrees(x, e, y):
    slope, intercept = np.polyfit(x, y, 1, w=1 / e)
    theta = np.arctan(slope)
    return _start(theta, intercept) | {"theta": np.degrees(theta)}


def every_point_counts_the_same(x, e, y):
    slope, intercept = np.polyfit(x, y, 1)
    return _start(np.arctan(slope), intercept)


_rng = np.random.default_rng(0)


def random_numbers(x, e, y):
    u = _rng.uniform(-2, 2, 5)
    share = 1 / (1 + np.exp(-u))
    return {
        "theta": np.pi * (share[0] - 0.5),
        "b_perp": u[1],
        "bg_mean": u[2],
        "bg_sigma": np.exp(u[3]),
        "Q": share[4],
    }


def not_a_number(x, e, y):
    slopes = (y[:, None] - y) / (x[:, None] - x)
    slope = np.median(slopes)
    return _start(np.arctan(slope), np.median(y - slope * x))


def first_and_last_point__slope_for_angle(x, e, y):
    slope = (y[-1] - y[0]) / (x[-1] - x[0])
    return _start(slope, y[0] - slope * x[0])
