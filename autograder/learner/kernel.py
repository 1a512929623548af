"""Measuring in the learner's kernel: find the named objects, run ``measure``, send numbers.

A measurement is a dict of NumPy arrays with a ``status``: what crosses to the grader
is one ``.npz`` file without pickle, and nothing in it is trusted there.
"""

import importlib.util
import inspect
import json
import os
import warnings
from pathlib import Path

import numpy as np

from autograder.learner.errors import describe

_kept = {}
_modules = {}


def load_measures(path):
    """The module of measure functions in the file ``path``, loaded once."""
    path = str(path)
    if path not in _modules:
        spec = importlib.util.spec_from_file_location(f"svi_measures_{Path(path).stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _modules[path] = module
    return _modules[path]


def problem(status, sentence, detail=""):
    """A measurement that could not be taken: why, in a sentence."""
    return {"status": status, "sentence": sentence, "detail": detail}


def find_problem(names, namespace):
    """What is wrong with the named objects before they are called, or None.

    Args:
        names: name -> signature text, such as ``{"guide_beta": "n, data=None"}``.
        namespace: where to look them up.
    """
    for name, signature in names.items():
        if name not in namespace:
            return problem("missing", f"`{name}` is not defined: run its cell, or write `{name}({signature})`.")
        fn = namespace[name]
        if not callable(fn):
            return problem("missing", f"`{name}` is a {type(fn).__name__}, not a function: write `def {name}({signature})`.")
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
                return problem("wrong signature", f"`{name}` must be callable as `{name}({signature})`; yours is `{name}{actual}`.")
    return None


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
            arrays = measure(*[namespace[name] for name in names], case)
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


def unpack_case(path):
    """A case from its npz file: dict of arrays."""
    with np.load(path, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def keep(exercise, names):
    """Set the named objects aside as they are now, before later cells change them."""
    from IPython import get_ipython

    user = get_ipython().user_ns
    _kept[exercise] = {name: user[name] for name in names if name in user}


def serve(exercise, names, index):
    """Measure the kept objects of ``exercise`` on case ``index`` and leave the file.

    The case lies in ``$SVI_COURSE_INBOX`` and the answer goes to ``$SVI_COURSE_OUTBOX``.
    """
    inbox, outbox = Path(os.environ["SVI_COURSE_INBOX"]), Path(os.environ["SVI_COURSE_OUTBOX"])
    measure = getattr(load_measures(os.environ["SVI_COURSE_MEASURES"]), exercise.replace("-", "_"))
    case = unpack_case(inbox / f"{exercise}-{index}.npz")
    measurement = take(measure, names, _kept.get(exercise, {}), case)
    try:
        pack(measurement, outbox / f"{exercise}-{index}.npz")
    except Exception as exc:
        pack(problem(*describe(exc)), outbox / f"{exercise}-{index}.npz")
