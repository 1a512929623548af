"""What is measured of ``log_weights``."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.distributions import constraints
from numpyro.infer.autoguide import AutoNormal

from svi_course.learner.measuring import attempt

HAND, AUTO = 1500, 1000  # draws


def _model(names, loc, scale):
    """Points from a normal with unknown mean and sd; the mean's prior stands in the model, the sd's in its argument."""

    def model(y, width):
        mu = numpyro.sample(names[0], dist.Normal(loc, scale))
        sigma = numpyro.sample(names[1], dist.HalfNormal(width))
        with numpyro.plate("points", len(y)):
            numpyro.sample("y", dist.Normal(mu, sigma), obs=y)

    return model


def _guide(names):
    """Normal for the mean; a helper and Delta for the sd, which is log-normal."""

    def guide(y, width):
        loc = [numpyro.param(f"{name}_loc", 0.0) for name in names[:2]]
        scale = [numpyro.param(f"{name}_scale", 0.1, constraint=constraints.positive) for name in names[:2]]
        numpyro.sample(names[0], dist.Normal(loc[0], scale[0]))
        u = numpyro.sample(names[2], dist.Normal(loc[1], scale[1]), infer={"is_auxiliary": True})
        numpyro.sample(names[1], dist.Delta(jnp.exp(u), log_density=-u))

    return guide


@cache
def _autoguide(names):
    """An AutoNormal that has read a model with these sites: it keeps nothing of it but names and supports."""
    guide = AutoNormal(_model(names, 0.0, 1.0))
    handlers.seed(guide, jax.random.key(0))(jnp.ones(9), 1.0)
    return guide


def measure(fn, case):
    """Draws and log weights of a guide written by hand, with two keys, and of an AutoNormal.

    Returns:
        dict with ``hand_mu``, ``hand_sigma``, ``hand_log_w`` (1500,), ``again`` (1500,), the mean with another key,
        ``auto_mu``, ``auto_sigma``, ``auto_log_w`` (1000,), NaN for a site that is missing, and ``hand_names``, text,
        the names that came back with the guide written by hand.
    """
    names = tuple(str(name) for name in case["names"])
    model = _model(names, *jnp.asarray(case["prior"], jnp.float32))
    args = jnp.asarray(case["y"], jnp.float32), jnp.float32(case["width"])
    keys = [jax.random.key(int(seed)) for seed in case["seeds"]]

    def params(which, middle):
        numbers = jnp.asarray(case[which], jnp.float32)
        return {
            f"{name}{middle}_{part}": numbers[i, j]
            for i, part in enumerate(("loc", "scale"))
            for j, name in enumerate(names[:2])
        }

    def run(key, guide, phi, n):
        draws, log_w = fn(key, model, guide, phi, n, *args)
        if not isinstance(draws, dict):
            raise TypeError(f"the first thing it returned is {type(draws).__name__} instead of a dict.")
        mu, sigma = (np.asarray(draws.get(name, np.full(n, np.nan))) for name in names[:2])
        return mu, sigma, np.asarray(log_w), np.array(sorted(map(str, draws)), dtype="U40")

    def hand():
        mu, sigma, log_w, listed = run(keys[0], _guide(names), params("hand", ""), HAND)
        return {"hand_mu": mu, "hand_sigma": sigma, "hand_log_w": log_w, "hand_names": listed}

    def auto():
        mu, sigma, log_w, _ = run(keys[0], _autoguide(names), params("auto", "_auto"), AUTO)
        return {"auto_mu": mu, "auto_sigma": sigma, "auto_log_w": log_w}

    return attempt(
        {
            "the guide written by hand": hand,
            "AutoNormal": auto,
            "another key": lambda: {"again": run(keys[1], _guide(names), params("hand", ""), HAND)[0]},
        }
    )
