"""What is measured of ``log_mixture``."""

from functools import partial

import jax
import jax.numpy as jnp

from svi_course.learner.measuring import attempt

SHARED = ("bg_mean", "bg_sigma", "q")


@partial(jax.jit, static_argnums=0)
def _gradients(fn, y, mu, e, *shared):
    by_mu = jax.grad(lambda mu: jnp.sum(fn(y, mu, e, *shared)))(mu)
    rest = jax.jacrev(lambda *shared: fn(y, mu, e, *shared), argnums=(0, 1, 2))(*shared)
    return {"by_mu": by_mu} | {f"by_{name}": value for name, value in zip(SHARED, rest)}


def measure(fn, case):
    """Log densities of 40 points and along a curve of 61, and derivatives of those of the 40 points.

    Returns:
        dict with ``values`` (40,), ``curve`` (61,), and ``by_mu``, ``by_bg_mean``, ``by_bg_sigma``, ``by_q``: for each
        of the 40 points the derivative of its log density.
    """
    points = [jnp.asarray(case["points"][name], jnp.float32) for name in ("y", "mu", "e")]
    curve = [jnp.asarray(case["curve"][name], jnp.float32) for name in ("y", "mu", "e")]
    shared = [jnp.asarray(case[name], jnp.float32) for name in SHARED]
    return attempt(
        {
            "log densities": lambda: {"values": fn(*points, *shared), "curve": fn(*curve, *shared)},
            "gradients": lambda: _gradients(fn, *points, *shared),
        }
    )
