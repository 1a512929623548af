"""What is measured of ``guide_bimodal``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
from numpyro import handlers
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.util import log_density

N_DRAWS = 32768


N_STEPS = 2000


#: Half the width of the box in which the judge's model puts x and y: no draw ever leaves it.
HALF_WIDTH = 100.0


#: Where the judge starts the named parameters of ``guide_bimodal``.
START = {"b": 3.0, "s1": 1.0, "s2": 1.0, "theta": np.pi / 4}


def _two_bumps(x, y, b, s1, s2, theta):
    u1 = jnp.cos(theta) * x + jnp.sin(theta) * y
    u2 = jnp.cos(theta) * y - jnp.sin(theta) * x
    bumps = jnp.logaddexp(-0.5 * ((u1 - b) / s1) ** 2, -0.5 * ((u1 + b) / s1) ** 2)
    return bumps - jnp.log1p(0.5 * (u2 / s2) ** 2)


@partial(jax.jit, static_argnums=0)
def _fit_two_bumps(guide, key, b, s1, s2, theta):
    """Fit and draws as one program: the compile time is most of the cost."""

    def model():
        x = numpyro.sample("x", dist.Uniform(-HALF_WIDTH, HALF_WIDTH))
        y = numpyro.sample("y", dist.Uniform(-HALF_WIDTH, HALF_WIDTH))
        numpyro.factor("target", _two_bumps(x, y, b, s1, s2, theta))

    optimizer = optax.adam(optax.cosine_decay_schedule(0.1, N_STEPS), b2=0.99)
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    key_init, key_draws = jax.random.split(key)
    state = svi.init(key_init, init_params={name: jnp.float32(value) for name, value in START.items()})
    state, losses = jax.lax.scan(lambda state, _: svi.update(state), state, None, length=N_STEPS)
    params = svi.get_params(state)

    def draw(key):
        logq, sites = log_density(handlers.seed(guide, key), (), {}, params)
        return jnp.stack(
            [jnp.reshape(sites[name]["value"], ()) if name in sites else jnp.nan for name in ("x", "y")]
        ), logq

    draws, logq = jax.vmap(draw)(jax.random.split(key_draws, N_DRAWS))
    fitted = jnp.stack([jnp.reshape(jnp.asarray(params.get(name, jnp.nan), jnp.float32), ()) for name in START])
    return {"losses": losses, "draws": draws, "logq": logq, "params": fitted}


def measure(guide_bimodal, case):
    """The judge's fit to a target of two bumps: 32,768 draws (x, y), claimed log density, losses, b, s1, s2, theta."""
    numbers = [jnp.asarray(case[name], jnp.float32) for name in ("b", "s1", "s2", "theta")]
    return _fit_two_bumps(guide_bimodal, jax.random.key(int(case["seed"])), *numbers)
