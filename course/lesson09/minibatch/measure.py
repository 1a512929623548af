"""What is measured of ``model_batch`` and ``guide_batch``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import handlers
from numpyro.distributions import biject_to, constraints
from numpyro.infer import Trace_ELBO

from svi_course.learner.measuring import attempt, site_lines

from ...measuring import QUICK

N_KEYS = 8192
BATCH = 8
ALIKE, ALIKE_BATCHES = 12, (5, 12)  # groups of the second data set, all alike, and the batches it is taken in
LATENTS = ("mu_m", "sigma_m", "mu_c", "sigma_c", "m", "c")


def _loss(model, guide, batch, key, params, data):
    return Trace_ELBO().loss(key, params, model, guide, *data, batch)


@partial(jax.jit, static_argnums=(0, 1))
def _on_average(model, guide, keys, params, data):
    """Losses for all keys, and mean and sd of their gradients in the params."""
    loss = jax.value_and_grad(lambda params, key: _loss(model, guide, BATCH, key, params, data))
    values, gradients = jax.vmap(loss, (None, 0))(params, keys)
    found = {"losses": values}
    for name, gradient in gradients.items():
        found |= {f"{name}_mean": gradient.mean(axis=0), f"{name}_sd": gradient.std(axis=0)}
    return found


@partial(jax.jit, static_argnums=(0, 1, 2))
def _held(model, guide, batch, key, params, data, points):
    """Losses with every latent held at given values, the same for all groups."""

    def one(point):
        values = dict(zip(LATENTS, point))

        def hold(site):
            if site["type"] == "sample" and not site["is_observed"] and site["name"] in values:
                shape = site["fn"].shape(site["kwargs"].get("sample_shape", ()))
                return jnp.broadcast_to(values[site["name"]], shape)
            return None

        return _loss(model, handlers.substitute(guide, substitute_fn=hold), batch, key, params, data)

    return jax.vmap(one)(points)


def _limits(guide, *args):
    """Each param of the guide as "name least": the least of its entries when the optimiser's own numbers are -3.

    "name nan" where the param starts outside of what it may be: the optimiser's own numbers are none, then.
    """
    allowed = {}

    @partial(jax.jit, compiler_options=QUICK)
    def starts(key):  # as a program, the draws are left out: those alone would take half a second
        trace = handlers.trace(handlers.seed(guide, key)).get_trace(*args)
        params = {name: site for name, site in trace.items() if site["type"] == "param"}
        allowed.update({name: site["kwargs"].get("constraint", constraints.real) for name, site in params.items()})
        return {name: site["value"] for name, site in params.items()}

    found = starts(jax.random.key(0))
    lines = []
    for name, value in found.items():
        inside = np.all(allowed[name](value)) and np.all(np.isfinite(value))
        least = np.min(biject_to(allowed[name])(jnp.full(np.shape(value), -3.0))) if inside else np.nan
        lines.append(f"{name} {float(least):.3f}")
    return np.array(lines, dtype="U80")


def measure(model, guide, case):
    """Losses and gradients of random batches; losses with alike groups and latents held; sites and their shapes."""
    whole, alike = case["whole"], case["alike"]
    key = jax.random.key(int(case["seed"]))
    params = {name: jnp.asarray(value, jnp.float32) for name, value in whole["params"].items()}
    data = tuple(jnp.asarray(whole[name], jnp.float32) for name in ("x", "noise", "y"))

    same = {name: jnp.asarray(value, jnp.float32) for name, value in alike["params"].items()}
    same = {name: value if name.startswith("hyper") else jnp.full(ALIKE, value) for name, value in same.items()}
    same_data = tuple(jnp.tile(jnp.asarray(alike[name], jnp.float32), (ALIKE, 1)) for name in ("x", "noise", "y"))
    points = jnp.asarray(alike["points"], jnp.float32)

    return attempt(
        {
            "random batches": lambda: _on_average(model, guide, jax.random.split(key, N_KEYS), params, data),
            "groups that are all alike": lambda: {
                "held": np.stack([_held(model, guide, batch, key, same, same_data, points) for batch in ALIKE_BATCHES])
            },
            "sites": lambda: {
                "model_sites": site_lines(model, *data, BATCH),
                "guide_sites": site_lines(guide, *data, BATCH),
                "all_sites": site_lines(guide, *data, len(data[0])),
                "all_model_sites": site_lines(model, *data, len(data[0])),
                "limits": _limits(guide, *data, BATCH),
            },
        }
    )
