"""Mistakes that learners make in mean-field-widths: each function stands for the learner's ``mean_field_widths``."""

import numpy as np


def slice_and_shadow_exchanged(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau / np.sqrt(n_groups), 1 / np.sqrt(2 * n_groups)
    return mu / np.sqrt(kept), mu, lntau / kept, lntau, -1.5 * np.log(kept)


def B_for_1_B(noise, tau, n_groups):
    factor = noise**2 / (noise**2 + tau**2)
    lntau = 1 / np.sqrt(2 * n_groups)
    return (
        tau / np.sqrt(n_groups),
        np.sqrt((noise**2 + tau**2) / n_groups),
        lntau,
        lntau / factor,
        -1.5 * np.log(factor),
    )


def root_in_ln_tau(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau / np.sqrt(n_groups), 1 / np.sqrt(2 * n_groups)
    mu_shadow, lntau_shadow = mu / np.sqrt(kept), lntau / np.sqrt(kept)
    return mu, mu_shadow, lntau, lntau_shadow, np.log(mu_shadow / mu) + np.log(lntau_shadow / lntau)


def no_two(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau / np.sqrt(n_groups), 1 / np.sqrt(n_groups)
    return mu, mu / np.sqrt(kept), lntau, lntau / kept, -1.5 * np.log(kept)


def sd_of_tau(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, sd = tau / np.sqrt(n_groups), tau / np.sqrt(2 * n_groups)
    return mu, mu / np.sqrt(kept), sd, sd / kept, -1.5 * np.log(kept)


def noise_alone(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau / np.sqrt(n_groups), 1 / np.sqrt(2 * n_groups)
    return mu, noise / np.sqrt(n_groups), lntau, lntau / kept, -1.5 * np.log(kept)


def variances(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau**2 / n_groups, 1 / (2 * n_groups)
    return mu, mu / kept, lntau, lntau / kept**2, -1.5 * np.log(kept)


def one_group(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    return tau, np.sqrt(noise**2 + tau**2), np.sqrt(0.5), np.sqrt(0.5) / kept, -1.5 * np.log(kept)


def theta_costs_nothing(noise, tau, n_groups):
    mu, shadow = tau / np.sqrt(n_groups), np.sqrt((noise**2 + tau**2) / n_groups)
    lntau = 1 / np.sqrt(2 * n_groups)
    return mu, shadow, lntau, lntau, np.log(shadow / mu)


def gap_of_mu_alone(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau / np.sqrt(n_groups), 1 / np.sqrt(2 * n_groups)
    return mu, mu / np.sqrt(kept), lntau, lntau / kept, -0.5 * np.log(kept)


def gap_of_ln_tau_alone(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau / np.sqrt(n_groups), 1 / np.sqrt(2 * n_groups)
    return mu, mu / np.sqrt(kept), lntau, lntau / kept, -np.log(kept)


def gap_halved(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau / np.sqrt(n_groups), 1 / np.sqrt(2 * n_groups)
    return mu, mu / np.sqrt(kept), lntau, lntau / kept, -0.75 * np.log(kept)


def no_two__gap_of_mu_alone(noise, tau, n_groups):
    kept = tau**2 / (noise**2 + tau**2)
    mu, lntau = tau / np.sqrt(n_groups), 1 / np.sqrt(n_groups)
    return mu, mu / np.sqrt(kept), lntau, lntau / kept, -0.5 * np.log(kept)
