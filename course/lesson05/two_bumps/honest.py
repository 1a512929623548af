"""Other right answers in two-bumps: each function stands for the learner's ``log_target``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist


def library_densities(x, y, b, s1, s2, theta):
    u = jnp.cos(theta) * x + jnp.sin(theta) * y
    v = -jnp.sin(theta) * x + jnp.cos(theta) * y
    scale = jnp.sqrt(2.0) * s2
    log_bumps = (
        jnp.logaddexp(dist.Normal(b, s1).log_prob(u), dist.Normal(-b, s1).log_prob(u))
        + jnp.log(s1)
        + 0.5 * jnp.log(2 * jnp.pi)
    )
    return log_bumps + dist.Cauchy(0.0, scale).log_prob(v) + jnp.log(jnp.pi * scale)


def logsumexp(x, y, b, s1, s2, theta):
    u1 = x * jnp.cos(theta) + y * jnp.sin(theta)
    u2 = y * jnp.cos(theta) - x * jnp.sin(theta)
    terms = jnp.stack([-((u1 - b) ** 2) / (2 * s1**2), -((u1 + b) ** 2) / (2 * s1**2)])
    return jax.scipy.special.logsumexp(terms, axis=0) - jnp.log(1 + 0.5 * (u2 / s2) ** 2)


def rotation_matrix(x, y, b, s1, s2, theta):
    rotation = jnp.array([[jnp.cos(theta), jnp.sin(theta)], [-jnp.sin(theta), jnp.cos(theta)]])
    u1, u2 = jnp.tensordot(rotation, jnp.stack([jnp.asarray(x), jnp.asarray(y)]), axes=1)
    far = jnp.abs(u1)
    return -0.5 * ((far - b) / s1) ** 2 + jnp.log1p(jnp.exp(-2 * b * far / s1**2)) - jnp.log1p(u2**2 / (2 * s2**2))
