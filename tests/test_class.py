"""A class of the small lesson through nbgrader's own commands: right, wrong, broken and hostile."""

import csv
import json

import pytest

from autograder import classroom, lessons, notebooks

LESSON = "90-mini"
RIGHT = {
    "mini-centre-answer": "def centre(x):\n    return x.mean()\n",
    "mini-scale-answer": "def scale(x):\n    return x.std()\n",
    "mini-sites-answer": "def sites(n):\n    return [f'z{i}' for i in range(n)]\n",
}


def submission(**changes):
    """The release with answers filled in; ``first`` is code for an extra cell at the top."""
    import nbformat

    notebook = notebooks.release_notebook(notebooks.source_notebook(lessons.find_lesson(LESSON)))
    answers = RIGHT | {key.replace("_", "-") + "-answer": value for key, value in changes.items() if key != "first"}
    for cell in notebook.cells:
        if cell["id"] in answers:
            cell.source = answers[cell["id"]]
    if "first" in changes:
        notebook.cells.insert(1, nbformat.v4.new_code_cell(changes["first"], id="extra"))
    return notebook


EMPTY_LATER_CELLS = "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])"
PLEASING = """
class Pleasing(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return Pleasing(0)
    def __rsub__(self, other): return Pleasing(0)
    def __abs__(self): return Pleasing(0)
"""

#: student -> (notebook or bytes, expected points of the three exercises, a word of the feedback)
CASES = {
    "right": (submission(), (3, 3, 2), "all right"),
    "median": (submission(mini_centre="import numpy as np\ndef centre(x):\n    return np.median(x)\n"), (1, 3, 2), "balance point"),
    "missing": (submission(mini_centre="pass"), (0, 3, 2), "not defined"),
    "signature": (submission(mini_scale="def scale(x, y):\n    return 1\n"), (3, 0, 2), "must be callable"),
    "endless": (submission(mini_scale="def scale(x):\n    while True: pass\n"), (3, 0, 2), "longer than"),
    "endless-cell": (submission(first="while True: pass"), (3, 3, 2), "stopped after"),
    "killed": (submission(first="import os; os._exit(1)"), (3, 3, 2), "kernel died"),
    "flood": (submission(first="for i in range(10**5): print('x' * 1000)"), (3, 3, 2), ""),
    "stderr": (submission(first="import sys; print('careful', file=sys.stderr)"), (3, 3, 2), "all right"),
    "shapes": (submission(mini_centre="def centre(x):\n    return x\n"), (0, 3, 2), "has shape"),
    "nan": (submission(mini_centre="def centre(x):\n    return float('nan')\n"), (0, 3, 2), "holds NaN"),
    "empty": (b"", (0, 0, 0), "is empty"),
    "truncated": (notebooks.to_bytes(submission())[:700], (0, 0, 0), "cut off"),
    "latin-1": (notebooks.to_bytes(submission()).replace(b"small", "smäll".encode("latin-1")), (0, 0, 0), "not UTF-8"),
    "h-transformer": (submission(first=EMPTY_LATER_CELLS), (0, 0, 0), ""),
    "h-pleasing": (submission(mini_centre=PLEASING + "def centre(x): return Pleasing(7)"), (0, 3, 2), ""),
    "h-html": (submission(first="from IPython.display import HTML; HTML('<script>evil()</script>')"), (3, 3, 2), "all right"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, isolated):
    folder = tmp_path_factory.mktemp("class") / "mini"
    classroom.new_class(folder, [LESSON], progress=lambda line: None)
    with open(folder / "nbgrader_config.py", "a") as file:
        file.write("get_config().Judge.cell_seconds = 4\nget_config().Judge.measure_seconds = 4\n")

    def nbgrader(*command):
        done = classroom.nbgrader(folder, *command)
        assert done.returncode == 0, done.stdout + done.stderr

    nbgrader("generate_assignment", LESSON)
    for student, (notebook, _, _) in CASES.items():
        path = folder / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(notebook if isinstance(notebook, bytes) else notebooks.to_bytes(notebook))
    nbgrader("autograde", LESSON)
    nbgrader("generate_feedback", LESSON)
    nbgrader("export")
    return folder


@pytest.mark.parametrize("student", CASES)
def test_points_status_and_feedback(graded, student):
    _, expected, word = CASES[student]
    report = json.loads(classroom.verdict_file(graded, LESSON, student).read_text())
    points = tuple(row["points"] for row in report["exercises"].values())
    assert points == expected, report
    page = (graded / "feedback" / student / LESSON / f"{LESSON}.html").read_text()
    assert word in page
    assert "hidden_tests(" not in page and "evil()</script>" not in page
    with open(graded / "grades.csv") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores[student] == sum(expected)


def test_folders_hold_only_the_notebook(graded):
    for folder in (graded / "release" / LESSON, graded / "autograded" / "right" / LESSON):
        assert [path.name for path in folder.rglob("*")] == [f"{LESSON}.ipynb"]


def test_no_hidden_number_on_any_page(graded):
    lesson = lessons.find_lesson(LESSON)
    numbers = [
        str(float(value))[:9]
        for rows in classroom.hidden_cases(graded, lesson).values() for case, reference in rows
        for array in (*case.values(), *reference.values()) if array.dtype.kind == "f" for value in array.ravel()
    ]
    assert numbers
    for page in graded.glob("feedback/*/*/*.html"):
        text = page.read_text()
        assert not [number for number in numbers if number in text]
