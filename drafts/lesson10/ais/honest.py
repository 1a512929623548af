"""Other right answers in ais: each function stands for the learner's ``ais``."""

import jax
import jax.numpy as jnp


def loop_over_betas(key, draw, log_q, log_p, betas, move, n):
    keys = jax.random.split(key, len(betas))
    z = jax.vmap(draw)(jax.random.split(keys[0], n))
    log_w = jnp.zeros(n)
    for k in range(1, len(betas)):
        log_w += (betas[k] - betas[k - 1]) * (jax.vmap(log_p)(z) - jax.vmap(log_q)(z))

        def density(z, beta=betas[k]):
            return log_q(z) + beta * (log_p(z) - log_q(z))

        z = jax.vmap(lambda key, z: move(key, z, density))(jax.random.split(keys[k], n), z)
    return z, log_w


def all_points_in_one_move(key, draw, log_q, log_p, betas, move, n):
    key_draw, key_moves = jax.random.split(key)
    z = jax.vmap(draw)(jax.random.split(key_draw, n))

    def step(carry, inputs):
        z, log_w = carry
        key, before, beta = inputs

        def log_pi(z, beta):
            return (1 - beta) * log_q(z) + beta * log_p(z)

        log_w = log_w + log_pi(z, beta) - log_pi(z, before)
        return (move(key, z, lambda z: log_pi(z, beta)), log_w), log_w

    keys = jax.random.split(key_moves, len(betas) - 1)
    (z, log_w), _ = jax.lax.scan(step, (z, jnp.zeros(n)), (keys, betas[:-1], betas[1:]))
    return z, log_w


def a_move_first_and_none_at_the_end(key, draw, log_q, log_p, betas, move, n):
    def one(key):
        key_draw, key_moves = jax.random.split(key)

        def step(z, inputs):
            key, beta, then = inputs
            z = move(key, z, lambda z: (1 - beta) * log_q(z) + beta * log_p(z))
            return z, (then - beta) * (log_p(z) - log_q(z))

        keys = jax.random.split(key_moves, len(betas) - 1)
        z, parts = jax.lax.scan(step, draw(key_draw), (keys, betas[:-1], betas[1:]))
        return z, parts.sum()

    return jax.lax.map(one, jax.random.split(key, n), batch_size=4096 if n > 4096 else None)
