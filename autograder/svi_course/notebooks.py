"""From the one authored file of a lesson to the notebooks that people open.

    source notebook    MyST opened by jupytext: prose, answers, hidden-test marks
    release notebook   what a student gets, by nbgrader's own preprocessors
    solution notebook  solved and executed, for self-learners

The first two are the same bytes from the same source. A solution carries the hash of
what it was made from and is executed again only when that changes.
"""

import copy
import hashlib
import json
import re
import tempfile
from pathlib import Path

import jupytext
import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from svi_course.grading.submission import grade_id

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


class BuildError(Exception):
    """A lesson's source can't be built; the message says which cell and why."""


def source_notebook(lesson):
    """The authored notebook of a lesson, with stable cell ids."""
    notebook = jupytext.reads(lesson.source.read_text(encoding="utf-8"), fmt="md:myst")
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    exercises = lesson.exercises
    for number, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        cell["id"] = name or f"{lesson.name[:2]}-{number:03d}"
        info = cell.metadata.get("nbgrader")
        if info:
            cell.metadata["nbgrader"] = nbformat.from_dict(
                dict(info, cell_type=cell.cell_type) if info.get("locked") else info
            )
        if info and info.get("grade"):
            if name not in exercises:
                raise BuildError(f"{lesson.name}: the check cell {name} has no exercise of that id")
            if info.get("points") != exercises[name].points:
                raise BuildError(
                    f"{lesson.name}: {name} says {info.get('points')} points, its criteria add up to "
                    f"{exercises[name].points}"
                )
    found = {grade_id(cell) for cell in notebook.cells}
    for name in exercises:
        for wanted in (name, f"{name}-answer"):
            if wanted not in found:
                raise BuildError(f"{lesson.name}: the exercise {name} has no cell {wanted}")
    nbformat.validate(notebook)
    return notebook


def _preprocessed(notebook, *steps):
    notebook = copy.deepcopy(notebook)
    resources = {}
    for step in steps:
        notebook, resources = step().preprocess(notebook, resources)
    return notebook


def release_notebook(source):
    """What a student opens, made as ``nbgrader generate_assignment`` makes it."""
    return _preprocessed(
        source,
        LockCells,
        ClearSolutions,
        ClearOutput,
        CheckCellMetadata,
        ComputeChecksums,
        ClearHiddenTests,
        ClearMarkScheme,
        ComputeChecksums,
        CheckCellMetadata,
    )


def solved_notebook(source):
    """The notebook with its answers, without marks; not yet executed."""
    notebook = _preprocessed(source, ClearHiddenTests)
    for cell in notebook.cells:
        cell.source = "\n".join(
            line
            for line in cell.source.split("\n")
            if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line
        )
        cell.metadata.pop("nbgrader", None)
    return notebook


def answers(lesson):
    """exercise id -> the solution's code, as the source notebook has it."""
    solved = solved_notebook(source_notebook(lesson))
    return {cell["id"].removesuffix("-answer"): cell.source for cell in solved.cells if cell["id"].endswith("-answer")}


def prelude(lesson):
    """The code of the lesson's first code cell: its imports."""
    return next(cell.source for cell in source_notebook(lesson).cells if cell.cell_type == "code")


def fingerprint(lesson):
    """Hash of what a solution notebook is made from."""
    digest = hashlib.sha256()
    makings = [
        path for pattern in ("*.py", "*/measure.py", "*/judge.py") for path in sorted(lesson.folder.glob(pattern))
    ]
    imports = re.compile(
        r"^from \.{2,3}(?: import )?(\w+(?:, \w+)*)", re.M
    )  # from ...line import x; from ... import line
    shared = {name for path in makings for names in imports.findall(path.read_text()) for name in names.split(", ")}
    for path in (
        lesson.source,
        *makings,
        *sorted(path for path in lesson.folder.parent.glob("*.py") if path.stem in shared),
    ):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    limits = {
        name: {c.name: exercise.tolerance(c.name) for c in exercise.criteria}
        for name, exercise in lesson.exercises.items()
    }
    digest.update(json.dumps(limits, sort_keys=True).encode())
    return digest.hexdigest()


def execute(notebook, timeout=300):
    """Run a notebook from top to bottom in an empty folder; raises BuildError if a cell fails or writes to stderr."""
    with tempfile.TemporaryDirectory() as folder:
        # Sockets in a folder of our own: ipykernel warns of TCP, which others on the machine could reach.
        manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        try:
            NotebookClient(
                notebook, km=manager, timeout=timeout, resources={"metadata": {"path": folder}}, allow_errors=True
            ).execute()
        finally:
            manager.shutdown_kernel(now=True)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise BuildError(f"cell {cell['id']} failed: {output.ename}: {output.evalue}")
            if output.output_type == "stream" and output.name == "stderr":
                raise BuildError(f"cell {cell['id']} wrote to stderr: {output.text[:300]}")
        cell.metadata.pop("execution", None)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def solution_notebook(lesson):
    """Solved and executed, with the hash of its making."""
    notebook = execute(solved_notebook(source_notebook(lesson)))
    notebook.metadata["svi_course"] = {"built_from": fingerprint(lesson)}
    return notebook


def to_bytes(notebook):
    """The bytes of a notebook file."""
    return (nbformat.writes(notebook) + "\n").encode()


def build(lesson, root, execute_again=False):
    """Write the release and, when its making changed, the solution of a lesson below ``root``.

    Returns:
        The paths that changed.
    """
    changed = []
    source = source_notebook(lesson)
    release = Path(root) / "course" / "release" / f"{lesson.name}.ipynb"
    solution = Path(root) / "solutions" / f"{lesson.name}.ipynb"
    data = to_bytes(release_notebook(source))
    if not release.exists() or release.read_bytes() != data:
        release.parent.mkdir(parents=True, exist_ok=True)
        release.write_bytes(data)
        changed.append(release)
    if execute_again or built_from(solution) != fingerprint(lesson):
        solution.parent.mkdir(parents=True, exist_ok=True)
        solution.write_bytes(to_bytes(solution_notebook(lesson)))
        changed.append(solution)
    return changed


def built_from(path):
    """The hash that a solution notebook carries, or None."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))["metadata"]["svi_course"]["built_from"]
    except (OSError, ValueError, KeyError):
        return None
