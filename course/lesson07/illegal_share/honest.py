"""Other right answers in illegal-share: each function stands for the learner's ``illegal_share``."""

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import handlers


def draw_by_draw(key, model, guide, params, n, *args):
    def one(key):
        key_guide, key_model = jax.random.split(key)
        drawn = handlers.trace(handlers.seed(handlers.substitute(guide, params), key_guide)).get_trace(*args)
        values = {name: site["value"] for name, site in drawn.items() if site["type"] == "sample"}
        sites = handlers.trace(handlers.seed(handlers.substitute(model, values), key_model)).get_trace(*args)
        return {name: ~jnp.all(sites[name]["fn"].support(value)) for name, value in values.items()}

    return {name: bad.mean() for name, bad in jax.vmap(one)(jax.random.split(key, n)).items()}


def counted_in_numpy(key, model, guide, params, n, *args):
    key_draws, key_trace = jax.random.split(key)
    run = lambda key: handlers.trace(handlers.seed(handlers.substitute(guide, params), key)).get_trace(*args)
    draws = jax.vmap(lambda key: {name: site["value"] for name, site in run(key).items() if site["type"] == "sample"})(
        jax.random.split(key_draws, n)
    )
    out = {}
    for name, site in handlers.trace(handlers.seed(model, key_trace)).get_trace(*args).items():
        if name in draws:
            legal = np.asarray(site["fn"].support(draws[name]))
            while legal.ndim > 1:
                legal = legal.all(axis=-1)
            out[name] = np.count_nonzero(~legal) / n
    return out
