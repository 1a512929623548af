"""What the cases can't see: one-node changes of a solution that pass. ``svi-course mutate EXERCISE``.

Every change of one node of the solution's syntax tree is judged on the public case and fresh
hidden ones. A mutant that passes shows a blind spot of the cases or criteria, or is another right
answer: then its exercise says so, with the reason, in ``Exercise.equivalent``.
"""

import ast
import copy
import hashlib
import signal
import sys
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from svi_course import calibration, lessons, notebooks
from svi_course.judging import judge

SEED = 20240611
HIDDEN = 3
SECONDS = 60.0  # of one mutant, as long as it answers to an alarm
START = 60.0  # for a process to start and import what it needs

#: Functions that take each other's place: what a hurried reader could have written.
SIBLINGS = {
    "logaddexp": ("maximum", "add"),
    "logsumexp": ("max", "sum"),
    "max": ("min",),
    "min": ("max",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "nanmin": ("min", "nanmax"),
    "nanmax": ("max", "nanmin"),
    "argmin": ("argmax",),
    "argmax": ("argmin",),
    "nanargmin": ("argmin", "nanargmax"),
    "nanargmax": ("argmax", "nanargmin"),
    "mean": ("sum", "median"),
    "sum": ("mean",),
    "median": ("mean",),
    "std": ("var",),
    "var": ("std",),
    "round": ("int",),
    "int": ("round",),
    "floor": ("ceil",),
    "ceil": ("floor",),
    "exp": ("square",),
    "log": ("log1p",),
    "log1p": ("log",),
    "expm1": ("exp",),
    "sin": ("cos",),
    "cos": ("sin",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "Normal": ("Cauchy",),
    "LogNormal": ("Normal",),
    "HalfNormal": ("Normal",),
    "Uniform": ("Normal",),
    "positive": ("real",),
    "log_sigmoid": ("sigmoid",),
    "sigmoid": ("tanh",),
    "any": ("all",),
    "all": ("any",),
    "isfinite": ("isnan",),
    "quantile": ("mean",),
    "cumsum": ("cumprod",),
}

BINARY = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
}
COMPARED = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


def mutants(source):
    """All one-node changes of ``source``: description -> changed source.

    A description is the changed statement's first line, "before => after"; where several changes
    read the same, a number tells them apart.
    """
    tree = ast.parse(source)
    found = {}
    for path, node in _walk(tree):
        for changed in _changes(node):
            mutant = copy.deepcopy(tree)
            _put(mutant, path, changed)
            ast.fix_missing_locations(mutant)
            try:
                text = ast.unparse(mutant)
                compile(text, "mutant", "exec")
            except (SyntaxError, ValueError):
                continue
            if text == ast.unparse(tree) or text in found.values():
                continue
            name = _description(tree, mutant, path)
            number = 2
            unique = name
            while unique in found:
                unique, number = f"{name} ({number})", number + 1
            found[unique] = text
    return found


def _walk(node, path=()):
    """(path, node) of all nodes; a path is a sequence of (field, index or None)."""
    yield path, node
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield from _walk(value, (*path, (field, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _walk(item, (*path, (field, index)))


def _get(node, path):
    for field, index in path:
        node = getattr(node, field) if index is None else getattr(node, field)[index]
    return node


def _put(tree, path, new):
    """Replace the node at ``path`` by ``new``; None deletes a statement."""
    (*outer, (field, index)) = path
    place = _get(tree, outer)
    if index is None:
        setattr(place, field, new)
    elif new is None:
        rows = getattr(place, field)
        rows[index : index + 1] = [] if len(rows) > 1 else [ast.Pass()]
    else:
        getattr(place, field)[index] = new


def _description(tree, mutant, path):
    depth = max(i for i in range(len(path) + 1) if isinstance(_get(tree, path[:i]), (ast.stmt, ast.Module)))
    before = ast.unparse(_get(tree, path[:depth])).strip().split("\n")[0]
    try:
        after = _get(mutant, path[:depth])
        after = ast.unparse(after).strip().split("\n")[0] if isinstance(after, ast.AST) else ""
    except (IndexError, AttributeError):
        after = ""
    if len(path) == depth:  # the statement itself was changed or taken out
        rows = getattr(_get(mutant, path[:-1]), path[-1][0])
        gone = len(rows) != len(getattr(_get(tree, path[:-1]), path[-1][0])) or isinstance(rows[0], ast.Pass)
        after = "(gone)" if gone else after
    return f"{before} => {after}"


def _with(node, **fields):
    changed = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _changes(node):
    """What may stand in the place of ``node``."""
    for rule in (_operators, _constants, _calls, _places, _statements):
        yield from rule(node)


def _operators(node):
    if isinstance(node, ast.BinOp):
        for other in BINARY.get(type(node.op), ()):
            yield _with(node, op=other())
        yield node.left
        yield node.right
        if isinstance(node.op, (ast.Sub, ast.Div, ast.Pow, ast.MatMult)):
            yield _with(node, left=node.right, right=node.left)
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        yield node.operand
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for i in range(len(node.values)):
            rest = node.values[:i] + node.values[i + 1 :]
            yield rest[0] if len(rest) == 1 else _with(node, values=rest)
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in COMPARED.get(type(op), ()):
                yield _with(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
        yield _with(node, body=node.orelse, orelse=node.body)


def _constants(node):
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        for other in {value + 1, value - 1, -value, 0} - {value}:
            yield _number(other)
    elif isinstance(value, float):
        for other in {2 * value, value / 2, -value, 0.0, value + 1} - {value}:
            yield _number(other)
    elif isinstance(value, str) and value.isidentifier():
        yield ast.Constant(value + "_")
    elif value is None:
        yield ast.Constant(0)


def _number(value):
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _calls(node):
    if not isinstance(node, ast.Call):
        return
    for i in range(len(node.args) - 1):
        args = list(node.args)
        args[i], args[i + 1] = args[i + 1], args[i]
        yield _with(node, args=args)
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    elif not node.args and not node.keywords and isinstance(node.func, ast.Attribute):
        yield node.func.value  # x.mean() -> x
    for i in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for other in SIBLINGS.get(name, ()):
        func = _with(node.func, attr=other) if isinstance(node.func, ast.Attribute) else ast.Name(other, ast.Load())
        yield _with(node, func=func)


def _places(node):
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        if node.attr == "T":
            yield node.value
        if node.attr in SIBLINGS and not isinstance(node.value, ast.Call):
            for other in SIBLINGS[node.attr]:
                yield _with(node, attr=other)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value
        if isinstance(node.slice, ast.Slice) and (node.slice.lower is None) != (node.slice.upper is None):
            yield _with(node, slice=_with(node.slice, lower=node.slice.upper, upper=node.slice.lower))
    elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
        for i in range(len(node.elts) - 1):
            elts = list(node.elts)
            elts[i], elts[i + 1] = elts[i + 1], elts[i]
            yield _with(node, elts=elts)


def _statements(node):
    if isinstance(node, (ast.Expr, ast.AugAssign)) and not (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        yield None
    elif isinstance(node, ast.If):
        yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        yield _with(node, test=ast.Constant(False))
        if node.orelse:
            yield _with(node, test=ast.Constant(True))
    elif isinstance(node, ast.FunctionDef):
        for i in range(len(node.decorator_list)):
            yield _with(node, decorator_list=node.decorator_list[:i] + node.decorator_list[i + 1 :])


# ---------------------------------------------------------------- judging them


def _alarm(*arguments):
    raise TimeoutError


def passes(lesson_name, exercise_id, source, hidden, seconds):
    """Whether a learner's source passes the public case and ``hidden`` fresh ones; stops at the first that it fails."""
    lesson = lessons.find_lesson(lesson_name)
    exercise = lesson.exercises[exercise_id]
    rng = np.random.default_rng([SEED, *exercise_id.encode()])
    signal.signal(signal.SIGPROF, _alarm)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # of processor time: a busy machine fails no mutant
    try:
        run = calibration.measurer(lesson, exercise, source)
        for index in range(hidden + 1):
            case = exercise.case(rng) if index else exercise.public()
            if not all(row.passed for row in judge(exercise, run(case), exercise.reference(case))):
                return False
        return True
    except Exception:  # it does not even define its function, or took too long
        return False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if "jax" in sys.modules:  # some hundred programs in one process have crashed XLA's compiler
            sys.modules["jax"].clear_caches()


def survivors(lesson, exercise, sources, hidden=HIDDEN, progress=lambda line: None):
    """Which of ``sources``, description -> learner's code, pass: their descriptions.

    Raises:
        RuntimeError: if the solution itself does not pass in such a process, for then nothing else would either.
    """
    solution = notebooks.answers(lesson)[exercise.id]
    with calibration.worker_pool(1) as pool:
        if not pool.submit(passes, lesson.name, exercise.id, solution, hidden, SECONDS).result():
            raise RuntimeError(f"{exercise.id}: the solution does not pass in {SECONDS} s, so no change of it can")
    left, found = dict(sources), []
    while left:
        # A mutant that hangs in native code, or crashes the process, costs one process and is failed.
        with calibration.worker_pool(1) as pool:
            for name in list(left):
                task = pool.submit(passes, lesson.name, exercise.id, left.pop(name), hidden, SECONDS)
                try:
                    if task.result(timeout=START + 2 * SECONDS):
                        found.append(name)
                        progress(f"passes: {name}")
                except (TookTooLong, BrokenProcessPool):
                    for process in pool._processes.values():
                        process.kill()
                    break
    return found


def fingerprint(lesson, exercise):
    """Hash of the solution that was changed: a result of another one is stale."""
    return hashlib.sha256(notebooks.answers(lesson)[exercise.id].encode()).hexdigest()[:16]


def analyse(lesson, exercise, hidden=HIDDEN, progress=lambda line: None):
    """Judge all mutants of the solution.

    Returns:
        dict of ``solution`` (its fingerprint), ``mutants``, ``killed`` and ``equivalent`` (numbers) and
        ``surviving``, the descriptions of those that pass and are not named in ``exercise.equivalent``.
    """
    sources = mutants(notebooks.answers(lesson)[exercise.id])
    found = survivors(lesson, exercise, sources, hidden, progress)
    surviving = [name for name in found if name not in exercise.equivalent]
    return {
        "solution": fingerprint(lesson, exercise),
        "mutants": len(sources),
        "killed": len(sources) - len(found),
        "equivalent": len(found) - len(surviving),
        "surviving": surviving,
    }


def keep(exercise, rows):
    """Write the result of ``analyse`` into the exercise's table."""
    path = exercise.folder / "table.json"
    path.write_text(calibration.as_json({**exercise.table(), "_mutants": rows}))
