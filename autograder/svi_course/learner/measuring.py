"""Tools for ``measure.py``: measure part by part, and list the sites of a NumPyro function."""

import warnings

import jax
import numpy as np
import numpyro.distributions as dist
from numpyro import handlers


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
                kind = (
                    "factor" if isinstance(site["fn"], dist.Unit) else "observed" if site["is_observed"] else "latent"
                )
                lines.append(f"{name} {kind} {np.shape(site['value'])}")
        return key

    jax.eval_shape(run, jax.random.key(0))
    return np.array(lines, dtype="U80")
