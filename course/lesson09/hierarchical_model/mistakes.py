"""Mistakes that learners make in hierarchical-model: each function stands for the learner's ``model_hier``."""

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist


def _population(mu_sds=(15.0, 25.0), sigmas=(dist.HalfNormal(10.0), dist.HalfNormal(15.0))):
    """Mean and sd of the slopes, mean and sd of the intercepts."""
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, mu_sds[0]))
    sigma_m = numpyro.sample("sigma_m", sigmas[0])
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, mu_sds[1]))
    sigma_c = numpyro.sample("sigma_c", sigmas[1])
    return mu_m, sigma_m, mu_c, sigma_c


def _lines(n_groups, mu_m, sigma_m, mu_c, sigma_c):
    """Slopes and intercepts of the groups."""
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        return m, numpyro.sample("c", dist.Normal(mu_c, sigma_c))


def _points(y, mean, noise, n):
    with numpyro.plate("points", n):
        numpyro.sample("y", dist.Normal(mean, noise), obs=y)


def _model(group, x, noise, n_groups, y, *population):
    """The right model, with these priors of the population."""
    m, c = _lines(n_groups, *_population(*population))
    _points(y, m[group] * x + c[group], noise, len(x))


def labels_counted(group, x, noise, n_groups, y=None):
    _model(group, x, noise, len(np.unique(group)), y)


def always_8_groups(group, x, noise, n_groups, y=None):
    _model(group, x, noise, 8, y)


def scales_of_the_text(group, x, noise, n_groups, y=None):
    _model(group, x, noise, n_groups, y, (15.0, 25.0), (dist.HalfNormal(15.0), dist.HalfNormal(25.0)))


def prior_sds_exchanged(group, x, noise, n_groups, y=None):
    _model(group, x, noise, n_groups, y, (25.0, 15.0))


def normal_sigmas(group, x, noise, n_groups, y=None):
    _model(group, x, noise, n_groups, y, (15.0, 25.0), (dist.Normal(0.0, 10.0), dist.Normal(0.0, 15.0)))


def sigmas_exchanged(group, x, noise, n_groups, y=None):
    mu_m, sigma_m, mu_c, sigma_c = _population()
    m, c = _lines(n_groups, mu_m, sigma_c, mu_c, sigma_m)
    _points(y, m[group] * x + c[group], noise, len(x))


def one_sigma(group, x, noise, n_groups, y=None):
    mu_m, sigma_m, mu_c, _ = _population()
    m, c = _lines(n_groups, mu_m, sigma_m, mu_c, sigma_m)
    _points(y, m[group] * x + c[group], noise, len(x))


def noise_for_a_variance(group, x, noise, n_groups, y=None):
    _model(group, x, jnp.sqrt(noise), n_groups, y)


def noise_ignored(group, x, noise, n_groups, y=None):
    _model(group, x, 1.0, n_groups, y)


def noise_averaged(group, x, noise, n_groups, y=None):
    _model(group, x, jnp.mean(noise), n_groups, y)


def every_group_sees_every_point(group, x, noise, n_groups, y=None):
    m, c = _lines(n_groups, *_population())
    _points(y, m[:, None] * x + c[:, None], noise, len(x))


def population_in_the_plate(group, x, noise, n_groups, y=None):
    with numpyro.plate("groups", n_groups):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    _points(y, m[group] * x + c[group], noise, len(x))


def a_line_for_each_point(group, x, noise, n_groups, y=None):
    mu_m, sigma_m, mu_c, sigma_c = _population()
    with numpyro.plate("points", len(x)):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
        numpyro.sample("y", dist.Normal(m * x + c, noise), obs=y)


def y_never_observed(group, x, noise, n_groups, y=None):
    _model(group, x, noise, n_groups, None)


def scales_of_the_text__noise_for_a_variance(group, x, noise, n_groups, y=None):
    wide = (dist.HalfNormal(15.0), dist.HalfNormal(25.0))
    _model(group, x, jnp.sqrt(noise), n_groups, y, (15.0, 25.0), wide)


def always_8_groups__noise_ignored(group, x, noise, n_groups, y=None):
    _model(group, x, 1.0, 8, y)
