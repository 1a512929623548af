"""Tests of an exercise that take minutes need not run again while nothing that they look at has changed.

    pytest --record                          runs everything and records each exercise whose tests passed
    pytest --record --exercise EXERCISE      the same for one

The record stands in the exercise's ``table.json``: a hash of all that the exercise is made of, pinned versions
included, and the seconds of processor time that the tests took. While the hash is true and the seconds are more than
DEAR, a test run leaves out what LEFT_OUT names, and counts it as deselected; the right answer, a mistake, the second
route and the form are tested each time. ``pytest --everything`` leaves nothing out.
"""

import hashlib
import json
import re
from pathlib import Path

from svi_course import calibration, lessons, notebooks

ROOT = Path(__file__).parent.parent
DEAR = 60.0  # seconds
LEFT_OUT = {
    "test_other_right_answers_pass",
    "test_each_mistake_fails_with_its_hint",
    "test_two_mistakes_fail_and_get_no_third_ones_hint",
    "test_an_empty_answer_earns_nothing",
    "test_an_argument_cannot_be_ignored",
}


def making(lesson, exercise):
    """Hash of what an exercise is made of: its folder, what this imports, the answer, tolerances, pinned versions."""
    files = sorted(exercise.folder.glob("*.py")) + sorted(lesson.folder.glob("*.py"))
    imports = re.compile(r"^from \.{2,3}(?: import )?(\w+(?:, \w+)*)", re.M)
    shared = {name for path in files for names in imports.findall(path.read_text()) for name in names.split(", ")}
    files += sorted(path for path in lesson.folder.parent.glob("*.py") if path.stem in shared)
    parts = [path.read_text() for path in (*files, ROOT / "constraints.txt")]
    parts += [notebooks.answers(lesson)[exercise.id], notebooks.prelude(lesson)]
    table = exercise.table()
    parts += [json.dumps([table[criterion.name]["tolerance"] for criterion in exercise.criteria])]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def left_out(lesson, exercise):
    """Whether the long tests of an exercise have passed as it is now, and are dear."""
    row = exercise.table().get("_tested", {})
    return row.get("seconds", 0) > DEAR and row.get("made_from") == making(lesson, exercise)


class Recorder:
    """Pytest's plugin of ``--record``: adds up what the tests of each exercise took, and whether they passed."""

    def __init__(self):
        pairs = [(lesson, exercise) for lesson in lessons.course_lessons() for exercise in lesson.exercises.values()]
        self.made_from = {exercise.id: making(lesson, exercise) for lesson, exercise in pairs}
        self.exercises = {exercise.id: exercise for _, exercise in pairs}
        self.seconds, self.failed = {}, set()

    def pytest_runtest_logreport(self, report):
        told = dict(report.user_properties)
        name = told.get("exercise")
        if report.failed:
            self.failed.add(name)
        if report.when == "call" and told.get("test") in LEFT_OUT:
            self.seconds[name] = self.seconds.get(name, 0.0) + told.get("cpu", 0.0)

    def pytest_sessionfinish(self):
        for name, seconds in self.seconds.items():
            exercise = self.exercises.get(name)
            if exercise and name not in self.failed and seconds > DEAR:
                row = {"made_from": self.made_from[name], "seconds": round(seconds)}
                table = {**exercise.table(), "_tested": row}
                (exercise.folder / "table.json").write_text(calibration.as_json(table))
