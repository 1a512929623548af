"""A class from start to finish: the submissions of the course's ``demonstration.py``, graded through nbgrader."""

import json
import os
import time

from svi_course import answers as cut
from svi_course import lessons, notebooks
from svi_course.classroom import folder as classroom
from svi_course.grading import sandbox
from svi_course.grading.nbgrader_hooks import autograde_all


def with_answers(lesson, changes, edits=None):
    """The solved lesson with other answers, exercise id -> source, and edits of the lesson's cells, old -> new text."""
    notebook = notebooks.solved_notebook(notebooks.source_notebook(lesson))
    released = notebooks.release_notebook(notebooks.source_notebook(lesson))
    for cell, original in zip(notebook.cells, released.cells):
        cell.metadata = original.metadata
        name = cell["id"].removesuffix("-answer")
        if cell["id"].endswith("-answer") and name in changes:
            cell.source = changes[name]
    for old, new in (edits or {}).items():
        (cell,) = (cell for cell in notebook.cells if cell.cell_type == "code" and old in cell.source)
        cell.source = cell.source.replace(old, new)
    return notebook


def submissions(lesson, students):
    """Student -> bytes of the submitted notebook.

    Args:
        lesson: the Lesson.
        students: student -> what the course's ``demonstration.py`` says of the submission: exercise id -> name of an
            honest answer or of a mistake, with edits of other cells beside it, or "untouched" or "broken file".
    """
    source, files = notebooks.source_notebook(lesson), {}
    for student, (changes, edits) in students.items():
        if changes == "untouched":
            files[student] = notebooks.to_bytes(notebooks.release_notebook(source))
            continue
        wanted = {} if changes == "broken file" else changes
        answers = {
            name: {**cut.honest(lesson.exercises[name]), **cut.mistakes(lesson.exercises[name])}[which]
            for name, which in wanted.items()
        }
        files[student] = notebooks.to_bytes(with_answers(lesson, answers, edits))
        if changes == "broken file":
            files[student] = files[student][: len(files[student]) // 2]
    return files


def call(folder, *command):
    """One nbgrader command in the class; its log is shown if it fails."""
    begin = time.monotonic()
    done = classroom.nbgrader(folder, *command)
    if done.returncode:
        raise SystemExit(f"nbgrader {' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return time.monotonic() - begin


def run(folder, console):
    """Make a class in ``folder``, grade the submissions, print the table and name what to open."""
    from rich.table import Table

    trouble = sandbox.probe()
    if trouble:
        console.print(f"[yellow]No sandbox here ({trouble}): this demonstration grades without isolation.[/yellow]")
    plan = lessons.load_shared("demonstration")
    lesson = lessons.find_lesson(plan.LESSON)
    console.print("Making a class: hidden cases and their references")
    classroom.new_class(folder, [lesson.name], allow_unisolated=bool(trouble), progress=console.print)
    call(folder, "generate_assignment", lesson.name)
    files = submissions(lesson, plan.STUDENTS)
    for student, data in files.items():
        path = folder / "submitted" / student / lesson.name / f"{lesson.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    begin = time.monotonic()
    console.print("Grading: first the lesson's own solution, then the submissions")
    for number, (student, trouble, seconds) in enumerate(autograde_all(folder, lesson.name), 1):
        if trouble:
            raise SystemExit(f"grading {student} failed:\n{trouble}")
        console.print(f"[{number}/{len(files)}] graded {student}  {seconds:.0f} s", markup=False)
    console.print(f"{len(files)} submissions in {time.monotonic() - begin:.0f} s")
    call(folder, "generate_feedback", lesson.name)
    call(folder, "export")
    table = Table(title=lesson.name)
    for name in ("student", "exercise", "points", "status"):
        table.add_column(name, no_wrap=True)
    table.add_column("hint")
    for student in files:
        table.add_section()
        report = json.loads(classroom.verdict_file(folder, lesson.name, student).read_text())
        for name, row in report["exercises"].items():
            table.add_row(student, name, f"{row['points']:g}/{row['max_points']:g}", row["status"], row["hint"])
    console.print(table)
    for student in list(files)[:4]:
        console.print(
            f"feedback: {os.path.relpath(folder / 'feedback' / student / lesson.name / f'{lesson.name}.html')}",
            soft_wrap=True,
        )
    console.print(f"grades:   {os.path.relpath(folder / 'grades.csv')}", soft_wrap=True)
