"""The line with outliers: data, the exact posterior, and the best normal surrogates. NumPy and SciPy, float64.

The model, with Q the share of points *on* the line:

    theta ~ Uniform(-pi/2, pi/2), b_perp ~ N(0, 1), bg_mean ~ N(0, 1), bg_sigma ~ HalfNormal(3), Q ~ Uniform(0, 1)
    y_i ~ Q N(x_i tan(theta) + b_perp / cos(theta), e_i**2) + (1 - Q) N(bg_mean, bg_sigma**2 + e_i**2)

(D. Hogg, J. Bovy and D. Lang 2010, arXiv:1008.4686, section 3; angle and distance in place of slope and
intercept as in J. VanderPlas 2014, arXiv:1411.5018.)

**The exact posterior.** Say which points are outliers, and the points on the line speak of theta and b_perp only,
the others of bg_mean and bg_sigma only, and their number of Q. Given theta, b_perp is normal; given bg_sigma,
bg_mean is; and Q is a Beta. What is left are two integrals in one dimension for each set of outliers:

    p(y) = sum over sets of  Beta(1 + on, 1 + off)  line(on)  background(off)

The integrand over theta is smooth and periodic, that over bg_sigma is even, so equal steps converge faster than any
power. Sets whose weight is below exp(-18) of the largest by a closed form of nearly the same integrals are left out:
for 15 points they hold less than 1e-5 of the mass.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq, minimize
from scipy.special import betainc, betaln, log_expit, ndtr, ndtri
from scipy.special import expit as sigmoid
from scipy.stats import qmc

LOG_2PI = np.log(2 * np.pi)

#: The parameters, in the order of every array of five in this module.
PARAMETERS = ("theta", "b_perp", "bg_mean", "bg_sigma", "Q")

#: Three public data sets. The first two are drawn as in D. Foreman-Mackey's "Mixture models" (slope 1, intercept 0,
#: e = 0.2, each point replaced with chance 0.2 by a draw of N(0, 1 + e**2)) with NumPy's legacy seeds 12 and 123,
#: rounded to three decimals; points 0, 2, 4, 8, 10 and 6, 7, 13 were replaced. The third are the 20 points of table 1
#: of Hogg et al., as X = (x - 165) / 50 and Y = (y - 390) / 100.
FIFTEEN = {
    "x": np.array(
        [-1.991, -1.942, -1.866, -1.451, -1.383, -0.947, -0.865, 0.135, 0.424, 0.96, 1.411, 1.603, 1.675, 1.777, 1.828]
    ),
    "e": np.full(15, 0.2),
    "y": np.array(
        [-1.265, -1.718, -0.539, -1.468, -0.04, -1.069, -0.935, -0.006, 0.219, 1.366, -0.392, 1.777, 1.857, 1.986, 1.59]
    ),
}
SECOND_FIFTEEN = {
    "x": np.array(
        [
            -1.761,
            -1.093,
            -0.855,
            -0.627,
            -0.432,
            -0.408,
            -0.308,
            -0.246,
            -0.076,
            0.205,
            0.739,
            0.786,
            0.878,
            0.916,
            1.923,
        ]
    ),
    "e": np.full(15, 0.2),
    "y": np.array(
        [-1.915, -0.977, -0.83, -0.888, 0.01, -0.303, 0.245, 0.345, 0.223, 0.355, 0.519, 0.504, 0.728, -0.012, 1.773]
    ),
}
_HOGG_X = [201, 244, 47, 287, 203, 58, 210, 202, 198, 158, 165, 201, 157, 131, 166, 160, 186, 125, 218, 146]
_HOGG_Y = [592, 401, 583, 402, 495, 173, 479, 504, 510, 416, 393, 442, 317, 311, 400, 337, 423, 334, 533, 344]
_HOGG_S = [61, 25, 38, 15, 21, 15, 27, 14, 30, 16, 14, 25, 52, 16, 34, 31, 42, 26, 16, 22]
HOGG = {
    "x": (np.array(_HOGG_X, float) - 165) / 50,
    "e": np.array(_HOGG_S, float) / 100,
    "y": (np.array(_HOGG_Y, float) - 390) / 100,
}

# ---------------------------------------------------------------- the model


def log_joint(z, x, e, y):
    """ln p(z, y) in the model's coordinates; -inf where the prior forbids z.

    Args:
        z: (..., 5), in the order of PARAMETERS.
        x, e, y: (n,).
    """
    theta, b_perp, bg_mean, bg_sigma, q = np.moveaxis(np.asarray(z, float), -1, 0)
    legal = (abs(theta) < np.pi / 2) & (bg_sigma > 0) & (q > 0) & (q < 1)
    with np.errstate(all="ignore"):
        prior = -np.log(np.pi) - 0.5 * (b_perp**2 + bg_mean**2) - 1.5 * LOG_2PI
        prior = prior + np.log(2 / 3) - 0.5 * (bg_sigma / 3) ** 2
        on, off = log_components(z, x, e, y)
        likelihood = np.logaddexp(np.log(q)[..., None] + on, np.log1p(-q)[..., None] + off).sum(-1)
        return np.where(legal, prior + likelihood, -np.inf)


def log_components(z, x, e, y):
    """Log densities of each y on the line and in the background, (..., n) each."""
    theta, b_perp, bg_mean, bg_sigma, _ = np.moveaxis(np.asarray(z, float)[..., None, :], -1, 0)
    variance = bg_sigma**2 + e**2
    on = -0.5 * ((y - x * np.tan(theta) - b_perp / np.cos(theta)) / e) ** 2 - np.log(e) - 0.5 * LOG_2PI
    off = -0.5 * (y - bg_mean) ** 2 / variance - 0.5 * np.log(variance) - 0.5 * LOG_2PI
    return on, off


def constrain(u):
    """The model's coordinates of unconstrained ones, (..., 5): theta and Q by a logistic, bg_sigma by exp."""
    u = np.asarray(u, float)
    return np.stack(
        [np.pi * (sigmoid(u[..., 0]) - 0.5), u[..., 1], u[..., 2], np.exp(u[..., 3]), sigmoid(u[..., 4])], axis=-1
    )


