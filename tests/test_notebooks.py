"""What is committed is what the sources build."""

import pytest

from svi_course import lessons, notebooks

ROOT = lessons.course_root()
COURSE = lessons.course_lessons()


@pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: lesson.name)
def test_release_is_what_the_source_builds(lesson):
    built = notebooks.to_bytes(notebooks.release_notebook(notebooks.source_notebook(lesson)))
    assert (ROOT / "course" / "release" / f"{lesson.name}.ipynb").read_bytes() == built
    assert built == notebooks.to_bytes(notebooks.release_notebook(notebooks.source_notebook(lesson)))
    assert b"BEGIN SOLUTION" not in built and b"hidden_tests(" not in built


@pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: lesson.name)
def test_solution_was_made_from_this_source(lesson):
    path = ROOT / "solutions" / f"{lesson.name}.ipynb"
    assert notebooks.built_from(path) == notebooks.fingerprint(lesson), "run `make course`"
    assert path.stat().st_size < 2_000_000
