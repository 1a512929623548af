"""What second routes share."""

import numpy as np
from scipy import stats
from scipy.special import expit


def log_joint_z(z, a, b):
    """The coin's log joint in z = logit f from densities of f: Beta(a, b) without its constant, times df/dz."""
    f = expit(z)
    return stats.beta.logpdf(f, a, b) - stats.beta.logpdf(0.5, a, b) + (a + b - 2) * np.log(0.5) + np.log(f * (1 - f))
