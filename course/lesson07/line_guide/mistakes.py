"""Mistakes that learners make in line-guide: each function stands for the learner's ``guide_line``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints
from numpyro.infer.autoguide import AutoDelta

from ..given import model_line


def _normal(name, start=0.0, scale=0.1):
    loc = numpyro.param(f"{name}_loc", start)
    return dist.Normal(loc, numpyro.param(f"{name}_scale", scale, constraint=constraints.positive))


def _between(base, low, high):
    return dist.TransformedDistribution(
        base, [dist.transforms.SigmoidTransform(), dist.transforms.AffineTransform(low, high - low)]
    )


def _right(*sites):
    """The right statements for these sites."""
    for name in sites:
        base = _normal(name)
        numpyro.sample(
            name,
            {
                "theta": lambda base: _between(base, -jnp.pi / 2, jnp.pi / 2),
                "bg_sigma": lambda base: dist.TransformedDistribution(base, dist.transforms.ExpTransform()),
                "Q": lambda base: _between(base, 0.0, 1.0),
            }.get(name, lambda base: base)(base),
        )


def normal_width(x, e, y=None):
    _right("theta", "b_perp", "bg_mean", "Q")
    numpyro.sample("bg_sigma", _normal("bg_sigma", 1.0))


def normal_angle_and_capped_width(x, e, y=None):
    _right("b_perp", "bg_mean")
    numpyro.sample("theta", _normal("theta"))
    width = numpyro.param("bg_sigma_loc", 0.5, constraint=constraints.positive)
    cap = numpyro.param("bg_sigma_scale", 0.1, constraint=constraints.interval(0.0, 0.25))
    numpyro.sample("bg_sigma", dist.Normal(width, cap))
    a, b = (numpyro.param(name, 2.0, constraint=constraints.positive) for name in ("a", "b"))
    numpyro.sample("Q", dist.Kumaraswamy(a, b))


def normal_angle(x, e, y=None):
    _right("b_perp", "bg_mean", "bg_sigma", "Q")
    numpyro.sample("theta", _normal("theta"))


def normal_share(x, e, y=None):
    _right("theta", "b_perp", "bg_mean", "bg_sigma")
    numpyro.sample("Q", _normal("Q", 0.5, 0.05))


def capped_scale(x, e, y=None):
    _right("theta", "b_perp", "bg_mean", "Q")
    cap = numpyro.param("bg_sigma_scale", 0.1, constraint=constraints.interval(0.0, 0.25))
    numpyro.sample("bg_sigma", dist.LogNormal(numpyro.param("bg_sigma_loc", 0.0), cap))


delta = AutoDelta(model_line)


def no_Jacobian(x, e, y=None):
    _right("theta", "b_perp", "bg_mean", "Q")
    log_sigma = numpyro.sample("log_sigma", _normal("log_sigma"), infer={"is_auxiliary": True})
    numpyro.sample("bg_sigma", dist.Delta(jnp.exp(log_sigma)))


def one_scale(x, e, y=None):
    scale = numpyro.param("scale", 0.1, constraint=constraints.positive)
    base = {name: dist.Normal(numpyro.param(f"{name}_loc", 0.0), scale) for name in ("theta", "b", "m", "sigma", "Q")}
    numpyro.sample("theta", _between(base["theta"], -jnp.pi / 2, jnp.pi / 2))
    numpyro.sample("b_perp", base["b"])
    numpyro.sample("bg_mean", base["m"])
    numpyro.sample("bg_sigma", dist.TransformedDistribution(base["sigma"], dist.transforms.ExpTransform()))
    numpyro.sample("Q", _between(base["Q"], 0.0, 1.0))


def share_not_fitted(x, e, y=None):
    _right("theta", "b_perp", "bg_mean", "bg_sigma")
    numpyro.sample("Q", dist.Beta(2.0, 2.0))


def half_normal_width(x, e, y=None):
    _right("theta", "b_perp", "bg_mean", "Q")
    numpyro.sample("bg_sigma", dist.HalfNormal(numpyro.param("width", 1.0, constraint=constraints.positive)))


def cut_normal_width(x, e, y=None):
    _right("theta", "b_perp", "bg_mean", "Q")
    scale = numpyro.param("bg_sigma_scale", 0.1, constraint=constraints.positive)
    numpyro.sample("bg_sigma", dist.TruncatedNormal(numpyro.param("bg_sigma_loc", 1.0), scale, low=0.0))


def only_rising(x, e, y=None):
    _right("b_perp", "bg_mean", "bg_sigma", "Q")
    numpyro.sample("theta", _between(_normal("theta"), 0.0, jnp.pi / 2))


def prior(x, e, y=None):
    numpyro.sample("theta", dist.Uniform(-jnp.pi / 2, jnp.pi / 2))
    numpyro.sample("b_perp", dist.Normal(0.0, 1.0))
    numpyro.sample("bg_mean", dist.Normal(0.0, 1.0))
    numpyro.sample("bg_sigma", dist.HalfNormal(3.0))
    numpyro.sample("Q", dist.Uniform(0.0, 1.0))


def other_name(x, e, y=None):
    _right("theta", "bg_mean", "bg_sigma", "Q")
    numpyro.sample("b", _normal("b_perp"))


def data_in_the_guide(x, e, y=None):
    _right("theta", "b_perp", "bg_mean", "bg_sigma", "Q")
    numpyro.sample("y", dist.Normal(jnp.mean(y), 2.0).expand([len(x)]).to_event(1), obs=y)


def normal_width__normal_share(x, e, y=None):
    _right("theta", "b_perp", "bg_mean")
    numpyro.sample("bg_sigma", _normal("bg_sigma", 1.0))
    numpyro.sample("Q", _normal("Q", 0.5, 0.05))


def capped_scale__other_name(x, e, y=None):
    _right("theta", "bg_mean", "Q")
    numpyro.sample("b", _normal("b_perp"))
    cap = numpyro.param("bg_sigma_scale", 0.1, constraint=constraints.interval(0.0, 0.25))
    numpyro.sample("bg_sigma", dist.LogNormal(numpyro.param("bg_sigma_loc", 0.0), cap))
