"""Measuring code that lessons share: part by part, and the judge's fit of a guide."""

import warnings
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
from numpyro import handlers
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.util import log_density

#: Where a guide's density is probed: Gauss-Legendre nodes on (0, 1), then four points outside.
PROBES = np.append((np.polynomial.legendre.leggauss(200)[0] + 1) / 2, [-0.5, -0.05, 1.05, 1.5]).astype(np.float32)

#: Where the density is probed once more, with every unconstrained parameter at -3.
CORNER_PROBES = np.array([0.1, 0.3, 0.5, 0.7, 0.9], dtype=np.float32)

N_DRAWS = 4096
N_STEPS = 3000


def attempt(parts):
    """Measure what can be measured.

    Args:
        parts: what is tried, in words -> function of nothing that returns a dict of arrays.

    Returns:
        All arrays. A part that raises is left out and leaves a warning; an exercise that
        is not written yet, or of which no part works, raises.
    """
    measured, failures = {}, []
    for what, run in parts.items():
        try:
            measured.update({name: np.asarray(value) for name, value in run().items()})
        except NotImplementedError:
            raise
        except Exception as exc:
            failures.append(exc)
            warnings.warn(f"{what}: {type(exc).__name__}: {exc}"[:200], stacklevel=2)
    if not measured:
        raise failures[0]
    return measured


def verdicts(answer, count):
    """``answer(i)`` for each of ``count`` traces, (count,): 1 for True, 0 for False, NaN where it raised.

    Raises the first exception if every one of them raised.
    """
    answers, failures = [], []
    for i in range(count):
        try:
            answers.append(float(bool(answer(i))))
        except Exception as exc:
            failures.append(exc)
            answers.append(np.nan)
    if len(failures) == count:
        raise failures[0]
    return np.array(answers)


def site_lines(fn, *args):
    """Each sample site of a NumPyro function as "name kind shape", without running it.

    The kind is "latent", "observed" or, for ``numpyro.factor``, "factor".
    """
    lines = []

    def run(key):
        for name, site in handlers.trace(handlers.seed(fn, key)).get_trace(*args).items():
            if site["type"] == "param":
                lines.append(f"{name} param {np.shape(site['value'])}")
            if site["type"] == "sample":
                kind = "factor" if isinstance(site["fn"], dist.Unit) else "observed" if site["is_observed"] else "latent"
                lines.append(f"{name} {kind} {np.shape(site['value'])}")
        return key

    jax.eval_shape(run, jax.random.key(0))
    return np.array(lines, dtype="U80")


@partial(jax.jit, static_argnums=(0, 1))
def _fit_guide(guide, n, key, data, a0, b0):
    """Fit, draws and probes as one program: the compile time is most of the cost."""

    def model(n, data=None):
        f = numpyro.sample("f", dist.Beta(a0, b0))
        with numpyro.plate("flips", n):
            numpyro.sample("obs", dist.Bernoulli(f), obs=data)

    optimizer = optax.adam(optax.cosine_decay_schedule(0.3, N_STEPS), b2=0.99)
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=32))
    key_init, key_draws = jax.random.split(key)
    state = svi.init(key_init, n, data)
    state, losses = jax.lax.scan(lambda state, _: svi.update(state, n, data), state, None, length=N_STEPS)
    params = svi.get_params(state)
    corner = svi.constrain_fn(jax.tree.map(lambda x: jnp.full_like(x, -3.0), svi.optim.get_params(state.optim_state)))

    def draw(key):
        logq, sites = log_density(handlers.seed(guide, key), (n, data), {}, params)
        return (sites["f"]["value"] if "f" in sites else np.float32(np.nan)), logq

    def probe(f, params):
        return log_density(handlers.seed(guide, key), (n, data), {}, {**params, "f": f})[0]

    draws, logq = jax.vmap(draw)(jax.random.split(key_draws, N_DRAWS))
    return {
        "losses": losses,
        "draws": draws,
        "logq": logq,
        "probe": jax.vmap(lambda f: probe(f, params))(jnp.asarray(PROBES)),
        "corner": jax.vmap(lambda f: probe(f, corner))(jnp.asarray(CORNER_PROBES)),
    }


def fit_guide(guide, case):
    """The judge's fit of a guide for the coin, and what can be measured of it.

    The judge's model draws ``f`` from Beta(a0, b0) of the case, which the guide never
    sees; it gets ``(n, data)``. Adam, cosine decay from 0.3, 32 particles, 3000 steps.

    Args:
        guide: ``guide(n, data=None)`` with a sample site ``f``.
        case: dict with ``data`` (n,), ``a0``, ``b0`` and ``seed``.

    Returns:
        dict with ``losses`` (3000,); ``draws`` of f (4096,) and ``logq`` (4096,), the sum
        of the log densities of all the guide's sample sites at each draw; ``probe`` (204,),
        the same with f set to PROBES; ``corner`` (5,), the same at CORNER_PROBES with every
        unconstrained parameter at -3; and ``sites``, text.
    """
    data = np.asarray(case["data"])
    lines = site_lines(guide, len(data), data)
    measured = _fit_guide(guide, len(data), jax.random.key(int(case["seed"])), data, np.float32(case["a0"]), np.float32(case["b0"]))
    return {**{name: np.asarray(value) for name, value in measured.items()}, "sites": lines}