def unconstrain(z):
    """The inverse of ``constrain``."""
    z = np.asarray(z, float)
    share = z[..., 0] / np.pi + 0.5
    return np.stack(
        [
            np.log(share / (1 - share)),
            z[..., 1],
            z[..., 2],
            np.log(z[..., 3]),
            np.log(z[..., 4] / (1 - z[..., 4])),
        ],
        axis=-1,
    )


def log_joint_unconstrained(u, x, e, y):
    """ln of the joint density of u = unconstrained z and y, (...,), and its gradient by u, (..., 5).

    x, e and y may have leading axes that broadcast against those of u.
    """
    u_theta, b_perp, bg_mean, log_sigma, u_q = np.moveaxis(u[..., None, :], -1, 0)
    log_sigma = np.minimum(log_sigma, 300.0)  # so that its square is a number; its density is zero long before
    theta, sigma2, q = np.pi * (sigmoid(u_theta) - 0.5), np.exp(2 * log_sigma), sigmoid(u_q)
    tan = np.tan(theta)
    sec = np.sqrt(1 + tan**2)
    residual = y - x * tan - b_perp * sec
    variance = sigma2 + e**2
    shifted = y - bg_mean
    on = -0.5 * (residual / e) ** 2 - np.log(e) + log_expit(u_q)
    off = -0.5 * shifted**2 / variance - 0.5 * np.log(variance) + log_expit(-u_q)
    smaller = np.exp(-abs(on - off))  # logaddexp and its slope, in operations that NumPy does many at a time
    likelihood = np.maximum(on, off) + np.log(1 + smaller)
    r = np.where(on > off, 1, smaller) / (1 + smaller)
    pull = r * residual / e**2
    rest = (1 - r) / variance
    spread = rest * (shifted**2 / variance - 1)  # by ln bg_sigma, over sigma2
    d_theta = (pull * (x * sec**2 + b_perp * sec * tan)).sum(-1)
    slope = np.pi * sigmoid(u[..., 0]) * sigmoid(-u[..., 0])
    value = likelihood.sum(-1) - 0.5 * x.shape[-1] * LOG_2PI
    value = value + log_expit(u[..., 0]) + log_expit(-u[..., 0]) + log_expit(u[..., 4]) + log_expit(-u[..., 4])
    value = value - 0.5 * (u[..., 1] ** 2 + u[..., 2] ** 2) - 1.5 * LOG_2PI
    value = value + np.log(2 / 3) - sigma2[..., 0] / 18 + u[..., 3]
    gradient = np.stack(
        [
            d_theta * slope + 1 - 2 * sigmoid(u[..., 0]),
            (pull * sec).sum(-1) - u[..., 1],
            (rest * shifted).sum(-1) - u[..., 2],
            (spread.sum(-1) - 1 / 9) * sigma2[..., 0] + 1,
            (r - q).sum(-1) + 1 - 2 * q[..., 0],
        ],
        axis=-1,
    )
    return value, gradient


