"""A class of the small lesson through nbgrader's own commands, and what an instructor meets.

Broken and hostile submissions have files of their own.
"""

import json
import subprocess
import sys

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from small_class import EXERCISES, LESSON, Student, assert_graded, grade, submission

from svi_course import lessons, notebooks
from svi_course.classroom import folder as classroom
from svi_course.grading import kernel, replay, sandbox

MEDIAN = "import numpy as np\ndef centre(x):\n    return np.median(x)\n"
STUDENTS = {
    "right": Student(says=("all right",)),
    "median": Student(submission(MEDIAN), (1, 3, 2), ("balance point",)),
    "variance": Student(submission(scale="def scale(x):\n    return x.var()\n"), (3, 0, 2), ("squared width",)),
    "untouched": Student(
        notebooks.release_notebook(notebooks.source_notebook(lessons.find_lesson(LESSON))),
        (0, 0, 0),
        ("not written yet",),
    ),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, isolated):
    folder = tmp_path_factory.mktemp("class") / "mini"
    grade(folder, STUDENTS)
    return folder


@pytest.mark.parametrize("name", STUDENTS)
def test_points_status_and_feedback(graded, name):
    assert_graded(graded, name, STUDENTS[name])


def test_the_formgraders_button_grades_the_same_way(graded):
    """It calls nbgrader's API inside a running event loop."""
    script = f"""
import asyncio, json
from svi_course.grading import nbgrader_hooks
nbgrader_hooks._open({str(graded)!r})
async def click():
    return nbgrader_hooks._api.autograde({LESSON!r}, 'median', force=True)
result = asyncio.run(click())
print(json.dumps(result))
"""
    path = classroom.verdict_file(graded, LESSON, "median")
    path.unlink()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert json.loads(done.stdout.splitlines()[-1])["success"], done.stdout + done.stderr
    assert [row["points"] for row in json.loads(path.read_text())["exercises"].values()] == [1, 3, 2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "says"), [("right", "Success"), ("median", "not yet right, 1 of 3 points"), ("untouched", "unwritten")]
)
def test_nbgrader_validate_says_what_the_panel_says(graded, name, says):
    done = classroom.nbgrader(graded, "validate", f"submitted/{name}/{LESSON}/{LESSON}.ipynb")
    assert says in done.stdout + done.stderr, done.stdout + done.stderr


@pytest.mark.slow
def test_a_class_without_a_sandbox_grades_only_on_demand_and_says_so(tmp_path, monkeypatch):
    folder = tmp_path / "mini"
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))  # no bubblewrap here
    student = Student(submission(MEDIAN), (1, 3, 2), ("graded without isolation",))
    with pytest.raises(AssertionError, match="can't be isolated here: bwrap is not installed"):
        grade(folder, {"median": student})
    assert not (folder / "autograded").exists()
    with open(folder / "nbgrader_config.py", "a") as file:
        file.write(classroom.UNISOLATED)
    for command in (("autograde", LESSON), ("generate_feedback", LESSON), ("export",)):
        done = classroom.nbgrader(folder, *command)
        assert done.returncode == 0, done.stderr[-3000:]
        if command[0] == "autograde":
            assert "not isolated" in done.stderr
    assert_graded(folder, "median", student)
    assert "without isolation" in json.loads(classroom.verdict_file(folder, LESSON, "median").read_text())["notes"][0]


# How a submission runs


def run(*cells, files=(), harvest=None, seconds=20):
    """Records of a notebook of these cells, the last of which stands before the check cells; and the calls made."""
    lesson = lessons.find_lesson(LESSON)
    checks = [new_code_cell("", metadata={"nbgrader": {"grade_id": name}}) for name in EXERCISES]
    notebook = new_notebook(cells=[*map(new_code_cell, cells), *checks])
    rng = np.random.default_rng(1)
    cases = {
        name: [exercise.public(), exercise.case(rng), exercise.case(rng)] for name, exercise in lesson.exercises.items()
    }
    pairs = {name: [(case, {}) for case in drawn] for name, drawn in cases.items()}
    limits = sandbox.Limits(cell_seconds=seconds, measure_seconds=seconds)
    return replay.run(
        replay.Job(notebook, lesson.exercises, pairs, lesson.folder, limits, True, tuple(files), None, harvest)
    ), cases


ANSWERS = (
    "def scale(x): return x.std()\ndef sites(n): return [f'z{i}' for i in range(n)]\ndef centre(x): return x.mean()"
)


def test_nothing_that_a_learner_can_show_is_kept_once_hidden_data_was_sent(isolated, monkeypatch, tmp_path):
    """A replayed cell could read the clock and so learn when, and with it on what, an earlier kernel ended.

    Here a file tells the cells that they are replayed: they print something else, and one ends the kernel again.
    """
    own = tmp_path / "own.txt"
    own.write_text("first")
    events, printed = [], []
    plain = kernel.Kernel.run

    async def watched(self, code, seconds, outputs=None):
        if "serve(" in code:
            events.append("public" if code.endswith(", 0)") else "hidden")
            if events[-1] == "hidden":
                own.write_text("again")
        try:
            return await plain(self, code, seconds, outputs)
        finally:
            if outputs:
                printed.append(outputs[0].text)

    monkeypatch.setattr(kernel.Kernel, "run", watched)
    ending = ANSWERS.replace("x.mean()", "x.mean() if x[0] in (0, 1) else __import__('os')._exit(1)")
    record, _ = run(
        "print(open('own.txt').read())",
        "if open('own.txt').read() == 'again': __import__('os')._exit(1)",
        ending,
        files=[(own, "own.txt")],
    )
    assert "first\n" in printed and "again\n" in printed  # the attack did run
    assert [output.text for output in record.outputs[0]] == ["first\n"] and not record.outputs[1] and not record.notes
    assert "public" not in events[events.index("hidden") :]
    assert record.measurements["mini-centre", 1]["status"] == "kernel died"
    assert record.measurements["mini-sites", 2]["status"] == "ok"


def test_what_is_kept_of_compiled_programs_was_made_before_hidden_data(isolated, tmp_path):
    """Every learner's kernel gets a copy of it, and a compiled program may hold the numbers it was made with."""
    writing = "import os\nroot = os.environ['JAX_COMPILATION_CACHE_DIR']\n" + ANSWERS.replace(
        "return x.mean()", "\n    open(f'{root}/{x[0]}', 'w').write(repr(list(x)))\n    return x.mean()"
    )
    record, cases = run(writing, harvest=tmp_path)
    assert record.measurements["mini-centre", 2]["status"] == "ok"
    names = {path.name for path in tmp_path.iterdir()}
    assert "0.0" in names and not names & {str(case["x"][0]) for case in cases["mini-centre"][1:]}


def test_a_learners_files_are_copies(isolated, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("mine")
    record, _ = run(
        "print(open('data/own.txt').read()); open('data/own.txt', 'w').write('changed')",
        files=[(own, "data/own.txt"), (tmp_path / "missing", "m")],
    )
    assert record.outputs[0][0].text.startswith("mine")
    assert own.read_text() == "mine"
