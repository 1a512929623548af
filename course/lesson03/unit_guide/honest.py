"""Other right answers in unit-guide: each function stands for the learner's ``guide_on_unit_interval``."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def auxiliary_site(n, data=None):
    loc = numpyro.param("loc", 0.0)
    scale = numpyro.param("scale", 1.0, constraint=constraints.positive)
    u = numpyro.sample("u", dist.Normal(loc, scale), infer={"is_auxiliary": True})
    log_slope = jax.nn.log_sigmoid(u) + jax.nn.log_sigmoid(-u)
    numpyro.sample("f", dist.Delta(jax.nn.sigmoid(u), log_density=-log_slope))


def log_scale(n, data=None):
    m = numpyro.param("m", 0.5)
    log_s = numpyro.param("log_s", -1.0)
    to_unit = dist.transforms.biject_to(constraints.unit_interval)
    numpyro.sample("f", dist.TransformedDistribution(dist.Normal(m, jnp.exp(log_s)), to_unit))


def shift_and_stretch(n, data=None):
    loc = numpyro.param("loc", 0.1)
    scale = numpyro.param("scale", 0.5, constraint=constraints.softplus_positive)
    steps = [dist.transforms.AffineTransform(loc, scale), dist.transforms.SigmoidTransform()]
    numpyro.sample("f", dist.TransformedDistribution(dist.Normal(0.0, 1.0), steps))