# ---------------------------------------------------------------- the exact posterior

_COARSE = 16  # steps over bg_sigma where weights are only guessed
_BLOCK = 1024  # sets at a time


@cache
def _subsets(n):
    """All sets of n points as rows of 0 and 1, (2**n, n)."""
    return ((np.arange(2**n, dtype=np.int64)[:, None] >> np.arange(n)) & 1).astype(np.float64)


def _sums(on, x, e, y):
    """Sums over the points on the line of w, wx, wy, wxx, wxy, wyy and of the log normalisation, (sets, 7)."""
    w = 1 / e**2
    return on @ np.stack([w, w * x, w * y, w * x * x, w * x * y, w * y * y, np.log(e) + 0.5 * LOG_2PI], axis=1)


def _theta_nodes(steps):
    """Midpoints of equal steps over (-pi/2, pi/2)."""
    return (np.arange(steps) + 0.5) / steps * np.pi - np.pi / 2


def _line_given_theta(sums, theta):
    """ln p(y on the line | theta), b_perp integrated out, with mean and precision of b_perp, (sets, nodes) each."""
    w, wx, wy, wxx, wxy, wyy, constant = (column[:, None] for column in sums.T)
    tan, sec = np.tan(theta), 1 / np.cos(theta)
    first = (wy - wx * tan) * sec
    precision = 1 + w * sec**2
    second = wyy - 2 * tan * wxy + tan**2 * wxx
    return 0.5 * (first**2 / precision - second - np.log(precision)) - constant, first / precision, precision


def _line_closed(sums):
    """Nearly ln of the integral of the line: slope and intercept with priors N(0, 2), a closed form, (sets,)."""
    w, wx, wy, wxx, wxy, wyy, constant = sums.T
    a, c = wxx + 0.5, w + 0.5
    det = a * c - wx**2
    return 0.5 * ((c * wxy**2 - 2 * wx * wxy * wy + a * wy**2) / det - wyy - np.log(4 * det)) - constant


def _sigma_nodes(steps):
    """Nodes bg_sigma = 0.05 sinh(t) up to 20 in equal steps of t, with the prior times the step as weights, in ln."""
    t = np.linspace(0, np.arcsinh(400), steps)
    sigma = 0.05 * np.sinh(t)
    weight = 0.05 * np.cosh(t) * t[1] * np.where(t == 0, 0.5, 1)  # half of an even function
    return t, sigma, np.log(weight) + 0.5 * np.log(2 / np.pi) - np.log(3) - 0.5 * (sigma / 3) ** 2


def _background_given_sigma(off, e, y, sigma):
    """ln p(y of the outliers | bg_sigma), bg_mean integrated out, with mean and precision of bg_mean, (sets, nodes)."""
    variance = sigma[:, None] ** 2 + e**2
    first, precision = off @ (y / variance).T, 1 + off @ (1 / variance).T
    second = off @ (y**2 / variance + np.log(variance) + LOG_2PI).T
    return 0.5 * (first**2 / precision - second - np.log(precision)), first / precision, precision


def _log_sum(a):
    """ln of the sums of exp over the last axis."""
    top = a.max(axis=-1, keepdims=True)
    return top[..., 0] + np.log(np.exp(a - top).sum(axis=-1))


