"""Other right answers in annealed-elbo: each function stands for the learner's ``annealed_elbo``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist


def loop_over_moves(key, phi, log_p, n_moves, n):
    loc, scale, step = phi["loc"], jnp.exp(phi["log_scale"]), jnp.exp(phi["log_step"])
    base, standard = dist.Normal(loc, scale).to_event(1), dist.Normal(jnp.zeros(2), 1.0).to_event(1)
    keys = jax.random.split(key, n_moves + 1)
    z = base.sample(keys[0], (n,))
    log_w = -base.log_prob(z)
    for k in range(1, n_moves + 1):
        beta = k / n_moves
        force = jax.vmap(jax.grad(lambda z, beta=beta: (1 - beta) * base.log_prob(z) + beta * log_p(z)))
        v = standard.sample(keys[k], (n,))
        z = z + step * v / 2
        new = v + step * force(z)
        z = z + step * new / 2
        log_w += standard.log_prob(new) - standard.log_prob(v)
    return jnp.mean(log_w + jax.vmap(log_p)(z))


def force_of_q_by_hand(key, phi, log_p, n_moves, n):
    scale, step = jnp.exp(phi["log_scale"]), jnp.exp(phi["log_step"])
    eps, v = jnp.split(jax.random.normal(key, (n, 2 * (n_moves + 1))), [2], axis=1)
    force_p = jax.vmap(jax.grad(log_p))

    def move(z, inputs):
        k, v = inputs
        half = z + 0.5 * step * v
        beta = (k + 1) / n_moves
        new = v + step * ((1 - beta) * (phi["loc"] - half) / scale**2 + beta * force_p(half))
        return half + 0.5 * step * new, 0.5 * jnp.sum(v**2 - new**2, axis=1)

    moves = jnp.moveaxis(v.reshape(n, n_moves, 2), 1, 0)
    z, kinetic = jax.lax.scan(move, phi["loc"] + scale * eps, (jnp.arange(n_moves), moves))
    entropy = jnp.sum(0.5 * eps**2 + phi["log_scale"] + 0.5 * jnp.log(2 * jnp.pi), axis=1)
    return jnp.mean(jax.vmap(log_p)(z) + entropy + kinetic.sum(axis=0))
