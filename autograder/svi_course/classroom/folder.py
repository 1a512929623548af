"""A class: a directory with a secret, hidden cases and their references, and nbgrader's folders."""

import hashlib
import hmac
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import nbformat

from svi_course import lessons, notebooks
from svi_course.classroom import seeds
from svi_course.classroom.roster import ClassError, check_student
from svi_course.learner import cases

PRIVATE = ".svi-course"
CONFIG = "from svi_course.grading.nbgrader_hooks import configure\nconfigure(get_config(), __file__)  # noqa: F821\n"
UNISOLATED = (
    "get_config().GradeSubmission.allow_unisolated = True  # noqa: F821  learners' code runs as an ordinary process\n"
)


def new_class(folder, lesson_names=(), allow_unisolated=False, students=(), progress=print):
    """Make an nbgrader course directory.

    Args:
        folder: a path that doesn't exist or is empty.
        lesson_names: names or numbers; all lessons if empty.
        allow_unisolated: write the line that permits grading without a sandbox.
        students: ids; if given, each gets data of their own, see ``hand_out``.
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
    build_references(folder, [lesson.name for lesson in chosen], progress=progress)
    if students:
        hand_out(folder, students, progress)
    return [lesson.name for lesson in chosen]


def add_source(folder, lesson):
    """Put a lesson's source notebook where nbgrader expects it."""
    target = Path(folder) / "source" / lesson.name / f"{lesson.name}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(notebooks.to_bytes(notebooks.source_notebook(lesson)))


def build_references(folder, names, students=("",), progress=print):
    """Draw cases and compute their references, in a process of 64-bit JAX.

    Args:
        folder: the class.
        names: names of lessons.
        students: ids; "" stands for the cases that the class shares.
        progress: called with a line of text.

    Raises:
        ClassError: if that process fails.
    """
    env = os.environ | {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "svi_course.classroom.references", str(folder)]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        process.stdin.write(json.dumps({"lessons": list(names), "students": list(students)}))
        process.stdin.close()
        for line in process.stdout:
            progress(line.rstrip())
        if process.wait():
            errors.seek(0)
            raise ClassError(f"the references could not be computed:\n{errors.read()[-2000:]}")


def hand_out(folder, students, progress=print):
    """Give each student data of their own: draw what is missing and write ``handout/STUDENT/LESSON/``.

    nbgrader has one release an assignment, so a student's public case travels in a
    ``case.json`` beside the notebook. The grader never reads that file: it draws the
    cases of the student whose folder it grades.
    """
    folder = Path(folder)
    for student in students:
        check_student(student)
    (folder / PRIVATE / "per-student").touch()
    names = lessons_of(folder)
    build_references(folder, names, students, progress)
    for name in names:
        lesson = lessons.find_lesson(name)
        source = nbformat.read(folder / "source" / name / f"{name}.ipynb", as_version=4)
        data = notebooks.to_bytes(notebooks.release_notebook(source))
        for student in students:
            target = folder / "handout" / student / name
            target.mkdir(parents=True, exist_ok=True)
            (target / f"{name}.ipynb").write_bytes(data)
            public, _, variant = cases_of(folder, lesson, student)
            (target / cases.FILE).write_text(cases.dumps(name, variant, public))


def lessons_of(folder):
    """Names of the lessons that a class has."""
    return sorted(path.name for path in (Path(folder) / "source").iterdir() if path.is_dir())


def variant_name(folder, student):
    """A short name of a student's data that tells nothing about them."""
    secret = (Path(folder) / PRIVATE / "secret").read_bytes()
    return hmac.new(secret, f"variant|{student}".encode(), hashlib.sha256).hexdigest()[:6]


def cases_of(folder, lesson, student):
    """What a student's submission is judged on.

    Returns:
        (public, hidden, variant): id -> (case, reference) or an empty dict for the
        course's own public cases; id -> list of (case, reference); and the name of
        the student's data, "" in a class that shares its cases.
    """
    if not (Path(folder) / PRIVATE / "per-student").exists():
        return {}, hidden_cases(folder, lesson), ""
    check_student(student)
    if not all(case_file(folder, lesson.name, name, student).exists() for name in lesson.exercises):
        build_references(folder, [lesson.name], [student], lambda line: None)  # came after the hand-out
    rows = {name: load_cases(case_file(folder, lesson.name, name, student)) for name in lesson.exercises}
    pairs = {name: [(row["case"], row["reference"]) for row in found] for name, found in rows.items()}
    return (
        {name: found[0] for name, found in pairs.items()},
        {name: found[1:] for name, found in pairs.items()},
        variant_name(folder, student),
    )


def case_file(folder, lesson_name, exercise_id, student=""):
    """Where the cases of an exercise are: the class's, or a student's."""
    place = Path(folder) / PRIVATE / "cases" / lesson_name
    return (place / "students" / student if student else place) / f"{exercise_id}.npz"


def save_cases(path, rows, record):
    """Store cases with their references: npz without pickle, and a JSON record beside it.

    Args:
        path: the npz file.
        rows: a list of dicts ``case``, ``reference`` and ``routes``, each a dict of arrays or of dicts of arrays.
        record: versions, seeds and diagnostics, for the JSON.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    cases.write(path, {f"{part}/{i}": row[part] for i, row in enumerate(rows) for part in row}, compress=True)
    path.with_suffix(".json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    path.chmod(0o600)


def load_cases(path):
    """The rows of ``save_cases``.

    Raises:
        ClassError: if the file is missing.
    """
    try:
        stored = cases.read(path)
    except FileNotFoundError:
        raise ClassError(
            f"the hidden cases of {path.stem} are missing: run `svi-course references` in the class directory"
        ) from None
    return [
        {part: stored.get(part, {}).get(i, {}) for part in ("case", "reference", "routes")}
        for i in sorted(stored["case"], key=int)
    ]


def hidden_cases(folder, lesson):
    """exercise id -> list of (case, reference) of a class's lesson."""
    return {
        name: [(row["case"], row["reference"]) for row in load_cases(case_file(folder, lesson.name, name))]
        for name in lesson.exercises
    }


def compiled_folder(folder, lesson):
    """Where the programs are that the lesson's own solution compiled on this machine, for these versions."""
    try:
        cpu = next(
            line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith(("flags", "Features"))
        )
    except (OSError, StopIteration):
        cpu = platform.processor()
    parts = [
        platform.machine(),
        cpu,
        *(version(name) for name in ("jax", "jaxlib", "numpyro", "optax")),
        notebooks.fingerprint(lesson),
    ]
    return (
        Path(folder)
        / PRIVATE
        / "compiled"
        / f"{lesson.name}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"
    )


def verdict_file(folder, lesson_name, student):
    """Where the verdicts of a graded submission are kept."""
    return Path(folder) / PRIVATE / "verdicts" / lesson_name / f"{student}.json"


def nbgrader(folder, *command):
    """One nbgrader command in a class; returns the finished process with its log as text.

    nbgrader calls ``alembic`` by name, so this interpreter's scripts must be on the path.
    """
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *command], cwd=folder, env=env, capture_output=True, text=True
    )
