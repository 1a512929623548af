"""A class from start to finish: about ten submissions of lesson 03, graded through nbgrader."""

import json
import os
import time

from autograder import classroom, lessons, notebooks, sandbox
from autograder.nbgrader import autograde_all

LESSON = "03-svi-in-numpyro"


#: Another optimiser and other seeds in the lesson's own cells.
OTHER_FIT = {
    "optax.adam(optax.cosine_decay_schedule(0.05, n_steps))": "optax.rmsprop(optax.exponential_decay(0.03, 400, 0.6))",
    "run_svi(jax.random.key(3)": "run_svi(jax.random.key(2024)",
    "run_svi(jax.random.key(7)": "run_svi(jax.random.key(2025)",
}


def with_answers(lesson, changes, edits=None):
    """The solved lesson with some answers replaced, exercise id -> source, and edits of the lesson's own cells, old -> new text."""
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


def submissions(lesson):
    """Student -> bytes of the submitted notebook."""
    exercises = lesson.exercises

    def wrong(exercise, name):
        return {exercise: next(w.source for w in exercises[exercise].known_wrong if w.name == name)}

    def honest(**names):
        return {key.replace("_", "-"): exercises[key.replace("_", "-")].honest[name] for key, name in names.items()}

    students = {
        "ada-solution": {},
        "bea-other-guide": honest(coin_guide="mean and concentration", unit_guide="auxiliary site"),
        "cyd-other-optimiser": honest(run_svi="python loop", bound_check="batch means"),
        "dan-mistake": wrong("coin-guide", "uniform prior"),
        "eve-mistake": wrong("coin-guide", "other site"),
        "fay-mistake": wrong("run-svi", "unconstrained"),
        "gus-mistake": wrong("posterior-predictive", "new coin each flip"),
        "hal-mistake": wrong("unit-guide", "no log density") | wrong("bound-check", "any loss"),
    }
    edits = {"cyd-other-optimiser": OTHER_FIT}
    files = {student: notebooks.to_bytes(with_answers(lesson, changes, edits.get(student))) for student, changes in students.items()}
    files["ivy-untouched"] = notebooks.to_bytes(notebooks.release_notebook(notebooks.source_notebook(lesson)))
    files["joe-broken-file"] = files["ada-solution"][: len(files["ada-solution"]) // 2]
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
    lesson = lessons.find_lesson(LESSON)
    console.print("Making a class: hidden cases and their references")
    classroom.new_class(folder, [LESSON], allow_unisolated=bool(trouble), progress=console.print)
    call(folder, "generate_assignment", LESSON)
    files = submissions(lesson)
    for student, data in files.items():
        path = folder / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    begin = time.monotonic()
    console.print("Grading: first the lesson's own solution, then the submissions")
    for number, (student, trouble, seconds) in enumerate(autograde_all(folder, LESSON), 1):
        if trouble:
            raise SystemExit(f"grading {student} failed:\n{trouble}")
        console.print(f"[{number}/{len(files)}] graded {student}  {seconds:.0f} s", markup=False)
    console.print(f"{len(files)} submissions in {time.monotonic() - begin:.0f} s")
    call(folder, "generate_feedback", LESSON)
    call(folder, "export")
    table = Table(title=LESSON)
    for name in ("student", "exercise", "points", "status"):
        table.add_column(name, no_wrap=True)
    table.add_column("hint")
    for student in files:
        table.add_section()
        report = json.loads(classroom.verdict_file(folder, LESSON, student).read_text())
        for name, row in report["exercises"].items():
            table.add_row(student, name, f"{row['points']:g}/{row['max_points']:g}", row["status"], row["hint"])
    console.print(table)
    for student in list(files)[:4]:
        console.print(f"feedback: {os.path.relpath(folder / 'feedback' / student / LESSON / f'{LESSON}.html')}", soft_wrap=True)
    console.print(f"grades:   {os.path.relpath(folder / 'grades.csv')}", soft_wrap=True)
