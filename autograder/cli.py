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
):
    """Make an nbgrader course directory with a secret, hidden cases and their references."""
    try:
        names = classroom.new_class(directory, lesson, allow_unisolated, console.print)
    except classroom.ClassError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None
    console.print(f"\nThe class is in {directory}. Next, in that directory: nbgrader generate_assignment {names[0]}")


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
