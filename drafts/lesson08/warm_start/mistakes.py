"""Mistakes that learners make in warm-start: each function stands for the learner's ``warm_start``."""

import jax


def _loop(svi, state, n_steps, args):
    return jax.lax.scan(lambda state, _: svi.update(state, *args), state, None, length=n_steps)


def _warm(key, svi, previous, args):
    old, state = previous
    return svi.init(key, *args, init_params=old.get_params(state))


def old_state(key, make_svi, previous, n_steps, *args):
    svi, state = previous
    state, losses = _loop(svi, state._replace(rng_key=key), n_steps, args)
    return svi.get_params(state), losses


def old_state_in_a_new_SVI(key, make_svi, previous, n_steps, *args):
    svi = make_svi(n_steps)
    _warm(key, svi, previous, args)
    state, losses = _loop(svi, previous[1], n_steps, args)
    return svi.get_params(state), losses


def cold_start(key, make_svi, previous, n_steps, *args):
    svi = make_svi(n_steps)
    state, losses = _loop(svi, svi.init(key, *args), n_steps, args)
    return svi.get_params(state), losses


def old_schedule(key, make_svi, previous, n_steps, *args):
    svi = previous[0]
    state, losses = _loop(svi, _warm(key, svi, previous, args), n_steps, args)
    return svi.get_params(state), losses


def old_parameters(key, make_svi, previous, n_steps, *args):
    svi = make_svi(n_steps)
    state = _warm(key, svi, previous, args)
    _, losses = _loop(svi, state, n_steps, args)
    return svi.get_params(state), losses


def unconstrained_parameters(key, make_svi, previous, n_steps, *args):
    svi = make_svi(n_steps)
    state, losses = _loop(svi, _warm(key, svi, previous, args), n_steps, args)
    return svi.optim.get_params(state.optim_state), losses


def as_many_steps_as_before(key, make_svi, previous, n_steps, *args):
    svi = make_svi(1500)
    state, losses = _loop(svi, _warm(key, svi, previous, args), 1500, args)
    return svi.get_params(state), losses


def own_key(key, make_svi, previous, n_steps, *args):
    svi = make_svi(n_steps)
    state, losses = _loop(svi, _warm(jax.random.key(0), svi, previous, args), n_steps, args)
    return svi.get_params(state), losses


def old_schedule__own_key(key, make_svi, previous, n_steps, *args):
    svi = previous[0]
    state, losses = _loop(svi, _warm(jax.random.key(0), svi, previous, args), n_steps, args)
    return svi.get_params(state), losses
