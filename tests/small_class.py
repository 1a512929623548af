"""A class of the small lesson, graded by one run of nbgrader: what the tests of submissions share."""

import csv
import json
from dataclasses import dataclass, field

import nbformat
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from svi_course import lessons, notebooks
from svi_course.classroom import folder as classroom
from svi_course.learner import cases

LESSON = "90-mini"
EXERCISES = ("mini-centre", "mini-scale", "mini-sites")
ALL = (3, 3, 2)
RIGHT = {
    "mini-centre-answer": "def centre(x):\n    return x.mean()\n",
    "mini-scale-answer": "def scale(x):\n    return x.std()\n",
    "mini-sites-answer": "def sites(n):\n    return [f'z{i}' for i in range(n)]\n",
}


def submission(centre=None, scale=None, sites=None, first=(), last=()):
    """The release with answers filled in, right ones where none is given; ``first`` and ``last``: further cells."""
    notebook = notebooks.release_notebook(notebooks.source_notebook(lessons.find_lesson(LESSON)))
    given = {"mini-centre-answer": centre, "mini-scale-answer": scale, "mini-sites-answer": sites}
    for cell in notebook.cells:
        if cell["id"] in given:
            cell.source = RIGHT[cell["id"]] if given[cell["id"]] is None else given[cell["id"]]
    first, last = ((cells,) if isinstance(cells, str) else cells for cells in (first, last))
    notebook.cells[1:1] = [new_code_cell(code, id=f"first-{i}") for i, code in enumerate(first)]
    notebook.cells += [new_code_cell(code, id=f"last-{i}") for i, code in enumerate(last)]
    return notebook


def cell_of(notebook, name):
    """The cell with this id."""
    return next(cell for cell in notebook.cells if cell["id"] == name)


@dataclass
class Student:
    """What a student hands in, and what must come of it.

    Attributes:
        notebook: a notebook, bytes, or None for no file.
        points: of the three exercises.
        says: words that the feedback must have.
        never: words that must be neither in the feedback nor in the autograded notebook.
        files: relative name -> bytes of other files.
        arrange: called with the student's folder in the end, for links and the like.
    """

    notebook: object = field(default_factory=submission)
    points: tuple = ALL
    says: tuple = ()
    never: tuple = ()
    files: dict = field(default_factory=dict)
    arrange: object = None


def grade(folder, students, config=""):
    """Make a class, hand in, grade and write the feedback; returns autograde's log."""
    classroom.new_class(folder, [LESSON], progress=lambda line: None)
    with open(folder / "nbgrader_config.py", "a") as file:
        file.write(config)

    def nbgrader(*command):
        done = classroom.nbgrader(folder, *command)
        log = done.stdout + done.stderr
        assert done.returncode == 0, log[-3000:]
        return log

    nbgrader("generate_assignment", LESSON)
    for name, student in students.items():
        place = folder / "submitted" / name / LESSON
        place.mkdir(parents=True)
        if student.notebook is not None:
            data = student.notebook if isinstance(student.notebook, bytes) else json.dumps(student.notebook).encode()
            (place / f"{LESSON}.ipynb").write_bytes(data)
        for relative, data in student.files.items():
            (place / relative).parent.mkdir(parents=True, exist_ok=True)
            (place / relative).write_bytes(data)
    for name, student in students.items():
        if student.arrange:
            student.arrange(folder / "submitted" / name / LESSON)
    log = nbgrader("autograde", LESSON)
    nbgrader("generate_feedback", LESSON)
    nbgrader("export")
    return log


def pages(folder, name):
    """Texts of the feedback page and of the autograded notebook."""
    feedback = folder / "feedback" / name / LESSON / f"{LESSON}.html"
    autograded = folder / "autograded" / name / LESSON / f"{LESSON}.ipynb"
    return feedback.read_text(), autograded.read_text()


def hidden_numbers(folder):
    """The beginnings of all hidden numbers of the class, as they would be printed."""
    return {
        str(float(value))[:9]
        for rows in classroom.hidden_cases(folder, lessons.find_lesson(LESSON)).values()
        for case, reference in rows
        for array in (*cases.flatten(case).values(), *cases.flatten(reference).values())
        if array.dtype.kind == "f"
        for value in array.ravel()
    }


def assert_graded(folder, name, student):
    """Points, sentences, gradebook and pages of one student are as they must be."""
    report = json.loads(classroom.verdict_file(folder, LESSON, name).read_text())
    points = tuple(report["exercises"][exercise]["points"] for exercise in EXERCISES)
    assert points == student.points, report
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as gradebook:
        grades = gradebook.find_submission_notebook(LESSON, LESSON, name).grades
        scores = {grade.name: (grade.score, grade.max_score) for grade in grades}
    assert scores == {exercise: (score, most) for exercise, score, most in zip(EXERCISES, points, ALL)}
    with open(folder / "grades.csv") as file:
        totals = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert totals[name] == sum(points)
    feedback, autograded = pages(folder, name)
    for words in student.says:
        assert words in feedback
    numbers = hidden_numbers(folder)
    assert len(numbers) > 20
    for page in (feedback, autograded):
        assert not [words for words in student.never if words in page]
        assert not [number for number in numbers if number in page]
    assert "hidden_tests(" not in feedback
    kinds = {
        kind
        for cell in nbformat.reads(autograded, 4).cells
        for output in cell.get("outputs", ())
        for kind in output.get("data", ())
    }
    assert kinds <= {"text/plain", "text/html", "image/png"}  # HTML is the grader's own panel: see test_hostile
