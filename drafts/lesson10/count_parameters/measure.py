"""What is measured of ``count_parameters``."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import random
from jax.example_libraries import stax
from numpyro.nn.auto_reg_nn import AutoregressiveNN

from svi_course.learner.measuring import attempt

from ...measuring import QUICK


@jax.jit
def _net(key, layers, masks):
    """Two layers of which some weights are multiplied by zero."""
    first, second = layers
    hidden = jnp.tanh(random.normal(key, (4,)) @ (first["w"] * masks[0]) + first["b"])
    return 0.5 * jnp.sum((hidden @ (second["w"] * masks[1]) + second["b"]) ** 2)


@jax.jit
def _gate(key, table, flat, zero, n_used, kept):
    """One of the first ``n_used`` numbers of a table, numbers less themselves, and numbers at 0."""
    key_row, key_noise = random.split(key)
    noise = random.normal(key_noise, (4,))
    cancelled = jnp.sum(kept * flat) + jnp.sum((1 - kept) * (flat - flat))
    return table[random.randint(key_row, (), 0, n_used)] ** 3 + cancelled**2 + jnp.sum(noise * zero)


@jax.jit
def _triangle(key, loc, square, tiny, mask):
    """A normal whose triangle is stored in a full square, and numbers that hardly matter."""
    noise = random.normal(key, (5,))
    z = loc + (square * mask) @ noise
    return jnp.sum(jnp.cosh(z)) + 1e-7 * jnp.sum(tiny * (1 + noise[:3] ** 2))


def _network():
    """The masked network of one layer of AutoIAFNormal, for 4 variables."""
    return AutoregressiveNN(4, [4, 4], nonlinearity=stax.Elu)


@functools.partial(jax.jit, compiler_options=QUICK)
def _start(key):
    return _network()[0](key, (4,))[1]


@jax.jit
def _flow_loss(key, params, scale):
    """One draw of the loss of such a flow, up to a constant, for four normals."""
    u = random.normal(key, (4,))
    mean, log_scale = _network()[1](params, u)
    z = mean + jnp.exp(log_scale) * u
    return 0.5 * jnp.sum((z / scale) ** 2) - jnp.sum(log_scale)


def _losses(case):
    """Four pairs (loss, phi); each phi has a spare entry that its loss never looks at."""
    value = {name: jnp.asarray(case[name], jnp.float32) for name in case if name not in ("seed", "n_used", "spare")}
    spare = [jnp.ones(int(n)) for n in case["spare"]]
    n_used, scale = int(case["n_used"]), value["scale"]
    layers = {"w": value["w1"], "b": value["b1"]}, {"w": value["w2"], "b": value["b2"]}
    return (
        (
            lambda key, phi: _net(key, phi["layers"], (value["mask1"], value["mask2"])),
            {"layers": layers, "spare": spare[0]},
        ),
        (
            lambda key, phi: _gate(key, phi["table"], phi["more"][0], phi["more"][1], n_used, value["kept"]),
            {"more": [value["flat"], jnp.zeros(4)], "spare": spare[1], "table": value["table"]},
        ),
        (
            lambda key, phi: _triangle(key, phi[0], phi[1]["square"], phi[1]["tiny"], value["band"]),
            (value["loc"], {"square": value["square"], "tiny": value["tiny"]}, spare[2]),
        ),
        (
            lambda key, phi: _flow_loss(key, phi["flow"], scale),
            {"flow": _start(random.key(int(case["seed"]))), "spare": spare[3]},
        ),
    )


def measure(fn, case):
    """Both counts, (4,) each, of four losses."""
    keys = random.split(random.key(int(case["seed"])), 4)
    counts = [fn(key, loss, phi) for key, (loss, phi) in zip(keys, _losses(case))]
    return attempt(
        {
            "stored": lambda: {"stored": [np.asarray(stored, float) for stored, _ in counts]},
            "reached": lambda: {"reached": [np.asarray(reached, float) for _, reached in counts]},
        }
    )
