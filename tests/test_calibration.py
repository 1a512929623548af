"""The stored tables of false fails, power and hints are complete, good enough, and still true."""

import json

import numpy as np
import pytest

from autograder import calibration, lessons, notebooks
from autograder.judging import choose_hint, judge

ROOT = lessons.course_root()
COURSE = [lesson for lesson in lessons.all_lessons().values() if lesson.source.is_relative_to(ROOT / "course")]
EXERCISES = [(lesson, exercise) for lesson in COURSE for exercise in lesson.exercises.values()]
ids = lambda x: getattr(x, "id", None) or getattr(x, "name", x)  # noqa: E731


def rows_of(lesson, exercise):
    return json.loads(lesson.tolerances.read_text())[exercise.id]


@pytest.mark.parametrize("lesson, exercise", EXERCISES, ids=ids)
def test_each_criterion_has_a_tolerance(lesson, exercise):
    rows = rows_of(lesson, exercise)
    assert [key for key in rows if not key.startswith("_")] == [criterion.name for criterion in exercise.criteria]


@pytest.mark.parametrize("lesson, exercise", EXERCISES, ids=ids)
def test_honest_answers_fail_less_than_once_in_a_thousand(lesson, exercise):
    rows = rows_of(lesson, exercise)
    assert rows["_answers"]["honest"] == ["solution", *exercise.honest]
    answers, failed = rows["_answers"]["answers"], rows["_answers"]["false_fails"]
    assert calibration.upper_bound(len(failed), answers) < 1e-3
    for criterion in exercise.criteria:
        honest = rows[criterion.name]["honest"]
        assert honest["cases"] >= 3 * answers and honest["max"] <= rows[criterion.name]["tolerance"]


@pytest.mark.parametrize("lesson, exercise", EXERCISES, ids=ids)
def test_wrong_answers_fail_and_get_their_hint(lesson, exercise):
    rows = rows_of(lesson, exercise)
    assert list(rows["_known_wrong"]) == [wrong.name for wrong in exercise.known_wrong] and len(exercise.known_wrong) >= 4
    assert list(rows["_near"]) == [near.name for near in exercise.near]
    for name, row in rows["_known_wrong"].items():
        assert row["cases"] >= 200 and row["failed"] == row["cases"], name
        assert row["hinted"] >= 0.95 * row["failed"], name
    for name, row in rows["_near"].items():
        assert row["must_failed"] == 1.0 and row["smallest_failed_99_of_100"] <= row["must"], name
        assert row["must_distance"] > 2, name  # in tolerances, the honest noise of the answer included; 3 without it


@pytest.mark.parametrize("lesson, exercise", EXERCISES, ids=ids)
def test_a_quick_run_agrees_with_the_table(lesson, exercise):
    """Other seeds than the table's: about a tenth of the distances lie above its 90 % quantile."""
    rng = np.random.default_rng(2)
    run = calibration.measurer(lesson, exercise, notebooks.answers(lesson)[exercise.id])
    above, count = dict.fromkeys((c.name for c in exercise.criteria), 0), 12
    for _ in range(count):
        case = exercise.case(rng)
        for row in judge(exercise, run(case), exercise.reference(case), lesson.tolerances):
            assert row.passed, row
            above[row.name] += row.distance > rows_of(lesson, exercise)[row.name]["honest"]["q90"]
    assert all(number <= 8 for number in above.values()), above
    wrong = exercise.known_wrong[0]
    run, case = calibration.measurer(lesson, exercise, wrong.source), exercise.case(rng)
    rows = judge(exercise, measurement := run(case), exercise.reference(case), lesson.tolerances)
    assert not all(row.passed for row in rows)
    assert choose_hint(exercise, [(measurement, exercise.reference(case), rows)]) == wrong.hint


@pytest.mark.parametrize("lesson, exercise", EXERCISES, ids=ids)
def test_garbage_passes_nothing_and_gets_no_hint(lesson, exercise):
    """Numbers of the right shapes that no listed mistake explains."""
    rng = np.random.default_rng(4)
    for fill in (lambda shape: rng.normal(size=shape), lambda shape: 1000 * rng.normal(size=shape), lambda shape: rng.exponential(size=shape)):
        for _ in range(5):
            case = exercise.case(rng)
            garbage = {"status": "ok", "sentence": "", "detail": "", "warnings": []}
            for name, wanted in exercise.fields.items():
                shape = tuple(7 if n is None else n for n in wanted.shape)
                garbage[name] = np.array(["x"] * 7) if wanted.text else np.asarray(fill(shape))
            reference = exercise.reference(case)
            rows = judge(exercise, garbage, reference, lesson.tolerances)
            assert not all(row.passed for row in rows)
            assert choose_hint(exercise, [(garbage, reference, rows)]) == "", rows


def test_the_report_is_made_from_the_tables():
    assert (ROOT / "docs" / "calibration.md").read_text() == calibration.report()


def test_upper_bound():
    assert calibration.upper_bound(0, 3000) == pytest.approx(1 - 0.05 ** (1 / 3000))
    assert calibration.upper_bound(0, 2990) > 1e-3 > calibration.upper_bound(0, 3000)
    assert calibration.upper_bound(5, 5) == 1.0
