"""A class that version 0.1 made (``tests/old_class``) still grades, with its own cases and configuration."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell
from small_class import LESSON, RIGHT

from svi_course import lessons
from svi_course.classroom import folder as classroom

OLD = Path(__file__).parent / "old_class"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, isolated):
    """The class with a right submission whose first own cell never ends, graded by nbgrader's command."""
    folder = tmp_path_factory.mktemp("old") / "class"
    shutil.copytree(OLD, folder)
    (folder / ".svi-course" / "secret").write_bytes(bytes(32))
    with open(folder / "nbgrader_config.py", "a") as file:
        file.write("get_config().Judge.cell_seconds = 2\n")
    done = classroom.nbgrader(folder, "generate_assignment", LESSON)
    assert done.returncode == 0, done.stderr[-3000:]
    notebook = nbformat.read(folder / "release" / LESSON / f"{LESSON}.ipynb", 4)
    assert any("from autograder import" in cell.source for cell in notebook.cells)
    for cell in notebook.cells:
        cell.source = RIGHT.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    notebook.cells.insert(2, new_code_cell("while True: pass"))
    place = folder / "submitted" / "ada" / LESSON
    place.mkdir(parents=True)
    nbformat.write(notebook, place / f"{LESSON}.ipynb")
    done = classroom.nbgrader(folder, "autograde", LESSON)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_it_grades_notebooks_with_the_old_import_line(folder):
    report = json.loads(classroom.verdict_file(folder, LESSON, "ada").read_text())
    assert [row["points"] for row in report["exercises"].values()] == [3, 3, 2], report


def test_its_configuration_holds(folder):
    report = json.loads(classroom.verdict_file(folder, LESSON, "ada").read_text())
    assert any("stopped after 2 s" in note for note in report["notes"])


def test_its_cases_are_read_and_none_is_drawn_anew(folder):
    for name, exercise in lessons.find_lesson(LESSON).exercises.items():
        path = classroom.case_file(folder, LESSON, name)
        assert path.read_bytes() == (OLD / path.relative_to(folder)).read_bytes()
        for case, reference in classroom.hidden_cases(folder, lessons.find_lesson(LESSON))[name]:
            again = exercise.reference(case)
            assert all(np.array_equal(reference[key], again[key]) for key in again)


def test_a_strangers_autograder_does_no_harm(tmp_path):
    """The import name belongs to another distribution: with that one installed too, ours still works."""
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder" / "__init__.py").write_text("raise ImportError('a stranger')\n")
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    code = (
        "from svi_course import check\nfrom svi_course.grading.nbgrader_hooks import configure\nprint(check, configure)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_patch_of_something_that_nbgrader_no_longer_has_is_refused():
    from svi_course.grading import nbgrader_hooks, nbgrader_patches

    class Other:
        pass

    with pytest.raises(RuntimeError, match="has no Other.gone"):
        nbgrader_patches.replace(Other, "gone", None)
    nbgrader_patches.apply(nbgrader_hooks.CourseAutograde)
    nbgrader_patches.apply(nbgrader_hooks.CourseAutograde)  # twice is once
    import nbgrader.apps.api
    from nbgrader.coursedir import CourseDirectory

    assert nbgrader.apps.api.Autograde is nbgrader_hooks.CourseAutograde
    assert not hasattr(CourseDirectory.get_existing_timestamp.nbgraders_own, "nbgraders_own")
