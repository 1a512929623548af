"""What is measured of ``svi_step``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

_ORDER = ("loc", "log_scale", "weights")


_OPTIMIZERS = (optax.adam, partial(optax.sgd, momentum=0.9))


def _bowl(matrix, centre, height, noise):
    def loss(key, phi):
        x = _flat(phi) - centre - noise * jax.random.normal(key, (4,))
        return height + 0.5 * x @ matrix @ x

    return loss


def _flat(phi):
    return jnp.concatenate([jnp.ravel(phi[name]) for name in _ORDER])


def _phi(x):
    return {"loc": x[0], "log_scale": x[1], "weights": x[2:]}


def _step(fn, make, key, phi, state, lr, noise, matrix, centre, height):
    phi, state, value = fn(key, phi, state, _bowl(matrix, centre, height, noise), make(lr))
    return {name: phi[name] for name in _ORDER}, state, value


_jitted_step = jax.jit(_step, static_argnums=(0, 1))


def _walk(step, fn, make, key, start, lr, *bowl):
    phi, path, values = _phi(start), [], []
    state = make(lr).init(phi)
    for _ in range(5):
        phi, state, value = step(fn, make, key, phi, state, lr, 0.0, *bowl)
        path.append(np.asarray(_flat(phi)))
        values.append(np.asarray(value))
    return np.array(path), np.array(values)


def measure(svi_step, case):
    """phi (2, 5, 4) and value (2, 5) of five steps of Adam and of momentum.

    They run inside ``jax.jit``; where that fails ``jit_value`` is NaN and they run plainly.
    ``plain_*`` is Adam's first step twice outside jit, from the same objects. ``keyed`` (3,)
    are the values of a noisy loss for two keys and for the first of them again.
    """
    start, *bowl = (jnp.asarray(case[name], jnp.float32) for name in ("phi0", "matrix", "centre", "height"))
    lr = jnp.float32(case["lr"])
    one, two = jax.random.split(jax.random.key(int(case["seed"])))
    loss, optimizer, phi0 = _bowl(*bowl, 0.0), optax.adam(lr), _phi(start)
    state0 = optimizer.init(phi0)
    plain = [svi_step(one, phi0, state0, loss, optimizer) for _ in range(2)]
    step = _jitted_step
    try:
        walks = [_walk(step, svi_step, make, one, start, lr, *bowl) for make in _OPTIMIZERS]
        jit_value = [values for _, values in walks]
    except Exception:  # judged on its own: plain steps may still be right
        step, jit_value = _step, np.full((2, 5), np.nan)
        walks = [_walk(step, svi_step, make, one, start, lr, *bowl) for make in _OPTIMIZERS]
    state = optimizer.init(_phi(start))
    keyed = [step(svi_step, optax.adam, key, _phi(start), state, lr, 1.0, *bowl)[2] for key in (one, two, one)]
    return {
        "phi": np.array([phi for phi, _ in walks]),
        "value": np.array([values for _, values in walks]),
        "jit_value": np.array(jit_value),
        "plain_phi": np.array([np.asarray(_flat(phi)) for phi, _, _ in plain]),
        "plain_value": np.array([np.asarray(value) for _, _, value in plain]),
        "keyed": np.array([np.asarray(v) for v in keyed]),
    }
