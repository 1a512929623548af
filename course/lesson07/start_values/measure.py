"""What is measured of ``start_values``."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import optax
from jax import lax, random
from numpyro.distributions import constraints
from numpyro.infer.util import log_density

from ...measuring import QUICK, model_line

SITES = ("theta", "b_perp", "bg_mean", "bg_sigma", "Q")
STEPS, PARTICLES, FIRST_SCALE = 1000, 8, 0.1
BIJECTIONS = tuple(
    dist.biject_to(support)
    for support in (
        constraints.interval(-jnp.pi / 2, jnp.pi / 2),
        constraints.real,
        constraints.real,
        constraints.positive,
        constraints.unit_interval,
    )
)


def _log_joint(u, x, e, y):
    """Log joint of the line with outliers in unconstrained coordinates, a number."""
    z = {name: to_z(u[i]) for i, (name, to_z) in enumerate(zip(SITES, BIJECTIONS))}
    slopes = [to_z.log_abs_det_jacobian(u[i], z[name]) for i, (name, to_z) in enumerate(zip(SITES, BIJECTIONS))]
    return log_density(model_line, (x, e, y), {}, z)[0] + sum(slopes)


def _fit(key, start, x, e, y):
    """Fit independent normals in unconstrained coordinates; (5,) locations and log scales."""
    loc = jnp.stack([to_z.inv(start[i]) for i, to_z in enumerate(BIJECTIONS)])
    phi = jnp.stack([loc, jnp.full(len(SITES), jnp.log(FIRST_SCALE))])
    optimizer = optax.adam(optax.cosine_decay_schedule(0.03, STEPS))

    def loss(phi, key):
        eps = random.normal(key, (PARTICLES, len(SITES)))
        elbo = jax.vmap(lambda eps: _log_joint(phi[0] + jnp.exp(phi[1]) * eps, x, e, y))(eps).mean() + phi[1].sum()
        return -elbo

    def step(carry, key):
        phi, state = carry
        updates, state = optimizer.update(jax.grad(loss)(phi, key), state)
        return (optax.apply_updates(phi, updates), state), None

    (phi, _), _ = lax.scan(step, (phi, optimizer.init(phi)), random.split(key, STEPS))
    return phi


_fits = jax.jit(jax.vmap(_fit), compiler_options=QUICK)


def measure(fn, case):
    """The starts of 16 data sets, (16, 5), and where diagonal normal guides end that are fitted from them."""
    data = [np.asarray(case[name], float) for name in ("x", "e", "y")]
    starts = []
    for x, e, y in zip(*data):
        start = fn(x, e, y)
        starts.append([float(start[name]) for name in SITES])
    keys = random.split(random.key(int(case["seed"])), len(starts))
    phi = _fits(keys, jnp.asarray(starts, jnp.float32), *(jnp.asarray(part, jnp.float32) for part in data))
    return {"starts": np.array(starts), "loc": phi[:, 0], "log_scale": phi[:, 1]}
