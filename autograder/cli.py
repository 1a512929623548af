"""The command ``svi-course``."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder import classroom, lessons

app = typer.Typer(help="Lessons on stochastic variational inference, and classes that grade them.", no_args_is_help=True, add_completion=False)
console = Console()


@app.command("new-class")
def new_class(
    directory: Annotated[Path, typer.Argument(help="A new directory.")],
    lesson: Annotated[list[str], typer.Option(help="Name or number of a lesson; all of them if not given.")] = [],
    allow_unisolated: Annotated[bool, typer.Option(help="Permit grading where no sandbox can be had.")] = False,
    per_student: Annotated[Path | None, typer.Option(help="List of students, one id a line or a CSV with a column id: each gets data of their own.")] = None,
):
    """Make an nbgrader course directory with a secret, hidden cases and their references."""
    try:
        students = classroom.read_roster(per_student) if per_student else ()
        names = classroom.new_class(directory, lesson, allow_unisolated, students, console.print)
    except classroom.ClassError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None
    console.print(f"\nThe class is in {directory}. Next, in that directory: nbgrader generate_assignment {names[0]}")


def _class(directory):
    if not (directory / classroom.PRIVATE / "secret").is_file():
        console.print(f"[red]{directory.resolve()} is no class: change into one that `svi-course new-class` made.[/red]")
        raise typer.Exit(1)
    return directory.resolve()


def _lesson(name):
    try:
        return lessons.find_lesson(name)
    except KeyError as error:
        console.print(f"[red]{error.args[0]}[/red]")
        raise typer.Exit(1) from None


@app.command("hand-out")
def hand_out(
    students: Annotated[Path, typer.Argument(help="List of students, one id a line or a CSV with a column id.")],
    directory: Annotated[Path, typer.Option(help="The class.")] = Path("."),
):
    """Give students data of their own: writes handout/STUDENT/LESSON with the notebook and its case.json."""
    try:
        classroom.hand_out(_class(directory), classroom.read_roster(students), console.print)
    except classroom.ClassError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None


@app.command()
def references(
    lesson: Annotated[list[str], typer.Argument(help="Name or number of a lesson; all of the class's lessons if not given.")] = [],
    directory: Annotated[Path, typer.Option(help="The class.")] = Path("."),
):
    """Compute hidden cases and references that a class lacks; those it has are kept."""
    folder = _class(directory)
    names = [_lesson(name).name for name in lesson] or classroom.lessons_of(folder)
    try:
        for name in names:
            classroom.add_source(folder, _lesson(name))
        classroom.build_references(folder, names, progress=console.print)
    except classroom.ClassError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None


@app.command()
def grade(
    lesson: Annotated[str, typer.Argument(help="Name or number of a lesson.")],
    directory: Annotated[Path, typer.Option(help="The class.")] = Path("."),
    jobs: Annotated[int, typer.Option(help="Submissions at a time; 0 for as many as there are cores.")] = 0,
):
    """Autograde all submissions of a lesson through nbgrader, several at a time."""
    from autograder import nbgrader

    folder, name = _class(directory), _lesson(lesson).name
    students = nbgrader.submitted(folder, name)
    if not students:
        console.print(f"[red]there are no submissions of {name}: they belong into submitted/STUDENT/{name}/[/red]")
        raise typer.Exit(1)
    failed = 0
    for number, (student, trouble, seconds) in enumerate(nbgrader.autograde_all(folder, name, jobs), 1):
        console.print(f"[{number}/{len(students)}] {student}  {seconds:.0f} s", markup=False)
        if trouble:
            failed += 1
            console.print(trouble, markup=False)
    raise typer.Exit(1 if failed else 0)


@app.command()
def build():
    """Build release and solution notebooks from their sources (in a checkout)."""
    from autograder import notebooks

    root = lessons.course_root()
    for lesson in lessons.all_lessons().values():
        if lesson.source.is_relative_to(root):
            for path in notebooks.build(lesson, root):
                console.print(f"built {path.relative_to(root)}")


@app.command()
def calibrate(
    lesson: Annotated[str, typer.Argument(help="Name or number of a lesson.")],
    only: Annotated[list[str], typer.Option(help="Id of an exercise; all of them if not given.")] = [],
    answers: Annotated[int, typer.Option(help="Honest answers an exercise, three hidden cases each; 0 keeps those measured before.")] = 3000,
    wrong: Annotated[int, typer.Option(help="Hidden cases for each known-wrong answer.")] = 200,
    near: Annotated[int, typer.Option(help="Right measurements that near misses are made of.")] = 200,
    jobs: Annotated[int, typer.Option(help="Exercises at a time.")] = 2,
):
    """Measure false fails, power and hints of a lesson's exercises; writes its table (an hour a lesson)."""
    from autograder import calibration

    calibration.calibrate(_lesson(lesson), answers, wrong, near, jobs, lambda line: console.print(line, markup=False), only)
    docs = lessons.course_root() / "docs"
    if docs.is_dir():
        (docs / "calibration.md").write_text(calibration.report())


@app.command()
def demo(directory: Annotated[Path, typer.Argument(help="A new directory for the class.")] = Path("demo-class")):
    """Make a class in a scratch folder and grade ten submissions of lesson 03 through nbgrader."""
    import shutil

    from autograder import demo as demonstration

    if (directory / classroom.PRIVATE).is_dir():
        shutil.rmtree(directory)  # an earlier demonstration
    try:
        demonstration.run(directory.resolve(), console)
    except classroom.ClassError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None


@app.command("lessons")
def list_lessons():
    """List the lessons and where they are."""
    for lesson in lessons.all_lessons().values():
        console.print(f"{lesson.name}: {len(lesson.exercises)} exercises, {lesson.source}")


if __name__ == "__main__":
    sys.exit(app())
