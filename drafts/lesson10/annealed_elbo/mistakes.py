"""Mistakes that learners make in annealed-elbo: each function stands for the learner's ``annealed_elbo``."""

import jax
import jax.numpy as jnp


def _log_q(phi):
    return lambda z: jax.scipy.stats.norm.logpdf(z, phi["loc"], jnp.exp(phi["log_scale"])).sum()


def _log_weights(
    key, phi, log_p, n_moves, n, betas=None, kinetic=1.0, last=False, at="half", held=False, same=False, cut=False
):
    log_q, step = _log_q(phi), jnp.exp(phi["log_step"])
    betas = jnp.arange(1, n_moves + 1) / n_moves if betas is None else betas

    def one(key):
        key_z, key_v = jax.random.split(key)
        start = z = phi["loc"] + jnp.exp(phi["log_scale"]) * jax.random.normal(key_z, (2,))
        vs = jax.random.normal(key_v, (n_moves, 2))
        if same:
            vs = jnp.broadcast_to(vs[0], vs.shape)

        def move(carry, inputs):
            z, total = carry
            beta, v = inputs
            half = z + step / 2 * v
            force = jax.grad(lambda z: (1 - beta) * log_q(z) + beta * log_p(z))(half if at == "half" else z)
            new = v + step * (jax.lax.stop_gradient(force) if held else force)
            return (half if cut else half + step / 2 * new, total + kinetic * (v @ v - new @ new) / 2), None

        (z, total), _ = jax.lax.scan(move, (z, 0.0), (betas, vs))
        return log_p(z) - log_q(z if last else start) + total

    return jax.vmap(one)(jax.random.split(key, n))


def no_momentum_in_the_weight(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, kinetic=0.0).mean()


def sign_of_the_momentum(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, kinetic=-1.0).mean()


def q_at_the_last_point(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, last=True).mean()


def force_held(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, held=True).mean()


def q_held(key, phi, log_p, n_moves, n):
    log_scale = phi["log_scale"]  # -ln q(z0) is the sum of log_scale and what does not depend on phi
    return _log_weights(key, phi, log_p, n_moves, n).mean() - jnp.sum(log_scale - jax.lax.stop_gradient(log_scale))


def force_at_the_start(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, at="start").mean()


def betas_from_0(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, betas=jnp.arange(n_moves) / n_moves).mean()


def path_reversed(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, betas=jnp.arange(n_moves)[::-1] / n_moves).mean()


def same_momentum(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, same=True).mean()


def no_second_half(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, cut=True).mean()


def plain_ELBO(key, phi, log_p, n_moves, n):
    z = phi["loc"] + jnp.exp(phi["log_scale"]) * jax.random.normal(key, (n, 2))
    return jnp.mean(jax.vmap(log_p)(z) - jax.vmap(_log_q(phi))(z)) + 0.0 * phi["log_step"]


def log_of_the_mean_weight(key, phi, log_p, n_moves, n):
    return jax.scipy.special.logsumexp(_log_weights(key, phi, log_p, n_moves, n)) - jnp.log(n)


def loss(key, phi, log_p, n_moves, n):
    return -_log_weights(key, phi, log_p, n_moves, n).mean()


def no_momentum_in_the_weight__betas_from_0(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, kinetic=0.0, betas=jnp.arange(n_moves) / n_moves).mean()


def force_at_the_start__same_momentum(key, phi, log_p, n_moves, n):
    return _log_weights(key, phi, log_p, n_moves, n, at="start", same=True).mean()
