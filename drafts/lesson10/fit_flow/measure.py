"""What is measured of ``fit_flow``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import partial_eval

#: With less optimisation the steps take three times as long, with more the compiler does.
LEVEL = {"xla_backend_optimization_level": 1}

N, STEPS = 8192, 2000

#: Draws and steps of a fit that is traced and never run.
ANOTHER_N, OTHER_STEPS = 40, 30


def _log_p(case):
    """The log target, a banana that was shrunk, turned and shifted, of a point or an array of points (..., 2)."""

    def log_p(z):
        x = (z - case["centre"]) @ case["turn"]
        s1, s2 = case["widths"]
        ridge = case["bend"] * (x[..., 0] ** 2 - s1**2)
        square = (x[..., 0] / s1) ** 2 + ((x[..., 1] - ridge) / s2) ** 2
        return case["log_z"] - 0.5 * square - jnp.log(2 * jnp.pi * s1 * s2)

    return log_p


def _run(fn, n_steps, n, key, case):
    draws, log_q, losses = fn(key, _log_p(case), case["loc"], case["scale_tril"], n_steps, n)
    return {"draws": jnp.asarray(draws), "log_q": jnp.asarray(log_q), "losses": jnp.asarray(losses)}


@partial(jax.jit, static_argnums=0, compiler_options=LEVEL)
def _fit(fn, key, case):
    return _run(fn, STEPS, N, key, case)


_traced = {}


def _other(fn, key, case):
    """Shapes of draws, log_q and losses for other n and n_steps, -1 between them; last, if draws depend on the key."""
    if fn not in _traced:

        def run(data, case):
            return _run(fn, OTHER_STEPS, ANOTHER_N, jax.random.wrap_key_data(data), case)

        program, shapes = jax.make_jaxpr(run, return_shape=True)(jax.random.key_data(key), case)
        names = [name for name, leaf in sorted(shapes.items()) for _ in jax.tree.leaves(leaf)]
        used = partial_eval.dce_jaxpr(program.jaxpr, [name == "draws" for name in names])[1]
        sizes = [part for name in ("draws", "log_q", "losses") for part in (*shapes[name].shape, -1)]
        _traced[fn] = np.array([*sizes, int(used[0])])
    return _traced[fn]


def measure(fn, case):
    """Draws (8192, 2), log_q (8192,) and losses (2000,) of a fit; what a shorter fit would return."""
    key = jax.random.key(int(case["seed"]))
    numbers = {name: jnp.asarray(value, jnp.float32) for name, value in case.items() if name != "seed"}
    return {**_fit(fn, key, numbers), "other": _other(fn, key, numbers)}
