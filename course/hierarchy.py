"""Eight schools and a hierarchical regression, exactly: NumPy and SciPy, float64.

Schools: y_j ~ N(theta_j, noise_j), theta_j ~ N(mu, tau), mu ~ N(0, mu_sd), tau ~ HalfCauchy(tau_scale) (Rubin 1981;
Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 5.5). Given tau all else is jointly normal, so that one
integral is left, over ln tau.

Regression: y_i ~ N(m_g x_i + c_g, noise_i) with g the group of point i, m_g ~ N(mu_m, sigma_m), c_g ~ N(mu_c, sigma_c),
normal priors on the two mu, half-normal ones on the two sigma. With w = 1 / noise**2, and for one group

    A = sum w [[x**2, x], [x, 1]],   h = sum w y [x, 1],   D = diag(sigma**2),   M = (I + A D)**-1,

the group's line b = (m, c), integrated out, leaves (Woodbury's identity; no inverse of D, so that sigma = 0 is safe)

    ln p(y | mu, sigma) = sum ln N(y; 0, noise) - ln det(I + A D) / 2 + h' D M h / 2 + mu' M h - mu' M A mu / 2
    b | mu, sigma, y    ~ N(mu + D M (h - A mu), D M).

That is a parabola in mu, so two integrals are left, over ln sigma_m and ln sigma_c. They begin at ln sigma = -14: the
densities of the sigmas do not vanish at 0, and a grid from -9 on would miss 3e-4 nats.
"""

import numpy as np
from scipy.optimize import minimize

LOG_2PI = np.log(2 * np.pi)

#: The eight schools (Rubin 1981): estimated effects and their standard errors.
SCHOOLS_Y = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
SCHOOLS_NOISE = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
MU_SD, TAU_SCALE = 5.0, 5.0  # priors of the lesson's schools

#: The lesson's regression: 8 groups, 96 points.
GROUP = np.repeat(np.arange(8), [14, 10, 12, 11, 11, 12, 13, 13])
X, NOISE, Y = (
    np.array(text.split(), dtype=float)
    for text in (
        "2.2 4.7 -9.7 -4.9 2.1 -8.3 10 6.6 -9.3 1.4 2.2 -9.9 -6.4 -6.7 -.8 1.3 -1 8.4 6.3 -2 -5.9 -2.8 7.2 -3 9.8 1.3 "
        "-5.3 3.2 3.2 .3 -4.4 2.6 -.4 3.1 .8 -7.6 8.2 -9.7 -3.8 -6.6 -3.1 2.4 1 4.3 -.2 6.8 -3 1 .1 -9.6 -5.4 -8.3 -5 "
        "-9.9 -4.1 -2.5 2.9 6.9 -1.7 2.6 .4 -5.4 -6 -1 5.9 1.9 4 4.6 2.4 -5.1 -1.2 .3 -9.8 -4.1 -2.8 -9.8 1.2 1 -8.2 "
        "-5 8.1 -1.2 -4.8 7.3 -.9 2.5 8.1 .9 -6.8 4.3 8.7 -1.6 3.2 7.5 -6.9 5.6",
        "2.4 2.6 3.3 3.1 1.8 2.3 2.9 3.1 1.8 2.9 2.5 1.7 2.5 2.4 2.4 2 2.2 3 2.2 3.2 2.9 3 2.3 1.8 1.5 2.3 2.4 2.3 1.7 "
        "1.6 3.3 2.3 3.2 3.2 2.6 3.2 3.4 2.8 1.5 2.8 2.5 3.1 2.2 2.9 2.2 2.7 2.4 1.9 2.1 1.6 2.7 3.3 2.7 1.8 2.6 2 "
        "2.3 1.5 3.4 2.5 2.6 1.7 1.8 3.3 3.2 2.8 2.9 3.4 2.9 2.7 1.8 2 1.9 1.6 2.3 1.6 3.3 2.7 2.2 2 3 3.3 3.5 1.7 "
        "2.4 3.4 2.7 3.1 2.3 3.2 3.4 2 2.2 2.3 3.4 1.6",
        "8 13.6 .0 4 11.4 .5 20.6 16 .3 10.5 10.2 .3 3 -.8 12.8 8.2 7.3 10.8 5.1 7.4 9.1 7.8 9.9 7.8 15.5 11.3 8.2 9.9 "
        "12.9 11.4 6.3 10.8 10.9 16.1 14 4 9.8 5.4 9.1 7.3 9.5 14 10.2 11.8 10.2 9.2 8.3 9.6 8.5 7.7 8.7 -3 5.1 5 7.7 "
        "6.8 10.1 12 7.7 12.2 9.8 7.3 7.5 9.5 8 8.8 12.8 14.6 3.7 14.9 6.6 10.3 -.7 6.9 6.7 1.8 8.4 8.5 4.6 3.7 13.3 "
        "6.4 -.4 13 9.5 9.3 9.5 9.2 6.9 11.6 13.6 7 13.5 14.7 10 12.9",
    )
)
#: Prior scales of the regression: sds of the normals for (mu_m, mu_c), scales of the half-normals for the sigmas.
MU_SCALES, SIGMA_SCALES = np.array([15.0, 25.0]), np.array([10.0, 15.0])

