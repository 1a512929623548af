"""Other right answers in mean-field-widths: each function stands for the learner's ``mean_field_widths``."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize


def one_group_less(noise, tau, n_groups):
    total, n = np.hypot(noise, tau), n_groups - 1
    mu_slice, mu_shadow = tau / np.sqrt(n_groups), total / np.sqrt(n_groups)
    lntau_slice, lntau_shadow = np.sqrt(0.5 / n), np.sqrt(0.5 / n) * (total / tau) ** 2
    return mu_slice, mu_shadow, lntau_slice, lntau_shadow, np.log(mu_shadow * lntau_shadow / (mu_slice * lntau_slice))


@jax.jit
def _two_widths(log_tau, extra, n_groups):
    def log_density(mu, u):
        variance = extra + jnp.exp(2 * u)
        return -0.5 * n_groups * (jnp.log(variance) + (extra + jnp.exp(2 * log_tau) + mu**2) / variance)

    return [(-jax.grad(jax.grad(log_density, i), i)(0.0, log_tau)) ** -0.5 for i in (0, 1)]


def hessians(noise, tau, n_groups):
    (mu_slice, lntau_slice), (mu_shadow, lntau_shadow) = (
        _two_widths(float(np.log(tau)), extra, float(n_groups)) for extra in (0.0, float(noise) ** 2)
    )
    gap = np.log(mu_shadow / mu_slice) + np.log(lntau_shadow / lntau_slice)
    return mu_slice, mu_shadow, lntau_slice, lntau_shadow, gap


def curvature_by_differences(noise, tau, n_groups):
    def width(extra):
        scatter = n_groups * (extra + tau**2)

        def minus_log(u):
            variance = extra + np.exp(2 * u)
            return 0.5 * n_groups * np.log(variance) + 0.5 * scatter / variance

        u = optimize.minimize_scalar(minus_log, bracket=(np.log(tau) - 0.1, np.log(tau) + 0.1), tol=1e-9).x
        h = 1e-3
        return ((minus_log(u + h) - 2 * minus_log(u) + minus_log(u - h)) / h**2) ** -0.5

    mu = np.array([tau, np.sqrt(tau**2 + noise**2)]) / n_groups**0.5
    lntau = np.array([width(0.0), width(noise**2)])
    return *mu, *lntau, np.sum(np.diff(np.log([mu, lntau])))
