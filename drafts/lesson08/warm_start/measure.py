"""What is measured of ``warm_start``."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
from numpyro import handlers
from numpyro.infer import SVI, Trace_ELBO, init_to_value
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal

from ...measuring import QUICK, model_line
from ..measuring import has_svi_loop, program_size

N_STEPS, PARTICLES, RATE, KEYS = 150, 16, 0.1, 8
OLD_STEPS = 1500

#: Where the guide of the line begins of itself.
COLD = {"theta": 0.0, "b_perp": 0.0, "bg_mean": 0.0, "bg_sigma": 1.0, "Q": 0.5}


def _maker(model, guide):
    """A function n -> SVI whose learning rate falls to zero in n steps."""

    def make_svi(n):
        rate = optax.cosine_decay_schedule(RATE, n)
        return SVI(model, guide, optax.adam(rate), Trace_ELBO(num_particles=PARTICLES))

    return make_svi


@cache
def _line():
    """The maker for the line with outliers, its guide set up outside ``jit``: sites in the order of the model."""
    guide = AutoMultivariateNormal(model_line, init_loc_fn=init_to_value(values=COLD))
    handlers.seed(guide, jax.random.key(0))(*jnp.ones((3, 15)))
    return _maker(model_line, guide)


def _finished(key, make_svi, params, *args):
    """(svi, state) as a fit of OLD_STEPS steps leaves them: these parameters, and the optimiser's counters full."""
    svi = make_svi(OLD_STEPS)
    state = svi.init(key, *args, init_params=params)

    def full(leaf):
        return jnp.full_like(leaf, OLD_STEPS) if leaf.ndim == 0 and jnp.issubdtype(leaf.dtype, jnp.integer) else leaf

    return svi, state._replace(optim_state=jax.tree.map(full, state.optim_state))


def _fit(fn, key, loc, tril, x, e, y):
    """One fit: parameters in a row and losses."""
    make_svi = _line()
    key_old, key_new = jax.random.split(key)
    previous = _finished(key_old, make_svi, {"auto_loc": loc, "auto_scale_tril": tril}, x, e, y)
    params, losses = fn(key_new, make_svi, previous, N_STEPS, x, e, y)
    found, scale = (jnp.asarray(params[name], jnp.float32).reshape(-1) for name in ("auto_loc", "auto_scale_tril"))
    return {"loc": found, "scale": scale, "losses": jnp.asarray(losses, jnp.float32).reshape(-1)}


@partial(jax.jit, static_argnums=0, compiler_options=QUICK)
def _fits(fn, keys, *numbers):
    """One fit for each key, one after the other: what was compiled serves all."""
    return jax.lax.map(lambda key: _fit(fn, key, *numbers), keys)


@cache
def _elsewhere(fn, n_steps, names, size):
    """Shapes of a fit of another model, as "name shape", without running it.

    A loop that is traced step by step is found out here: to compile one takes minutes. To trace a fit takes longer
    than to run those of the line, so what is known is kept.
    """

    def model(values):
        centre = numpyro.sample(names[0], dist.Normal(0.0, 1.0))
        width = numpyro.sample(names[1], dist.HalfNormal(1.0))
        with numpyro.plate("points", len(values)):
            numpyro.sample("y", dist.Normal(centre, width), obs=values)

    guide, values = AutoNormal(model, prefix=names[2]), jnp.linspace(-1.0, 1.0, size)
    handlers.seed(guide, jax.random.key(0))(values)
    make_svi = _maker(model, guide)
    params = {f"{name}_{names[2]}_{part}": jnp.ones(()) for name in names[:2] for part in ("loc", "scale")}

    def run(key, params, values):
        params, losses = fn(key, make_svi, _finished(key, make_svi, params, values), n_steps, values)
        return dict(params), jnp.asarray(losses)

    jaxpr, (params, losses) = jax.make_jaxpr(run, return_shape=True)(jax.random.key(0), params, values)
    if not has_svi_loop(jaxpr.jaxpr) and program_size(jaxpr.jaxpr) > 60 * n_steps:
        raise RuntimeError("each step of the loop runs in plain Python, which takes too long; use jax.lax.scan.")
    lines = sorted(f"{name} {np.shape(leaf)}" for name, leaf in params.items())
    return np.array([*lines, f"losses {np.shape(losses)}"], dtype="U80")


def measure(fn, case):
    """Eight fits of new data from an old answer, and the shapes of a fit of something else."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), KEYS)
    numbers = [jnp.asarray(case[name], jnp.float32) for name in ("old_loc", "old_tril", "x", "e", "y")]
    _line()
    shapes = _elsewhere(fn, int(case["n_steps"]), tuple(map(str, case["names"])), int(case["size"]))
    fits = _fits(fn, keys, *numbers)
    return {**{name: np.asarray(value) for name, value in fits.items()}, "shapes": shapes}
