"""Other right answers in line-guide: each function stands for the learner's ``guide_line``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints
from numpyro.infer.autoguide import AutoDiagonalNormal, AutoNormal

from ..given import model_line


def _normal(name, scale=0.1):
    loc = numpyro.param(f"{name}_loc", 0.0)
    return dist.Normal(loc, numpyro.param(f"{name}_scale", scale, constraint=constraints.positive))


def _between(base, low, high):
    """``base`` on the real line, moved between two limits."""
    return dist.TransformedDistribution(
        base, [dist.transforms.SigmoidTransform(), dist.transforms.AffineTransform(low, high - low)]
    )


def truncated_normal_and_Kumaraswamy(x, e, y=None):
    theta_loc = numpyro.param("theta_loc", 0.0)
    theta_scale = numpyro.param("theta_scale", 0.2, constraint=constraints.positive)
    numpyro.sample("theta", dist.TruncatedNormal(theta_loc, theta_scale, low=-jnp.pi / 2, high=jnp.pi / 2))
    numpyro.sample("b_perp", _normal("b_perp"))
    numpyro.sample("bg_mean", _normal("bg_mean"))
    numpyro.sample("bg_sigma", dist.LogNormal(numpyro.param("loc", 0.0), jnp.exp(numpyro.param("log_scale", -1.0))))
    a, b = (numpyro.param(name, 2.0, constraint=constraints.positive) for name in ("a", "b"))
    numpyro.sample("Q", dist.Kumaraswamy(a, b))


def gamma_width(x, e, y=None):
    numpyro.sample("theta", _between(_normal("theta"), -jnp.pi / 2, jnp.pi / 2))
    numpyro.sample("b_perp", _normal("b_perp"))
    numpyro.sample("bg_mean", _normal("bg_mean"))
    a, b = (numpyro.param(name, 4.0, constraint=constraints.positive) for name in ("a", "b"))
    numpyro.sample("bg_sigma", dist.Gamma(a, b))
    numpyro.sample("Q", _between(_normal("Q"), 0.0, 1.0))


def leaning(x, e, y=None):
    theta = numpyro.sample("theta", _between(_normal("theta"), -jnp.pi / 2, jnp.pi / 2))
    centre, lean = numpyro.param("centre", 0.0), numpyro.param("lean", 0.0)
    b_scale = numpyro.param("b_scale", 0.1, constraint=constraints.positive)
    numpyro.sample("b_perp", dist.Normal(numpyro.param("b_loc", 0.0) + lean * (theta - centre), b_scale))
    numpyro.sample("bg_mean", _normal("bg_mean"))
    numpyro.sample("bg_sigma", dist.TransformedDistribution(_normal("bg_sigma"), dist.transforms.ExpTransform()))
    numpyro.sample("Q", _between(_normal("Q"), 0.0, 1.0))


def with_an_auxiliary_site(x, e, y=None):
    numpyro.sample("theta", _between(_normal("theta"), -jnp.pi / 2, jnp.pi / 2))
    numpyro.sample("b_perp", _normal("b_perp"))
    numpyro.sample("bg_mean", _normal("bg_mean"))
    log_sigma = numpyro.sample("log_sigma", _normal("log_sigma"), infer={"is_auxiliary": True})
    numpyro.sample("bg_sigma", dist.Delta(jnp.exp(log_sigma), log_density=-log_sigma))
    numpyro.sample("Q", _between(_normal("Q"), 0.0, 1.0))


autonormal = AutoNormal(model_line)


another_autoguide = AutoDiagonalNormal(model_line)
