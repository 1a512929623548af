"""Other right answers in schools-noncentred: each function stands for the learner's ``schools_noncentred``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer.reparam import LocScaleReparam, TransformReparam


def _centred(y, noise):
    mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
    tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
    with numpyro.plate("schools", len(y)):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, noise), obs=y)


def loc_scale(y, noise):
    handlers.reparam(_centred, config={"theta": LocScaleReparam(centered=0.0)})(y, noise)


def learned(y, noise):
    handlers.reparam(_centred, config={"theta": LocScaleReparam()})(y, noise)


def transformed(y, noise):
    mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
    tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
    with numpyro.plate("schools", len(y)), handlers.reparam(config={"theta": TransformReparam()}):
        move = dist.transforms.AffineTransform(mu, tau)
        theta = numpyro.sample("theta", dist.TransformedDistribution(dist.Normal(0.0, 1.0), move))
        numpyro.sample("y", dist.Normal(theta, noise), obs=y)


def everything_standard(y, noise):
    mu = numpyro.deterministic("mu", 5 * numpyro.sample("z_mu", dist.Normal(0.0, 1.0)))
    tau = numpyro.deterministic("tau", 5 * numpyro.sample("t", dist.HalfCauchy(1.0)))
    z = numpyro.sample("z", dist.Normal(jnp.zeros(len(y)), 1.0).to_event(1))
    theta = numpyro.deterministic("theta", mu + tau * z)
    numpyro.sample("y", dist.Normal(theta, noise).to_event(1), obs=y)
