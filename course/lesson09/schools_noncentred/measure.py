"""What is measured of ``schools_noncentred``."""

from functools import partial

import jax
import jax.numpy as jnp
import optax
from jax import random
from numpyro import handlers
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoNormal
from numpyro.infer.hmc import hmc
from numpyro.infer.util import constrain_fn, potential_energy

from svi_course.learner.measuring import attempt

from ...measuring import QUICK

N_STEPS, PARTICLES = 2500, 16
CHAINS, WARMUP, DRAWS = 4, 500, 1000
N_BEFORE = 16384


@partial(jax.jit, static_argnums=0, compiler_options=QUICK)
def _fit(model, key, y, noise):
    """The losses of an ``AutoNormal``, and the params after the last step."""
    optimizer = optax.adam(optax.cosine_decay_schedule(0.1, N_STEPS), b2=0.99)
    svi = SVI(model, AutoNormal(model), optimizer, Trace_ELBO(num_particles=PARTICLES))
    state = svi.init(key, y, noise)
    state, losses = jax.lax.scan(lambda state, _: svi.update(state, y, noise), state, length=N_STEPS)
    return losses, svi.get_params(state)


@partial(jax.jit, static_argnums=0, compiler_options=QUICK)
def _nuts(model, key, y, noise, params):
    """CHAINS chains of NUTS; a model's own params, such as a learned centring, stay at ``params``."""
    model = handlers.substitute(handlers.seed(model, random.key(0)), params)
    trace = handlers.trace(model).get_trace(y, noise)
    shapes = {
        name: jnp.shape(site["value"])
        for name, site in trace.items()
        if site["type"] == "sample" and not site["is_observed"]
    }
    init, sample = hmc(potential_fn_gen=lambda *args: partial(potential_energy, model, args, {}), algo="NUTS")

    def chain(key):
        key_start, key_run = random.split(key)
        keys = random.split(key_start, len(shapes))
        z = {
            name: random.uniform(key, shape, minval=-2.0, maxval=2.0)
            for key, (name, shape) in zip(keys, shapes.items())
        }
        state = init(z, WARMUP, model_args=(y, noise), rng_key=key_run, target_accept_prob=0.9)

        def step(state, _):
            state = sample(state, (y, noise), {})
            sites = constrain_fn(model, (y, noise), {}, state.z, return_deterministic=True)
            theta = sites["theta"] if "theta" in sites else jnp.full(y.shape, jnp.nan)
            return state, (sites["mu"], jnp.log(sites["tau"]), theta)

        _, (mu, ln_tau, theta) = jax.lax.scan(step, state, length=WARMUP + DRAWS)
        return mu[WARMUP:], ln_tau[WARMUP:], theta[WARMUP:]

    mu, ln_tau, theta = jax.vmap(chain)(random.split(key, CHAINS))
    theta = theta.reshape(-1, theta.shape[-1])
    return {
        "chains": jnp.stack([mu, ln_tau], axis=-1),
        "theta_mean": theta.mean(axis=0),
        "theta_sd": theta.std(axis=0),
    }


@partial(jax.jit, static_argnums=0, compiler_options=QUICK)
def _before(model, key, y, noise):
    """Draws of mu, tau and theta before the data, (N_BEFORE, 2 + J)."""

    def one(key):
        trace = handlers.trace(handlers.seed(model, key)).get_trace(y, noise)
        return jnp.concatenate([trace["mu"]["value"][None], trace["tau"]["value"][None], trace["theta"]["value"]])

    return jax.vmap(one)(random.split(key, N_BEFORE))


def measure(fn, case):
    """Losses of an ``AutoNormal``; draws of NUTS; draws before the data."""
    y, noise = (jnp.asarray(case[name], jnp.float32) for name in ("y", "noise"))
    key_fit, key_nuts, key_before = random.split(random.key(int(case["seed"])), 3)
    fitted = {}

    def fit():
        losses, fitted["params"] = _fit(fn, key_fit, y, noise)
        return {"losses": losses}

    return attempt(
        {
            "AutoNormal": fit,
            "NUTS": lambda: _nuts(fn, key_nuts, y, noise, fitted["params"]),
            "before the data": lambda: {"before": _before(fn, key_before, y, noise)},
        }
    )
