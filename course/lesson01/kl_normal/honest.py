"""Other right answers in kl-normal: each function stands for the learner's ``kl_normal``."""

import numpy as np
from scipy import stats


def variances(m1, s1, m2, s2):
    ratio = (s1 / s2) ** 2
    return 0.5 * (ratio - 1 - np.log(ratio) + ((m1 - m2) / s2) ** 2)


def _kl(m1, s1, m2, s2):
    eps, weight = np.polynomial.hermite_e.hermegauss(20)
    x = m1 + s1 * eps
    return weight @ (stats.norm.logpdf(x, m1, s1) - stats.norm.logpdf(x, m2, s2)) / weight.sum()


quadrature = np.vectorize(_kl)


def float32(m1, s1, m2, s2):
    m1, s1, m2, s2 = (np.asarray(x, dtype=np.float32) for x in (m1, s1, m2, s2))
    return np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - np.float32(0.5)
