"""Lesson 5, guides with structure: what its exercises ask and how they are judged.

Closed forms and quadrature in float64. The target of two bumps, with u1 along the line of
the bumps and u2 across it, is

    f = [exp(-(u1 - b)**2 / (2 s1**2)) + exp(-(u1 + b)**2 / (2 s1**2))] / (1 + (u2 / s2)**2 / 2),

so that the integral of f is 2 s1 sqrt(2 pi) * pi sqrt(2) s2: two normal bumps times a Cauchy
density of scale g = sqrt(2) s2. The best normal surrogate of that Cauchy density has the
scale at which E[g**2 / (g**2 + u2**2)] = 1/2."""

import numpy as np

LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


def log_normal(x, mean, sd):
    return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - LOG_ROOT_2PI


def turn(x, y, theta):
    """Coordinates along and across a line at the angle theta (radians)."""
    c, s = np.cos(theta), np.sin(theta)
    return c * x + s * y, c * y - s * x


def draw_target(rng):
    """b, s1, s2 and theta (radians, well away from 0, 45 and 90 degrees)."""
    degrees = rng.choice([rng.uniform(15, 33), rng.uniform(57, 75)])
    values = {
        "b": rng.uniform(3.5, 6),
        "s1": rng.uniform(0.4, 0.7),
        "s2": rng.uniform(1.2, 2.5),
        "theta": np.deg2rad(degrees),
    }
    return {name: np.float64(np.float32(value)) for name, value in values.items()}


PUBLIC_TARGET = {
    name: np.float64(np.float32(value)) for name, value in {"b": 5, "s1": 0.5, "s2": 2, "theta": np.pi / 6}.items()
}


def _pieces(u1, u2, b, s1, s2):
    """Log of the two bumps and of the factor, with their slopes in u1 and u2."""
    near, other = -0.5 * ((u1 - b) / s1) ** 2, -0.5 * ((u1 + b) / s1) ** 2
    both = np.logaddexp(near, other)
    slope1 = (np.exp(near - both) * (b - u1) - np.exp(other - both) * (b + u1)) / s1**2
    return both - np.log1p(0.5 * (u2 / s2) ** 2), slope1, -u2 / (s2**2 + 0.5 * u2**2)


def log_target(x, y, b, s1, s2, theta):
    return _pieces(*turn(x, y, theta), b, s1, s2)[0]