#: Nodes and weights for expectations under a standard normal.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(20)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


# ---------------------------------------------------------------- schools


def schools_given_tau(y, noise, mu_sd, tau):
    """(log evidence, mean of mu, variance of mu), each of the shape of ``tau``."""
    variance = noise**2 + tau[..., None] ** 2
    precision = mu_sd**-2 + np.sum(1 / variance, axis=-1)
    pull = np.sum(y / variance, axis=-1)
    parts = np.sum(LOG_2PI + np.log(variance) + y**2 / variance, axis=-1)
    return -0.5 * (parts - pull**2 / precision + np.log(precision * mu_sd**2)), pull / precision, 1 / precision


def log_half_cauchy(tau, scale):
    """ln HalfCauchy(tau; scale)."""
    return np.log(2 / (np.pi * scale)) - np.log1p((tau / scale) ** 2)


def schools_exact(y, noise, mu_sd=MU_SD, tau_scale=TAU_SCALE, nodes=4000):
    """Evidence and posterior moments of the schools, by quadrature over ln tau.

    Returns:
        dict: ``log_z``; ``mu``, ``tau`` and ``ln_tau``, (2,) each, mean and sd; ``theta_mean`` and
        ``theta_sd``, (J,).
    """
    u = np.linspace(-16, 12, nodes)
    tau = np.exp(u)
    log_y, mu, mu_var = schools_given_tau(y, noise, mu_sd, tau)
    log_p = log_y + log_half_cauchy(tau, tau_scale) + u
    p = np.exp(log_p - log_p.max())
    log_z = np.log(p.sum() * (u[1] - u[0])) + log_p.max()
    p /= p.sum()
    pull = noise**2 / (noise**2 + tau[:, None] ** 2)  # the part of the way that a school is pulled to mu
    mean = pull * mu[:, None] + (1 - pull) * y
    variance = noise**2 * (1 - pull) + pull**2 * mu_var[:, None]
    return {
        "log_z": log_z,
        "mu": mean_sd(p, mu, mu_var),
        "tau": mean_sd(p, tau),
        "ln_tau": mean_sd(p, u),
        "theta_mean": p @ mean,
        "theta_sd": np.sqrt(p @ (variance + mean**2) - (p @ mean) ** 2),
    }


def mean_sd(p, mean, variance=0.0):
    """Mean and sd of a mixture with weights ``p``, (2,)."""
    centre = p @ mean
    return np.array([centre, np.sqrt(p @ (variance + (mean - centre) ** 2))])


def schools_mean_field_loss(phi, y, noise, centred, mu_sd=MU_SD, tau_scale=TAU_SCALE):
    """-ELBO of independent normals for mu, ln tau and theta (``centred``) or z = (theta - mu) / tau, nats.

    Args:
        phi: (2 (2 + J),) means, then log sds, of mu, ln tau and the J others.
    """
    (mu, u, *z), (mu_var, u_var, *z_var) = np.split(phi, 2)[0], np.exp(2 * np.split(phi, 2)[1])
    z, z_var = np.array(z), np.array(z_var)
    tau_2 = np.exp(2 * u + 2 * u_var)  # E tau**2
    if centred:
        given = -u - 0.5 * ((z - mu) ** 2 + z_var + mu_var) * np.exp(-2 * u + 2 * u_var)
        miss = (y - z) ** 2 + z_var
    else:
        given = -0.5 * (z**2 + z_var)
        miss = (y - mu) ** 2 + mu_var - 2 * (y - mu) * np.exp(u + u_var / 2) * z + tau_2 * (z**2 + z_var)
    log_joint = np.sum(given - LOG_2PI - np.log(noise) - 0.5 * miss / noise**2)
    log_joint += -0.5 * LOG_2PI - np.log(mu_sd) - 0.5 * (mu**2 + mu_var) / mu_sd**2
    nodes = u + np.sqrt(u_var) * _NODES
    log_joint += np.log(2 / (np.pi * tau_scale)) + u - _WEIGHTS @ np.logaddexp(0, 2 * (nodes - np.log(tau_scale)))
    return -log_joint - np.sum(np.split(phi, 2)[1]) - 0.5 * (2 + len(y)) * (1 + LOG_2PI)


