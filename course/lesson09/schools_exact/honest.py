"""Other right answers in schools-exact: each function stands for the learner's ``schools_exact``."""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from scipy import integrate, stats


def _given_tau(y, noise, mu_sd, tau):
    """ln p(y | tau), and mean and variance of mu given tau: numbers for one tau."""
    w = 1 / (noise**2 + tau**2)
    precision = 1 / mu_sd**2 + w.sum()
    mean = np.sum(w * y) / precision
    cov = np.diag(1 / w) + mu_sd**2
    return stats.multivariate_normal(np.zeros(len(y)), cov).logpdf(y), mean, 1 / precision


def mu_integrated_by_hand(y, noise, mu_sd, tau_scale):
    tau = np.linspace(0, 100, 4001)
    log_p, mean, variance = np.array([_given_tau(y, noise, mu_sd, t) for t in tau]).T
    log_p = log_p + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    p = np.exp(log_p - log_p.max())
    z = np.trapezoid(p, tau)
    average = lambda values: np.trapezoid(p * values, tau) / z
    mu, t = average(mean), average(tau)
    mu_sd = np.sqrt(average(variance + (mean - mu) ** 2))
    return np.log(z) + log_p.max(), (mu, mu_sd), (t, np.sqrt(average((tau - t) ** 2)))


def in_ln_tau(y, noise, mu_sd, tau_scale):
    u = jnp.linspace(jnp.log(1e-4), jnp.log(300.0), 1200)
    mu = jnp.linspace(-60, 60, 401)
    tau = jnp.exp(u)[:, None]
    log_p = jnp.log(2 / (jnp.pi * tau_scale * (1 + (tau / tau_scale) ** 2))) + u[:, None]
    log_p -= 0.5 * (mu / mu_sd) ** 2 + 0.5 * jnp.log(2 * jnp.pi * mu_sd**2)
    for y_j, noise_j in zip(y, noise):
        v = noise_j**2 + tau**2
        log_p -= 0.5 * (y_j - mu) ** 2 / v + 0.5 * jnp.log(2 * jnp.pi * v)
    p = jnp.exp(log_p - logsumexp(log_p))
    log_z = logsumexp(log_p) + jnp.log((u[1] - u[0]) * (mu[1] - mu[0]))
    mean_sd = lambda x: ((p * x).sum(), jnp.sqrt((p * x**2).sum() - (p * x).sum() ** 2))
    return log_z, jnp.stack(mean_sd(mu)), jnp.stack(mean_sd(tau))


def simpson(y, noise, mu_sd, tau_scale):
    tau, mu = np.linspace(0, 100, 1001), np.linspace(-60, 60, 301)
    grid_tau, grid_mu = np.meshgrid(tau, mu, indexing="ij")
    log_p = stats.norm(0, mu_sd).logpdf(grid_mu) + stats.halfcauchy(scale=tau_scale).logpdf(grid_tau)
    for j in range(len(y)):
        log_p += stats.norm(grid_mu, np.hypot(noise[j], grid_tau)).logpdf(y[j])
    top = log_p.max()
    p = np.exp(log_p - top)
    total = lambda values: integrate.simpson(integrate.simpson(values, x=mu, axis=1), x=tau)
    z = total(p)
    mean_mu, mean_tau = total(p * grid_mu) / z, total(p * grid_tau) / z
    sd_mu, sd_tau = (
        np.sqrt(total(p * (grid - mean) ** 2) / z) for grid, mean in ((grid_mu, mean_mu), (grid_tau, mean_tau))
    )
    return top + np.log(z), [mean_mu, sd_mu], [mean_tau, sd_tau]
