"""Other right answers in fit-with-decay: each function stands for the learner's ``fit_with_decay``."""

import jax
import optax

from ..given import minimise


def cosine_0_3(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(optax.cosine_decay_schedule(0.3, n_steps)))
    return phi


def cosine_1(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(optax.cosine_decay_schedule(1.0, n_steps)))
    return phi


def exponential(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(optax.exponential_decay(0.5, n_steps, 0.01)))
    return phi


def linear(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.adam(optax.linear_schedule(0.3, 0.0, n_steps)))
    return phi


def piecewise(key, loss, phi0, n_steps):
    phi, _ = minimise(
        key,
        loss,
        phi0,
        n_steps,
        optax.adam(optax.piecewise_constant_schedule(0.3, {n_steps // 2: 0.1, 3 * n_steps // 4: 0.1})),
    )
    return phi


def warm_up(key, loss, phi0, n_steps):
    phi, _ = minimise(
        key, loss, phi0, n_steps, optax.adam(optax.warmup_cosine_decay_schedule(0.0, 0.5, n_steps // 10, n_steps))
    )
    return phi


def sgd(key, loss, phi0, n_steps):
    phi, _ = minimise(key, loss, phi0, n_steps, optax.sgd(optax.cosine_decay_schedule(0.1, n_steps)))
    return phi


def constant_and_averaged(key, loss, phi0, n_steps):
    optimizer = optax.adam(0.2)

    def step(carry, key):
        phi, state = carry
        grads = jax.grad(loss, argnums=1)(key, phi)
        updates, state = optimizer.update(grads, state)
        phi = optax.apply_updates(phi, updates)
        return (phi, state), phi

    _, phis = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return jax.tree.map(lambda x: x[-n_steps // 3 :].mean(axis=0), phis)