def _in_blocks(fn, sets):
    """``fn`` of rows, some at a time: large temporary arrays cost more than the arithmetic."""
    return np.concatenate([fn(sets[i : i + _BLOCK]) for i in range(0, len(sets), _BLOCK)])


def _one_of_each(rng, log_p, rows):
    """For each entry of ``rows`` a column, drawn with the probabilities exp(log_p) of that row, (len(rows),)."""
    cumulative = np.cumsum(np.exp(log_p - log_p.max(axis=1, keepdims=True)), axis=1)
    cumulative = cumulative / cumulative[:, -1:] + np.arange(len(log_p))[:, None]
    return np.searchsorted(cumulative.ravel(), rows + rng.uniform(size=len(rows))) - rows * log_p.shape[1]


def _density_quantiles(nodes, density, levels):
    """Quantiles of a density known at equal steps: a spline through it, integrated."""
    fine = np.linspace(nodes[0], nodes[-1], 20 * len(nodes))
    mass = CubicSpline(nodes, density).antiderivative()(fine)
    return np.interp(np.multiply(levels, mass[-1]), mass, fine)


def _mixture_quantiles(weights, means, sds, levels):
    """Quantiles of a mixture of normals."""
    keep = weights > 1e-8 * weights.sum()
    weights, means, sds = weights[keep] / weights[keep].sum(), means[keep], sds[keep]
    low, high = (means - 8 * sds).min(), (means + 8 * sds).max()
    return [brentq(lambda z: weights @ ndtr((z - means) / sds) - level, low, high, xtol=1e-7) for level in levels]  # noqa: B023


@dataclass(frozen=True)
class Posterior:
    """The exact posterior of a line with outliers.

    Attributes:
        x, e, y: (n,) the data.
        log_z: ln p(y), nats.
        off: (sets, n) the sets of outliers that matter, rows of 0 and 1.
        weights: (sets,) their posterior probabilities.
        outlier: (n,) posterior probability that a point is an outlier.
        theta_nodes, theta_density: (steps,) the density of theta at equal steps.
        log_sigma_sd: standard deviation of ln bg_sigma.
        correlation: of theta and b_perp.
        summaries: for each parameter a function that returns its 16, 50 and 84 % quantiles. Those of the normal
            mixtures cost a third of all, and who refuses a case rarely asks for them.
    """

    x: np.ndarray
    e: np.ndarray
    y: np.ndarray
    log_z: float
    off: np.ndarray
    weights: np.ndarray
    outlier: np.ndarray
    theta_nodes: np.ndarray
    theta_density: np.ndarray
    log_sigma_sd: float
    correlation: float
    summaries: tuple

    def median_of(self, i):
        """Median of parameter i, and half of its central 68 % interval."""
        low, middle, high = self.summaries[i]()
        return middle, (high - low) / 2

    @cached_property
    def median(self):
        """(5,) medians."""
        return np.array([self.median_of(i)[0] for i in range(5)])

    @cached_property
    def half_width(self):
        """(5,) halves of the central 68 % intervals."""
        return np.array([self.median_of(i)[1] for i in range(5)])

    def far_mass(self, half_widths=5):
        """Posterior mass of theta that lies more than so many half-widths from its median."""
        median, half_width = self.median_of(0)
        far = abs(self.theta_nodes - median) > half_widths * half_width
        return float(self.theta_density[far].sum() / self.theta_density.sum())

    def draws(self, rng, n):
        """n independent draws, (n, 5)."""
        chosen, rows = np.unique(rng.choice(len(self.weights), n, p=self.weights), return_inverse=True)
        off = self.off[chosen]
        theta = _theta_nodes(4096)
        log_p, mean, precision = _line_given_theta(_sums(1 - off, self.x, self.e, self.y), theta)
        cell = _one_of_each(rng, log_p, rows)
        b_perp = mean[rows, cell] + rng.normal(size=n) / np.sqrt(precision[rows, cell])
        t, sigma, log_weight = _sigma_nodes(1024)
        log_p, mean, precision = _background_given_sigma(off, self.e, self.y, sigma)
        node = _one_of_each(rng, log_p + log_weight, rows)
        bg_mean = mean[rows, node] + rng.normal(size=n) / np.sqrt(precision[rows, node])
        count = off.sum(axis=1)[rows]
        within = rng.uniform(-0.5, 0.5, (2, n))
        return np.stack(
            [
                theta[cell] + within[0] * (theta[1] - theta[0]),
                b_perp,
                bg_mean,
                abs(0.05 * np.sinh(t[node] + within[1] * t[1])),
                rng.beta(1 + len(self.x) - count, 1 + count),
            ],
            axis=1,
        )


