"""Answers that every exercise must fail: those that do nothing, and those that ignore an argument.

They are made from the solution, so that no exercise has to list them. An empty answer must earn no
point at all; an answer that never looks at one of its arguments must not pass.
"""

import contextlib
import functools
import inspect
import io
import types

import numpy as np

from svi_course import calibration, lessons, notebooks
from svi_course.judging import judge
from svi_course.learner import kernel, loading

SEED = 20240612


class NotApplicable(Exception):
    """The exercise leaves no room for this probe."""


@functools.cache
def _solution(lesson, folder):
    exercise = lessons.load_exercise(lesson.folder, folder.name)
    namespace = calibration.functions(lesson, exercise, notebooks.answers(lesson)[exercise.id], plain=True)
    return {name: namespace[name] for name in exercise.names}


def solution(lesson, exercise):
    """The functions of the lesson's own answer: name -> function, the same ones at each call."""
    return dict(_solution(lesson, exercise.folder))


def pairs(lesson, exercise, functions, hidden, start=0):
    """(measurement, truth) of functions, by name, on the public case (0) and ``hidden`` fresh ones, from ``start``."""
    rng = np.random.default_rng([SEED, *exercise.id.encode()])
    measure = loading.load_measure(lesson.folder, exercise.id)
    for index in range(hidden + 1):
        case = exercise.case(rng) if index else exercise.public()
        if index < start:
            continue
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            measurement = kernel.take(measure, exercise.names, functions, case)
        yield measurement, exercise.reference(case)


# ---------------------------------------------------------------- nothing


def _is_number(leaf):
    import jax

    if hasattr(leaf, "dtype") and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return False
    return (getattr(leaf, "dtype", None) or np.asarray(leaf).dtype).kind in "fiub"


def _like(value, fill):
    """``value`` with ``fill(shape)`` in the place of its numbers, whatever holds them."""
    import jax

    def one(leaf):
        if not _is_number(leaf):
            return leaf
        return np.asarray(fill(np.shape(leaf))).astype(getattr(leaf, "dtype", None) or np.asarray(leaf).dtype)

    return jax.tree.map(one, value)


def _holds_numbers(value):
    import jax

    return any(_is_number(leaf) for leaf in jax.tree.leaves(value))


def _is_function(value):
    return isinstance(value, (types.FunctionType, functools.partial))


def _answering(fn, change, changed=None):
    """``fn`` with its value changed; a function that it returns gives changed values in its turn."""
    changed = [] if changed is None else changed

    @functools.wraps(fn)
    def answer(*args, **kwargs):
        value = fn(*args, **kwargs)
        if _is_function(value):
            return _answering(value, change, changed)
        changed.append(_holds_numbers(value))
        return change(value)

    answer.applies = lambda: any(changed)
    return answer


def _noise(size):
    rng = np.random.default_rng(SEED)
    return lambda value: _like(value, lambda shape: size * rng.normal(size=shape))


def _only(fn, hidden_type, seen=None):
    """A NumPyro function without its sites of one type: its params are then constants, or its only statements."""
    from numpyro import handlers

    seen = [] if seen is None else seen

    def hide(site):
        seen.append(site["type"] == "param")
        return site["type"] == hidden_type

    @functools.wraps(fn)
    def answer(*args, **kwargs):
        value = handlers.block(fn, hide_fn=hide)(*args, **kwargs)
        return _only(value, hidden_type, seen) if _is_function(value) else None

    answer.applies = lambda: any(seen)
    return answer


def _constant(value):
    return lambda *args, **kwargs: value


EMPTY = {
    "pass": lambda fn: _constant(None),
    "return 0.0": lambda fn: _constant(0.0),
    "zeros": lambda fn: _answering(fn, lambda value: _like(value, np.zeros)),
    "ones": lambda fn: _answering(fn, lambda value: _like(value, np.ones)),
    "first argument": lambda fn: lambda first=None, *args, **kwargs: first,
    "noise of size 1e-3": lambda fn: _answering(fn, _noise(1e-3)),
    "noise of size 1": lambda fn: _answering(fn, _noise(1.0)),
    "noise of size 1e6": lambda fn: _answering(fn, _noise(1e6)),
    "params without a site": lambda fn: _only(fn, "sample"),
    "nothing learns": lambda fn: _only(fn, "param"),
}


