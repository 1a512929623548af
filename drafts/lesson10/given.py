"""What the first cell of lesson 10 defines."""

import jax


def run_svi(key, svi, n_steps, *args):
    """The loop you wrote in lesson 3: returns the fitted parameters and the n_steps losses."""
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda state, _: svi.update(state, *args), state, None, length=n_steps)
    return svi.get_params(state), losses
