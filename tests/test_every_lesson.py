"""A class of each lesson with a data set for a student: the lesson's own solution gets all points in the sandbox."""

import pytest

from svi_course import lessons
from svi_course.classroom import folder as classroom
from svi_course.grading import nbgrader_hooks, replay, submission
from svi_course.grading.grade import grade, pairs_of

COURSE = [
    pytest.param(lesson, marks=pytest.mark.xdist_group(lesson.name), id=lesson.name)
    for lesson in lessons.course_lessons()
]


@pytest.mark.slow
@pytest.mark.parametrize("lesson", COURSE)
def test_the_solution_gets_all_points_on_a_students_own_data(tmp_path, isolated, lesson):
    folder = tmp_path / "class"
    assert classroom.new_class(folder, [lesson.name], students=["ada"], progress=lambda line: None) == [lesson.name]
    source = nbgrader_hooks.source_notebook(folder, lesson.name)
    solution, _ = submission.restore(nbgrader_hooks.source_notebook(folder, lesson.name).cells, source)
    public, hidden, variant = classroom.cases_of(folder, lesson, "ada")
    assert set(public) == set(hidden) == set(classroom.hidden_cases(folder, lesson)) == set(lesson.exercises)
    job = replay.Job(solution, lesson.exercises, pairs_of(lesson, hidden, public), lesson.folder, variant=variant)
    graded = grade(job)
    points = {name: result.points for name, result in graded.verdicts.items()}
    assert points == {name: exercise.points for name, exercise in lesson.exercises.items()}
    assert not any("[grader]" in str(cell.get("outputs")) for cell in graded.notebook.cells)
