"""Every exercise on both sides: right answers pass, known-wrong ones fail with their own hint."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from autograder import calibration, classroom, lessons, notebooks
from autograder.judging import verdict
from autograder.learner import cases as own_cases

COURSE = [lesson for lesson in lessons.all_lessons().values()]
EXERCISES = [(lesson, exercise) for lesson in COURSE for exercise in lesson.exercises.values()]
RIGHT = [(lesson, exercise, name) for lesson, exercise in EXERCISES for name in ("solution", *exercise.honest)]
WRONG = [(lesson, exercise, wrong) for lesson, exercise in EXERCISES for wrong in exercise.known_wrong]


def stored(exercise, cases, folder):
    """Cases with their references as a class stores and reads them."""
    rows = [{"case": case, "reference": exercise.reference(case), "routes": {}} for case in cases]
    classroom.save_cases(folder / "cases.npz", rows, {})
    return [(row["case"], row["reference"]) for row in classroom.load_cases(folder / "cases.npz")]


def judged(lesson, exercise, source, hidden=2, quick=False):
    """The verdict on the public case and ``hidden`` others; ``quick`` compiles what a learner would trace on each call."""
    rng = np.random.default_rng(11)
    cases = [exercise.public()] + [exercise.case(rng) for _ in range(hidden)]
    with tempfile.TemporaryDirectory() as folder:
        cases = stored(exercise, cases, Path(folder))
    run = calibration.measurer(lesson, exercise, source, plain=not quick)
    pairs = [(run(case), reference) for case, reference in cases]
    return verdict(exercise, pairs[0], pairs[1:], tolerances=lesson.tolerances)


@pytest.mark.parametrize("lesson, exercise, name", RIGHT, ids=lambda x: getattr(x, "id", None) or getattr(x, "name", x))
def test_right_answers_pass(lesson, exercise, name):
    source = notebooks.answers(lesson)[exercise.id] if name == "solution" else exercise.honest[name]
    result = judged(lesson, exercise, source)
    assert result.passed, result


@pytest.mark.parametrize("lesson, exercise, wrong", WRONG, ids=lambda x: getattr(x, "id", None) or getattr(x, "name", x))
def test_known_wrong_answers_fail_with_their_hint(lesson, exercise, wrong):
    result = judged(lesson, exercise, wrong.source, quick=True)
    assert not result.passed
    assert result.hint == wrong.hint, result


@pytest.mark.parametrize("lesson, exercise", EXERCISES, ids=lambda x: getattr(x, "id", None) or x.name)
def test_unwritten_and_missing_say_the_name(lesson, exercise):
    name = next(iter(exercise.names))
    missing = judged(lesson, exercise, "", hidden=0)
    assert missing.status == "missing" and name in missing.sentence and missing.points == 0
    stub = f"def {name}({exercise.names[name]}):\n    raise NotImplementedError\n"
    unwritten = judged(lesson, exercise, stub, hidden=0)
    assert unwritten.status == "unwritten" and unwritten.points == 0


@pytest.mark.parametrize("lesson, exercise", EXERCISES, ids=lambda x: getattr(x, "id", None) or x.name)
def test_a_case_survives_its_file(lesson, exercise, tmp_path):
    """What a student is handed, ``case.json``, and what a class keeps hold the very numbers that were drawn."""
    drawn = exercise.case(np.random.default_rng(12))
    drawn = drawn, exercise.reference(drawn)
    (tmp_path / "case.json").write_text(own_cases.dumps(lesson.name, "abc", {exercise.id: drawn}))
    for read in (own_cases.load(tmp_path / "case.json")[1][exercise.id], stored(exercise, drawn[:1], tmp_path)[0]):
        for before, after in zip(drawn, read):
            before, after = own_cases.flatten(before), own_cases.flatten(after)
            assert list(before) == list(after)
            for name, value in before.items():
                assert value.dtype == after[name].dtype and np.array_equal(value, after[name], equal_nan=value.dtype.kind == "f"), name
