"""What the first cell of lesson 09 defines."""

import jax
import optax
from numpyro.infer import SVI, Trace_ELBO


def run_svi(key, svi, n_steps, *args):
    """The loop you wrote in lesson 3: returns the fitted parameters and the n_steps losses."""
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda state, _: svi.update(state, *args), state, None, length=n_steps)
    return svi.get_params(state), losses


def fit(key, model, guide, n_steps, *args):
    """run_svi with this lesson's optimiser and 16 particles."""
    optimizer = optax.adam(optax.cosine_decay_schedule(0.1, n_steps), b2=0.99)
    return run_svi(key, SVI(model, guide, optimizer, Trace_ELBO(num_particles=16)), n_steps, *args)
