"""The worked example of docs/authoring.md: its blocks make a lesson that builds, judges and calibrates."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOC = Path(__file__).parent.parent / "docs" / "authoring.md"

RUN = """
import json, sys
from svi_course import calibration, lessons, notebooks
from pathlib import Path
lesson = lessons.find_lesson("91")
released = notebooks.to_bytes(notebooks.release_notebook(notebooks.source_notebook(lesson)))
notebooks.solution_notebook(lesson)
if __name__ == "__main__":
    calibration.calibrate(lesson, 30, 20, 20, 1, print)
"""


def blocks(text):
    """file name -> text of the block that follows it in the document."""
    found = {}
    for name, fence, body in re.findall(
        r"`((?:source|measures|exercises)/[\w.-]+)`:\n\n(`{3,})\w+\n(.*?)\n\2", text, re.S
    ):
        found[name] = body.strip("\n") + "\n"
    return found


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    found = blocks(DOC.read_text(encoding="utf-8"))
    assert sorted(found) == [
        "exercises/lesson91.json",
        "exercises/lesson91.py",
        "measures/lesson91.py",
        "source/91-example.md",
    ]
    for name, body in found.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(body)
    (folder / "run.py").write_text(RUN)
    env = os.environ | {"SVI_COURSE_LESSONS": str(folder)}
    done = subprocess.run([sys.executable, "run.py"], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "exercises" / "lesson91.json").read_text())["entropy-mc"]


def test_honest_answers_pass_with_room(example):
    assert example["_answers"]["false_fails"] == []
    assert len(example["_answers"]["honest"]) >= 3
    for name in ("value", "spread"):
        assert example[name]["honest"]["max"] < 0.8 * example[name]["tolerance"]


def test_mistakes_answers_fail_with_their_hint(example):
    assert len(example["_mistakes"]) >= 4
    for row in example["_mistakes"].values():
        assert row["failed"] == row["cases"] and row["hinted"] >= 0.95 * row["cases"]


def test_near_miss_is_seen(example):
    assert example["_near"]["offset"]["must_failed"] == 1.0
    assert 0.01 < example["_near"]["offset"]["smallest_failed_99_of_100"] <= 0.1
