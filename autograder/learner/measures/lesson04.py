"""Learner's half of lesson 4: losses, their plateaus, averages of iterates and a rate that decays."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betaln

from autograder.learner.measures.common import attempt, verdicts


def _beta_loss(a, b, constant):
    """-ELBO from a single draw: a Beta guide, and a coin whose posterior is Beta(a, b)."""

    def loss(key, phi):
        f = jnp.clip(jax.random.beta(key, phi["a"], phi["b"]), 1e-6, 1 - 1e-6)
        log_q = (phi["a"] - 1) * jnp.log(f) + (phi["b"] - 1) * jnp.log1p(-f) - betaln(phi["a"], phi["b"])
        return log_q - (a - 1) * jnp.log(f) - (b - 1) * jnp.log1p(-f) - constant

    return loss


@partial(jax.jit, static_argnums=(0, 1))
def _spread(fn, n, key, phi, a, b, constant):
    return fn(key, _beta_loss(a, b, constant), {"a": phi[0], "b": phi[1]}, n)


def loss_spread(fn, case):
    """The spread for two keys at a phi off the posterior, ``off`` (2,), and on it, ``on`` (2,)."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 2)
    a, b, constant = (jnp.float32(case[name]) for name in ("a", "b", "constant"))
    phis = {"off": jnp.asarray(case["phi"], jnp.float32), "on": jnp.stack([a, b])}
    return {name: np.array([np.asarray(_spread(fn, int(case["n"]), key, phi, a, b, constant)) for key in keys]) for name, phi in phis.items()}


def plateau(fn, case):
    """(mean, mcse) of each trace, (8, 2)."""
    rows = []
    for losses in case["losses"]:
        mean, mcse = fn(np.array(losses, dtype=float), int(case["window"]))
        rows.append([np.asarray(mean, float), np.asarray(mcse, float)])
    return {"summary": np.array(rows)}


def has_converged(fn, case):
    """The verdict on each trace, (23,): 1 for converged, 0 for not, NaN where it raised."""
    window = int(case["window"])
    return {"converged": verdicts(lambda i: fn(np.array(case["losses"][i], dtype=float), window), len(case["losses"]))}


def iterate_average(fn, case):
    """The averages for three fractions: of ``loc``, (3,), and of ``weights``, (3, 3), if all is right."""
    phis = {name: jnp.asarray(case[name], jnp.float32) for name in ("loc", "weights")}
    averages = [fn(dict(phis), float(frac)) for frac in case["fracs"]]
    return attempt({name: lambda name=name: {name: np.stack([np.asarray(phi[name], float) for phi in averages])} for name in phis})


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
        return len(str(jax.make_jaxpr(lambda key: fn(key, _bowl(1.0, 0.0, 1.0), _phi(jnp.ones(4)), n_steps))(jax.random.key(0))))

    try:
        return size(40) > 1.3 * size(20)
    except Exception:  # the real call will say what is wrong
        return False


def fit_with_decay(fn, case):
    """Where the runs end: ``far`` (4, 4), ``near`` (256, 4), and ``slope`` (4,) on a loss that falls steadily."""
    if _is_unrolled(fn):
        raise RuntimeError("the loop runs step by step in Python, which takes too long; use minimise, or put it into jax.lax.scan.")
    arrays = [jnp.asarray(case[name], jnp.float32) for name in ("starts", "curvature", "centre", "noise")]
    far, near, slope = _ends(fn, int(case["n_steps"]), jax.random.key(int(case["seed"])), *arrays)
    return {"far": far, "near": near, "slope": slope}
