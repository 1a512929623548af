"""Mistakes that learners make in hierarchical-model: each function stands for the learner's ``model_hier``."""

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist


def labels_counted(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", len(np.unique(group))):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def always_8_groups(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", 8):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def scales_of_the_text(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(15.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(25.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def prior_sds_exchanged(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 25.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 15.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def normal_sigmas(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.Normal(0.0, 10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.Normal(0.0, 15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def sigmas_exchanged(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_c))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_m))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def one_sigma(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_m))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def noise_for_a_variance(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], jnp.sqrt(noise)), obs=y)


def noise_ignored(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], 1.0), obs=y)


def noise_averaged(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], jnp.mean(noise)), obs=y)


def every_group_sees_every_point(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[:, None] * x + c[:, None], noise), obs=y)


def population_in_the_plate(group, x, noise, n_groups, y=None):
    with numpyro.plate("groups", n_groups):
        mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
        sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
        mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
        sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def a_line_for_each_point(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("points", len(x)):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
        numpyro.sample("y", dist.Normal(m * x + c, noise), obs=y)


def y_never_observed(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise))


def scales_of_the_text__noise_for_a_variance(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(15.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(25.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], jnp.sqrt(noise)), obs=y)


def always_8_groups__noise_ignored(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", 8):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], 1.0), obs=y)
