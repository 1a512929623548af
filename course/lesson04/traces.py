"""Lesson 4, grader's half: has it converged?

NumPy and SciPy, float64. With q = Beta(a, b) and posterior Beta(A, B), one draw's loss is
constant - (A - a) ln f - (B - b) ln(1 - f), so its variance under q is

    Da^2 (t(a) - t(a+b)) + Db^2 (t(b) - t(a+b)) - 2 Da Db t(a+b),   Da = A - a, Db = B - b,

with the trigamma function t (covariances of ln f and ln(1-f): Johnson, Kotz & Balakrishnan,
*Continuous Univariate Distributions* 2, chapter 25)."""

import numpy as np

_STEPS = 4000


def _single(traces):
    """Traces in one array of float32: a class stores thousands of them, and JAX would round them anyway."""
    return np.stack(traces).astype(np.float32)
