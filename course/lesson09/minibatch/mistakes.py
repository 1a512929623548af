"""Mistakes that learners make in minibatch: each class holds the learner's ``model_batch`` and ``guide_batch``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.distributions import constraints


def _population():
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    return mu_m, sigma_m, mu_c, sigma_c


def _population_guide():
    loc = numpyro.param("hyper_loc", jnp.zeros(4))
    scale = numpyro.param("hyper_scale", 0.1 * jnp.ones(4), constraint=constraints.positive)
    numpyro.sample("mu_m", dist.Normal(loc[0], scale[0]))
    numpyro.sample("sigma_m", dist.LogNormal(loc[1], scale[1]))
    numpyro.sample("mu_c", dist.Normal(loc[2], scale[2]))
    numpyro.sample("sigma_c", dist.LogNormal(loc[3], scale[3]))


def _line_params(groups):
    m_loc, c_loc = numpyro.param("m_loc", jnp.zeros(groups)), numpyro.param("c_loc", jnp.zeros(groups))
    m_scale = numpyro.param("m_scale", 0.1 * jnp.ones(groups), constraint=constraints.positive)
    c_scale = numpyro.param("c_scale", 0.1 * jnp.ones(groups), constraint=constraints.positive)
    return m_loc, m_scale, c_loc, c_scale


def _index(groups, batch):
    with numpyro.plate("groups", groups, subsample_size=batch) as index:
        return index


def _points(m, c, x, noise):
    return dist.Normal(m[:, None] * x + c[:, None], noise).to_event(1)


def _model(x, noise, y, batch):
    mu_m, sigma_m, mu_c, sigma_c = _population()
    with numpyro.plate("groups", len(x), subsample_size=batch) as index:
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
        numpyro.sample("y", _points(m, c, x[index], noise[index]), obs=y[index])


def _guide(x, noise, y, batch):
    _population_guide()
    m_loc, m_scale, c_loc, c_scale = _line_params(len(x))
    with numpyro.plate("groups", len(x), subsample_size=batch) as index:
        numpyro.sample("m", dist.Normal(m_loc[index], m_scale[index]))
        numpyro.sample("c", dist.Normal(c_loc[index], c_scale[index]))


def _unscaled_guide(x, noise, y, batch):
    _population_guide()
    m_loc, m_scale, c_loc, c_scale = _line_params(len(x))
    index = _index(len(x), batch)
    with numpyro.plate("chosen", batch):
        numpyro.sample("m", dist.Normal(m_loc[index], m_scale[index]))
        numpyro.sample("c", dist.Normal(c_loc[index], c_scale[index]))


def _unindexed_model(x, noise, y, batch):
    mu_m, sigma_m, mu_c, sigma_c = _population()
    with numpyro.plate("groups", len(x), subsample_size=batch):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
        numpyro.sample("y", _points(m, c, x[:batch], noise[:batch]), obs=y[:batch])


def _unindexed_guide(x, noise, y, batch):
    _population_guide()
    m_loc, m_scale, c_loc, c_scale = _line_params(len(x))
    with numpyro.plate("groups", len(x), subsample_size=batch):
        numpyro.sample("m", dist.Normal(m_loc[:batch], m_scale[:batch]))
        numpyro.sample("c", dist.Normal(c_loc[:batch], c_scale[:batch]))


class no_scaling:
    def model_batch(x, noise, y, batch):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        index = _index(len(x), batch)
        with numpyro.plate("chosen", batch):
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
            numpyro.sample("y", _points(m, c, x[index], noise[index]), obs=y[index])

    guide_batch = _unscaled_guide


class likelihood_only:
    def model_batch(x, noise, y, batch):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        index = _index(len(x), batch)
        with numpyro.plate("chosen", batch):
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
            with handlers.scale(scale=len(x) / batch):
                numpyro.sample("y", _points(m, c, x[index], noise[index]), obs=y[index])

    guide_batch = _unscaled_guide


class lines_only:
    def model_batch(x, noise, y, batch):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        with numpyro.plate("groups", len(x), subsample_size=batch) as index:
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
        numpyro.sample("y", _points(m, c, x[index], noise[index]).to_event(1), obs=y[index])

    guide_batch = _guide


class hyperparameters_too:
    def model_batch(x, noise, y, batch):
        with handlers.scale(scale=len(x) / batch):
            mu_m, sigma_m, mu_c, sigma_c = _population()
            index = _index(len(x), batch)
            with numpyro.plate("chosen", batch):
                m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
                c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
                numpyro.sample("y", _points(m, c, x[index], noise[index]), obs=y[index])

    def guide_batch(x, noise, y, batch):
        with handlers.scale(scale=len(x) / batch):
            _unscaled_guide(x, noise, y, batch)


class model_only:
    model_batch = _model
    guide_batch = _unscaled_guide


class twice:
    def model_batch(x, noise, y, batch):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        with numpyro.plate("groups", len(x), subsample_size=batch) as index, handlers.scale(scale=len(x) / batch):
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
            numpyro.sample("y", _points(m, c, x[index], noise[index]), obs=y[index])

    def guide_batch(x, noise, y, batch):
        _population_guide()
        m_loc, m_scale, c_loc, c_scale = _line_params(len(x))
        with numpyro.plate("groups", len(x), subsample_size=batch) as index, handlers.scale(scale=len(x) / batch):
            numpyro.sample("m", dist.Normal(m_loc[index], m_scale[index]))
            numpyro.sample("c", dist.Normal(c_loc[index], c_scale[index]))


class y_once_more:
    def model_batch(x, noise, y, batch):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        with numpyro.plate("groups", len(x), subsample_size=batch) as index:
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
            with handlers.scale(scale=len(x) / batch):
                numpyro.sample("y", _points(m, c, x[index], noise[index]), obs=y[index])

    guide_batch = _guide


class plate_of_another_name:
    model_batch = _model

    def guide_batch(x, noise, y, batch):
        _population_guide()
        m_loc, m_scale, c_loc, c_scale = _line_params(len(x))
        with numpyro.plate("lines", len(x), subsample_size=batch) as index:
            numpyro.sample("m", dist.Normal(m_loc[index], m_scale[index]))
            numpyro.sample("c", dist.Normal(c_loc[index], c_scale[index]))


class guide_not_indexed:
    model_batch = _model
    guide_batch = _unindexed_guide


class data_not_indexed:
    model_batch = _unindexed_model
    guide_batch = _guide


class first_groups_only:
    model_batch = _unindexed_model
    guide_batch = _unindexed_guide


class always_all:
    def model_batch(x, noise, y, batch):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        with numpyro.plate("groups", len(x)):
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
            numpyro.sample("y", _points(m, c, x, noise), obs=y)

    def guide_batch(x, noise, y, batch):
        _population_guide()
        m_loc, m_scale, c_loc, c_scale = _line_params(len(x))
        with numpyro.plate("groups", len(x)):
            numpyro.sample("m", dist.Normal(m_loc, m_scale))
            numpyro.sample("c", dist.Normal(c_loc, c_scale))


class no_scaling__data_not_indexed:
    def model_batch(x, noise, y, batch):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        with numpyro.plate("chosen", batch):
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
            numpyro.sample("y", _points(m, c, x[:batch], noise[:batch]), obs=y[:batch])

    guide_batch = _unscaled_guide


class lines_only__guide_not_indexed:
    def model_batch(x, noise, y, batch):
        mu_m, sigma_m, mu_c, sigma_c = _population()
        with numpyro.plate("groups", len(x), subsample_size=batch) as index:
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
        numpyro.sample("y", _points(m, c, x[index], noise[index]).to_event(1), obs=y[index])

    guide_batch = _unindexed_guide
