"""Mistakes that learners make in schools-exact: each function stands for the learner's ``schools_exact``."""

import numpy as np
from scipy import stats


def _answer(log_p, tau, mu, spacing):
    p = np.exp(log_p - log_p.max())
    log_z = np.log(p.sum() * spacing) + log_p.max()
    p = p / p.sum()
    means = (p * mu).sum(), (p * tau).sum()
    sds = [np.sqrt((p * (z - mean) ** 2).sum()) for z, mean in zip((mu, tau), means)]
    return log_z, (means[0], sds[0]), (means[1], sds[1])


def _grid(high=100):
    return np.linspace(0, high, 1001)[1:, None], np.linspace(-60, 60, 241)


def _log_likelihood(y, noise, mu, tau):
    return sum(stats.norm.logpdf(y_j, mu, np.sqrt(noise_j**2 + tau**2)) for y_j, noise_j in zip(y, noise))


def tau_only_up_to_5(y, noise, mu_sd, tau_scale):
    tau, mu = _grid(5)
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    return _answer(log_p + _log_likelihood(y, noise, mu, tau), tau, mu, 0.005 * 0.5)


def no_spacing(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    return _answer(log_p + _log_likelihood(y, noise, mu, tau), tau, mu, 1)


def largest_not_added_back(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    log_p = log_p + _log_likelihood(y, noise, mu, tau)
    log_z, *moments = _answer(log_p, tau, mu, 0.1 * 0.5)
    return log_z - log_p.max(), *moments


def ln_tau_without_slope(y, noise, mu_sd, tau_scale):
    u = np.linspace(np.log(0.01), np.log(100), 1500)[:, None]
    tau, mu = np.exp(u), np.linspace(-60, 60, 401)
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    return _answer(log_p + _log_likelihood(y, noise, mu, tau), tau, mu, (u[1] - u[0])[0] * 0.3)


def Cauchy_on_half_the_line(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.cauchy.logpdf(tau, scale=tau_scale)
    return _answer(log_p + _log_likelihood(y, noise, mu, tau), tau, mu, 0.1 * 0.5)


def sds_added(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    log_p = log_p + sum(stats.norm.logpdf(y_j, mu, noise_j + tau) for y_j, noise_j in zip(y, noise))
    return _answer(log_p, tau, mu, 0.1 * 0.5)


def tau_for_a_variance(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    log_p = log_p + sum(stats.norm.logpdf(y_j, mu, np.sqrt(noise_j**2 + tau)) for y_j, noise_j in zip(y, noise))
    return _answer(log_p, tau, mu, 0.1 * 0.5)


def noise_forgotten(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    log_p = log_p + sum(stats.norm.logpdf(y_j, mu, tau) for y_j in y)
    return _answer(log_p, tau, mu, 0.1 * 0.5)


def no_prior_for_tau(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + _log_likelihood(y, noise, mu, tau)
    return _answer(log_p, tau, mu, 0.1 * 0.5)


def no_prior_for_mu(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.halfcauchy.logpdf(tau, scale=tau_scale) + _log_likelihood(y, noise, mu, tau)
    return _answer(log_p, tau, mu, 0.1 * 0.5)


def scales_of_5_typed_in(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, 5) + stats.halfcauchy.logpdf(tau, scale=5)
    return _answer(log_p + _log_likelihood(y, noise, mu, tau), tau, mu, 0.1 * 0.5)


def mean_of_the_logs(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    prior = stats.norm.pdf(mu, 0, mu_sd) * stats.halfcauchy.pdf(tau, scale=tau_scale)
    log_l = _log_likelihood(y, noise, mu, tau)
    _, *moments = _answer(np.log(prior) + log_l, tau, mu, 0.1 * 0.5)
    return (prior * log_l).sum() * 0.1 * 0.5, *moments


def best_tau(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + _log_likelihood(y, noise, mu, tau)
    log_y = np.log(np.exp(log_p - log_p.max()).sum(axis=1) * 0.5) + log_p.max()
    best = np.argmax(log_y)
    p = np.exp(log_p[best] - log_p[best].max())
    p /= p.sum()
    mean = (p * mu).sum()
    return log_y[best], (mean, np.sqrt((p * (mu - mean) ** 2).sum())), (tau[best, 0], 0.0)


def sds_added__no_spacing(y, noise, mu_sd, tau_scale):
    tau, mu = _grid()
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.halfcauchy.logpdf(tau, scale=tau_scale)
    log_p = log_p + sum(stats.norm.logpdf(y_j, mu, noise_j + tau) for y_j, noise_j in zip(y, noise))
    return _answer(log_p, tau, mu, 1)


def tau_only_up_to_5__Cauchy_on_half_the_line(y, noise, mu_sd, tau_scale):
    tau, mu = _grid(5)
    log_p = stats.norm.logpdf(mu, 0, mu_sd) + stats.cauchy.logpdf(tau, scale=tau_scale)
    return _answer(log_p + _log_likelihood(y, noise, mu, tau), tau, mu, 0.005 * 0.5)
