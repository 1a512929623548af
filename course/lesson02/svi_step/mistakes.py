"""Mistakes that learners make in svi-step: each function stands for the learner's ``svi_step``."""

import jax
import optax


def uphill(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
    updates, opt_state = optimizer.update(grads, opt_state, phi)
    return jax.tree.map(lambda p, u: p - u, phi, updates), opt_state, value


def returns_the_changes(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
    updates, opt_state = optimizer.update(grads, opt_state, phi)
    return updates, opt_state, value


def old_state(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
    updates, _ = optimizer.update(grads, opt_state, phi)
    return optax.apply_updates(phi, updates), opt_state, value


def late_value(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
    updates, opt_state = optimizer.update(grads, opt_state, phi)
    phi = optax.apply_updates(phi, updates)
    return phi, opt_state, loss(key, phi)


def float(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
    updates, opt_state = optimizer.update(grads, opt_state, phi)
    return optax.apply_updates(phi, updates), opt_state, float(value)


def own_key(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(jax.random.key(0), p))(phi)
    updates, opt_state = optimizer.update(grads, opt_state, phi)
    return optax.apply_updates(phi, updates), opt_state, value


def uphill__own_key(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(jax.random.key(0), p))(phi)
    updates, opt_state = optimizer.update(grads, opt_state, phi)
    return jax.tree.map(lambda p, u: p - u, phi, updates), opt_state, value


def old_state__late_value(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
    updates, _ = optimizer.update(grads, opt_state, phi)
    phi = optax.apply_updates(phi, updates)
    return phi, opt_state, loss(key, phi)
