"""What is measured of ``fit``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ..measuring import _coin_loss, _pair


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _fits(fn, n_steps, lr, particles, keys, phi0, a, b, constant):
    loss = _coin_loss(a, b, constant, particles, "closed")

    def one(key):
        phi, losses = fn(key, loss, {"loc": phi0[0], "log_scale": phi0[1]}, n_steps, lr)
        return _pair(phi), jnp.asarray(losses)

    return jax.vmap(one)(keys)


_grows = {}


def _is_unrolled(fn, lr, key):
    """Whether the traced program of ``fit`` grows with the number of steps, or can't be traced."""
    if fn not in _grows:
        loss = _coin_loss(13.0, 9.0, 0.0, 4, "closed")
        phi0 = {"loc": jnp.float32(0.0), "log_scale": jnp.float32(0.0)}
        try:
            short, longer = (len(str(jax.make_jaxpr(lambda key: fn(key, loss, phi0, n, lr))(key))) for n in (2, 6))
            _grows[fn] = longer > 1.3 * short
        except Exception:  # it may still work on concrete numbers
            _grows[fn] = True
    return _grows[fn]


def _one_by_one(fn, keys, loss, phi0, n_steps, lr):
    """Runs of a loop in Python around a compiled step. A step that is not compiled is refused: it takes minutes."""
    calls = []

    def counted(key, phi):
        calls.append(None)
        return loss(key, phi)

    fn(keys[0], counted, dict(phi0), 20, lr)
    if len(calls) >= 20:
        raise RuntimeError(
            "each step of the loop runs in plain Python, which takes too long; put the loop into jax.lax.scan."
        )
    runs = [fn(key, loss, dict(phi0), n_steps, lr) for key in keys]
    return np.array([np.asarray(_pair(phi)) for phi, _ in runs]), np.array([np.asarray(losses) for _, losses in runs])


def measure(fit, case):
    """Fitted (loc, log_scale) for three keys, (3, 2), and their losses, (3, n_steps)."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 3)
    n_steps, lr, particles = int(case["n_steps"]), float(case["lr"]), int(case["particles"])
    phi0, a, b, constant = (jnp.asarray(case[name], jnp.float32) for name in ("phi0", "a", "b", "constant"))
    if _is_unrolled(fit, lr, keys[0]):
        start = {"loc": phi0[0], "log_scale": phi0[1]}
        phi, losses = _one_by_one(
            fit, keys, jax.jit(_coin_loss(a, b, constant, particles, "closed")), start, n_steps, lr
        )
    else:
        phi, losses = _fits(fit, n_steps, lr, particles, keys, phi0, a, b, constant)
    return {"phi": phi, "losses": losses}
