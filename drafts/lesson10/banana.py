"""The banana, exactly: NumPy, float64.

x1 ~ N(0, s1), x2 | x1 ~ N(b (x1**2 - s1**2), s2): normalised, mean 0, standard deviations s1 and
sqrt(s2**2 + 2 b**2 s1**4). A variant of the target of Haario, Saksman and Tamminen (1999).

For q = N(0, v) N(m, w), with E x1**2 = v and Var x1**2 = 2 v**2,

    KL(q || banana) = (v / s1**2 - 1 - ln(v / s1**2)) / 2 + (w / s2**2 - 1 - ln(w / s2**2)) / 2
                      + ((m - b (v - s1**2))**2 + 2 b**2 v**2) / (2 s2**2).

Its least value is at m = b (v - s1**2), w = s2**2 and, with r = v / s1**2 and kappa = |b| s1**2 / s2, at
4 kappa**2 r**2 + r = 1. A full covariance gains nothing: with x1 ~ N(m1, v) and x2 | x1 ~ N(a + c x1, w) the best line
is the tangent at m1, c = 2 b m1, which leaves (m1 / s1)**2 / 2 more than above, so that m1 = 0 and c = 0 are best.
"""

import numpy as np


def log_density(x1, x2, b, s1, s2):
    """ln of the banana's density at points."""
    bent = (x2 - b * (x1**2 - s1**2)) / s2
    return -0.5 * (x1 / s1) ** 2 - 0.5 * bent**2 - np.log(2 * np.pi * s1 * s2)


def target_sds(b, s1, s2):
    """Standard deviations of the banana's own x1 and x2."""
    return s1, np.sqrt(s2**2 + 2 * b**2 * s1**4)


def root(a, c):
    """The positive root of a r**2 + c r = 1."""
    return 2 / (c + np.sqrt(c**2 + 4 * a))


def best_normal(b, s1, s2):
    """The independent normals with the least KL to the banana: (sd of x1, sd of x2, KL), of the arguments' shape."""
    kappa_2 = (b * s1**2 / s2) ** 2
    r = root(4 * kappa_2, 1.0)
    return s1 * np.sqrt(r), s2 + 0 * r, 0.5 * (r - 1 - np.log(r)) + kappa_2 * r**2
