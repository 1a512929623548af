"""Learners' answers, right and wrong, cut out of an exercise's ``mistakes.py`` and ``honest.py``.

These files are code that an editor and a linter see, and are read as text: a grader never imports
them. Each public function is one answer and stands for what the learner writes; where an exercise
asks for several functions, an answer is a class that holds them. Names that begin with an underscore
are helpers and travel along with the answers that use them. ``this__that`` in ``mistakes.py`` makes
the mistakes ``this`` and ``that`` at once.
"""

import ast
import re
import textwrap

DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Assign)


def identifier(name):
    """The name in the file of the answer called ``name``: "no log q" -> "no_log_q"."""
    return re.sub(r"\W+", "_", name).strip("_")


def read(path, names):
    """Name in the file -> source of a learner's cell, for each answer in ``path``; {} without a file.

    Args:
        path: ``mistakes.py`` or ``honest.py``.
        names: what the exercise asks for.
    """
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, str(path))
    found = [node for node in tree.body if isinstance(node, DEFINITIONS) and not _bound(node)[0].startswith("_")]
    return {_bound(node)[0]: _cut(text, tree, node, list(names)) for node in found}


def honest(exercise):
    """Right answers other than the solution: name -> source."""
    return {
        name.replace("_", " "): source for name, source in read(exercise.folder / "honest.py", exercise.names).items()
    }


def mistakes(exercise):
    """The listed mistakes, in the order of the judge's list: name -> source.

    Raises:
        KeyError: if a listed mistake has no code.
    """
    found = read(exercise.folder / "mistakes.py", exercise.names)
    return {mistake.name: found[identifier(mistake.name)] for mistake in exercise.mistakes}


def pairs(exercise):
    """Two mistakes at once: (name, name) -> source."""
    names = {identifier(mistake.name): mistake.name for mistake in exercise.mistakes}
    found = read(exercise.folder / "mistakes.py", exercise.names)
    return {tuple(names[part] for part in name.split("__")): source for name, source in found.items() if "__" in name}


def _bound(node):
    """Names that a top-level statement binds."""
    if isinstance(node, ast.Assign):
        return [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    return [node.name] if isinstance(node, DEFINITIONS) else []


def _used(node):
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def _cut(text, tree, answer, names):
    """The source of one answer: the imports and helpers it uses, then itself under the learner's name."""
    helpers = [node for node in tree.body if not isinstance(node, DEFINITIONS) or _bound(node)[0].startswith("_")]
    needed, todo = {answer}, _used(answer)
    while todo:
        name = todo.pop()
        for node in helpers:
            if name in _bound(node) and node not in needed:
                needed.add(node)
                todo |= _used(node)
    parts = []
    for node in tree.body:
        if node not in needed or isinstance(node, ast.ImportFrom) and node.level:  # the lesson's first cell has those
            continue
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
        source = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
        if node is answer:
            source = _renamed(source, node, names)
        parts.append(source)
    return "\n".join(parts) + "\n"


def _renamed(source, node, names):
    if isinstance(node, ast.ClassDef):
        return textwrap.dedent(source.split("\n", 1)[1])
    (wanted,) = names
    mine = _bound(node)[0]
    return re.sub(rf"^(def )?{mine}\b", rf"\g<1>{wanted}", source, count=1, flags=re.M)
