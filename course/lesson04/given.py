"""What the first cell of lesson 04 defines."""

import jax
import optax
from jax import lax


def minimise(key, loss, phi0, n_steps, optimizer):
    """The loop of lesson 2: minimise loss(key, phi) from phi0. Returns (phi, losses)."""

    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(loss, argnums=1)(key, phi)
        updates, opt_state = optimizer.update(grads, opt_state, phi)
        return (optax.apply_updates(phi, updates), opt_state), value

    (phi, _), losses = lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))
    return phi, losses


def run_svi(key, svi, n_steps, *args):
    """The loop of lesson 3: fit an SVI object. Returns (params, losses)."""
    state = svi.init(key, *args)
    state, losses = lax.scan(lambda state, _: svi.update(state, *args), state, None, length=n_steps)
    return svi.get_params(state), losses