def schools_mean_field(y, noise, centred, mu_sd=MU_SD, tau_scale=TAU_SCALE):
    """The best independent normals: (loss, means, sds) of mu, ln tau and theta or z."""
    exact = schools_exact(y, noise, mu_sd, tau_scale)
    u = exact["ln_tau"][0]
    z = exact["theta_mean"] if centred else (exact["theta_mean"] - exact["mu"][0]) / np.exp(u)
    sd = exact["theta_sd"] if centred else np.full(len(y), 0.9)
    start = np.concatenate([[exact["mu"][0], u], z, np.log([exact["mu"][1] * 0.8, 0.5]), np.log(sd)])
    found = minimize(schools_mean_field_loss, start, (y, noise, centred, mu_sd, tau_scale), options={"maxiter": 500})
    mean, log_sd = np.split(found.x, 2)
    return found.fun, mean, np.exp(log_sd)


# ---------------------------------------------------------------- regression


def sums(group, x, noise, y, n_groups):
    """(A, h, constant) of the groups: (J, 2, 2), (J, 2) and the sum of ln N(y; 0, noise)."""
    w = np.asarray(noise, float) ** -2
    terms = w * np.stack([x * x, x, np.ones_like(w), x * y, y])
    xx, x1, one, xy, y1 = (np.bincount(group, row, n_groups) for row in terms)
    a = np.stack([np.stack([xx, x1], -1), np.stack([x1, one], -1)], -1)
    return a, np.stack([xy, y1], -1), -0.5 * np.sum(LOG_2PI + 2 * np.log(noise) + w * np.square(y))


def _inverse(a):
    """Inverses and determinants of 2 by 2 matrices, (..., 2, 2) and (...)."""
    det = a[..., 0, 0] * a[..., 1, 1] - a[..., 0, 1] * a[..., 1, 0]
    swapped = np.stack([np.stack([a[..., 1, 1], -a[..., 0, 1]], -1), np.stack([-a[..., 1, 0], a[..., 0, 0]], -1)], -2)
    return swapped / det[..., None, None], det


def conditional(mu, sigma, a, h):
    """Every group's line given the population: means (..., J, 2) and covariances (..., J, 2, 2).

    Args:
        mu, sigma: (..., 2), those of the slope and of the intercept.
        a, h: from ``sums``.
    """
    d = np.asarray(sigma)[..., None, :] ** 2
    mu = np.asarray(mu)[..., None, :]
    cov = d[..., :, None] * _inverse(np.eye(2) + a * d[..., None, :])[0]
    return mu + np.einsum("...ij,...j->...i", cov, h - np.einsum("jab,...jb->...ja", a, mu + 0 * h)), cov


def collapse(ln_sigma, a, h, constant):
    """The log evidence given mu and sigma as a parabola in mu: level - mu' curvature mu / 2 + pull' mu.

    Args:
        ln_sigma: (..., 2).

    Returns:
        (level, pull, curvature): (...), (..., 2), (..., 2, 2), the prior of mu included.
    """
    d = np.exp(2 * ln_sigma)[..., None, :]
    m, det = _inverse(np.eye(2) + a * d[..., None, :])
    mh = np.einsum("...jab,jb->...ja", m, h)
    level = constant + 0.5 * np.sum(np.einsum("...ja,ja->...j", d * mh, h) - np.log(det), axis=-1)
    level -= LOG_2PI + np.log(MU_SCALES).sum()
    curvature = np.einsum("...jab,jbc->...ac", m, a) + np.diag(MU_SCALES**-2)
    return level, mh.sum(axis=-2), curvature


def log_prior(ln_sigma):
    """Log density of (ln sigma_m, ln sigma_c) before the data, (...)."""
    parts = 0.5 * np.log(2 / np.pi) - np.log(SIGMA_SCALES) - 0.5 * np.exp(2 * ln_sigma) / SIGMA_SCALES**2 + ln_sigma
    return parts.sum(axis=-1)


def log_evidence_given(ln_sigma, a, h, constant):
    """(ln p(y | sigma), mean of mu, covariance of mu) for (..., 2) of ln sigma."""
    level, pull, curvature = collapse(ln_sigma, a, h, constant)
    cov, det = _inverse(curvature)
    mean = np.einsum("...ab,...b->...a", cov, pull)
    return level + LOG_2PI + 0.5 * np.sum(pull * mean, axis=-1) - 0.5 * np.log(det), mean, cov