def posterior(x, e, y, margin=18.0, steps=(384, 48)):
    """The exact posterior of the five parameters and of each point's being an outlier.

    Args:
        x, e, y: (n,) data; time and memory grow as 2**n.
        margin: sets whose weight is guessed to be below exp(-margin) of the largest are left out.
        steps: equal steps over theta, and over the variable of bg_sigma.
    """
    n = len(x)
    theta, (t, sigma, log_weight) = _theta_nodes(steps[0]), _sigma_nodes(steps[1])

    def log_q(off):
        count = off.sum(axis=1)
        return betaln(1 + n - count, 1 + count)

    def line(off):
        return _line_given_theta(_sums(1 - off, x, e, y), theta)[0] - np.log(steps[0])

    def background(off, sigma=sigma, log_weight=log_weight):
        return _background_given_sigma(off, e, y, sigma)[0] + log_weight

    def guessed(off):
        return (
            _line_closed(_sums(1 - off, x, e, y)) + _log_sum(background(off, *_sigma_nodes(_COARSE)[1:])) + log_q(off)
        )

    guess = _in_blocks(guessed, _subsets(n))
    off = _subsets(n)[guess > guess.max() - margin]
    log_line, log_background = _in_blocks(line, off), _in_blocks(background, off)
    line_mass, background_mass = _log_sum(log_line), _log_sum(log_background)
    log_weights = line_mass + background_mass + log_q(off)
    log_z = _log_sum(log_weights)
    weights = np.exp(log_weights - log_z)

    big = weights > 1e-7  # those of the rest move no quantile
    theta_joint = np.exp(log_line[big] + (np.log(weights[big]) - line_mass[big])[:, None])
    sigma_joint = np.exp(log_background[big] + (np.log(weights[big]) - background_mass[big])[:, None])
    theta_density, sigma_mass = theta_joint.sum(axis=0), sigma_joint.sum(axis=0)
    _, b_mean, b_precision = _line_given_theta(_sums(1 - off[big], x, e, y), theta)
    _, m_mean, m_precision = _background_given_sigma(off[big], e, y, sigma)
    levels = (0.16, 0.5, 0.84)
    t_density = sigma_mass * np.where(t == 0, 2, 1)
    count = off.sum(axis=1)
    shares = np.array([weights[count == k].sum() for k in range(n + 1)])
    k = np.arange(n + 1)
    summaries = (
        lambda: _density_quantiles(theta, theta_density, levels),
        lambda: _mixture_quantiles(theta_joint.ravel(), b_mean.ravel(), b_precision.ravel() ** -0.5, levels),
        lambda: _mixture_quantiles(sigma_joint.ravel(), m_mean.ravel(), m_precision.ravel() ** -0.5, levels),
        lambda: 0.05 * np.sinh(_density_quantiles(t, t_density, levels)),
        lambda: [brentq(lambda q: shares @ betainc(1 + n - k, 1 + k, q) - level, 0, 1) for level in levels],
    )
    with np.errstate(divide="ignore"):
        log_sigma = np.log(np.where(t == 0, sigma[1] / 4, sigma))
    mean = sigma_mass @ log_sigma / sigma_mass.sum()
    joint = theta_joint / theta_joint.sum()
    d_theta, d_b = theta - joint.sum(axis=0) @ theta, b_mean - (joint * b_mean).sum()
    covariance, b_variance = (joint * d_theta * d_b).sum(), (joint * (d_b**2 + 1 / b_precision)).sum()
    return Posterior(
        x=x,
        e=e,
        y=y,
        log_z=float(log_z),
        off=off,
        weights=weights / weights.sum(),
        outlier=weights @ off,
        theta_nodes=theta,
        theta_density=theta_density / (theta[1] - theta[0]),
        log_sigma_sd=float(np.sqrt(sigma_mass @ (log_sigma - mean) ** 2 / sigma_mass.sum())),
        correlation=float(covariance / np.sqrt(b_variance * (joint.sum(axis=0) @ d_theta**2))),
        summaries=tuple(map(cache, summaries)),
    )


