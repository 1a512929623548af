"""Mistakes that learners make in fit-autoguide: each function stands for the learner's ``fit_autoguide``."""

import optax
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoDelta, AutoLaplaceApproximation, AutoMultivariateNormal, AutoNormal

from ..given import run_svi


def always_normal(key, model, kind, n_steps):
    guide = AutoNormal(model)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.05, n_steps))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, n_steps)
    return guide, params, losses


def always_mvn(key, model, kind, n_steps):
    guide = AutoMultivariateNormal(model)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.05, n_steps))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, n_steps)
    return guide, params, losses


def swapped(key, model, kind, n_steps):
    guide = AutoMultivariateNormal(model) if kind == "normal" else AutoNormal(model)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.05, n_steps))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, n_steps)
    return guide, params, losses


def delta(key, model, kind, n_steps):
    guide = AutoDelta(model) if kind == "normal" else AutoMultivariateNormal(model)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.05, n_steps))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, n_steps)
    return guide, params, losses


def laplace(key, model, kind, n_steps):
    guide = AutoNormal(model) if kind == "normal" else AutoLaplaceApproximation(model)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.05, n_steps))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, n_steps)
    return guide, params, losses


def a_tenth_of_the_steps(key, model, kind, n_steps):
    guide = AutoNormal(model) if kind == "normal" else AutoMultivariateNormal(model)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.05, n_steps))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, n_steps // 10)
    return guide, params, losses


def constant_rate_and_one_particle(key, model, kind, n_steps):
    guide = AutoNormal(model) if kind == "normal" else AutoMultivariateNormal(model)
    optimizer = optax.adam(0.1)
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=1))
    params, losses = run_svi(key, svi, n_steps)
    return guide, params, losses


def first_parameters(key, model, kind, n_steps):
    guide = AutoNormal(model) if kind == "normal" else AutoMultivariateNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, n_steps)), Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, n_steps)
    return guide, svi.get_params(svi.init(key)), losses


def always_normal__a_tenth_of_the_steps(key, model, kind, n_steps):
    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(0.005), Trace_ELBO(num_particles=16))
    return guide, *run_svi(key, svi, n_steps // 10)