def regression_exact(group, x, noise, y, n_groups, nodes=160):
    """Evidence and posterior moments of the regression, by quadrature over the two ln sigmas.

    Returns:
        dict: ``log_z``; ``hyper`` (4, 2), mean and sd of mu_m, sigma_m, mu_c, sigma_c; ``ln_sigma`` (2, 2), the
        same of the logarithms; ``line_mean`` and ``line_sd`` (J, 2), slopes and intercepts; ``line_corr`` (J,).
    """
    a, h, constant = sums(group, x, noise, y, n_groups)
    axis = np.linspace(-14, 4.5, nodes)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    log_y, mean, cov = log_evidence_given(grid, a, h, constant)
    log_p = log_y + log_prior(grid)
    top = log_p.max()
    log_z = np.log(np.exp(log_p - top).sum()) + 2 * np.log(axis[1] - axis[0]) + top
    keep = log_p > top - 40
    grid, mean, cov, p = grid[keep], mean[keep], cov[keep], np.exp(log_p[keep] - log_z)
    p /= p.sum()
    sigma = np.exp(grid)
    hyper = [
        mean_sd(p, mean[:, i], cov[:, i, i]) if kind else mean_sd(p, sigma[:, i]) for i in (0, 1) for kind in (1, 0)
    ]
    line, inner = conditional(mean, sigma, a, h)
    slope = np.eye(2) - np.einsum("njab,jbc->njac", inner, a)  # of the line's mean in mu
    inner = inner + np.einsum("njab,nbc,njdc->njad", slope, cov, slope)
    centre = np.einsum("n,nja->ja", p, line)
    whole = np.einsum("n,njab->jab", p, inner + np.einsum("nja,njb->njab", line - centre, line - centre))
    sd = np.sqrt(np.stack([whole[:, 0, 0], whole[:, 1, 1]], -1))
    return {
        "log_z": log_z,
        "hyper": np.array(hyper),
        "ln_sigma": np.array([mean_sd(p, grid[:, i]) for i in (0, 1)]),
        "line_mean": centre,
        "line_sd": sd,
        "line_corr": whole[:, 0, 1] / np.prod(sd, axis=-1),
    }


_PAIRS = np.stack(np.meshgrid(_NODES, _NODES, indexing="ij"), -1).reshape(-1, 2)
_PAIR_WEIGHTS = np.outer(_WEIGHTS, _WEIGHTS).ravel()


def _block_loss(psi, data):
    """-ELBO of independent normals for mu and ln sigma x exact groups, the best part for mu put in; and that part.

    Given ln sigma the log joint is a parabola in mu, and its average over ln sigma is one too: the best means and
    precisions of mu are read off it.
    """
    ln_sigma = psi[:2] + np.exp(psi[2:]) * _PAIRS
    level, pull, curvature = collapse(ln_sigma, *data)
    level = _PAIR_WEIGHTS @ (level + log_prior(ln_sigma))
    pull, curvature = _PAIR_WEIGHTS @ pull, np.einsum("n,nab->ab", _PAIR_WEIGHTS, curvature)
    mu, precision = np.linalg.solve(curvature, pull), np.diag(curvature)
    # E mu' curvature mu is that of the mean, and 2 from the variances 1 / precision
    elbo = level + 0.5 * pull @ mu - 1 - 0.5 * np.log(precision).sum() + psi[2:].sum() + 2 * (1 + LOG_2PI)
    return -elbo, mu, precision**-0.5


def structured_optimum(group, x, noise, y, n_groups):
    """The best guide "independent normals for (mu_m, mu_c, ln sigma_m, ln sigma_c) x exact groups".

    Returns:
        (loss, mean, sd): -ELBO in nats; (4,) means and sds in the order above.
    """
    data = sums(group, x, noise, y, n_groups)
    start = np.log([0.3, 0.5, 0.4, 0.6])  # any sensible place will do
    found = minimize(
        lambda psi: _block_loss(psi, data)[0],
        start,
        method="L-BFGS-B",
        bounds=[(-7, 4)] * 2 + [(-5, 2)] * 2,
        options={"ftol": 1e-13, "gtol": 1e-5},
    )
    loss, mu, mu_sd = _block_loss(found.x, data)
    return loss, np.concatenate([mu, found.x[:2]]), np.concatenate([mu_sd, np.exp(found.x[2:])])
