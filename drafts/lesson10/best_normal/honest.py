"""Other right answers in best-normal: each function stands for the learner's ``best_normal``."""

import jax.numpy as jnp
import numpy as np
from scipy import optimize


def closed_form(b, s1, s2):
    kappa_2 = (b * s1**2 / s2) ** 2
    r = (np.sqrt(1 + 16 * kappa_2) - 1) / (8 * kappa_2)
    return (s1 * np.sqrt(r), s2), -0.5 * np.log(r) - (1 - r) / 4


def search_over_everything(b, s1, s2):
    """Full covariance, by the moments of x1."""

    def kl(t):
        m1, m2, lean = t[0], t[1], t[4]
        v, w = np.exp(2 * t[2]), np.exp(2 * t[3])
        # x2 - b (x1**2 - s1**2) = m2 + lean u - b ((m1 + u)**2 - s1**2) + e with u ~ N(0, v), e ~ N(0, w)
        constant, linear = m2 - b * (m1**2 - s1**2), lean - 2 * b * m1
        bent = w + (constant - b * v) ** 2 + linear**2 * v + 2 * b**2 * v**2
        return 0.5 * ((v + m1**2) / s1**2 + bent / s2**2 - 2 - np.log(v * w / s1**2 / s2**2))

    start = [0.0, -b * s1**2, np.log(s1) - 0.5, np.log(s2), 0.0]
    found = optimize.minimize(kl, start, method="BFGS", options={"gtol": 1e-8})
    sd1, m = np.exp(found.x[2]), np.exp(found.x[3])
    return [sd1, np.hypot(m, found.x[4] * sd1)], found.fun


def quadrature(b, s1, s2):
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()

    def kl(t):
        x1, x2 = np.exp(t[1]) * nodes[:, None], t[0] + np.exp(t[2]) * nodes
        energy = 0.5 * (x1 / s1) ** 2 + 0.5 * ((x2 - b * (x1**2 - s1**2)) / s2) ** 2
        return weights @ energy @ weights - 1 + np.log(s1 * s2) - t[1] - t[2]

    found = optimize.minimize(
        kl, [-b * s1**2, np.log(s1) - 0.5, np.log(s2)], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11}
    )
    return np.exp(found.x[1:]), found.fun


def jax(b, s1, s2):
    kappa = jnp.abs(b) * s1**2 / s2
    r = 2 / (1 + jnp.sqrt(1 + 16 * kappa**2))
    return jnp.stack([s1 * jnp.sqrt(r), jnp.asarray(s2)]), 0.5 * (r - 1 - jnp.log(r)) + (kappa * r) ** 2
