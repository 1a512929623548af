"""Mistakes that learners make in illegal-share: each function stands for the learner's ``illegal_share``."""

import jax.numpy as jnp
from numpyro import handlers
from numpyro.infer import Predictive


def _latent(fn, key, *args):
    """The latent sites of a NumPyro function's trace."""
    trace = handlers.trace(handlers.seed(fn, key)).get_trace(*args)
    return {name: site for name, site in trace.items() if site["type"] == "sample" and not site["is_observed"]}


def _legal(site, values, n):
    return site["fn"].support(values).reshape(n, -1).all(axis=1)


def support_of_the_guide(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    sites = _latent(handlers.substitute(guide, params), key, *args)
    return {name: float(1 - _legal(site, draws[name], n).mean()) for name, site in sites.items()}


def draws_of_the_model(key, model, guide, params, n, *args):
    draws = Predictive(model, num_samples=n)(key, *args)
    return {name: float(1 - _legal(site, draws[name], n).mean()) for name, site in _latent(model, key, *args).items()}


def centres_only(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    out = {}
    for name, site in _latent(model, key, *args).items():
        centre = jnp.median(draws[name], axis=0)
        out[name] = float(~jnp.all(site["fn"].support(centre)))
    return out


def below_zero(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    return {name: float((values.reshape(n, -1) < 0).any(axis=1).mean()) for name, values in draws.items()}


def lower_limits_only(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    out = {}
    for name, site in _latent(model, key, *args).items():
        support = getattr(site["fn"].support, "base_constraint", site["fn"].support)
        low = getattr(support, "lower_bound", -jnp.inf)
        out[name] = float((draws[name].reshape(n, -1) < low).any(axis=1).mean())
    return out


def first_entry(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    out = {}
    for name, site in _latent(model, key, *args).items():
        legal = site["fn"].support(draws[name]).reshape(n, -1)
        out[name] = float(1 - legal[:, 0].mean())
    return out


def mean_over_entries(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    return {
        name: float(1 - site["fn"].support(draws[name]).mean()) for name, site in _latent(model, key, *args).items()
    }


def legal_share(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    return {name: float(_legal(site, draws[name], n).mean()) for name, site in _latent(model, key, *args).items()}


def one_number_for_all_sites(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    sites = _latent(model, key, *args)
    legal = jnp.stack([_legal(site, draws[name], n) for name, site in sites.items()]).all(axis=0)
    return dict.fromkeys(sites, float(1 - legal.mean()))


def observed_site_listed(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    trace = handlers.trace(handlers.seed(model, key)).get_trace(*args)
    out = {}
    for name, site in trace.items():
        if site["type"] == "sample":
            values = draws.get(name, jnp.broadcast_to(site["value"], (n, *site["value"].shape)))
            out[name] = float(1 - _legal(site, values, n).mean())
    return out


def lower_limits_only__mean_over_entries(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    out = {}
    for name, site in _latent(model, key, *args).items():
        support = getattr(site["fn"].support, "base_constraint", site["fn"].support)
        out[name] = float((draws[name] < getattr(support, "lower_bound", -jnp.inf)).mean())
    return out


def legal_share__first_entry(key, model, guide, params, n, *args):
    draws = Predictive(guide, params=params, num_samples=n)(key, *args)
    out = {}
    for name, site in _latent(model, key, *args).items():
        support = getattr(site["fn"].support, "base_constraint", site["fn"].support)
        out[name] = float(support(draws[name]).reshape(n, -1)[:, 0].mean())
    return out
