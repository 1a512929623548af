"""The installed wheel: it finds its lessons, and its sandbox shows a learner nothing of the grader."""

import json
import os
import site
import subprocess
import sys
from pathlib import Path

import pytest

from svi_course import lessons, notebooks

ROOT = Path(__file__).parent.parent
LESSON = "90-mini"
SNOOP = """
import pathlib, sys
def centre(x):
    for name in ("judging", "grading", "classroom.seeds", "grading.replay", "notebooks"):
        try:
            __import__("svi_course." + name)
        except ImportError:
            continue
        return float("nan")
    if [p for root in map(pathlib.Path, sys.path) if root.is_dir()
        for p in (*root.glob("svi_course/_course"), *root.glob("svi_course/judging.py"))]:
        return float("nan")
    return x.mean()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter with the wheel installed, beside the libraries of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    (wheel,) = folder.glob("*.whl")
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
        "--target",
        str(packages),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return folder / "venv" / "bin" / "python"


def run(python, *arguments, **options):
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    }  # nbgrader calls alembic by name
    done = subprocess.run([str(python), *arguments], capture_output=True, text=True, env=env, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_finds_its_lessons(python, tmp_path):
    out = run(
        python,
        "-c",
        "from svi_course import lessons; print(*[l.source for l in lessons.all_lessons().values()], sep='\\n')",
        cwd=tmp_path,
    )
    names = [path.stem for path in (ROOT / "course").glob("lesson*/*.md")]
    found = [Path(line) for line in out.splitlines()]
    assert sorted(path.stem for path in found if "_course" in path.parts) == sorted(names)
    assert all(str(python.parent.parent) in str(path) for path in found if "_course" in path.parts)


def test_a_class_of_the_wheel_shows_learners_nothing(python, tmp_path, isolated):
    folder = tmp_path / "class"
    run(python, "-m", "svi_course.cli", "new-class", str(folder), "--lesson", LESSON)
    notebook = notebooks.source_notebook(lessons.find_lesson(LESSON))
    for cell in notebook.cells:
        if cell["id"] == "mini-centre-answer":
            cell.source = SNOOP
    place = folder / "submitted" / "eve" / LESSON
    place.mkdir(parents=True)
    (place / f"{LESSON}.ipynb").write_bytes(notebooks.to_bytes(notebook))
    run(python, "-m", "nbgrader", "generate_assignment", LESSON, cwd=folder)
    run(python, "-m", "svi_course.cli", "grade", LESSON, "--directory", str(folder))
    (report,) = (folder / ".svi-course" / "verdicts" / LESSON).glob("eve.json")
    points = {name: row["points"] for name, row in json.loads(report.read_text())["exercises"].items()}
    assert points == {"mini-centre": 3, "mini-scale": 3, "mini-sites": 2}
