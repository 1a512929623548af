"""Lesson 6, autoguides and the Gaussian limit: what its exercises ask and how they are judged.

With p = N(mean, inverse of precision L) and q = N(m, diag(s**2)),

    KL(q || p) = (sum L_ii s_i**2 - d - sum ln s_i**2 - ln det L) / 2   for m = mean,

least at s_i = L_ii**-1/2, where it is (sum ln L_ii - ln det L) / 2 (Bishop, *Pattern Recognition
and Machine Learning*, section 10.1.2). Laplace's approximation: MacKay, *Information Theory,
Inference, and Learning Algorithms*, chapter 27."""

import numpy as np

LOG_2PI = np.log(2 * np.pi)


def same(x, y, tol=2e-3):
    """Whether two arrays agree everywhere to this part of the wanted size."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    return x.shape == y.shape and bool(np.all(np.abs(x - y) <= tol * np.abs(y)))


def ellipse(axes, mean, cov, **style):
    """The curve one standard deviation from the mean, in the first two coordinates."""
    angle = np.linspace(0, 2 * np.pi, 200)
    values, vectors = np.linalg.eigh(np.asarray(cov, float)[:2, :2])
    points = vectors @ (np.sqrt(np.clip(values, 0, None))[:, None] * np.stack([np.cos(angle), np.sin(angle)]))
    axes.plot(mean[0] + points[0], mean[1] + points[1], **style)


def mean_field(precision):
    """(sds, gap) of the best independent normals, for a stack of precision matrices."""
    diagonal = np.diagonal(precision, axis1=-2, axis2=-1)
    return diagonal**-0.5, 0.5 * (np.log(diagonal).sum(-1) - np.linalg.slogdet(precision)[1])


KINDS = ("normal", "mvn")
