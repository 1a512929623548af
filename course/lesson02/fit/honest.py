"""Other right answers in fit: each function stands for the learner's ``fit``."""

from functools import partial

import jax
import jax.numpy as jnp
import optax


@partial(jax.jit, static_argnames=("loss", "n_steps"))
def jit_around_all(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi, losses


def key_in_the_carry(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, _):
        key, phi, opt_state = carry
        key, sub = jax.random.split(key)
        value, grads = jax.value_and_grad(loss, argnums=1)(sub, phi)
        updates, opt_state = optimizer.update(grads, opt_state, phi)
        return (key, optax.apply_updates(phi, updates), opt_state), value

    (_, phi, _), losses = jax.lax.scan(step, (key, phi0, optimizer.init(phi0)), length=n_steps)
    return phi, losses


def fold_in(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, i):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(loss, argnums=1)(jax.random.fold_in(key, i), phi)
        updates, opt_state = optimizer.update(grads, opt_state, phi)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.jit(lambda c: jax.lax.scan(step, c, jnp.arange(n_steps)))((phi0, optimizer.init(phi0)))
    return phi, losses


def python_loop(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    @jax.jit
    def step(key, phi, opt_state):
        value, grads = jax.value_and_grad(loss, argnums=1)(key, phi)
        updates, opt_state = optimizer.update(grads, opt_state, phi)
        return optax.apply_updates(phi, updates), opt_state, value

    phi, opt_state, losses = phi0, optimizer.init(phi0), []
    for k in jax.random.split(key, n_steps):
        phi, opt_state, value = step(k, phi, opt_state)
        losses.append(value)
    return phi, jnp.array([float(v) for v in losses])


def rmsprop(key, loss, phi0, n_steps, lr):
    optimizer = optax.rmsprop(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi, losses


def momentum(key, loss, phi0, n_steps, lr):
    optimizer = optax.chain(optax.clip_by_global_norm(5.0), optax.sgd(lr, momentum=0.9))

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi, losses
