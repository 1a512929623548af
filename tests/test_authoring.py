"""docs/authoring.md: its blocks make a lesson that builds, judges, calibrates and grades; and the author's commands."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOC = ROOT / "docs" / "authoring.md"

RUN = """
import json
import numpy as np
from svi_course import calibration, lessons, notebooks
from svi_course.grading import replay, sandbox, submission
from svi_course.grading.grade import grade, pairs_of

if __name__ == "__main__":  # the calibrator starts processes of its own
    lesson = lessons.find_lesson("91")
    source = notebooks.source_notebook(lesson)
    notebooks.solution_notebook(lesson)
    calibration.calibrate(lesson, 60, 20, 20, 1, lambda line: None)
    rng = np.random.default_rng(0)
    hidden = {}
    for name, exercise in lesson.exercises.items():
        cases = [exercise.case(rng) for _ in range(2)]
        hidden[name] = [(case, exercise.reference(case)) for case in cases]
    solution, _ = submission.restore(notebooks.source_notebook(lesson).cells, source)
    job = replay.Job(solution, lesson.exercises, pairs_of(lesson, hidden), lesson.folder, isolated=not sandbox.probe())
    print(json.dumps({name: [v.points, v.sentence] for name, v in grade(job).verdicts.items()}))
"""


def blocks(text):
    """file name -> text of the block that follows it in the document."""
    found = re.findall(r"`(lesson91/[\w./-]+)`:\n\n(`{3,})\w+\n(.*?)\n\2", text, re.S)
    return {name: body.strip("\n") + "\n" for name, _, body in found}


def command(*arguments, lessons, **options):
    env = os.environ | {"SVI_COURSE_LESSONS": str(lessons)}
    return subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The document's lesson, built, calibrated and graded: (its folder, the table, the verdicts)."""
    folder = tmp_path_factory.mktemp("example")
    found = blocks(DOC.read_text(encoding="utf-8"))
    parts = [
        f"entropy_mc/{name}"
        for name in ("honest.py", "judge.py", "measure.py", "mistakes.py", "route.py", "table.json")
    ]
    assert sorted(found) == [f"lesson91/{name}" for name in ("91-example.md", *parts)]
    for name, body in found.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(body)
    (folder / "run.py").write_text(RUN)
    done = command("run.py", lessons=folder, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    table = json.loads((folder / "lesson91" / "entropy_mc" / "table.json").read_text())
    return folder, table, json.loads(done.stdout.splitlines()[-1])


def test_honest_answers_pass_with_room(example):
    _, table, _ = example
    assert table["_answers"]["false_fails"] == []
    assert len(table["_answers"]["honest"]) >= 3
    for name in ("value", "spread"):
        assert table[name]["honest"]["max"] < 0.8 * table[name]["tolerance"]


def test_mistakes_fail_with_their_hint(example):
    _, table, _ = example
    assert len(table["_known_wrong"]) >= 4
    for row in table["_known_wrong"].values():
        assert row["failed"] == row["cases"] and row["hinted"] >= 0.95 * row["cases"]


def test_near_miss_is_seen(example):
    _, table, _ = example
    assert table["_near"]["offset"]["must_failed"] == 1.0
    assert 0.01 < table["_near"]["offset"]["smallest_failed_99_of_100"] <= 0.1


def test_a_nested_case_reaches_a_kernel(example):
    assert example[2] == {"entropy-mc": [5, ""]}


@pytest.mark.parametrize("lesson, exercise", [(None, "entropy-mc"), ("lesson92", "my-exercise")])
def test_the_exercises_pass_the_tests_of_form(example, tmp_path, lesson, exercise):
    """Those of an exercise's folder, on the document's example and on what ``new-exercise`` writes."""
    folder = example[0]
    if lesson:
        folder = tmp_path
        (folder / lesson).mkdir()
        head = blocks(DOC.read_text(encoding="utf-8"))["lesson91/91-example.md"].split("## Exercise")[0]
        (folder / lesson / "92-mine.md").write_text(head)
        done = command("-m", "svi_course.cli", "new-exercise", "92", exercise, lessons=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    tests = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/test_exercises.py", "-k", exercise]
    done = command(*tests, lessons=folder, cwd=ROOT)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-3000:]


def test_an_answer_is_tried_without_a_notebook(tmp_path):
    (tmp_path / "answer.py").write_text("def centre(x):\n    return np.median(x)\n")
    tried = ["-m", "svi_course.cli", "try", "mini-centre", str(tmp_path / "answer.py")]
    done = command(*tried, "--hidden", "2", lessons=ROOT / "tests" / "lessons")
    assert done.returncode == 1 and not done.stderr
    assert (
        "1 of 3 points" in done.stdout
        and "balance point" in done.stdout
        and "on 2 hidden cases: value failed" in done.stdout
    )
    (tmp_path / "answer.py").write_text("def centre(x):\n    return x.mean()\n")
    done = command(*tried, lessons=ROOT / "tests" / "lessons")
    assert done.returncode == 0 and "all right, 3 of 3 points" in done.stdout


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("try", "no-such", "answer.py"), "no exercise 'no-such'"),
        (("try", "mini-centre", "missing.py"), "missing.py can't be read"),
        (("try", "mini-centre", "broken.py"), "broken.py does not run: SyntaxError"),
        (("new-exercise", "90", "mini-centre"), "is there already"),
        (("new-exercise", "90", "Not An Id"), "can't be an id"),
        (("new-exercise", "90", "new-one", "--function", "a-b"), "can't be the name of a function"),
        (("new-exercise", "99", "new-one"), "no lesson '99'"),
    ],
)
def test_what_an_author_gets_wrong_is_a_sentence(tmp_path, arguments, says):
    (tmp_path / "broken.py").write_text("def centre(x:\n")
    done = command("-m", "svi_course.cli", *arguments, lessons=ROOT / "tests" / "lessons", cwd=tmp_path)
    assert (
        done.returncode == 1 and says in " ".join(done.stdout.split()) and "Traceback" not in done.stdout + done.stderr
    )


def test_two_lessons_of_one_number_are_refused(tmp_path):
    for name in ("91-one", "91-two"):
        (tmp_path / name / "lesson91").mkdir(parents=True)
        (tmp_path / name / "lesson91" / f"{name}.md").write_text("# x\n")
    both = os.pathsep.join(str(tmp_path / name) for name in ("91-one", "91-two"))
    done = command("-m", "svi_course.cli", "lessons", lessons=both)
    assert done.returncode == 1 and "two lessons have the number 91" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stderr
