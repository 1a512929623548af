"""What is measured of ``fit_autoguide``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints

from svi_course.learner.measuring import attempt

from ...measuring import QUICK
from ..measuring import N_DRAWS

#: A model is called a few times when a fit is traced, and once a step by a loop in plain Python.
MOST_CALLS = 100


def _gaussian(loc, whiten, height):
    """A model without arguments: a normal bump of known mass over three real numbers."""
    calls = []

    def model():
        calls.append(None)
        if len(calls) > MOST_CALLS:
            raise RuntimeError("each step of the loop runs in plain Python, which takes too long; use jax.lax.scan.")
        z = numpyro.sample("z", dist.ImproperUniform(constraints.real_vector, (), (3,)))
        numpyro.factor("bump", height - 0.5 * jnp.sum((whiten @ (z - loc)) ** 2))

    return model


def _fit(fn, kind, n_steps, key, loc, whiten, height):
    key_fit, key_draws = jax.random.split(key)
    guide, params, losses = fn(key_fit, _gaussian(loc, whiten, height), kind, n_steps)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(8 * N_DRAWS,))["z"]
    return {f"draws_{kind}": draws, f"losses_{kind}": jnp.asarray(losses)}


_jitted_fit = jax.jit(_fit, static_argnums=(0, 1, 2), compiler_options=QUICK)


def _inner(equation):
    """The programs inside one step of a traced program."""
    for value in equation.params.values():
        for part in value if isinstance(value, tuple | list) else (value,):
            part = getattr(part, "jaxpr", part)
            if hasattr(part, "eqns"):
                yield part


def _size(jaxpr):
    return sum(1 + sum(_size(inner) for inner in _inner(equation)) for equation in jaxpr.eqns)


def _scans(jaxpr):
    """Whether a traced program holds, at any depth, a scan with as much in it as a step of SVI."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "scan" and _size(equation.params["jaxpr"].jaxpr) > 60:
            return True
        if any(_scans(inner) for inner in _inner(equation)):
            return True
    return False


_whole = {}


def _traces_as_a_whole(fn, kind, *numbers):
    """Whether the fit can be traced, with its steps in a scan: else compiling it would take minutes."""
    if (fn, kind) not in _whole:
        try:
            _whole[fn, kind] = _scans(jax.make_jaxpr(partial(_fit, fn, kind, 11))(*numbers).jaxpr)
        except NotImplementedError:
            raise
        except Exception:  # it may still work on concrete numbers
            _whole[fn, kind] = False
    return _whole[fn, kind]


def measure(fn, case):
    """32768 draws and the losses of a fit of each kind."""
    key, n_steps = jax.random.key(int(case["seed"])), int(case["n_steps"])
    numbers = [jnp.asarray(case[name], jnp.float32) for name in ("loc", "whiten", "height")]

    def run(kind):
        if _traces_as_a_whole(fn, kind, key, *numbers):
            return _jitted_fit(fn, kind, n_steps, key, *numbers)
        return _fit(fn, kind, n_steps, key, *numbers)

    return attempt({f'kind "{kind}"': partial(run, kind) for kind in ("normal", "mvn")})
