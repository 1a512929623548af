"""Mistakes that learners make in constrain-draws: each function stands for the learner's ``constrain_draws``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from numpyro.infer import Predictive


def unconstrained(key, guide, params, n):
    if "auto_loc" in params:
        u = dist.MultivariateNormal(params["auto_loc"], scale_tril=params["auto_scale_tril"]).sample(key, (n,))
        return {"place": u[:, 0], "share": u[:, 1], "slopes": u[:, 2:4], "width": u[:, 4]}
    out = {}
    for i, name in enumerate(["place", "share", "slopes", "width"]):
        loc, scale = params[name + "_auto_loc"], params[name + "_auto_scale"]
        out[name] = dist.Normal(loc, scale).sample(jax.random.fold_in(key, i), (n,))
    return out


def centre_only(key, guide, params, n):
    centre = guide.median(params)
    return {name: jnp.broadcast_to(x, (n, *jnp.shape(x))) for name, x in centre.items()}


def not_stretched(key, guide, params, n):
    draws = guide.sample_posterior(key, params, sample_shape=(n,))
    low, high = guide.prototype_trace["place"]["fn"].low, guide.prototype_trace["place"]["fn"].high
    return {**draws, "place": (draws["place"] - low) / (high - low)}


def one_draw(key, guide, params, n):
    return guide.sample_posterior(key, params)


def prior(key, guide, params, n):
    return Predictive(guide.model, num_samples=n)(key)


def normal_on_the_site(key, guide, params, n):
    around = guide.quantiles(params, [0.15866, 0.84134])
    out, centre = {}, guide.median(params)
    for i, name in enumerate(centre):
        sd = (around[name][1] - around[name][0]) / 2
        out[name] = dist.Normal(centre[name], sd).sample(jax.random.fold_in(key, i), (n,))
    return out


def each_site_for_itself(key, guide, params, n):
    names = ["place", "share", "slopes", "width"]
    keys = jax.random.split(key, 4)
    return {name: guide.sample_posterior(k, params, sample_shape=(n,))[name] for name, k in zip(names, keys)}


def centre_only__not_stretched(key, guide, params, n):
    middle = guide.median(params)
    low, high = guide.prototype_trace["place"]["fn"].low, guide.prototype_trace["place"]["fn"].high
    middle["place"] = (middle["place"] - low) / (high - low)
    return {name: jnp.broadcast_to(x, (n, *jnp.shape(x))) for name, x in middle.items()}
