"""Other right answers in bimodal-guide: each function stands for the learner's ``guide_bimodal``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def mixture_of_two_sites():
    b = numpyro.param("b", 2.0)
    s1, s2 = (numpyro.param(name, 2.0, constraint=constraints.positive) for name in ("s1", "s2"))
    theta = numpyro.param("theta", 0.5)
    ends = [dist.Normal(b, s1), dist.Normal(-b, s1)]
    u1 = numpyro.sample(
        "along", dist.MixtureGeneral(dist.Categorical(logits=jnp.zeros(2)), ends), infer={"is_auxiliary": True}
    )
    u2 = numpyro.sample("across", dist.Normal(0.0, 1.0), infer={"is_auxiliary": True})
    x = jnp.cos(theta) * u1 - jnp.sin(theta) * s2 * u2
    y = jnp.sin(theta) * u1 + jnp.cos(theta) * s2 * u2
    numpyro.sample("x", dist.Delta(x, log_density=-jnp.log(s2)))
    numpyro.sample("y", dist.Delta(y))


def a_drawn_side():
    b = numpyro.param("b", 4.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 0.5, constraint=constraints.softplus_positive)
    s2 = numpyro.param("s2", 3.0, constraint=constraints.softplus_positive)
    theta = numpyro.param("theta", 1.0)
    side = numpyro.sample("side", dist.Bernoulli(0.5), infer={"is_auxiliary": True})
    u = numpyro.sample(
        "u",
        dist.Normal(jnp.stack([(2 * side - 1) * b, 0.0]), jnp.stack([s1, s2])).to_event(1),
        infer={"is_auxiliary": True},
    )
    numpyro.sample("x", dist.Delta(u[0] * jnp.cos(theta) - u[1] * jnp.sin(theta)))
    numpyro.sample("y", dist.Delta(u[0] * jnp.sin(theta) + u[1] * jnp.cos(theta)))


def two_normals_in_the_plane():
    b = numpyro.param("b", 1.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.0)
    R = jnp.array([[jnp.cos(theta), -jnp.sin(theta)], [jnp.sin(theta), jnp.cos(theta)]])
    centres = b * jnp.array([[1.0, 0.0], [-1.0, 0.0]])
    bumps = dist.MultivariateNormal(centres, scale_tril=jnp.diag(jnp.stack([s1, s2])))
    v = numpyro.sample(
        "v", dist.MixtureSameFamily(dist.Categorical(probs=jnp.full(2, 0.5)), bumps), infer={"is_auxiliary": True}
    )
    x = R @ v
    numpyro.sample("x", dist.Delta(x[0]))
    numpyro.sample("y", dist.Delta(x[1]))