# ---------------------------------------------------------------- normal surrogates in unconstrained coordinates


@cache
def normals(n):
    """n points and mirror images that fill a standard normal in five dimensions evenly, (n, 5): always the same."""
    half = ndtri(qmc.Sobol(5, seed=7).random(n // 2))
    return np.concatenate([half, -half])


def diagonal_loss(loc, log_scale, x, e, y, n=1024):
    """-ELBO of independent normals in unconstrained coordinates, nats; leading axes of loc and data go together.

    Args:
        loc, log_scale: (..., 5).
        x, e, y: (..., points).
        n: number of fixed normals that the average over the surrogate takes.
    """
    u = loc[..., None, :] + np.exp(log_scale)[..., None, :] * normals(n)
    x, e, y = (np.asarray(part)[..., None, :] for part in (x, e, y))
    return -log_joint_unconstrained(u, x, e, y)[0].mean(-1) - log_scale.sum(-1) - 2.5 * (1 + LOG_2PI)


def best_diagonal(x, e, y, start, n=1024):
    """The best independent normals in unconstrained coordinates that a search from ``start`` finds.

    Args:
        x, e, y: (points,).
        start: (5,) in the model's coordinates.
        n: number of fixed normals.

    Returns:
        (loss, loc, log_scale): nats, (5,) and (5,).
    """
    eps = normals(n)

    def loss(phi):
        scale = np.exp(phi[5:])
        value, gradient = log_joint_unconstrained(phi[:5] + scale * eps, x, e, y)
        by_scale = (gradient * eps).mean(0) * scale + 1
        return -value.mean() - phi[5:].sum() - 2.5 * (1 + LOG_2PI), -np.append(gradient.mean(0), by_scale)

    found = minimize(
        loss, np.append(unconstrain(start), np.log([0.05, 0.1, 0.3, 0.4, 0.4])), jac=True, method="L-BFGS-B"
    )
    return float(found.fun), found.x[:5], found.x[5:]


def best_full(x, e, y, start, n=1024):
    """The best normal with any covariance in unconstrained coordinates that a search from ``start`` finds.

    Returns:
        (loss, loc, scale_tril): nats, (5,) and (5, 5); the covariance is scale_tril @ scale_tril.T.
    """
    eps, rows, columns = normals(n), *np.tril_indices(5, -1)
    _, loc, log_scale = best_diagonal(x, e, y, start, n)

    def parts(phi):
        tril = np.diag(np.exp(phi[5:10]))
        tril[rows, columns] = phi[10:]
        return phi[:5], tril

    def loss(phi):
        loc, tril = parts(phi)
        value, gradient = log_joint_unconstrained(loc + eps @ tril.T, x, e, y)
        outer = gradient.T @ eps / len(eps)
        by_scale = np.diag(outer) * np.exp(phi[5:10]) + 1
        return (
            -value.mean() - phi[5:10].sum() - 2.5 * (1 + LOG_2PI),
            -np.concatenate([gradient.mean(0), by_scale, outer[rows, columns]]),
        )

    found = minimize(loss, np.concatenate([loc, log_scale, np.zeros(10)]), jac=True, method="L-BFGS-B")
    return float(found.fun), *parts(found.x)


def descend(start, x, e, y, n_steps=400, rate=0.05, n=8):
    """Where Adam ends on the ELBO of independent normals, for many data sets at once and always the same.

    Quicker and rougher than a fit, it tells which starts lead into a bad optimum.

    Args:
        start: (fits, 5) in the model's coordinates; all scales begin at 0.1.
        x, e, y: (fits, points).
        n_steps, rate, n: steps, the rate that falls to zero along half a cosine, normals a step. They differ from step
            to step, since noise is what leads a fit out of a bad optimum, and from fit to fit.

    Returns:
        (loc, log_scale), (fits, 5) each.
    """
    loc = unconstrain(start)
    phi = np.stack([loc, np.full_like(loc, np.log(0.1))])
    first, second, rng = np.zeros_like(phi), np.zeros_like(phi), np.random.default_rng(0)
    x, e, y = (part[:, None, :] for part in (x, e, y))
    for i in range(n_steps):
        eps = rng.normal(size=(len(loc), n, 5))
        scale = np.exp(phi[1])[:, None]
        gradient = log_joint_unconstrained(phi[0][:, None] + scale * eps, x, e, y)[1]
        gradient = -np.stack([gradient.mean(1), (gradient * eps).mean(1) * scale[:, 0] + 1])
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        step = first / (1 - 0.9 ** (i + 1)) / (np.sqrt(second / (1 - 0.99 ** (i + 1))) + 1e-8)
        phi = phi - 0.5 * rate * (1 + np.cos(np.pi * i / n_steps)) * step
    return phi[0], phi[1]


# ---------------------------------------------------------------- starts from the data


def least_squares(x, e, y):
    """(slope, intercept) of weighted least squares."""
    w = 1 / e**2
    return np.linalg.solve([[w @ x**2, w @ x], [w @ x, w.sum()]], [w @ (x * y), w @ y])


def through_two_points(x, e, y):
    """The line through two points that explains all of them best, with a usual background: a start, (5,)."""
    i, j = np.triu_indices(len(x), 1)
    theta = np.arctan2((y[j] - y[i]) * np.sign(x[j] - x[i]), abs(x[j] - x[i]))
    b_perp = y[i] * np.cos(theta) - x[i] * np.sin(theta)
    rest = np.broadcast_to([[0.0], [1.5], [0.7]], (3, len(theta)))
    z = np.stack([theta, b_perp, *rest], axis=1)
    return z[np.argmax(log_joint(z, x, e, y))]


# ---------------------------------------------------------------- cases


def draw_line(
    rng,
    n=15,
    theta=(0.3, 1.1),
    b_perp=(0.0, 0.8),
    bg_sigma=(0.8, 1.6),
    e=(0.12, 0.3),
    off=(3, 5),
    signs=(-1, 1),
):
    """A data set and what it was drawn from: the cheap rules come first.

    All outliers but one lie more than five errors off the line, and the other points reach over more than 2 in x.

    Args:
        rng: NumPy Generator.
        n: number of points.
        theta, b_perp: ranges of the absolute values.
        bg_sigma, e: ranges.
        off: smallest and largest number of outliers.
        signs: what theta is multiplied by.

    Returns:
        dict with ``x``, ``e``, ``y`` (n,), ``off`` (n,) True for an outlier, and ``truth`` (5,).
    """
    while True:
        x, errors = np.sort(rng.uniform(-2, 2, n)), rng.uniform(*e, n)
        angle, distance = rng.choice(signs) * rng.uniform(*theta), rng.choice([-1, 1]) * rng.uniform(*b_perp)
        outlier = rng.permutation(np.arange(n) < rng.integers(off[0], off[1] + 1))
        mean, sigma = rng.uniform(-1, 1), rng.uniform(*bg_sigma)
        line = x * np.tan(angle) + distance / np.cos(angle)
        y = np.where(outlier, mean, line) + np.where(outlier, np.hypot(sigma, errors), errors) * rng.normal(size=n)
        clear = abs(y - line)[outlier] > 5 * errors[outlier]
        if clear.sum() >= outlier.sum() - 1 and np.ptp(x[~outlier]) > 2:
            truth = np.array([angle, distance, mean, sigma, 1 - outlier.mean()])
            return {"x": x, "e": errors, "y": y, "off": outlier, "truth": truth}


def plain(exact):
    """Whether a posterior is one that a single bump describes: what a line case must pass."""
    return bool(
        np.sum(exact.outlier > 0.9) >= 2
        and exact.far_mass() < 0.002
        and 0.012 < exact.median_of(0)[1] < 0.08
        and exact.log_sigma_sd < 1
        and abs(exact.correlation) < 0.8
    )


def rough_posterior(x, e, y):
    """The exact posterior, roughly and quickly: ln Z and medians to a hundredth. For refusing cases."""
    return posterior(x, e, y, margin=12.0, steps=(256, 32))
