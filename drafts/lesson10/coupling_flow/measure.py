"""What is measured of ``coupling_flow`` and ``flow_log_q``."""

import jax
import jax.numpy as jnp
import numpy as np

from svi_course.learner.measuring import attempt


def _layer(a, c, w, p, o, t, omega):
    """One pair of functions of a coordinate, an array of any shape."""
    return lambda v: c + a * jnp.tanh(w * v + p), lambda v: o + t * jnp.sin(omega * v)


def _layers(case):
    rows = zip(*(case[name] for name in ("a", "c", "w", "p", "o", "t", "omega")))
    return [_layer(*(float(number) for number in row)) for row in rows][: int(case["n"])]


def measure(flow, log_q, case):
    """Where the case's u and a net of lines go, and log densities of points that the judge chose.

    Returns:
        dict with ``x`` (64, 2), ``log_det`` (64,) and ``lines`` (1066, 2) of the flow; ``log_q`` (64,) and
        ``grid_log_q`` (3721,) of the density.
    """
    layers = _layers(case)

    def call(fn, name):
        """The answer, which must also run inside jax.jit; tracing it is enough to see that."""
        points = jnp.asarray(case[name], jnp.float32)
        jax.eval_shape(lambda points: fn(points, list(layers)), points)
        return fn(points, list(layers))

    def run(name):
        x, log_det = call(flow, name)
        return np.asarray(x, float), np.asarray(log_det, float)

    def density(name):
        return np.asarray(call(log_q, name), float)

    return attempt(
        {
            "the flow": lambda: dict(zip(("x", "log_det"), run("u"))),
            "the flow of many points": lambda: {"lines": run("net")[0]},
            "the density": lambda: {"log_q": density("at")},
            "the density of many points": lambda: {"grid_log_q": density("grid")},
        }
    )
