"""Answers that every exercise must fail: those that do nothing, and those that ignore an argument.

They are made from the solution, so that no exercise has to list them. An empty answer must earn no
point at all; an answer that never looks at one of its arguments must not pass.
"""

import functools
import inspect

import numpy as np

from svi_course import calibration, notebooks
from svi_course.judging import verdict
from svi_course.learner import kernel, loading

SEED = 20240612


class NotApplicable(Exception):
    """The exercise leaves no room for this probe."""


def solution(lesson, exercise):
    """The functions of the lesson's own answer: name -> function."""
    namespace = calibration.functions(lesson, exercise, notebooks.answers(lesson)[exercise.id], plain=True)
    return {name: namespace[name] for name in exercise.names}


def judged(lesson, exercise, functions, hidden):
    """The verdict on functions, by name, on the public case and ``hidden`` fresh ones."""
    rng = np.random.default_rng([SEED, *exercise.id.encode()])
    cases = [exercise.public(), *(exercise.case(rng) for _ in range(hidden))]
    measure = loading.load_measure(lesson.folder, exercise.id)
    pairs = [(kernel.take(measure, exercise.names, functions, case), exercise.reference(case)) for case in cases]
    return verdict(exercise, pairs[0], pairs[1:])


# ---------------------------------------------------------------- nothing


def _like(value, fill):
    """``value`` with ``fill(shape)`` in the place of its numbers, whatever holds them."""
    import jax

    def one(leaf):
        if isinstance(leaf, (str, bytes)) or leaf is None:
            return leaf
        if hasattr(leaf, "dtype") and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return leaf
        kind = getattr(leaf, "dtype", None) or np.asarray(leaf).dtype
        if kind.kind not in "fiub":
            return leaf
        return np.asarray(fill(np.shape(leaf))).astype(kind)

    return jax.tree.map(one, value)


def _answering(fn, change):
    @functools.wraps(fn)
    def answer(*args, **kwargs):
        return change(fn(*args, **kwargs))

    return answer


def _noise(size):
    rng = np.random.default_rng(SEED)
    return lambda value: _like(value, lambda shape: size * rng.normal(size=shape))


def _only(fn, hidden_type):
    """A NumPyro function without its sites of one type: its params are then constants, or its only statements."""
    from numpyro import handlers

    seen = []

    def hide(site):
        seen.append(site["type"] == "param")
        return site["type"] == hidden_type

    @functools.wraps(fn)
    def answer(*args, **kwargs):
        handlers.block(fn, hide_fn=hide)(*args, **kwargs)

    answer.has_params = lambda: any(seen)
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
    """Points that the empty answer ``kind`` (a key of EMPTY) earns on the public case alone, and with hidden ones.

    Raises:
        NotApplicable: where the exercise's functions have no params, or return nothing that could be replaced.
    """
    own = solution(lesson, exercise)
    made = {name: EMPTY[kind](fn) for name, fn in own.items()}
    result = judged(lesson, exercise, made, hidden)
    if kind in ("params without a site", "nothing learns") and not any(fn.has_params() for fn in made.values()):
        raise NotApplicable(f"{exercise.id}: no param to hide")
    if kind in ("zeros", "ones") or kind.startswith("noise"):
        returned = judged(lesson, exercise, own, 0)
        if result.rows == returned.rows and returned.passed:
            raise NotApplicable(f"{exercise.id}: returns nothing that could be replaced")
    on_public = sum(row.points for row in result.rows if row.passed)
    return on_public, result.points


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


def first_arguments(lesson, exercise):
    """function name -> argument name -> its value when the public case's measurement first calls the solution."""
    import jax

    recorders = {
        name: Recorder(fn, parameters(exercise.names[name])) for name, fn in solution(lesson, exercise).items()
    }
    judged(lesson, exercise, {name: recorder.function() for name, recorder in recorders.items()}, 0)
    jax.effects_barrier()
    return {name: recorder.first for name, recorder in recorders.items()}


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
    own = solution(lesson, exercise)
    recorded = first_arguments(lesson, exercise)[function]
    if argument not in recorded:
        raise NotApplicable(f"{exercise.id}: {function} is not called with {argument}")
    names = parameters(exercise.names[function])
    own[function] = frozen(own[function], names, argument, recorded[argument])
    return judged(lesson, exercise, own, hidden).passed
