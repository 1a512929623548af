"""Tests of an exercise that take minutes need not run again while nothing that they look at has changed.

    python tests/recorded.py EXERCISE …     runs all tests of an exercise and, if they pass, records it

The record stands in the exercise's ``table.json``: a hash of all that the exercise is made of, pinned versions
included, and the seconds of processor time that its tests took. While the hash is true and the seconds are more than
DEAR, a test run leaves out what LEFT_OUT names, and says so in its summary; the right answer, a mistake, the second
route and the form are tested each time. ``pytest --everything`` leaves nothing out.
"""

import hashlib
import json
import re
import resource
import subprocess
import sys
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


def record(name):
    """Run the tests of an exercise and keep the record; raises if one fails."""
    lesson = next(lesson for lesson in lessons.course_lessons() if name in lesson.exercises)
    exercise, before = lesson.exercises[name], making(lesson, lesson.exercises[name])
    files = [str(ROOT / "tests" / f"test_{file}.py") for file in ("exercises", "probes")]
    chosen = ["--exercise", name, "--everything", "-n", "0", "-q"]
    begin = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    status = subprocess.run([sys.executable, "-m", "pytest", *files, *chosen], cwd=ROOT).returncode
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begin
    if status:
        raise SystemExit(f"{name}: a test failed, nothing is recorded")
    row = {"made_from": before, "seconds": round(seconds)}
    (exercise.folder / "table.json").write_text(calibration.as_json({**exercise.table(), "_tested": row}))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        record(name)
