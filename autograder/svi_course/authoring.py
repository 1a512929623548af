"""For authors: a new exercise from the skeleton, and one answer tried without a notebook."""

import re
from pathlib import Path

import numpy as np

from svi_course import calibration, lessons
from svi_course.judging import verdict

SKELETON = Path(__file__).parent / "skeleton"
TRY_SEED = 7


class AuthoringError(Exception):
    """Something about an author's files; the message says what to do."""


def new_exercise(lesson, exercise_id, function=""):
    """Write the folder of a new exercise, and its three cells at the end of the lesson's text.

    What is written is a small exercise that works: its author replaces part after part.

    Args:
        lesson: the Lesson.
        exercise_id: kebab-case, new in the course.
        function: what a learner writes; the id with "_" for "-" if not given.

    Returns:
        The paths that were written.

    Raises:
        AuthoringError: if the id or the function's name can't be used.
    """
    name = exercise_id.replace("-", "_")
    function = function or name
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", exercise_id):
        raise AuthoringError(
            f"{exercise_id!r} can't be an id: use small letters, digits and single hyphens, such as mean-field."
        )
    if not function.isidentifier():
        raise AuthoringError(f"{function!r} can't be the name of a function.")
    for other in lessons.all_lessons().values():
        if (other.folder / name).exists():
            raise AuthoringError(f"{exercise_id} is there already, in {other.folder / name}: choose another id.")
    place = lesson.folder / name
    place.mkdir()
    written = []
    for path in sorted(SKELETON.iterdir()):
        if path.suffix in (".py", ".json"):
            (place / path.name).write_text(_filled(path, exercise_id, function))
            written.append(place / path.name)
    with open(lesson.source, "a", encoding="utf-8") as file:
        file.write(_filled(SKELETON / "cells.md", exercise_id, function))
    return [*written, lesson.source]


def _filled(path, exercise_id, function):
    return path.read_text(encoding="utf-8").replace("the_function", function).replace("the-exercise", exercise_id)


def try_answer(exercise_id, path, hidden=0):
    """The verdict on an answer in a file, which runs below the lesson's first cell as it would in a notebook.

    Args:
        exercise_id: the exercise.
        path: a Python file with what the exercise asks for.
        hidden: how many freshly drawn cases to judge besides the public one.

    Returns:
        A Verdict.

    Raises:
        AuthoringError: if there is no such exercise, or the file can't be read or run.
    """
    try:
        lesson, exercise = lessons.find_exercise(exercise_id)
        source = Path(path).read_text(encoding="utf-8")
    except KeyError as error:
        raise AuthoringError(error.args[0]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AuthoringError(f"{path} can't be read: {error}") from None
    try:
        run = calibration.measurer(lesson, exercise, source, plain=True)
    except Exception as error:
        raise AuthoringError(f"{path} does not run: {type(error).__name__}: {error}") from None
    rng = np.random.default_rng(TRY_SEED)
    cases = [exercise.public(), *(exercise.case(rng) for _ in range(hidden))]
    pairs = [(run(case), exercise.reference(case)) for case in cases]
    return verdict(exercise, pairs[0], pairs[1:])
