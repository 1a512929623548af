"""Other right answers in svi-step: each function stands for the learner's ``svi_step``."""

import jax
import jax.numpy as jnp
import optax


def grad_and_value_apart(key, phi, opt_state, loss, optimizer):
    value = loss(key, phi)
    grads = jax.grad(loss, argnums=1)(key, phi)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(phi, updates), opt_state, value


def argnums_and_tree_map(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(loss, argnums=1)(key, phi)
    updates, opt_state = optimizer.update(grads, opt_state, phi)
    phi = jax.tree.map(jnp.add, phi, updates)
    return phi, opt_state, value


def jitted_inside(key, phi, opt_state, loss, optimizer):
    @jax.jit
    def step(key, phi, opt_state):
        value, grads = jax.value_and_grad(loss, argnums=1)(key, phi)
        updates, opt_state = optimizer.update(grads, opt_state, phi)
        return optax.apply_updates(phi, updates), opt_state, value

    return step(key, phi, opt_state)
