"""Mistakes that learners make in fit: each function stands for the learner's ``fit``."""

import jax
import optax


def one_key_for_all_steps(key, loss, phi0, n_steps, lr):
    fixed = key
    optimizer = optax.adam(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(fixed, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi, losses


def own_key(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(jax.random.key(0), n_steps))
    return phi, losses


def too_few_steps(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps // 10))
    return phi, losses


def small_rate(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr / 10)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi, losses


def start_returned(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi0, losses


def last_loss_only(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi, losses[-1]


def uphill(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (jax.tree.map(lambda p, u: p - u, phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi, losses


def own_key__start_returned(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(jax.random.key(0), n_steps))
    return phi0, losses
