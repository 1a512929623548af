"""Lesson 1, grader's half: posterior, evidence, KL divergence, the bound, and which way to measure.

Everything is judged against closed forms in float64, or quadrature where there is none. With
P(f) = prior times likelihood of one sequence of flips and Z its integral over f,

    KL(q || p) = E_q[ln q - ln p] >= 0,    ELBO = E_q[ln P - ln q] = ln Z - KL(q || p)

(Kullback & Leibler 1951; Jordan et al. 1999, *An Introduction to Variational Methods for Graphical Models*)."""

import numpy as np
from scipy.special import digamma


def _same(got, want, tol):
    """Whether two arrays agree, absolutely and relatively to ``want``; infinities must be the same ones."""
    got, want = np.asarray(got, float), np.asarray(want, float)
    finite = np.isfinite(want)
    return bool(
        np.all(got[~finite] == want[~finite])
        and np.all(np.abs(got[finite] - want[finite]) <= tol * (1 + np.abs(want[finite])))
    )


def _shifted(field, rows=slice(None), relative_to=None):
    """perturb: entries ``rows`` of a field moved by ``size``, times 1 + |truth| where a truth is named."""

    def perturb(m, r, size):
        values = np.array(m[field], dtype=float)
        values[rows] += size * (1 + np.abs(r[relative_to][rows]) if relative_to else 1.0)
        return {**m, field: values}

    return perturb


def _coins(rng, n):
    """n rows of heads, tails (different, 3 to 40) and parameters of a prior neither uniform nor its own mirror."""
    flips = np.array([rng.choice(np.arange(3, 41), 2, replace=False) for _ in range(n)])
    a0 = rng.uniform(1.5, 8, n)
    b0 = np.where(rng.random(n) < 0.5, a0 * rng.uniform(0.4, 0.8, n), a0 * rng.uniform(1.25, 2, n)).clip(1.2, 10)
    return {"heads": flips[:, 0], "tails": flips[:, 1], "a0": a0, "b0": b0}


def _with_the_coin_first(case):
    """The lesson's own coin as the first row of a public case."""
    case = {name: column.copy() for name, column in case.items()}
    for name, value in {"heads": 12, "tails": 8, "a0": 1.0, "b0": 1.0}.items():
        case[name][0] = value
    return case


def _floats(case):
    return {name: np.asarray(value, dtype=float) for name, value in case.items()}


def _mean_log_likelihood(h, t, a, b):
    """E[h ln f + t ln(1 - f)] under Beta(a, b)."""
    return h * digamma(a) + t * digamma(b) - (h + t) * digamma(a + b)


def _kl_normal(m1, s1, m2, s2):
    return np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5
