"""What is measured of ``run_chains``."""

import os
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from ...measuring import QUICK, model_line

SITES = ("theta", "b_perp", "bg_mean", "bg_sigma", "Q")
WARMUP, DRAWS = 200, 300


def _table(values):
    """(chains, iterations) numbers as they are; a single row for chains that were joined, NaN for what is no table."""
    values = jnp.asarray(values)
    if values.ndim < 2:
        return values.reshape(1, -1)
    return values if values.ndim == 2 else jnp.full((1, 1), jnp.nan)


@partial(jax.jit, static_argnums=0, compiler_options=QUICK)
def _chains(fn, keys, x, e, y):
    """Two runs, one after the other: what was compiled serves both."""

    def run(key):
        draws, steps, diverging = fn(key, model_line, WARMUP, DRAWS, x, e, y)
        return {
            "draws": jnp.stack([_table(draws[name]) for name in SITES]),
            "steps": _table(steps),
            "diverging": _table(diverging).astype(jnp.int32),
        }

    return jax.lax.map(run, keys)


def _small(names):
    """A model of two numbers, known by their names only, and any number of measurements."""

    def model(*values):
        centre = numpyro.sample(names[0], dist.Normal(0.0, 1.0))
        width = numpyro.sample(names[1], dist.HalfNormal(1.0))
        for i, value in enumerate(values):
            with numpyro.plate(f"points_{i}", len(value)):
                numpyro.sample(f"y_{i}", dist.Normal(centre, width), obs=value)

    return model


@cache
def _shapes(fn, n_warmup, n_samples, names, sizes):
    """What a run of another model, with other numbers of iterations, would return: "name shape", without running it.

    To trace it takes longer than to run the chains, so what is known is kept.
    """
    model, values = _small(names), [jnp.zeros(n) for n in sizes]

    def run(key, *values):
        draws, steps, diverging = fn(key, model, n_warmup, n_samples, *values)
        return {"draws": dict(draws), "steps": jnp.asarray(steps), "diverging": jnp.asarray(diverging)}

    shapes = jax.eval_shape(run, jax.random.key(0), *values)
    lines = [f"{name} {leaf.shape}" for name, leaf in shapes.pop("draws").items()]
    return np.array(sorted(lines) + [f"{what} {leaf.shape}" for what, leaf in shapes.items()], dtype="U80")


def measure(fn, case):
    """Two runs of four chains on the line, and the shapes of a run of something else."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 2)
    given = os.environ.get("CI")
    os.environ["CI"] = "true"  # NumPyro then draws no progress bar: inside a jitted program one unrolls the loop
    try:
        measured = _chains(fn, keys, *(jnp.asarray(case[name], jnp.float32) for name in ("x", "e", "y")))
        names, sizes = tuple(map(str, case["names"])), tuple(map(int, case["sizes"]))
        shapes = _shapes(fn, int(case["n_warmup"]), int(case["n_samples"]), names, sizes)
    finally:
        os.environ.pop("CI")
        if given is not None:
            os.environ["CI"] = given
    return {**{name: np.asarray(value) for name, value in measured.items()}, "shapes": shapes}
