"""What is measured of ``log_target``."""

from functools import partial

import jax
import jax.numpy as jnp


@partial(jax.jit, static_argnums=0)
def _log_targets(fn, x, y, far_x, far_y, b, s1, s2, theta):
    slope = jax.vmap(jax.grad(lambda x, y: fn(x, y, b, s1, s2, theta), argnums=(0, 1)))
    return {
        "values": fn(x, y, b, s1, s2, theta),
        "slopes": jnp.stack(slope(x, y)),
        "far_values": fn(far_x, far_y, b, s1, s2, theta),
        "far_slopes": jnp.stack(slope(far_x, far_y)),
    }


def measure(log_target, case):
    """Values (64,) and slopes (2, 64) at near points, and the same at four points far out."""
    return _log_targets(
        log_target,
        *(jnp.asarray(case[name], jnp.float32) for name in ("x", "y", "far_x", "far_y", "b", "s1", "s2", "theta")),
    )
