"""A class of all lessons with a data set for a student: each lesson's own solution gets all points in the sandbox."""

import pytest

from autograder import classroom, grading, lessons, nbgrader, sandbox, submission

COURSE = [lesson.name for lesson in lessons.all_lessons().values() if lesson.source.is_relative_to(lessons.course_root() / "course")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, isolated):
    folder = tmp_path_factory.mktemp("all") / "class"
    assert classroom.new_class(folder, COURSE, students=["ada"], progress=lambda line: None) == COURSE
    return folder


@pytest.mark.parametrize("name", COURSE)
def test_the_solution_gets_all_points_on_a_students_own_data(folder, name):
    lesson = lessons.find_lesson(name)
    source = nbgrader.source_notebook(folder, name)
    solution, _ = submission.restore(nbgrader.source_notebook(folder, name).cells, source)
    public, hidden, variant = classroom.cases_of(folder, lesson, "ada")
    assert set(public) == set(hidden) == set(classroom.hidden_cases(folder, lesson)) == set(lesson.exercises)
    graded = grading.grade(solution, lesson, hidden, sandbox.Limits(), isolated=True, public=public, variant=variant)
    assert {name: result.points for name, result in graded.verdicts.items()} == {name: e.points for name, e in lesson.exercises.items()}
    assert not any("[grader]" in str(cell.get("outputs")) for cell in graded.notebook.cells)
