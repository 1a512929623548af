"""Mistakes that learners make in fit-flow: each function stands for the learner's ``fit_flow``."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
import optax
from numpyro.distributions import constraints
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoIAFNormal

from ..given import run_svi


def _fit(key, log_p, loc, scale_tril, n_steps, n, with_det=True):
    """Draws in whitened coordinates, their log density there, that of their base, and the losses."""
    log_det = jnp.log(jnp.diagonal(scale_tril)).sum() if with_det else 0.0

    def model():
        u = numpyro.sample("u", dist.ImproperUniform(constraints.real_vector, (), (2,)))
        numpyro.factor("target", log_p(loc + scale_tril @ u) + log_det)

    guide = AutoIAFNormal(model, num_flows=2, hidden_dims=[16])
    optimizer = optax.chain(optax.clip_by_global_norm(10.0), optax.adam(optax.cosine_decay_schedule(0.02, n_steps)))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    keys = jax.random.split(key_fit, 4)
    svi.init(keys[0])
    params, losses = jax.vmap(lambda key: run_svi(key, svi, n_steps))(keys)
    best = jnp.nanargmin(losses[:, -200:].mean(axis=1))
    flow = guide.get_posterior(jax.tree.map(lambda leaf: leaf[best], params))
    u, inner = flow.sample_with_intermediates(key_draws, (n,))
    base = jax.scipy.stats.norm.logpdf(inner[0][0]).sum(axis=-1)
    return u, flow.log_prob(u, inner), base, losses[best]


def _log_det(scale_tril):
    return jnp.log(jnp.diagonal(scale_tril)).sum()


def normal_only(key, log_p, loc, scale_tril, n_steps, n):
    def loss(key):
        u = jax.random.normal(key, (8, 2))
        log_q = jax.scipy.stats.norm.logpdf(u).sum(axis=-1) - _log_det(scale_tril)
        return jnp.mean(log_q - jax.vmap(log_p)(loc + u @ scale_tril.T))

    u = jax.random.normal(key, (n, 2))
    log_q = jax.scipy.stats.norm.logpdf(u).sum(axis=-1) - _log_det(scale_tril)
    return loc + u @ scale_tril.T, log_q, jax.vmap(loss)(jax.random.split(key, n_steps))


def without_the_normal(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(key, log_p, jnp.zeros(2), jnp.eye(2), n_steps, n)
    return u, log_q, losses


def determinant_missing_in_log_q(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(key, log_p, loc, scale_tril, n_steps, n)
    return loc + u @ scale_tril.T, log_q, losses


def determinant_added_to_log_q(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(key, log_p, loc, scale_tril, n_steps, n)
    return loc + u @ scale_tril.T, log_q + _log_det(scale_tril), losses


def determinant_missing_in_the_loss(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(key, log_p, loc, scale_tril, n_steps, n, with_det=False)
    return loc + u @ scale_tril.T, log_q - _log_det(scale_tril), losses


def draws_left_whitened(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(key, log_p, loc, scale_tril, n_steps, n)
    return u, log_q - _log_det(scale_tril), losses


def transposed(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(key, log_p, loc, scale_tril, n_steps, n)
    return loc + u @ scale_tril, log_q - _log_det(scale_tril), losses


def density_of_the_base(key, log_p, loc, scale_tril, n_steps, n):
    u, _, base, losses = _fit(key, log_p, loc, scale_tril, n_steps, n)
    return loc + u @ scale_tril.T, base - _log_det(scale_tril), losses


def few_steps(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(key, log_p, loc, scale_tril, n_steps // 10, n)
    return loc + u @ scale_tril.T, log_q - _log_det(scale_tril), losses


def own_key(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(jax.random.key(0), log_p, loc, scale_tril, n_steps, n)
    return loc + u @ scale_tril.T, log_q - _log_det(scale_tril), losses


def determinant_missing_in_log_q__few_steps(key, log_p, loc, scale_tril, n_steps, n):
    u, log_q, _, losses = _fit(key, log_p, loc, scale_tril, n_steps // 10, n)
    return loc + u @ scale_tril.T, log_q, losses


def density_of_the_base__own_key(key, log_p, loc, scale_tril, n_steps, n):
    u, _, base, losses = _fit(jax.random.key(0), log_p, loc, scale_tril, n_steps, n)
    return loc + u @ scale_tril.T, base - _log_det(scale_tril), losses
