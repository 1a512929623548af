"""What is measured of ``constrain_draws``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal

from svi_course.learner.measuring import attempt

from ...measuring import QUICK
from ..measuring import N_DRAWS

SITES = ("place", "share", "slopes", "width")


def _constrain(fn, kind, key, low, high, loc, scale_tril):
    def model():
        numpyro.sample("place", dist.Uniform(low, high))
        numpyro.sample("share", dist.Beta(2.0, 2.0))
        numpyro.sample("slopes", dist.Normal(jnp.zeros(2), 3.0).to_event(1))
        numpyro.sample("width", dist.HalfNormal(2.0))

    key_init, key = jax.random.split(key)
    guide = (AutoNormal if kind == "normal" else AutoMultivariateNormal)(model)
    handlers.seed(guide, key_init)()  # an autoguide reads its model when it first runs
    params = {"auto_loc": loc, "auto_scale_tril": scale_tril}
    if kind == "normal":
        places = {"place": 0, "share": 1, "slopes": slice(2, 4), "width": 4}
        scale = jnp.sqrt(jnp.sum(scale_tril**2, axis=1))
        params = {f"{name}_auto_loc": loc[i] for name, i in places.items()} | {
            f"{name}_auto_scale": scale[i] for name, i in places.items()
        }
    out = fn(key, guide, params, N_DRAWS)
    return {f"{name}_{kind}": out[name] for name in SITES if name in out}


_jitted_constrain = jax.jit(_constrain, static_argnums=(0, 1), compiler_options=QUICK)


def measure(fn, case):
    """Draws of each site from both kinds of guide at the case's parameters, as they came."""
    key = jax.random.key(int(case["seed"]))
    numbers = [jnp.asarray(case[name], jnp.float32) for name in ("low", "high", "loc", "scale_tril")]

    def run(kind):
        try:
            return _jitted_constrain(fn, kind, key, *numbers)
        except NotImplementedError:
            raise
        except Exception:  # it may still work on concrete numbers
            return _constrain(fn, kind, key, *numbers)

    return attempt({f"{kind} guide": partial(run, kind) for kind in ("normal", "mvn")})
