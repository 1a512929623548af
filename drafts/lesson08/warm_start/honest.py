"""Other right answers in warm-start: each function stands for the learner's ``warm_start``."""

import jax
import jax.numpy as jnp
import optax
from numpyro.infer import SVI


def svi_run(key, make_svi, previous, n_steps, *args):
    svi, state = previous
    result = make_svi(n_steps).run(key, n_steps, *args, init_params=svi.get_params(state), progress_bar=False)
    return result.params, result.losses


def own_optimiser(key, make_svi, previous, n_steps, *args):
    old, state = previous
    rate = optax.linear_schedule(0.1, 0.0, n_steps)
    svi = SVI(old.model, old.guide, optax.adam(rate), old.loss)
    state = svi.init(key, *args, init_params=old.get_params(state))

    def step(i, carry):
        state, losses = carry
        state, loss = svi.update(state, *args)
        return state, losses.at[i].set(loss)

    state, losses = jax.lax.fori_loop(0, n_steps, step, (state, jnp.zeros(n_steps)))
    return svi.get_params(state), losses


def new_optimiser_state(key, make_svi, previous, n_steps, *args):
    old, old_state = previous
    svi = make_svi(n_steps)
    start = svi.init(key, *args)
    start = start._replace(optim_state=svi.optim.init(old.optim.get_params(old_state.optim_state)))

    def step(state, _):
        return svi.stable_update(state, *args)

    state, losses = jax.lax.scan(step, start, jnp.arange(n_steps))
    return dict(svi.get_params(state)), losses
