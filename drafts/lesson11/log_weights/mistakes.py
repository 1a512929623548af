"""Mistakes that learners make in log-weights: each function stands for the learner's ``log_weights``."""

import jax
import jax.numpy as jnp
from numpyro import handlers
from numpyro.infer.util import log_density


def _traces(key, model, guide, params, args):
    """Traces of the guide and of the model at the guide's draws."""
    key_guide, key_model = jax.random.split(key)
    q = handlers.trace(handlers.seed(handlers.substitute(guide, params), key_guide)).get_trace(*args)
    p = handlers.trace(handlers.replay(handlers.seed(model, key_model), q)).get_trace(*args)
    return q, p


def _sum(trace, wanted=lambda site: True):
    sites = [site for site in trace.values() if site["type"] == "sample" and wanted(site)]
    return sum(jnp.sum(site["fn"].log_prob(site["value"])) for site in sites)


def _latents(p):
    return {name: site["value"] for name, site in p.items() if site["type"] == "sample" and not site["is_observed"]}


def _latent(site):
    return not site["is_observed"]


def _observed(site):
    return site["is_observed"]


def _each(key, n, weight, *handed):
    """The draws and ``weight(q, p)`` of each of n pairs of traces."""

    def one(key):
        q, p = _traces(key, *handed)
        return _latents(p), weight(q, p)

    return jax.vmap(one)(jax.random.split(key, n))


def no_log_q(key, model, guide, params, n, *args):
    return _each(key, n, lambda q, p: _sum(p), model, guide, params, args)


def sign(key, model, guide, params, n, *args):
    return _each(key, n, lambda q, p: _sum(q) - _sum(p), model, guide, params, args)


def no_prior(key, model, guide, params, n, *args):
    return _each(key, n, lambda q, p: _sum(p, _observed) - _sum(q), model, guide, params, args)


def likelihood_only(key, model, guide, params, n, *args):
    return _each(key, n, lambda q, p: _sum(p, _observed), model, guide, params, args)


def no_Jacobian(key, model, guide, params, n, *args):
    def base(q):  # leaves out what a Delta claims
        return _sum(q, lambda site: type(site["fn"]).__name__ != "Delta")

    return _each(key, n, lambda q, p: _sum(p) - base(q), model, guide, params, args)


def Jacobian_in_P(key, model, guide, params, n, *args):
    def in_the_line(p):  # ln P of unconstrained coordinates
        positive = [site for site in p.values() if site["type"] == "sample" and _latent(site)]
        positive = [site for site in positive if type(site["fn"]).__name__ == "HalfNormal"]
        return _sum(p) + sum(jnp.log(site["value"]) for site in positive)

    return _each(key, n, lambda q, p: in_the_line(p) - _sum(q), model, guide, params, args)


def mean_over_data(key, model, guide, params, n, *args):
    def mean(p):
        sites = [site for site in p.values() if site["type"] == "sample"]
        return sum(jnp.mean(site["fn"].log_prob(site["value"])) for site in sites)

    return _each(key, n, lambda q, p: mean(p) - _sum(q), model, guide, params, args)


def normalised(key, model, guide, params, n, *args):
    draws, log_w = _each(key, n, lambda q, p: _sum(p) - _sum(q), model, guide, params, args)
    return draws, log_w - jax.nn.logsumexp(log_w)


def not_logs(key, model, guide, params, n, *args):
    return _each(key, n, lambda q, p: jnp.exp(_sum(p) - _sum(q)), model, guide, params, args)


def other_draws(key, model, guide, params, n, *args):
    def one(key):
        key_guide, key_model = jax.random.split(key)
        log_q, q = log_density(handlers.seed(guide, key_guide), args, {}, params)
        log_p, p = log_density(handlers.seed(model, key_model), args, {}, params)
        return {name: q[name]["value"] for name in _latents(p)}, log_p - log_q

    return jax.vmap(one)(jax.random.split(key, n))


def params_ignored(key, model, guide, params, n, *args):
    return _each(key, n, lambda q, p: _sum(p) - _sum(q), model, guide, {}, args)


def one_draw(key, model, guide, params, n, *args):
    q, p = _traces(key, model, guide, params, args)
    draws = {name: jnp.full(n, value) for name, value in _latents(p).items()}
    return draws, jnp.full(n, _sum(p) - _sum(q))


def helper_listed(key, model, guide, params, n, *args):
    def one(key):
        q, p = _traces(key, model, guide, params, args)
        return {name: site["value"] for name, site in q.items() if site["type"] == "sample"}, _sum(p) - _sum(q)

    return jax.vmap(one)(jax.random.split(key, n))


def sign__no_prior(key, model, guide, params, n, *args):
    return _each(key, n, lambda q, p: _sum(q) - _sum(p, _observed), model, guide, params, args)


def mean_over_data__no_log_q(key, model, guide, params, n, *args):
    def mean(p):
        sites = [site for site in p.values() if site["type"] == "sample"]
        return sum(jnp.mean(site["fn"].log_prob(site["value"])) for site in sites)

    return _each(key, n, lambda q, p: mean(p), model, guide, params, args)
