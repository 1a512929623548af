"""Mistakes that learners make in run-svi: each function stands for the learner's ``run_svi``."""

import jax


def unconstrained(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s, *args), state, None, length=n_steps)
    return svi.optim.get_params(state.optim_state), losses


def init_each_step(key, svi, n_steps, *args):
    def step(state, _):
        state = svi.init(key, *args)
        return svi.update(state, *args)

    state, losses = jax.lax.scan(step, svi.init(key, *args), None, length=n_steps)
    return svi.get_params(state), losses


def no_data(key, svi, n_steps, *args):
    state = svi.init(key)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s), state, None, length=n_steps)
    return svi.get_params(state), losses


def state(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s, *args), state, None, length=n_steps)
    return state, losses


def own_n(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s, *args), state, None, length=1000)
    return svi.get_params(state), losses


def initial_params(key, svi, n_steps, *args):
    start = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda s, _: svi.update(s, *args), start, None, length=n_steps)
    return svi.get_params(start), losses


def unconstrained__init_each_step(key, svi, n_steps, *args):
    def step(state, _):
        state = svi.init(key, *args)
        return svi.update(state, *args)

    state, losses = jax.lax.scan(step, svi.init(key, *args), None, length=n_steps)
    return svi.optim.get_params(state.optim_state), losses
