"""What is measured of ``log_joint_unconstrained``."""

from functools import partial

import jax
import jax.numpy as jnp


@partial(jax.jit, static_argnums=0)
def _log_joints(fn, z, far, heads, tails):
    def pair(h, t):
        slope = jax.vmap(jax.grad(lambda x: fn(x, h, t)))
        return fn(z, h, t), slope(z), fn(far, h, t), slope(far)

    return jax.vmap(pair)(heads, tails)


def measure(log_joint_unconstrained, case):
    """Values and slopes on a grid and far out; (pairs, nodes)."""
    z, far = jnp.asarray(case["z"], jnp.float32), jnp.asarray(case["far"], jnp.float32)
    heads, tails = jnp.asarray(case["heads"], jnp.float32), jnp.asarray(case["tails"], jnp.float32)
    values, slopes, far_values, far_slopes = _log_joints(log_joint_unconstrained, z, far, heads, tails)
    return {"values": values, "slopes": slopes, "far_values": far_values, "far_slopes": far_slopes}
