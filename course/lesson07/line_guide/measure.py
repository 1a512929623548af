"""What is measured of ``guide_line``."""

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

from ...measuring import QUICK, model_line

SITES = ("theta", "b_perp", "bg_mean", "bg_sigma", "Q")
N_DRAWS = 8192
STARTS = 2
FIRST_STEPS, STEPS, PARTICLES = 400, 1500, 8

#: Widths of the broad normals around the start that a guide is fitted to first.
WIDTHS = (0.1, 0.1, 0.5, 0.3, 0.1)

#: Values that the model forbids, by site.
ILLEGAL = (("theta", -2.0), ("theta", 2.0), ("bg_sigma", -0.5), ("Q", -0.2), ("Q", 1.2))


def _model(first, start, x, e, y):
    """The line with outliers; while ``first`` is true, in its place normals around ``start`` and no data."""
    with handlers.mask(mask=jnp.logical_not(first)), handlers.trace() as trace:
        model_line(x, e, y)
    point = jnp.stack([trace[name]["value"] for name in SITES])
    with handlers.mask(mask=first):
        numpyro.sample("start", dist.Normal(point, jnp.asarray(WIDTHS)).to_event(1), obs=start)


def _rate(step):
    """Two falls of the learning rate, one for each target."""
    part = jnp.where(step < FIRST_STEPS, step / FIRST_STEPS, (step - FIRST_STEPS) / STEPS)
    return jnp.where(step < FIRST_STEPS, 0.1, 0.05) * 0.5 * (1 + jnp.cos(jnp.pi * part))


def _fit(guide, key, noise, start, x, e, y):
    """One fit, first to normals around ``start``, then to the model: params and mean of the last 200 losses.

    Both targets in one loop: the compile time of a guide's gradient is most of the cost.
    """
    key_init, key_noise = jax.random.split(key)
    svi = SVI(
        _model,
        lambda first, start, *data: guide(*data),
        optax.adam(_rate, b2=0.99),
        Trace_ELBO(num_particles=PARTICLES),
    )
    state = svi.init(key_init, True, start, x, e, y)
    values, shape = jax.tree.flatten(svi.optim.get_params(state.optim_state))
    keys = jax.random.split(key_noise, len(values) + 1)
    values = [v + noise * jax.random.normal(k, jnp.shape(v)) for v, k in zip(values, keys)]
    state = state._replace(optim_state=svi.optim.init(jax.tree.unflatten(shape, values)))

    def step(state, i):
        return svi.update(state, i < FIRST_STEPS, start, x, e, y)

    state, losses = jax.lax.scan(step, state, jnp.arange(FIRST_STEPS + STEPS))
    return svi.get_params(state), losses[-200:].mean()


@partial(jax.jit, static_argnums=0, compiler_options=QUICK)
def _measured(guide, key, start, x, e, y):
    key_fit, key_draws = jax.random.split(key)
    noise = jnp.where(jnp.arange(STARTS) == 0, 0.0, 1.0)
    params, scores = jax.vmap(partial(_fit, guide), (0, 0, None, None, None, None))(
        jax.random.split(key_fit, STARTS), noise, start, x, e, y
    )
    best = jnp.argmin(jnp.where(jnp.isnan(scores), jnp.inf, scores))
    params = jax.tree.map(lambda v: v[best], params)

    def draw(key):
        logq, trace = log_density(handlers.seed(guide, key), (x, e, y), {}, params)
        z = {name: trace[name]["value"] for name in SITES if name in trace}
        point = jnp.stack([jnp.asarray(z.get(name, jnp.nan), jnp.float32) for name in SITES])
        logp = log_density(handlers.seed(model_line, key), (x, e, y), {}, z)[0]
        return point, logq, logp

    draws, logq, logp = jax.vmap(draw)(jax.random.split(key_draws, N_DRAWS))

    def probe(name, value):
        trace = handlers.trace(handlers.seed(handlers.substitute(guide, params), key)).get_trace(x, e, y)
        site = trace.get(name)
        if site is None or isinstance(site["fn"], dist.Delta):
            return jnp.float32(-jnp.inf)
        inside = site["fn"].support(jnp.float32(value))
        return jnp.where(inside, site["fn"].log_prob(jnp.float32(value)), -jnp.inf)

    return {
        "scores": scores,
        "draws": draws,
        "logq": logq,
        "logp": logp,
        "probes": jnp.stack([probe(*where) for where in ILLEGAL]),
    }


def measure(fn, case):
    """Draws of the better of two fits of the guide, their log densities, and its density where the model has none."""
    x, e, y = (jnp.asarray(case[name], jnp.float32) for name in ("x", "e", "y"))
    handlers.trace(handlers.seed(fn, jax.random.key(0))).get_trace(
        x, e, y
    )  # an autoguide must not be set up in a trace
    lines = site_lines(fn, x, e, y)
    measured = _measured(fn, jax.random.key(int(case["seed"])), jnp.asarray(case["start"], jnp.float32), x, e, y)
    return {**{name: np.asarray(value) for name, value in measured.items()}, "sites": lines}
