"""The record of tests that passed is true only as long as nothing changes that they look at."""

import json
import shutil
from dataclasses import replace

import pytest
import recorded

from svi_course import lessons


@pytest.fixture
def exercise_copy(tmp_path):
    """(lesson, exercise) of a lesson whose files may be changed."""
    lesson = lessons.find_lesson("07")
    root = tmp_path / "course"
    root.mkdir()
    for path in lesson.folder.parent.glob("*.py"):
        shutil.copy(path, root)
    shutil.copytree(lesson.folder, root / lesson.folder.name)
    moved = replace(lesson, source=root / lesson.folder.name / lesson.source.name)
    return moved, replace(lesson.exercises["log-mixture"], folder=moved.folder / "log_mixture")


def test_left_out_only_while_nothing_has_changed(exercise_copy):
    lesson, exercise = exercise_copy
    table = exercise.folder / "table.json"
    assert not recorded.left_out(lesson, exercise)  # never recorded: it is cheap
    for seconds, dear in ((recorded.DEAR + 1, True), (recorded.DEAR - 1, False)):
        rows = json.loads(table.read_text()) | {
            "_tested": {"seconds": seconds, "made_from": recorded.making(lesson, exercise)}
        }
        table.write_text(json.dumps(rows))
        assert recorded.left_out(lesson, exercise) is dear
    rows["_tested"]["seconds"] = recorded.DEAR + 1
    table.write_text(json.dumps(rows))
    shared = lesson.folder.parent / "tools.py"  # the judge imports it
    for path in (*exercise.folder.glob("*.py"), lesson.folder / "given.py", shared):
        before = path.read_text()
        path.write_text(before + "\n# changed\n")
        assert not recorded.left_out(lesson, exercise), path.name
        path.write_text(before)
    assert recorded.left_out(lesson, exercise)
    rows[exercise.criteria[0].name]["tolerance"] *= 2
    table.write_text(json.dumps(rows))
    assert not recorded.left_out(lesson, exercise)
