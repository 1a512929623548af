"""Mistakes that learners make in schools-noncentred: each function stands for the learner's ``schools_noncentred``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer.reparam import LocScaleReparam


def _population(tau_prior=dist.HalfCauchy(5.0)):
    return numpyro.sample("mu", dist.Normal(0.0, 5.0)), numpyro.sample("tau", tau_prior)


def _z(schools, loc=0.0, scale=1.0):
    with numpyro.plate("schools", schools):
        return numpyro.sample("z", dist.Normal(loc, scale))


def _record(theta, y, noise):
    """The effects by their name, and what was measured of them."""
    theta = numpyro.deterministic("theta", theta)
    with numpyro.plate("schools", len(y)):
        numpyro.sample("y", dist.Normal(theta, noise), obs=y)


def _centred(y, noise):
    mu, tau = _population()
    with numpyro.plate("schools", len(y)):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, noise), obs=y)


def centred(y, noise):
    _centred(y, noise)


def half_way(y, noise):
    handlers.reparam(_centred, config={"theta": LocScaleReparam(centered=0.6)})(y, noise)


def tau_twice(y, noise):
    mu, tau = _population()
    _record(mu + tau * _z(len(y), scale=tau), y, noise)


def tau_for_a_variance(y, noise):
    mu, tau = _population()
    _record(mu + jnp.sqrt(tau) * _z(len(y)), y, noise)


def one_z(y, noise):
    mu, tau = _population()
    z = numpyro.sample("z", dist.Normal(0.0, 1.0))
    _record(mu + tau * z * jnp.ones(len(y)), y, noise)


def mu_twice(y, noise):
    mu, tau = _population()
    _record(mu + tau * _z(len(y), loc=mu), y, noise)


def no_mu(y, noise):
    _, tau = _population()
    _record(tau * _z(len(y)), y, noise)


def tau_added(y, noise):
    mu, tau = _population()
    _record(mu + tau + _z(len(y)), y, noise)


def half_normal_tau(y, noise):
    mu, tau = _population(dist.HalfNormal(5.0))
    _record(mu + tau * _z(len(y)), y, noise)


def standardised_y(y, noise):
    mu, tau = _population()
    theta = numpyro.deterministic("theta", mu + tau * _z(len(y)))
    with numpyro.plate("schools", len(y)):
        numpyro.sample("y", dist.Normal(theta / noise, 1.0), obs=y / noise)


def z_recorded_as_theta(y, noise):
    mu, tau = _population()
    z = _z(len(y))
    numpyro.deterministic("theta", z)
    with numpyro.plate("schools", len(y)):
        numpyro.sample("y", dist.Normal(mu + tau * z, noise), obs=y)


def tau_twice__half_normal_tau(y, noise):
    mu, tau = _population(dist.HalfNormal(5.0))
    _record(mu + tau * _z(len(y), scale=tau), y, noise)


def no_mu__standardised_y(y, noise):
    _, tau = _population()
    theta = numpyro.deterministic("theta", tau * _z(len(y)))
    with numpyro.plate("schools", len(y)):
        numpyro.sample("y", dist.Normal(theta / noise, 1.0), obs=y / noise)
