"""What is measured of ``model_coin``."""

from functools import partial

import jax
from numpyro import handlers
from numpyro.infer.util import log_density

from svi_course.learner.measuring import attempt, site_lines


@partial(jax.jit, static_argnums=(0, 1))
def _log_joint(model, n, key, data, f):
    return jax.vmap(lambda f: log_density(handlers.seed(model, key), (n, data), {}, {"f": f})[0])(f)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _simulate(model, n, n_draws, key):
    return jax.vmap(lambda key: handlers.trace(handlers.seed(model, key)).get_trace(n)["obs"]["value"])(
        jax.random.split(key, n_draws)
    )


def measure(fn, case):
    """Log joint at 9 f for 15 and for 23 flips, the sites, and 4000 data sets without data."""
    key = jax.random.key(int(case["seed"]))
    f, a, b = case["f"], case["data_a"], case["data_b"]
    return attempt(
        {
            "with 15 flips": lambda: {"logp_a": _log_joint(fn, len(a), key, a, f)},
            "with 23 flips": lambda: {"logp_b": _log_joint(fn, len(b), key, b, f)},
            "sites": lambda: {"sites": list(site_lines(fn, len(a), a))},
            "with data=None": lambda: {"obs": _simulate(fn, len(a), 4000, key)},
        }
    )
