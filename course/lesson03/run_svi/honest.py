"""Other right answers in run-svi: each function stands for the learner's ``run_svi``."""

import jax
import jax.numpy as jnp
import numpy as np


def python_loop(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    update = jax.jit(svi.update)
    losses = []
    for _ in range(n_steps):
        state, loss = update(state, *args)
        losses.append(float(loss))
    return svi.get_params(state), np.array(losses)


def svi_run(key, svi, n_steps, *args):
    result = svi.run(key, n_steps, *args, progress_bar=False)
    return result.params, result.losses


def jitted_scan(key, svi, n_steps, *args):
    @jax.jit
    def run(state, args):
        return jax.lax.scan(lambda state, i: svi.update(state, *args), state, jnp.arange(n_steps))

    state, losses = run(svi.init(key, *args), args)
    return svi.get_params(state), losses
