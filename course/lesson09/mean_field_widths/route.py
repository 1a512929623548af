"""The truth of mean-field-widths by a second route, which shares no code with the judge."""

import numpy as np
import pytest

MANY = 10**7  # groups: the formulas are those of many, and the widths go as one over the root


def _found(noise, tau):
    """(mu_slice, mu_shadow, lntau_slice, lntau_shadow, gap) for MANY groups, from the best independent normals.

    The data are the quantiles of N(0, noise**2 + tau**2); of them only the mean and the mean square count. All
    numbers but the averages over groups are divided by MANY, so that its 1e7 nats cost no digits.
    """
    square = noise**2 + tau**2

    # By symmetry mu is centred at 0 and theta_j at c y_j, all with one width w. With E exp(-2 ln tau) = t:
    #   loss / J = E (y - theta)**2 / (2 noise**2) + E ln tau + t E (theta - mu)**2 / 2 - ln w + ...
    def conditional(t, mu_variance):
        precision = noise**-2 + t
        c = noise**-2 / precision
        return c**2 * square + 1 / precision + mu_variance, c, precision**-0.5

    a, b = np.log(tau), 1e-3
    mu_variance = tau**2 / MANY
    for _ in range(2000):  # each step is the exact optimum of one normal, the others held fixed
        t = np.exp(-2 * a + 2 * b**2)
        scatter, c, w = conditional(t, mu_variance)
        mu_variance = 1 / (MANY * t)
        b = np.sqrt(1 / (2 * MANY * t * scatter))
        a = 0.5 * np.log(scatter) + b**2
    t = np.exp(-2 * a + 2 * b**2)
    mu_slice, lntau_slice = np.sqrt(mu_variance), b

    # Each y_j given (mu, tau) is normal: the posterior of ln tau is one-dimensional, that of mu given it normal.
    width = (noise**2 + tau**2) / tau**2 / np.sqrt(2 * MANY)
    u, weight = np.polynomial.legendre.leggauss(400)
    u, weight = np.log(tau) + 12 * width * u, 12 * width * weight
    variance = noise**2 + np.exp(2 * u)
    height = -0.5 * MANY * (np.log(variance / square) + square / variance - 1) + 0.5 * np.log(variance)
    mass = weight * np.exp(height - height.max())
    mean = np.sum(mass * u) / mass.sum()
    lntau_shadow = np.sqrt(np.sum(mass * (u - mean) ** 2) / mass.sum())
    mu_shadow = np.sqrt(np.sum(mass * variance) / mass.sum() / MANY)
    # ln Z + J (ln(2 pi square) + 1) / 2, flat priors of height 1
    log_z = np.log(mass.sum()) + height.max() + 0.5 * np.log(2 * np.pi / MANY)
    # the same of the ELBO: a mean over groups near zero, times MANY, and the entropies of mu and ln tau
    group = (
        -np.log(noise)
        - 0.5 * ((1 - c) ** 2 * square + w**2) / noise**2
        - a
        - 0.5 * t * (c**2 * square + w**2 + mu_variance)
        + np.log(w)
        + 0.5
        + 0.5 * np.log(square)
        + 0.5
    )
    elbo = MANY * group + np.log(mu_slice) + np.log(lntau_slice) + np.log(2 * np.pi) + 1
    return np.array([mu_slice, mu_shadow, lntau_slice, lntau_shadow, log_z - elbo])


def agree(cases):
    """Coordinate-wise optimum of the ELBO and quadrature, for ten million groups, scaled to the asked number."""
    for case, r in cases:
        for row, (noise, tau, n_groups) in enumerate(zip(case["noise"], case["tau"], case["n_groups"])):
            root = np.sqrt(MANY / n_groups)
            assert r["widths"][row] == pytest.approx(_found(noise, tau) * [root, root, root, root, 1], rel=2e-3)
