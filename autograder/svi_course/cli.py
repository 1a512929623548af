"""The command ``svi-course``."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from svi_course import lessons
from svi_course.classroom import folder as classroom
from svi_course.classroom import roster

app = typer.Typer(
    help="Lessons on stochastic variational inference, and classes that grade them.",
    no_args_is_help=True,
    add_completion=False,
)
console = Console()


@app.command("new-class")
def new_class(
    directory: Annotated[Path, typer.Argument(help="A new directory.")],
    lesson: Annotated[list[str], typer.Option(help="Name or number of a lesson; all of them if not given.")] = [],
    allow_unisolated: Annotated[bool, typer.Option(help="Permit grading where no sandbox can be had.")] = False,
    per_student: Annotated[
        Path | None,
        typer.Option(help="List of students, one id a line or a CSV with a column id: each gets data of their own."),
    ] = None,
):
    """Make an nbgrader course directory with a secret, hidden cases and their references."""
    try:
        students = roster.read_roster(per_student) if per_student else ()
        names = classroom.new_class(directory, lesson, allow_unisolated, students, console.print)
    except roster.ClassError as error:
        _stop(error)
    console.print(f"\nThe class is in {directory}. Next, in that directory: nbgrader generate_assignment {names[0]}")


def _stop(error):
    """Say what is wrong and end."""
    console.print(str(error), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1) from None


def _class(directory):
    if not (directory / classroom.PRIVATE / "secret").is_file():
        _stop(f"{directory.resolve()} is no class: change into one that `svi-course new-class` made.")
    return directory.resolve()


def _lesson(name):
    try:
        return lessons.find_lesson(name)
    except KeyError as error:
        _stop(error.args[0])


@app.command("hand-out")
def hand_out(
    students: Annotated[Path, typer.Argument(help="List of students, one id a line or a CSV with a column id.")],
    directory: Annotated[Path, typer.Option(help="The class.")] = Path("."),
):
    """Give students data of their own: writes handout/STUDENT/LESSON with the notebook and its case.json."""
    try:
        classroom.hand_out(_class(directory), roster.read_roster(students), console.print)
    except roster.ClassError as error:
        _stop(error)


@app.command()
def references(
    lesson: Annotated[
        list[str], typer.Argument(help="Name or number of a lesson; all of the class's lessons if not given.")
    ] = [],
    directory: Annotated[Path, typer.Option(help="The class.")] = Path("."),
):
    """Compute hidden cases and references that a class lacks; those it has are kept."""
    folder = _class(directory)
    names = [_lesson(name).name for name in lesson] or classroom.lessons_of(folder)
    try:
        for name in names:
            classroom.add_source(folder, _lesson(name))
        classroom.build_references(folder, names, progress=console.print)
    except roster.ClassError as error:
        _stop(error)


@app.command()
def grade(
    lesson: Annotated[str, typer.Argument(help="Name or number of a lesson.")],
    directory: Annotated[Path, typer.Option(help="The class.")] = Path("."),
    jobs: Annotated[int, typer.Option(help="Submissions at a time; 0 for as many as there are cores.")] = 0,
):
    """Autograde all submissions of a lesson through nbgrader, several at a time."""
    from svi_course.grading import nbgrader_hooks

    folder, name = _class(directory), _lesson(lesson).name
    students = nbgrader_hooks.submitted(folder, name)
    if not students:
        _stop(f"there are no submissions of {name}: they belong into submitted/STUDENT/{name}/")
    failed = 0
    for number, (student, trouble, seconds) in enumerate(nbgrader_hooks.autograde_all(folder, name, jobs), 1):
        console.print(f"[{number}/{len(students)}] {student}  {seconds:.0f} s", markup=False)
        if trouble:
            failed += 1
            console.print(trouble, markup=False)
    raise typer.Exit(1 if failed else 0)


@app.command()
def build():
    """Build release and solution notebooks from their sources (in a checkout)."""
    from svi_course import notebooks

    root = lessons.course_root()
    for lesson in lessons.course_lessons():
        for path in notebooks.build(lesson, root):
            console.print(f"built {path.relative_to(root)}")


@app.command()
def calibrate(
    lesson: Annotated[str, typer.Argument(help="Name or number of a lesson.")],
    only: Annotated[list[str], typer.Option(help="Id of an exercise; all of them if not given.")] = [],
    answers: Annotated[
        int,
        typer.Option(
            help="Honest answers an exercise, on as many hidden cases as in a class; 0 keeps those measured before."
        ),
    ] = 3000,
    wrong: Annotated[int, typer.Option(help="Hidden cases for each known-wrong answer.")] = 200,
    near: Annotated[int, typer.Option(help="Right measurements that near misses are made of.")] = 200,
    jobs: Annotated[int, typer.Option(help="Exercises at a time.")] = 2,
):
    """Measure false fails, power and hints of a lesson's exercises; writes its table (an hour a lesson)."""
    from svi_course import calibration

    calibration.calibrate(
        _lesson(lesson), answers, wrong, near, jobs, lambda line: console.print(line, markup=False), only
    )
    docs = lessons.course_root() / "docs"
    if docs.is_dir():
        (docs / "calibration.md").write_text(calibration.report())


