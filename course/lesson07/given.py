"""What the first cell of lesson 07 defines."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist


def run_svi(key, svi, n_steps, *args):
    """The loop you wrote in lesson 3: returns the fitted parameters and the n_steps losses."""
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda state, _: svi.update(state, *args), state, None, length=n_steps)
    return svi.get_params(state), losses


def model_line(x, e, y=None):
    """A line with outliers. Q is the share of points on the line."""
    theta = numpyro.sample("theta", dist.Uniform(-jnp.pi / 2, jnp.pi / 2))
    b_perp = numpyro.sample("b_perp", dist.Normal(0.0, 1.0))
    bg_mean = numpyro.sample("bg_mean", dist.Normal(0.0, 1.0))
    bg_sigma = numpyro.sample("bg_sigma", dist.HalfNormal(3.0))
    q = numpyro.sample("Q", dist.Uniform(0.0, 1.0))
    line = dist.Normal(x * jnp.tan(theta) + b_perp / jnp.cos(theta), e)
    background = dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2))
    shares = dist.Categorical(probs=jnp.stack([q, 1 - q]))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.MixtureGeneral(shares, [line, background]), obs=y)
