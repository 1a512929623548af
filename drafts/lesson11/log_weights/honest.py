"""Other right answers in log-weights: each function stands for the learner's ``log_weights``."""

import jax
import jax.numpy as jnp
from numpyro import handlers
from numpyro.infer import Predictive, Trace_ELBO
from numpyro.infer.elbo import get_importance_log_probs
from numpyro.infer.util import log_density


def _own(model, args):
    """Names of the model's latent sites."""
    trace = handlers.trace(handlers.seed(model, jax.random.key(0))).get_trace(*args)
    return [name for name, site in trace.items() if site["type"] == "sample" and not site["is_observed"]]


def two_traces(key, model, guide, params, n, *args):
    def one(key):
        q = handlers.trace(handlers.seed(handlers.substitute(guide, params), key)).get_trace(*args)
        p = handlers.trace(handlers.seed(handlers.replay(model, q), key)).get_trace(*args)
        log_q, log_p = (
            sum(site["fn"].log_prob(site["value"]).sum() for site in trace.values() if site["type"] == "sample")
            for trace in (q, p)
        )
        return {name: q[name]["value"] for name in p if name in q}, log_p - log_q

    return jax.vmap(one)(jax.random.split(key, n))


def draws_first(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)

    def one(z):
        log_p = log_density(handlers.seed(model, 0), args, {}, z)[0]
        return log_p - log_density(handlers.seed(guide, 0), args, {}, {**params, **z})[0]

    log_w = jax.vmap(one)(draws)
    return {name: draws[name] for name in _own(model, args)}, log_w


def importance_log_probs(key, model, guide, params, n, *args):
    own = _own(model, args)

    def one(key):
        seeded = handlers.seed(guide, key)
        log_p, log_q = get_importance_log_probs(handlers.seed(model, 1), seeded, args, {}, params)
        drawn = handlers.trace(handlers.seed(handlers.substitute(guide, params), key)).get_trace(*args)
        weight = sum(v.sum() for v in log_p.values()) - sum(v.sum() for v in log_q.values())
        return {name: drawn[name]["value"] for name in own}, weight

    return jax.vmap(one)(jax.random.split(key, n))


def loss_of_one_particle(key, model, guide, params, n, *args):
    own = _own(model, args)
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)

    def one(z):
        fixed = handlers.substitute(guide, data=z)
        return -Trace_ELBO().loss(jax.random.key(0), params, model, fixed, *args)

    return {name: jnp.asarray(draws[name]) for name in own}, jax.vmap(one)(draws)
