"""Mistakes that learners make in ais: each function stands for the learner's ``ais``."""

import jax
import jax.numpy as jnp


def _powers(log_q, log_p, beta):
    return lambda z: (1 - beta) * log_q(z) + beta * log_p(z)


def _anneal(key, draw, log_q, log_p, betas, n, step, finish=lambda start, z, log_w: (z, log_w)):
    """``step(key, z, before, beta)`` gives the new z and what is added to its log weight."""

    def one(key):
        key_draw, key_moves = jax.random.split(key)
        start = draw(key_draw)

        def scanned(carry, inputs):
            z, more = step(inputs[0], carry[0], *inputs[1:])
            return (z, carry[1] + more), None

        keys = jax.random.split(key_moves, len(betas) - 1)
        return finish(start, *jax.lax.scan(scanned, (start, 0.0), (keys, betas[:-1], betas[1:]))[0])

    return jax.vmap(one)(jax.random.split(key, n))


def weighed_after_the_move(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        z = move(key, z, _powers(log_q, log_p, beta))
        return z, (beta - before) * (log_p(z) - log_q(z))

    return _anneal(key, draw, log_q, log_p, betas, n, step)


def move_aimed_at_the_last_density(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        return move(key, z, _powers(log_q, log_p, before)), (beta - before) * (log_p(z) - log_q(z))

    return _anneal(key, draw, log_q, log_p, betas, n, step)


def move_aimed_at_the_target(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        return move(key, z, log_p), (beta - before) * (log_p(z) - log_q(z))

    return _anneal(key, draw, log_q, log_p, betas, n, step)


def path_reversed(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        return move(key, z, _powers(log_p, log_q, beta)), (beta - before) * (log_q(z) - log_p(z))

    return _anneal(key, draw, log_q, log_p, betas, n, step)


def start_and_end_only(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        return move(key, z, _powers(log_q, log_p, beta)), 0.0

    return _anneal(key, draw, log_q, log_p, betas, n, step, lambda start, z, _: (z, log_p(z) - log_q(start)))


def end_only(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        return move(key, z, _powers(log_q, log_p, beta)), 0.0

    return _anneal(key, draw, log_q, log_p, betas, n, step, lambda start, z, _: (z, log_p(z) - log_q(z)))


def same_key(key, draw, log_q, log_p, betas, move, n):
    def one(key):
        def step(carry, inputs):
            z, log_w = carry
            before, beta = inputs
            log_w += (beta - before) * (log_p(z) - log_q(z))
            return (move(key_move, z, _powers(log_q, log_p, beta)), log_w), None

        key_draw, key_move = jax.random.split(key)
        return jax.lax.scan(step, (draw(key_draw), 0.0), (betas[:-1], betas[1:]))[0]

    return jax.vmap(one)(jax.random.split(key, n))


def no_moves(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        return z, (beta - before) * (log_p(z) - log_q(z))

    return _anneal(key, draw, log_q, log_p, betas, n, step)


def sum_of_densities(key, draw, log_q, log_p, betas, move, n):
    def mixed(beta):
        return lambda z: jnp.logaddexp(jnp.log(1 - beta) + log_q(z), jnp.log(beta) + log_p(z))

    def step(key, z, before, beta):
        return move(key, z, mixed(beta)), mixed(beta)(z) - mixed(before)(z)

    return _anneal(key, draw, log_q, log_p, betas, n, step)


def own_betas(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        return move(key, z, _powers(log_q, log_p, beta)), (beta - before) * (log_p(z) - log_q(z))

    return _anneal(key, draw, log_q, log_p, jnp.linspace(0, 1, len(betas)), n, step)


def _right(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        return move(key, z, _powers(log_q, log_p, beta)), (beta - before) * (log_p(z) - log_q(z))

    return _anneal(key, draw, log_q, log_p, betas, n, step)


def weights_instead_of_logs(key, draw, log_q, log_p, betas, move, n):
    z, log_w = _right(key, draw, log_q, log_p, betas, move, n)
    return z, jnp.exp(log_w)


def mean_weight_1(key, draw, log_q, log_p, betas, move, n):
    z, log_w = _right(key, draw, log_q, log_p, betas, move, n)
    return z, log_w - jax.scipy.special.logsumexp(log_w) + jnp.log(n)


def sum_of_weights_1(key, draw, log_q, log_p, betas, move, n):
    z, log_w = _right(key, draw, log_q, log_p, betas, move, n)
    return z, jax.nn.log_softmax(log_w)


def averaged_inside(key, draw, log_q, log_p, betas, move, n):
    z, log_w = _right(key, draw, log_q, log_p, betas, move, n)
    return z, jax.scipy.special.logsumexp(log_w) - jnp.log(n)


def no_moves__own_betas(key, draw, log_q, log_p, betas, move, n):
    z = jax.vmap(draw)(jax.random.split(key, n))
    return z, jax.vmap(log_p)(z) - jax.vmap(log_q)(z)


def weighed_after_the_move__own_betas(key, draw, log_q, log_p, betas, move, n):
    def step(key, z, before, beta):
        z = move(key, z, _powers(log_q, log_p, beta))
        return z, (beta - before) * (log_p(z) - log_q(z))

    return _anneal(key, draw, log_q, log_p, jnp.linspace(0, 1, len(betas)), n, step)
