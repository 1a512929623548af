"""What is measured of ``ais``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

#: With less optimisation the moves take three times as long, with more the compiler does.
LEVEL = {"xla_backend_optimization_level": 1}

#: Draws of each of two runs, and of a third one of which only the shapes are asked.
N, ANOTHER_N = 16384, 40
STEPS = 3


def _functions(case):
    """The normal q, the log target of two bumps and three steps of random-walk Metropolis, of one point or many."""

    def log_q(z):
        return jnp.sum(jax.scipy.stats.norm.logpdf(z, case["loc"], case["scale"]), axis=-1)

    def log_p(z):
        square = jnp.sum(((z[..., None, :] - case["centres"]) / case["sds"][:, None]) ** 2, axis=-1)
        bumps = jnp.log(case["weights"]) - square / 2 - 2 * jnp.log(case["sds"]) - jnp.log(2 * jnp.pi)
        return case["log_z"] + jax.scipy.special.logsumexp(bumps, axis=-1)

    def draw(key):
        return case["loc"] + case["scale"] * jax.random.normal(key, (2,))

    def move(key, z, log_density):
        def step(z, key):
            key_step, key_accept = jax.random.split(key)
            proposed = z + case["step"] * jax.random.normal(key_step, z.shape)
            u = jax.random.uniform(key_accept, z.shape[:-1])
            accepted = jnp.log(u) < log_density(proposed) - log_density(z)
            return jnp.where(accepted[..., None], proposed, z), None

        return jax.lax.scan(step, z, jax.random.split(key, STEPS))[0]

    return draw, log_q, log_p, move


def _run(fn, n, key, case):
    draw, log_q, log_p, move = _functions(case)
    z, log_w = fn(key, draw, log_q, log_p, case["betas"], move, n)
    return jnp.asarray(z), jnp.asarray(log_w)


@partial(jax.jit, static_argnums=0, compiler_options=LEVEL)
def _runs(fn, keys, case):
    return jax.vmap(lambda key: _run(fn, N, key, case))(keys)


def measure(fn, case):
    """End points and log weights of runs with two keys, (2, N, 2) and (2, N); shapes for another number of draws."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 2)
    numbers = {name: jnp.asarray(value, jnp.float32) for name, value in case.items() if name != "seed"}
    z, log_w = _runs(fn, keys, numbers)
    shapes = [part.shape for part in jax.eval_shape(partial(_run, fn, ANOTHER_N), keys[0], numbers)]
    return {"z": z, "log_w": log_w, "other": np.array([*shapes[0], -1, *shapes[1]])}