@app.command("new-exercise")
def new_exercise(
    lesson: Annotated[str, typer.Argument(help="Name or number of a lesson.")],
    exercise: Annotated[str, typer.Argument(help="The new exercise's id, such as mean-field.")],
    function: Annotated[str, typer.Option(help="What a learner writes; the id with _ for - if not given.")] = "",
):
    """Write the folder of a new exercise and its cells at the end of the lesson's text: a small one that works."""
    from svi_course import authoring

    try:
        for path in authoring.new_exercise(_lesson(lesson), exercise, function):
            console.print(f"wrote {path}", soft_wrap=True, markup=False)
    except authoring.AuthoringError as error:
        _stop(error)
    console.print(f"\nReplace its parts, and try answers with: svi-course try {exercise} answer.py", markup=False)


@app.command("try")
def try_answer(
    exercise: Annotated[str, typer.Argument(help="Id of an exercise.")],
    answer: Annotated[Path, typer.Argument(help="A Python file with what the exercise asks for.")],
    hidden: Annotated[int, typer.Option(help="Freshly drawn cases to judge besides the public one.")] = 0,
):
    """Print the panel of an answer in a file, without a notebook. Ends with 1 if it is not all right."""
    from svi_course import authoring, panel

    try:
        result = authoring.try_answer(exercise, answer, hidden)
    except authoring.AuthoringError as error:
        _stop(error)
    console.print(panel.as_text(result), markup=False, highlight=False, soft_wrap=True)
    for name, passed in result.hidden.items():
        console.print(
            f"  on {hidden} hidden cases: {name} {'passed' if passed else 'failed'}", markup=False, highlight=False
        )
    raise typer.Exit(0 if result.passed else 1)


@app.command()
def mutate(
    exercise: Annotated[list[str], typer.Argument(help="Ids of exercises.")],
    hidden: Annotated[int, typer.Option(help="Hidden cases that each mutant is judged on.")] = 3,
    write: Annotated[bool, typer.Option(help="Keep the result in the exercise's table.json.")] = False,
):
    """List the one-node changes of the solution that pass. Ends with 1 if one is not named as equivalent."""
    from svi_course import mutation

    left = 0
    for exercise_id in exercise:
        try:
            lesson, found = lessons.find_exercise(exercise_id)
        except KeyError as error:
            _stop(error.args[0])
        rows = mutation.analyse(lesson, found, hidden, lambda line: console.print(line, markup=False, highlight=False))
        console.print(
            f"{exercise_id}: {rows['killed']} of {rows['mutants']} mutants failed, {rows['equivalent']} equivalent, "
            f"{len(rows['surviving'])} survive",
            highlight=False,
        )
        left += len(rows["surviving"])
        if write:
            mutation.keep(found, rows)
    raise typer.Exit(1 if left else 0)


@app.command()
def demo(directory: Annotated[Path, typer.Argument(help="A new directory for the class.")] = Path("demo-class")):
    """Make a class in a scratch folder and grade ten submissions of lesson 03 through nbgrader."""
    import shutil

    from svi_course import demo as demonstration

    if (directory / classroom.PRIVATE).is_dir():
        shutil.rmtree(directory)  # an earlier demonstration
    try:
        demonstration.run(directory.resolve(), console)
    except roster.ClassError as error:
        _stop(error)


@app.command("lessons")
def list_lessons():
    """List the lessons and where they are."""
    for lesson in lessons.all_lessons().values():
        console.print(f"{lesson.name}: {len(lesson.exercises)} exercises, {lesson.source}")


def main():
    """The command, with a sentence for what is wrong with the lessons themselves."""
    try:
        app()
    except lessons.LessonError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
