"""Other right answers in constrain-draws: each function stands for the learner's ``constrain_draws``."""

import jax
import numpyro.distributions as dist
from numpyro.infer import Predictive
from numpyro.infer.autoguide import AutoMultivariateNormal


def predictive(key, guide, params, n):
    return Predictive(guide, params=params, num_samples=n)(key)


def one_key_a_draw(key, guide, params, n):
    return jax.vmap(lambda key: guide.sample_posterior(key, params))(jax.random.split(key, n))


def posterior_then_constrain(key, guide, params, n):
    if isinstance(guide, AutoMultivariateNormal):
        u = guide.get_posterior(params).sample(key, (n,))
        return jax.vmap(guide._unpack_and_constrain, (0, None))(u, params)
    out = {}
    for i, name in enumerate(["place", "share", "slopes", "width"]):
        base = dist.Normal(params[name + "_auto_loc"], params[name + "_auto_scale"])
        to_site = dist.biject_to(guide.prototype_trace[name]["fn"].support)
        out[name] = to_site(base.sample(jax.random.fold_in(key, i), (n,)))
    return out
