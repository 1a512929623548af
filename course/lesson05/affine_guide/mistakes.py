"""Mistakes that learners make in affine-guide: each function stands for the learner's ``guide_affine``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist


def no_log_density(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A @ u + m, log_density=0.0, event_dim=1))


def plus(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A @ u + m, log_density=jnp.linalg.slogdet(A)[1], event_dim=1))


def no_absolute_value(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A @ u + m, log_density=-jnp.log(jnp.linalg.det(A)), event_dim=1))


def event_dim_forgotten(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A @ u + m, log_density=-jnp.linalg.slogdet(A)[1]))


def transposed(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(u @ A + m, log_density=-jnp.linalg.slogdet(A)[1], event_dim=1))


def det_of_A_A_T(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A @ u + m, log_density=-jnp.linalg.slogdet(A @ A.T)[1], event_dim=1))


def det_without_log(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A @ u + m, log_density=-jnp.abs(jnp.linalg.det(A)), event_dim=1))


def no_shift(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A @ u, log_density=-jnp.linalg.slogdet(A)[1], event_dim=1))


def plus__transposed(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A.T @ u + m, log_density=jnp.linalg.slogdet(A)[1], event_dim=1))