def points_of_nothing(lesson, exercise, kind, hidden=1):
    """Rows that the empty answer ``kind`` (a key of EMPTY) passes on the public case and on ``hidden`` others.

    Returns:
        The names of the criteria; there must be none.

    Raises:
        NotApplicable: where the exercise's functions have no params, or return nothing that could be replaced.
    """
    made = {name: EMPTY[kind](fn) for name, fn in solution(lesson, exercise).items()}
    passed = {criterion.name for criterion in exercise.criteria}
    for measurement, reference in pairs(lesson, exercise, made, hidden):
        passed &= {row.name for row in judge(exercise, measurement, reference) if row.passed}
        if not any(getattr(fn, "applies", lambda: True)() for fn in made.values()):
            raise NotApplicable(f"{exercise.id}: nothing to replace")
        if not passed:
            break
    return sorted(passed)


# ---------------------------------------------------------------- an argument that is never looked at


def parameters(signature):
    """Names of the arguments in a signature text such as ``"key, n, *args"``, "*args" with its star."""
    found = inspect.signature(eval(f"lambda {signature}: None")).parameters.values()
    return [f"*{p.name}" if p.kind == p.VAR_POSITIONAL else p.name for p in found]


def _bound(names, args, kwargs):
    """Arguments of a call by name; those of a star as one tuple."""
    values = {}
    for i, name in enumerate(names):
        if name.startswith("*"):
            values[name] = tuple(args[i:])
        elif i < len(args):
            values[name] = args[i]
        elif name in kwargs:
            values[name] = kwargs[name]
    return values


class Recorder:
    """Calls a function and remembers the arguments of its first call; traced ones when the program runs."""

    def __init__(self, fn, names):
        self.fn, self.names, self.first = fn, names, {}

    def function(self):
        import jax

        @functools.wraps(self.fn)
        def answer(*args, **kwargs):
            for name, value in _bound(self.names, args, kwargs).items():
                leaves, shape = jax.tree.flatten(value)
                keys = [_is_key(leaf) for leaf in leaves]
                leaves = [jax.random.key_data(leaf) if key else leaf for leaf, key in zip(leaves, keys)]
                traced = [isinstance(leaf, jax.core.Tracer) for leaf in leaves]

                def store(*numbers, name=name, leaves=leaves, shape=shape, keys=keys, traced=traced):
                    numbers = iter(numbers)
                    whole = [np.asarray(next(numbers)) if t else leaf for leaf, t in zip(leaves, traced)]
                    whole = [jax.random.wrap_key_data(leaf) if key else leaf for leaf, key in zip(whole, keys)]
                    self.first.setdefault(name, jax.tree.unflatten(shape, whole))

                if any(traced):
                    jax.debug.callback(store, *[leaf for leaf, t in zip(leaves, traced) if t])
                else:
                    store()
            return self.fn(*args, **kwargs)

        return answer


def _is_key(leaf):
    import jax

    return hasattr(leaf, "dtype") and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


@functools.cache
def _first_arguments(lesson, folder):
    import jax

    exercise = lessons.load_exercise(lesson.folder, folder.name)
    own = solution(lesson, exercise)
    recorders = {name: Recorder(fn, parameters(exercise.names[name])) for name, fn in own.items()}
    list(pairs(lesson, exercise, {name: recorder.function() for name, recorder in recorders.items()}, 0))
    jax.effects_barrier()
    return {name: recorder.first for name, recorder in recorders.items()}


def first_arguments(lesson, exercise):
    """function name -> argument name -> its value when the public case's measurement first calls the solution."""
    return _first_arguments(lesson, exercise.folder)


def frozen(fn, names, argument, value):
    """``fn`` with one argument replaced by a fixed value, whatever it is called with."""

    @functools.wraps(fn)
    def answer(*args, **kwargs):
        values = _bound(names, args, kwargs)
        if argument in values:
            values[argument] = value
        positional = []
        for name in names:
            if name in values:
                positional += values[name] if name.startswith("*") else [values[name]]
        return fn(*positional)

    return answer


def passes_frozen(lesson, exercise, function, argument, hidden=2):
    """Whether the solution passes when ``argument`` of ``function`` is always that of the public case's first call.

    Raises:
        NotApplicable: where the public case never gives that argument.
    """
    own, recorded = solution(lesson, exercise), first_arguments(lesson, exercise)[function]
    if argument not in recorded:
        raise NotApplicable(f"{exercise.id}: {function} is not called with {argument}")
    names = parameters(exercise.names[function])
    own[function] = frozen(own[function], names, argument, recorded[argument])
    judged = pairs(lesson, exercise, own, hidden, start=1)  # on the public case it may well be right
    return all(all(row.passed for row in judge(exercise, *pair)) for pair in judged)
