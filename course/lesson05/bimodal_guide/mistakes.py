"""Mistakes that learners make in bimodal-guide: each function stands for the learner's ``guide_bimodal``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def two_cosines_in_a_row():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.8)
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = (
        dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1)),
        dist.Normal(0.0, s2),
    )
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(c * u1 - s * u2))
    numpyro.sample("y", dist.Delta(c * u1 + s * u2))


def no_rotation():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.8)
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = (
        dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1)),
        dist.Normal(0.0, s2),
    )
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(u1))
    numpyro.sample("y", dist.Delta(u2))


def one_bump():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.8)
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = dist.Normal(b, s1), dist.Normal(0.0, s2)
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(c * u1 - s * u2))
    numpyro.sample("y", dist.Delta(s * u1 + c * u2))


def both_on_one_side():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.8)
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = (
        dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, b]), s1)),
        dist.Normal(0.0, s2),
    )
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(c * u1 - s * u2))
    numpyro.sample("y", dist.Delta(s * u1 + c * u2))


def one_scale_for_both():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = s1
    theta = numpyro.param("theta", 0.8)
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = (
        dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1)),
        dist.Normal(0.0, s2),
    )
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(c * u1 - s * u2))
    numpyro.sample("y", dist.Delta(s * u1 + c * u2))


def angle_fixed():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = jnp.pi / 4
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = (
        dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1)),
        dist.Normal(0.0, s2),
    )
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(c * u1 - s * u2))
    numpyro.sample("y", dist.Delta(s * u1 + c * u2))


def angle_the_other_way():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.8)
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = (
        dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1)),
        dist.Normal(0.0, s2),
    )
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(c * u1 + s * u2))
    numpyro.sample("y", dist.Delta(c * u2 - s * u1))


def squared_widths():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.8)
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = (
        dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1**2)),
        dist.Normal(0.0, s2**2),
    )
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(c * u1 - s * u2))
    numpyro.sample("y", dist.Delta(s * u1 + c * u2))


def density_twice():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.8)
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = (
        dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1)),
        dist.Normal(0.0, s2),
    )
    u1 = numpyro.sample("u1", d1, infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", d2, infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(c * u1 - s * u2, log_density=d1.log_prob(u1)))
    numpyro.sample("y", dist.Delta(s * u1 + c * u2, log_density=d2.log_prob(u2)))


def no_rotation__one_scale_for_both():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", jnp.pi / 4)
    halves = dist.Categorical(probs=jnp.array([0.5, 0.5]))
    u1 = numpyro.sample(
        "u1", dist.MixtureSameFamily(halves, dist.Normal(jnp.stack([b, -b]), s1)), infer={"is_auxiliary": True}
    )
    u2 = numpyro.sample("u2", dist.Normal(0.0, s1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(u1))
    numpyro.sample("y", dist.Delta(u2))
