"""What is measured of a learner's functions in lesson 6.

A fit is traced as a whole where the learner's code allows it, with the function as a static
argument: hidden cases then reuse what the public case compiled.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.distributions import constraints
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal

from autograder.learner.measures.common import attempt

N_DRAWS = 4096


def mean_field_gaussian(fn, case):
    """sds (3, 4) and gap (3,) of three precision matrices; each gets an array of its own."""
    results = [fn(np.array(precision, dtype=np.float64)) for precision in case["precision"]]
    return attempt({"sds": lambda: {"sds": [np.asarray(sds) for sds, _ in results]}, "gap": lambda: {"gap": [np.asarray(gap) for _, gap in results]}})


def principal_axes(fn, case):
    """sds (6, 2) and angles (6,) of six scale_trils."""
    results = [fn(np.array(tril, dtype=np.float64)) for tril in case["scale_tril"]]
    return attempt({"sds": lambda: {"sds": [np.asarray(sds) for sds, _ in results]}, "angle": lambda: {"angle": [np.asarray(a) for _, a in results]}})


# ---------------------------------------------------------------- a fit of an autoguide

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


#: These programs run for a tenth of a second: what counts is the time to compile them.
QUICK = {"xla_backend_optimization_level": 0}

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


def fit_autoguide(fn, case):
    """32768 draws and the losses of a fit of each kind."""
    key, n_steps = jax.random.key(int(case["seed"])), int(case["n_steps"])
    numbers = [jnp.asarray(case[name], jnp.float32) for name in ("loc", "whiten", "height")]

    def run(kind):
        if _traces_as_a_whole(fn, kind, key, *numbers):
            return _jitted_fit(fn, kind, n_steps, key, *numbers)
        return _fit(fn, kind, n_steps, key, *numbers)

    return attempt({f'kind "{kind}"': partial(run, kind) for kind in ("normal", "mvn")})


# ---------------------------------------------------------------- draws in the model's coordinates

SITES = ("place", "share", "slopes", "width")


def _constrain(fn, kind, key, low, high, loc, scale_tril):
    def model():
        numpyro.sample("place", dist.Uniform(low, high))
        numpyro.sample("share", dist.Beta(2.0, 2.0))
        numpyro.sample("slopes", dist.Normal(jnp.zeros(2), 3.0).to_event(1))
        numpyro.sample("width", dist.HalfNormal(2.0))

    key_init, key = jax.random.split(key)
    guide = (AutoNormal if kind == "normal" else AutoMultivariateNormal)(model)
    handlers.seed(guide, key_init)()  # an autoguide reads its model when it first runs
    params = {"auto_loc": loc, "auto_scale_tril": scale_tril}
    if kind == "normal":
        places = {"place": 0, "share": 1, "slopes": slice(2, 4), "width": 4}
        scale = jnp.sqrt(jnp.sum(scale_tril**2, axis=1))
        params = {f"{name}_auto_loc": loc[i] for name, i in places.items()} | {f"{name}_auto_scale": scale[i] for name, i in places.items()}
    out = fn(key, guide, params, N_DRAWS)
    return {f"{name}_{kind}": out[name] for name in SITES if name in out}


_jitted_constrain = jax.jit(_constrain, static_argnums=(0, 1), compiler_options=QUICK)


def constrain_draws(fn, case):
    """Draws of each site from both kinds of guide at the case's parameters, as they came."""
    key = jax.random.key(int(case["seed"]))
    numbers = [jnp.asarray(case[name], jnp.float32) for name in ("low", "high", "loc", "scale_tril")]

    def run(kind):
        try:
            return _jitted_constrain(fn, kind, key, *numbers)
        except NotImplementedError:
            raise
        except Exception:  # it may still work on concrete numbers
            return _constrain(fn, kind, key, *numbers)

    return attempt({f"{kind} guide": partial(run, kind) for kind in ("normal", "mvn")})


# ---------------------------------------------------------------- Laplace


@jax.jit
def _coin(numbers, z):
    return numbers["a"] * jax.nn.log_sigmoid(z[0]) + numbers["b"] * jax.nn.log_sigmoid(-z[0]) + numbers["constant"]


@jax.jit
def _log_gammas(numbers, z):
    u = numbers["unmix"] @ (z - numbers["shift"])
    return numbers["constant"] + jnp.sum(numbers["k"] * u - jnp.exp(u))


def laplace(fn, case):
    """loc, cov and log_z for the coin and two log-gamma targets."""
    named = {"coin": ("a", "b", "constant")} | {f"pair{i}": ("unmix", "shift", "k", "constant") for i in (1, 2)}

    def run(target):
        numbers = {name: jnp.asarray(case[f"{target}_{name}"], jnp.float32) for name in named[target]}
        log_joint = partial(_coin if target == "coin" else _log_gammas, numbers)
        loc, cov, log_z = fn(log_joint, jnp.asarray(case[f"{target}_z0"], jnp.float32))
        return {f"{target}_loc": loc, f"{target}_cov": cov, f"{target}_log_z": log_z}

    return attempt({target: partial(run, target) for target in named})


# ---------------------------------------------------------------- the whole task


def counts_posterior(fn, case):
    """4096 draws of the rate and the losses, as they came."""
    draws, losses = fn(
        jax.random.key(int(case["seed"])), jnp.asarray(case["counts"], jnp.float32), jnp.float32(case["mu0"]), jnp.float32(case["sigma0"])
    )
    return {"draws": np.asarray(draws), "losses": np.asarray(losses)}
