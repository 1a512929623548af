"""What second routes share."""

import numpy as np
from scipy import optimize


def smallest_mean_field_kl(cov):
    """(sds, KL) of the independent normals nearest to N(0, cov), by a gradient search on the textbook KL of normals."""
    precision = np.linalg.inv(cov)

    def kl(log_sds):
        variances = np.exp(2 * log_sds)
        return 0.5 * (np.diag(precision) @ variances - len(cov) + np.log(np.linalg.det(cov)) - np.log(variances).sum())

    found = optimize.minimize(kl, np.zeros(len(cov)), method="BFGS", options={"gtol": 1e-8})
    return np.exp(found.x), found.fun
