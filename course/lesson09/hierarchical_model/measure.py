"""What is measured of ``model_hier``."""

from functools import partial

import jax
import jax.numpy as jnp
from numpyro import handlers
from numpyro.infer.util import log_density

from svi_course.learner.measuring import attempt, site_lines

LATENTS = ("mu_m", "sigma_m", "mu_c", "sigma_c", "m", "c")
N_SIMULATIONS = 200


@partial(jax.jit, static_argnums=(0, 1))
def _log_joint(model, n_groups, key, group, x, noise, y, latents):
    args = (group, x, noise, n_groups, y)
    return jax.vmap(lambda z: log_density(handlers.seed(model, key), args, {}, z)[0])(latents)


@partial(jax.jit, static_argnums=(0, 1))
def _simulate(model, n_groups, key, group, x, noise, latents):
    def one(key):
        conditioned = handlers.condition(handlers.seed(model, key), latents)
        return handlers.trace(conditioned).get_trace(group, x, noise, n_groups)["y"]["value"]

    return jax.vmap(one)(jax.random.split(key, N_SIMULATIONS))


def measure(fn, case):
    """For 5 and for 11 groups the log joint at 6 points, and the sites; 200 data sets without y at the first point."""
    key = jax.random.key(int(case["seed"]))
    parts = {}
    for name in ("few", "many"):
        data = case[name]
        group = jnp.asarray(data["group"], jnp.int32)
        x, noise, y = (jnp.asarray(data[part], jnp.float32) for part in ("x", "noise", "y"))
        latents = {z: jnp.asarray(data[z], jnp.float32) for z in LATENTS}
        n = int(data["n_groups"])
        parts[f"{n} groups"] = partial(
            lambda name, n, *args: {f"logp_{name}": _log_joint(fn, n, *args)},
            *(name, n, key, group, x, noise, y, latents),
        )
        parts[f"sites of {n} groups"] = partial(
            lambda name, *args: {f"sites_{name}": site_lines(fn, *args)}, name, group, x, noise, n, y
        )
    first = {z: values[0] for z, values in latents.items()}
    parts["y=None"] = lambda: {"simulated": _simulate(fn, n, key, group, x, noise, first)}
    return attempt(parts)
