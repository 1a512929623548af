"""Other right answers in fit-autoguide: each function stands for the learner's ``fit_autoguide``."""

import jax
import numpy as np
import optax
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoDiagonalNormal, AutoMultivariateNormal, AutoNormal

from ..given import run_svi


def another_class_more_particles(key, model, kind, n_steps):
    guide = AutoDiagonalNormal(model) if kind == "normal" else AutoMultivariateNormal(model)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.03, n_steps))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=32))
    params, losses = run_svi(key, svi, n_steps)
    return guide, params, losses


def exponential_decay(key, model, kind, n_steps):
    guide = AutoNormal(model) if kind == "normal" else AutoMultivariateNormal(model)
    optimizer = optax.adam(optax.exponential_decay(0.1, n_steps // 10, 0.5))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=8))
    params, losses = run_svi(key, svi, n_steps)
    return guide, params, losses


def svi_run(key, model, kind, n_steps):
    guide = AutoMultivariateNormal(model) if kind == "mvn" else AutoNormal(model, init_scale=0.5)
    svi = SVI(
        model,
        guide,
        optax.adamw(optax.linear_schedule(0.05, 0.0, n_steps), weight_decay=0.0),
        Trace_ELBO(num_particles=16),
    )
    result = svi.run(key, n_steps, progress_bar=False)
    return guide, result.params, result.losses


def jitted_loop_in_plain_Python(key, model, kind, n_steps):
    guide = AutoNormal(model) if kind == "normal" else AutoMultivariateNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, n_steps)), Trace_ELBO(num_particles=16))
    state, losses = svi.init(key), []
    update = jax.jit(svi.update)
    for _ in range(n_steps):
        state, loss = update(state)
        losses.append(float(loss))
    return guide, svi.get_params(state), np.array(losses)
