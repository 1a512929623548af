"""Mistakes that learners make in nuts-setup: each function stands for the learner's ``nuts_setup``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from numpyro import handlers


def _maps(key, model, args):
    """Name -> map from the support of each latent site to the real numbers, in the order of the model."""
    trace = handlers.trace(handlers.seed(model, key)).get_trace(*args)
    latent = {name: site for name, site in trace.items() if site["type"] == "sample" and not site["is_observed"]}
    return {name: dist.biject_to(site["fn"].support).inv for name, site in latent.items()}


def _free(key, model, guide, params, n, args):
    """n unconstrained draws by name, and the draws themselves."""
    draws = guide.sample_posterior(key, params, *args, sample_shape=(n,))
    return {name: to_real(draws[name]) for name, to_real in _maps(key, model, args).items()}, draws


def _setup(key, model, guide, params, n_chains, args, change):
    """The right starts, and a matrix that ``change`` makes of the right one."""
    key_starts, key_many = jax.random.split(key)
    many, _ = _free(key_many, model, guide, params, 10_000, args)
    matrix = change(jnp.cov(jnp.stack(list(many.values()))))
    return _free(key_starts, model, guide, params, n_chains, args)[0], {tuple(many): matrix}


def constrained_starts(key, model, guide, params, n_chains, *args):
    _, matrix = _setup(key, model, guide, params, n_chains, args, lambda cov: cov)
    return guide.sample_posterior(key, params, *args, sample_shape=(n_chains,)), matrix


def _by_position(key, names, params, n_chains):
    tril = params["auto_scale_tril"]
    vectors = params["auto_loc"] + jax.random.normal(key, (n_chains, len(names))) @ tril.T
    return {name: vectors[:, i] for i, name in enumerate(names)}, {tuple(names): tril @ tril.T}


def alphabetical_order(key, model, guide, params, n_chains, *args):
    return _by_position(key, sorted(_maps(key, model, args)), params, n_chains)


def order_of_the_model(key, model, guide, params, n_chains, *args):
    return _by_position(key, list(_maps(key, model, args)), params, n_chains)


def precision(key, model, guide, params, n_chains, *args):
    return _setup(key, model, guide, params, n_chains, args, jnp.linalg.inv)


def Cholesky_factor(key, model, guide, params, n_chains, *args):
    return _setup(key, model, guide, params, n_chains, args, jnp.linalg.cholesky)


def constrained_covariance(key, model, guide, params, n_chains, *args):
    starts, draws = _free(key, model, guide, params, n_chains, args)
    names = tuple(starts)
    _, many = _free(jax.random.fold_in(key, 1), model, guide, params, 10_000, args)
    return starts, {names: jnp.cov(jnp.stack([many[name] for name in names]))}


def variances_only(key, model, guide, params, n_chains, *args):
    return _setup(key, model, guide, params, n_chains, args, lambda cov: jnp.diag(jnp.diag(cov)))


def correlations(key, model, guide, params, n_chains, *args):
    scale = lambda cov: jnp.sqrt(jnp.outer(jnp.diag(cov), jnp.diag(cov)))
    return _setup(key, model, guide, params, n_chains, args, lambda cov: cov / scale(cov))


def names_and_rows_apart(key, model, guide, params, n_chains, *args):
    starts, matrix = _setup(key, model, guide, params, n_chains, args, lambda cov: cov)
    ((names, cov),) = matrix.items()
    alphabet = jnp.array([names.index(name) for name in sorted(names)])
    return starts, {names: cov[alphabet][:, alphabet]}


def all_at_the_centre(key, model, guide, params, n_chains, *args):
    _, matrix = _setup(key, model, guide, params, n_chains, args, lambda cov: cov)
    centre = guide.median(params)
    maps = _maps(key, model, args)
    return {name: jnp.full(n_chains, to_real(centre[name])) for name, to_real in maps.items()}, matrix


def covariance_of_the_starts(key, model, guide, params, n_chains, *args):
    starts, _ = _free(key, model, guide, params, n_chains, args)
    return starts, {tuple(starts): jnp.cov(jnp.stack(list(starts.values())))}


def constrained_starts__precision(key, model, guide, params, n_chains, *args):
    _, matrix = _setup(key, model, guide, params, n_chains, args, jnp.linalg.inv)
    return guide.sample_posterior(key, params, *args, sample_shape=(n_chains,)), matrix
