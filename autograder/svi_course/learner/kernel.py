"""Measuring in the learner's kernel: find the named objects, run ``measure``, send numbers.

A measurement is a dict of NumPy arrays with a ``status``: what crosses to the grader
is one ``.npz`` file without pickle, and nothing in it is trusted there.
"""

import contextlib
import functools
import inspect
import json
import os
import types
import warnings
from pathlib import Path

import numpy as np

from svi_course.learner import cases
from svi_course.learner.errors import describe
from svi_course.learner.loading import load_measure

_kept = {}


def problem(status, sentence, detail=""):
    """A measurement that could not be taken: why, in a sentence."""
    return {"status": status, "sentence": sentence, "detail": detail}


def find_problem(names, namespace):
    """What is wrong with the named objects before they are called, or None.

    Args:
        names: name -> signature text, such as ``{"fn": "n, data=None"}``.
        namespace: where to look them up.
    """
    for name, signature in names.items():
        if name not in namespace:
            return problem("missing", f"`{name}` is not defined: run its cell, or write `{name}({signature})`.")
        fn = namespace[name]
        if not callable(fn):
            return problem(
                "missing", f"`{name}` is a {type(fn).__name__}, not a function: write `def {name}({signature})`."
            )
        try:
            expected = inspect.signature(eval(f"lambda {signature}: None"))
            actual = inspect.signature(fn)
        except (TypeError, ValueError):
            continue  # no readable signature: the call itself will tell
        positional = [p for p in expected.parameters.values() if p.kind == p.POSITIONAL_OR_KEYWORD]
        star = any(p.kind == p.VAR_POSITIONAL for p in expected.parameters.values())
        required = sum(p.default is p.empty for p in positional)
        for n_args in {required, len(positional) + (2 if star else 0)}:
            try:
                actual.bind(*[None] * n_args)
            except TypeError:
                return problem(
                    "wrong signature", f"`{name}` must be callable as `{name}({signature})`; yours is `{name}{actual}`."
                )
    return None


def _copied(value):
    """``value`` with its NumPy arrays copied, those in plain lists, tuples and dicts too."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(_copied, value))
    return {key: _copied(part) for key, part in value.items()} if type(value) is dict else value


def on_copies(fn):
    """``fn``, called with copies of arrays and returning copies.

    A function may change its arguments in place, or hand back one buffer again and again,
    and be right: neither must spoil the case, the next call or an earlier answer. The same
    ``fn`` gives the same object, so that ``jax.jit`` knows it again; what is no plain Python
    function comes back as it is.
    """
    if not isinstance(fn, types.FunctionType):
        return fn
    known = vars(fn).get("_on_copies")
    if known is None or known.__wrapped__ is not fn:  # ``functools.wraps`` may have carried another's along

        @functools.wraps(fn)
        def known(*args, **kwargs):
            return _copied(fn(*_copied(args), **_copied(kwargs)))

        fn._on_copies = known
    return known


def take(measure, names, namespace, case):
    """Run ``measure(*objects, case)``; always returns a measurement, never raises.

    Args:
        measure: function of the named objects, in order, and the case.
        names: name -> signature text.
        namespace: where the objects are.
        case: dict of arrays.

    Returns:
        dict with ``status`` ("ok" or what went wrong), ``sentence``, ``detail``,
        ``warnings`` (list of lines) and, when ok, the measured arrays.
    """
    trouble = find_problem(names, namespace)
    if trouble:
        return trouble
    caught = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            arrays = measure(*[on_copies(namespace[name]) for name in names], _copied(dict(case)))
            arrays = {key: np.asarray(value) for key, value in arrays.items()}
        result = {"status": "ok", "sentence": "", "detail": "", **arrays}
    except Exception as exc:
        result = problem(*describe(exc))
    except KeyboardInterrupt:
        result = problem("out of time", "It was stopped because it ran too long.")
    except SystemExit:
        result = problem("crashed", "It called exit(); a function must return.")
    lines = []
    for w in caught:
        line = " ".join(str(w.message).split())[:200]
        if line not in lines and issubclass(w.category, (UserWarning, RuntimeWarning)):
            lines.append(line)
    result["warnings"] = lines[:5]
    return result


def pack(measurement, path):
    """Write a measurement as npz without pickle; text goes in as unicode arrays."""
    meta = {key: measurement.get(key, "") for key in ("status", "sentence", "detail", "warnings")}
    arrays = {key: value for key, value in measurement.items() if key not in meta}
    arrays = {key: np.asarray(value) for key, value in arrays.items()}
    if any(value.dtype.hasobject for value in arrays.values()):
        meta = problem("wrong type", "It returned objects that are not arrays of numbers.")
        arrays = {}
    arrays["__meta__"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    temporary = f"{path}.part"
    with open(temporary, "wb") as file:
        np.savez(file, **arrays)
    os.replace(temporary, path)


def keep(exercise):
    """Set the name space aside as it is at the check cell of ``exercise``: later cells may rebind any name."""
    from IPython import get_ipython

    _kept[exercise] = dict(get_ipython().user_ns)


@contextlib.contextmanager
def standing_as(user, kept):
    """Let the name space ``user`` hold what it held when ``kept`` was copied from it, for a while.

    A learner's function looks its helpers up in ``user`` when it is called. Names are put
    back, objects are not: an array or a module that a later cell changed in place stays changed.
    """
    now = dict(user)
    try:
        for name in now.keys() - kept.keys():
            del user[name]
        user.update(kept)
        yield
    finally:
        for name in user.keys() - now.keys():
            del user[name]
        user.update(now)


def serve(exercise, names, index):
    """Measure ``exercise`` on case ``index``, with the name space of its check cell, and leave the file.

    The case lies in ``$SVI_COURSE_INBOX`` and the answer goes to ``$SVI_COURSE_OUTBOX``.
    """
    from IPython import get_ipython

    inbox, outbox = Path(os.environ["SVI_COURSE_INBOX"]), Path(os.environ["SVI_COURSE_OUTBOX"])
    kept, answer = _kept.get(exercise, {}), outbox / f"{exercise}-{index}.npz"
    try:
        measure = load_measure(Path(os.environ["SVI_COURSE_LESSON"]), exercise)
        case = cases.read(inbox / f"{exercise}-{index}.npz")
        with standing_as(get_ipython().user_ns, kept):
            measurement = take(measure, names, kept, case)
        pack(measurement, answer)
    except Exception as exc:
        pack(problem(*describe(exc)), answer)
