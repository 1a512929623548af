"""The judge's fit of a guide for the coin, and what is measured of it."""

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

from svi_course.learner.measuring import site_lines

#: Where a guide's density is probed: Gauss-Legendre nodes on (0, 1), then four points outside.
PROBES = np.append((np.polynomial.legendre.leggauss(200)[0] + 1) / 2, [-0.5, -0.05, 1.05, 1.5]).astype(np.float32)

#: Where the density is probed once more, with every unconstrained parameter at -3.
CORNER_PROBES = np.array([0.1, 0.3, 0.5, 0.7, 0.9], dtype=np.float32)

N_DRAWS = 4096
N_STEPS = 3000


@partial(jax.jit, static_argnums=(0, 1))
def _fit_guide(guide, n, key, data, a0, b0):
    """Fit, draws and probes as one program: the compile time is most of the cost."""

    def model(n, data=None):
        f = numpyro.sample("f", dist.Beta(a0, b0))
        with numpyro.plate("flips", n):
            numpyro.sample("obs", dist.Bernoulli(f), obs=data)

    optimizer = optax.adam(optax.cosine_decay_schedule(0.3, N_STEPS), b2=0.99)
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=32))
    key_init, key_draws = jax.random.split(key)
    state = svi.init(key_init, n, data)
    state, losses = jax.lax.scan(lambda state, _: svi.update(state, n, data), state, None, length=N_STEPS)
    params = svi.get_params(state)
    corner = svi.constrain_fn(jax.tree.map(lambda x: jnp.full_like(x, -3.0), svi.optim.get_params(state.optim_state)))

    def draw(key):
        logq, sites = log_density(handlers.seed(guide, key), (n, data), {}, params)
        return (sites["f"]["value"] if "f" in sites else np.float32(np.nan)), logq

    def probe(f, params):
        return log_density(handlers.seed(guide, key), (n, data), {}, {**params, "f": f})[0]

    draws, logq = jax.vmap(draw)(jax.random.split(key_draws, N_DRAWS))
    return {
        "losses": losses,
        "draws": draws,
        "logq": logq,
        "probe": jax.vmap(lambda f: probe(f, params))(jnp.asarray(PROBES)),
        "corner": jax.vmap(lambda f: probe(f, corner))(jnp.asarray(CORNER_PROBES)),
    }


def fit_guide(guide, case):
    """The judge's fit of a guide for the coin, and what can be measured of it.

    The judge's model draws ``f`` from Beta(a0, b0) of the case, which the guide never
    sees; it gets ``(n, data)``. Adam, cosine decay from 0.3, 32 particles, 3000 steps.

    Args:
        guide: ``guide(n, data=None)`` with a sample site ``f``.
        case: dict with ``data`` (n,), ``a0``, ``b0`` and ``seed``.

    Returns:
        dict with ``losses`` (3000,); ``draws`` of f (4096,) and ``logq`` (4096,), the sum
        of the log densities of all the guide's sample sites at each draw; ``probe`` (204,),
        the same with f set to PROBES; ``corner`` (5,), the same at CORNER_PROBES with every
        unconstrained parameter at -3; and ``sites``, text.
    """
    data = np.asarray(case["data"])
    lines = site_lines(guide, len(data), data)
    measured = _fit_guide(
        guide, len(data), jax.random.key(int(case["seed"])), data, np.float32(case["a0"]), np.float32(case["b0"])
    )
    return {**{name: np.asarray(value) for name, value in measured.items()}, "sites": lines}
