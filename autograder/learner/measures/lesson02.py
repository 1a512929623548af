"""Learner's half of lesson 2: what is measured of a Monte Carlo ELBO and a hand-made loop.

Everything heavy is jitted with the learner's function as a static argument, so that
hidden cases reuse what the public case compiled. Keys come from the case.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax


@partial(jax.jit, static_argnums=0)
def _log_joints(fn, z, far, heads, tails):
    def pair(h, t):
        slope = jax.vmap(jax.grad(lambda x: fn(x, h, t)))
        return fn(z, h, t), slope(z), fn(far, h, t), slope(far)

    return jax.vmap(pair)(heads, tails)


def log_joint(log_joint_unconstrained, case):
    """Values and slopes on a grid and far out; (pairs, nodes)."""
    z, far = jnp.asarray(case["z"], jnp.float32), jnp.asarray(case["far"], jnp.float32)
    heads, tails = jnp.asarray(case["heads"], jnp.float32), jnp.asarray(case["tails"], jnp.float32)
    values, slopes, far_values, far_slopes = _log_joints(log_joint_unconstrained, z, far, heads, tails)
    return {"values": values, "slopes": slopes, "far_values": far_values, "far_slopes": far_slopes}


@partial(jax.jit, static_argnums=(0, 1))
def _elbos(fn, n, keys, loc, log_scale, a, b, c):
    def target(z):
        return c + a * jax.nn.log_sigmoid(z) + b * jax.nn.log_sigmoid(-z)

    def one(loc, log_scale, key):
        phi = {"loc": loc, "log_scale": log_scale}
        value, grad = jax.value_and_grad(lambda phi: fn(key, phi, target, n))(phi)
        return value, jnp.stack([grad["loc"], grad["log_scale"]])

    return jax.vmap(lambda x, y: jax.vmap(lambda key: one(x, y, key))(keys))(loc, log_scale)


def elbo_mc(elbo_mc, case):
    """Values (4, 32) and gradients (4, 32, 2) for four phis and 32 keys; ``repeat`` (4,): the first key again."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 32)
    keys = jnp.concatenate([keys, keys[:1]])
    numbers = [jnp.asarray(case[name], jnp.float32) for name in ("loc", "log_scale", "a", "b", "c")]
    values, grads = _elbos(elbo_mc, int(case["n"]), keys, *numbers)
    return {"values": values[:, :32], "grads": grads[:, :32], "repeat": values[:, 32]}


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


def svi_step(svi_step, case):
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
        "phi": np.array([phi for phi, _ in walks]), "value": np.array([values for _, values in walks]), "jit_value": np.array(jit_value),
        "plain_phi": np.array([np.asarray(_flat(phi)) for phi, _, _ in plain]),
        "plain_value": np.array([np.asarray(value) for _, _, value in plain]), "keyed": np.array([np.asarray(v) for v in keyed]),
    }


def _coin_loss(a, b, constant, particles, entropy):
    """-ELBO of a logit-normal surrogate; ``entropy`` in closed form or as the average of -log q."""

    def loss(key, phi):
        eps = jax.random.normal(key, (particles,))
        scale = jnp.exp(phi["log_scale"])
        z = phi["loc"] + scale * eps
        target = constant + a * jax.nn.log_sigmoid(z) + b * jax.nn.log_sigmoid(-z)
        if entropy == "closed":
            return -jnp.mean(target) - phi["log_scale"] - 0.5 * jnp.log(2 * jnp.pi * jnp.e)
        return -jnp.mean(target - jax.scipy.stats.norm.logpdf(z, phi["loc"], scale))

    return loss


def _pair(phi):
    return jnp.stack([jnp.asarray(phi["loc"]), jnp.asarray(phi["log_scale"])])


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
    """Runs of a loop in Python around a compiled step. A step that is not compiled is refused: it would take minutes."""
    calls = []

    def counted(key, phi):
        calls.append(None)
        return loss(key, phi)

    fn(keys[0], counted, dict(phi0), 20, lr)
    if len(calls) >= 20:
        raise RuntimeError("each step of the loop runs in plain Python, which takes too long; put the loop into jax.lax.scan.")
    runs = [fn(key, loss, dict(phi0), n_steps, lr) for key in keys]
    return np.array([np.asarray(_pair(phi)) for phi, _ in runs]), np.array([np.asarray(losses) for _, losses in runs])


def fit(fit, case):
    """Fitted (loc, log_scale) for three keys, (3, 2), and their losses, (3, n_steps)."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 3)
    n_steps, lr, particles = int(case["n_steps"]), float(case["lr"]), int(case["particles"])
    phi0, a, b, constant = (jnp.asarray(case[name], jnp.float32) for name in ("phi0", "a", "b", "constant"))
    if _is_unrolled(fit, lr, keys[0]):
        start = {"loc": phi0[0], "log_scale": phi0[1]}
        phi, losses = _one_by_one(fit, keys, jax.jit(_coin_loss(a, b, constant, particles, "closed")), start, n_steps, lr)
    else:
        phi, losses = _fits(fit, n_steps, lr, particles, keys, phi0, a, b, constant)
    return {"phi": phi, "losses": losses}


@partial(jax.jit, static_argnums=(0, 1, 2))
def _variances(fn, n, particles, key, phi, a, b):
    out = fn(key, _coin_loss(a, b, 0.0, particles, "sampled"), {"loc": phi[0], "log_scale": phi[1]}, n)
    return _pair(out)


def grad_variance(grad_variance, case):
    """Variance of the gradient for each number of particles, (2, 2): rows particles, columns loc and log_scale."""
    key, n = jax.random.key(int(case["seed"])), int(case["n"])
    phi, a, b = (jnp.asarray(case[name], jnp.float32) for name in ("phi", "a", "b"))
    return {"variances": np.array([np.asarray(_variances(grad_variance, n, int(s), key, phi, a, b)) for s in case["particles"]])}
