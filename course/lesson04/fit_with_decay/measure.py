"""What is measured of ``fit_with_decay``."""

from functools import partial

import jax
import jax.numpy as jnp


def _bowl(curvature, centre, noise):
    """A quadratic loss, whose gradient carries normal noise of sd ``noise``."""

    def loss(key, phi):
        x = _flat(phi) - centre
        return 0.5 * jnp.sum(curvature * x**2) + noise * jnp.sum(jax.random.normal(key, (4,)) * x)

    return loss


def _slope(key, phi):
    return jnp.sum(_flat(phi))


def _flat(phi):
    return jnp.append(phi["loc"], phi["shift"])


def _phi(x):
    return {"loc": x[:3], "shift": x[3]}


@partial(jax.jit, static_argnums=(0, 1))
def _ends(fn, n_steps, key, starts, curvature, centre, noise):
    keys = jax.random.split(key, 256)

    def run(key, loss, start):
        return _flat(fn(key, loss, _phi(start), n_steps))

    far = jax.vmap(lambda start: run(key, _bowl(curvature, centre, 0.0), start))(starts)
    near = jax.vmap(lambda key: run(key, _bowl(curvature, centre, noise), centre))(keys)
    return far, near, run(key, _slope, jnp.zeros(4))


def _is_unrolled(fn):
    """Whether the traced program grows with the number of steps."""

    def size(n_steps):
        return len(
            str(
                jax.make_jaxpr(lambda key: fn(key, _bowl(1.0, 0.0, 1.0), _phi(jnp.ones(4)), n_steps))(jax.random.key(0))
            )
        )

    try:
        return size(40) > 1.3 * size(20)
    except Exception:  # the real call will say what is wrong
        return False


def measure(fn, case):
    """Where the runs end: ``far`` (4, 4), ``near`` (256, 4), and ``slope`` (4,) on a loss that falls steadily."""
    if _is_unrolled(fn):
        raise RuntimeError(
            "the loop runs step by step in Python, which takes too long; use minimise, or put it into jax.lax.scan."
        )
    arrays = [jnp.asarray(case[name], jnp.float32) for name in ("starts", "curvature", "centre", "noise")]
    far, near, slope = _ends(fn, int(case["n_steps"]), jax.random.key(int(case["seed"])), *arrays)
    return {"far": far, "near": near, "slope": slope}
