"""Other right answers in affine-guide: each function stands for the learner's ``guide_affine``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist


def multivariate_normal(A, m):
    numpyro.sample("x", dist.MultivariateNormal(m, A @ A.T))


def transform(A, m):
    u = numpyro.sample("base", dist.MultivariateNormal(jnp.zeros(3), jnp.eye(3)), infer={"is_auxiliary": True})
    claim = -jnp.log(jnp.abs(jnp.linalg.det(A)))
    numpyro.sample("x", dist.Delta(m + jnp.einsum("ij,j->i", A, u), claim, event_dim=1))


def plate(A, m):
    with numpyro.plate("axes", 3):
        u = numpyro.sample("u", dist.Normal(0.0, 1.0), infer={"is_auxiliary": True})
    value = u @ A.T + m
    numpyro.sample("x", dist.Delta(value, log_density=-0.5 * jnp.linalg.slogdet(A @ A.T)[1], event_dim=1))
