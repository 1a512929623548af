"""A class: a directory with a secret, hidden cases and their references, and nbgrader's folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from autograder import lessons, notebooks, seeds

PRIVATE = ".svi-course"
CONFIG = "from autograder.nbgrader import configure\nconfigure(get_config(), __file__)  # noqa: F821\n"
UNISOLATED = "get_config().Judge.allow_unisolated = True  # noqa: F821  learners' code runs here as an ordinary process\n"


class ClassError(Exception):
    """Something about the class directory; the message says what to do."""


def new_class(folder, lesson_names=(), allow_unisolated=False, progress=print):
    """Make an nbgrader course directory.

    Args:
        folder: a path that doesn't exist or is empty.
        lesson_names: names or numbers; all lessons if empty.
        allow_unisolated: write the line that permits grading without a sandbox.
        progress: called with a line of text as the work goes on.

    Returns:
        The names of the lessons in it.

    Raises:
        ClassError: if the folder is not empty.
    """
    folder = Path(folder).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ClassError(f"{folder} is not empty: name a new directory, or empty this one.")
    try:
        chosen = [lessons.find_lesson(name) for name in lesson_names] or list(lessons.all_lessons().values())
    except KeyError as error:
        raise ClassError(error.args[0]) from None
    private = folder / PRIVATE
    private.mkdir(parents=True)
    private.chmod(0o700)
    secret = private / "secret"
    secret.touch(mode=0o600)
    secret.write_bytes(seeds.new_secret())
    (folder / "nbgrader_config.py").write_text(CONFIG + (UNISOLATED if allow_unisolated else ""))
    for lesson in chosen:
        add_source(folder, lesson)
    build_references(folder, [lesson.name for lesson in chosen], progress)
    return [lesson.name for lesson in chosen]


def add_source(folder, lesson):
    """Put a lesson's source notebook where nbgrader expects it."""
    target = Path(folder) / "source" / lesson.name / f"{lesson.name}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(notebooks.to_bytes(notebooks.source_notebook(lesson)))


def build_references(folder, names, progress=print):
    """Draw the hidden cases and compute their references, in a process of 64-bit JAX.

    Raises:
        ClassError: if that process fails.
    """
    env = os.environ | {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "autograder.references.build", str(folder), *names]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            progress(line.rstrip())
        errors = process.stderr.read()
    if process.returncode:
        raise ClassError(f"the references could not be computed:\n{errors[-2000:]}")


def case_file(folder, lesson_name, exercise_id):
    """Where the hidden cases of an exercise are."""
    return Path(folder) / PRIVATE / "cases" / lesson_name / f"{exercise_id}.npz"


def save_cases(path, rows, record):
    """Store cases with their references: npz without pickle, and a JSON record beside it.

    Args:
        path: the npz file.
        rows: a list of dicts ``case``, ``reference`` and ``routes``, each a dict of arrays.
        record: versions, seeds and diagnostics, for the JSON.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"{part}/{i}/{key}": np.asarray(value) for i, row in enumerate(rows) for part in row for key, value in row[part].items()}
    if any(value.dtype.hasobject for value in arrays.values()):
        raise TypeError(f"{path.name}: a case or reference holds objects that are not arrays")
    np.savez_compressed(path, **arrays)
    path.with_suffix(".json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    path.chmod(0o600)


def load_cases(path):
    """The rows of ``save_cases``.

    Raises:
        ClassError: if the file is missing.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            rows = {}
            for name in data.files:
                part, index, key = name.split("/", 2)
                rows.setdefault(int(index), {"case": {}, "reference": {}, "routes": {}})[part][key] = data[name]
    except FileNotFoundError:
        raise ClassError(f"the hidden cases of {path.stem} are missing: run `svi-course references` in the class directory") from None
    return [rows[i] for i in sorted(rows)]


def hidden_cases(folder, lesson):
    """exercise id -> list of (case, reference) of a class's lesson."""
    return {
        name: [(row["case"], row["reference"]) for row in load_cases(case_file(folder, lesson.name, name))]
        for name in lesson.exercises
    }


def verdict_file(folder, lesson_name, student):
    """Where the verdicts of a graded submission are kept."""
    return Path(folder) / PRIVATE / "verdicts" / lesson_name / f"{student}.json"


def nbgrader(folder, *command):
    """One nbgrader command in a class; returns the finished process with its log as text.

    nbgrader calls ``alembic`` by name, so this interpreter's scripts must be on the path.
    """
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=folder, env=env, capture_output=True, text=True)
