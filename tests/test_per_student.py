"""A class in which each student has data of their own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from svi_course import lessons, notebooks
from svi_course.classroom import folder as classroom
from svi_course.classroom import roster
from svi_course.learner import cases

LESSON = "90-mini"
ANSWERS = {
    "mini-centre-answer": "def centre(x):\n    return x.mean()\n",
    "mini-scale-answer": "def scale(x):\n    return x.std()\n",
    "mini-sites-answer": "def sites(n):\n    return [f'z{i}' for i in range(n)]\n",
}


def submission(**changes):
    notebook = notebooks.release_notebook(notebooks.source_notebook(lessons.find_lesson(LESSON)))
    for cell in notebook.cells:
        cell.source = (ANSWERS | changes).get(cell["id"], cell.source)
    return notebooks.to_bytes(notebook)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, isolated):
    root = tmp_path_factory.mktemp("own")
    (root / "roster.csv").write_text("id,name\nada,Ada L.\nbob,Bob\nada,again\n")
    folder = root / "class"
    classroom.new_class(folder, [LESSON], students=roster.read_roster(root / "roster.csv"), progress=lambda line: None)
    # cyd came later; ada's folder holds bob's case.json, which must not matter
    own = {name: cases.load(folder / "handout" / name / LESSON / cases.FILE)[1] for name in ("ada", "bob")}
    bob = f"def centre(x):\n    return {float(own['bob']['mini-centre'][1]['mean'])!r} + 0 * x.sum()\n"
    submitted = {"ada": submission(), "bob": submission(**{"mini-centre-answer": bob}), "cyd": submission()}
    for student, data in submitted.items():
        place = folder / "submitted" / student / LESSON
        place.mkdir(parents=True)
        (place / f"{LESSON}.ipynb").write_bytes(data)
    (folder / "submitted" / "ada" / LESSON / cases.FILE).write_bytes(
        (folder / "handout" / "bob" / LESSON / cases.FILE).read_bytes()
    )
    for command in (("generate_assignment", LESSON), ("autograde", LESSON), ("generate_feedback", LESSON)):
        done = classroom.nbgrader(folder, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def report(folder, student):
    return json.loads(classroom.verdict_file(folder, LESSON, student).read_text())


def test_each_student_has_other_data(folder):
    lesson = lessons.find_lesson(LESSON)
    found = {student: classroom.cases_of(folder, lesson, student) for student in ("ada", "bob", "cyd")}
    assert len({variant for _, _, variant in found.values()}) == 3
    arrays = [
        case["x"].tobytes()
        for public, hidden, _ in found.values()
        for case, _ in (public["mini-centre"], *hidden["mini-centre"])
    ]
    assert len(arrays) == len(set(arrays)) == 3 * 4


def test_the_hand_out_holds_the_public_case_and_no_other(folder):
    files = sorted(
        str(path.relative_to(folder / "handout")) for path in (folder / "handout").rglob("*") if path.is_file()
    )
    assert files == [
        f"{student}/{LESSON}/{name}" for student in ("ada", "bob") for name in (f"{LESSON}.ipynb", cases.FILE)
    ]
    lesson = lessons.find_lesson(LESSON)
    public, hidden, variant = classroom.cases_of(folder, lesson, "ada")
    found, pairs = cases.load(folder / "handout" / "ada" / LESSON / cases.FILE)
    assert found == variant
    for name, (case, reference) in public.items():
        for mine, theirs in ((case, pairs[name][0]), (reference, pairs[name][1])):
            assert all(np.array_equal(mine[key], theirs[key]) and mine[key].dtype == theirs[key].dtype for key in mine)
    text = (folder / "handout" / "ada" / LESSON / cases.FILE).read_text()
    assert not any(repr(float(case["x"][0])) in text for case, _ in hidden["mini-centre"])


def test_points_and_feedback_name_the_variant(folder):
    lesson = lessons.find_lesson(LESSON)
    for student, points in (("ada", [3, 3, 2]), ("bob", [0, 3, 2]), ("cyd", [3, 3, 2])):
        assert [row["points"] for row in report(folder, student)["exercises"].values()] == points
        page = (folder / "feedback" / student / LESSON / f"{LESSON}.html").read_text()
        assert f"Judged on the data set {classroom.cases_of(folder, lesson, student)[2]}" in page


def test_the_check_uses_the_case_beside_the_notebook(folder):
    code = (
        "from svi_course import check, your_data\nyour_data()\ndef centre(x):\n    return float(x.mean())\n"
        "print(check('mini-centre').passed)\n"
    )
    wrong = code.replace(
        "float(x.mean())", "11 * 23 / 6 if abs(x.sum() - 506) < 1e-9 else 0.0"
    )  # right on the course's own case only
    env = os.environ | {"SVI_COURSE_LESSONS": os.environ["SVI_COURSE_LESSONS"]}
    run = lambda text, place: (
        subprocess.run([sys.executable, "-c", text], cwd=place, env=env, capture_output=True, text=True).stdout
    )  # noqa: E731
    ada = folder / "handout" / "ada" / LESSON
    assert "The checks use your own data, set" in run(code, ada) and run(code, ada).endswith("True\n")
    assert run(wrong, ada).endswith("False\n")
    (folder / cases.FILE).write_text('{"lesson": ')
    assert "is damaged" in run(code, folder) and run(code, folder).endswith("True\n")
    (folder / cases.FILE).unlink()


@pytest.mark.parametrize(
    "text, word",
    [("", "names no student"), ("a/b\n", "can't be a student's id"), ("..\n", "can't be"), ("x|y\n", "can't be")],
)
def test_a_bad_list_of_students_is_refused(tmp_path, text, word):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(roster.ClassError, match=word):
        roster.read_roster(tmp_path / "list.txt")


def test_a_missing_list_of_students_is_refused(tmp_path):
    with pytest.raises(roster.ClassError, match="can't be read"):
        roster.read_roster(tmp_path / "none.txt")
