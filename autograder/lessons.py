"""Where the lessons are: one function finds them, in a checkout and in an installed wheel."""

import importlib.util
import os
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Lesson:
    """Files of one lesson, ``03-svi-in-numpyro`` say.

    Attributes:
        name: number and slug.
        source: the authored MyST file.
        exercises_file: module of the grader's half.
        measures: module of the learner's half.
        tolerances: the calibrated table of its tolerances.
    """

    name: str
    source: Path
    exercises_file: Path
    measures: Path
    tolerances: Path

    @property
    def exercises(self):
        """id -> Exercise, in the order of the lesson."""
        module = _load(self.exercises_file)
        return {exercise.id: exercise for exercise in module.EXERCISES}


@cache
def _load(path):
    if path.parent == PACKAGE / "exercises":
        return importlib.import_module(f"autograder.exercises.{path.stem}")
    spec = importlib.util.spec_from_file_location(f"svi_exercises_{path.stem}", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def course_root():
    """The folder that holds ``course`` and ``solutions``."""
    for root in (PACKAGE / "_course", PACKAGE.parent):
        if (root / "course" / "source").is_dir():
            return root
    raise FileNotFoundError("the lessons are missing from this installation; install svi-course again")


def _roots():
    yield course_root() / "course" / "source", PACKAGE / "exercises", PACKAGE / "learner" / "measures"
    for extra in filter(None, os.environ.get("SVI_COURSE_LESSONS", "").split(os.pathsep)):
        root = Path(extra).resolve()
        yield root / "source", root / "exercises", root / "measures"


def all_lessons():
    """name -> Lesson: the course's own, and those below each folder of ``$SVI_COURSE_LESSONS``.

    An extra folder has the same three parts: ``source/NN-name.md``,
    ``exercises/lessonNN.py`` with its tolerances in ``lessonNN.json``, ``measures/lessonNN.py``.
    """
    found = {}
    for source, exercises, measures in _roots():
        for path in sorted(source.glob("[0-9][0-9]-*.md")):
            module = f"lesson{path.stem[:2]}"
            found[path.stem] = Lesson(
                path.stem, path, exercises / f"{module}.py", measures / f"{module}.py", exercises / f"{module}.json"
            )
    return found


def find_lesson(name):
    """The Lesson called ``name``; its number is enough ("3" or "03")."""
    lessons = all_lessons()
    if name in lessons:
        return lessons[name]
    if re.fullmatch(r"\d{1,2}", name):
        for key, lesson in lessons.items():
            if int(key[:2]) == int(name):
                return lesson
    raise KeyError(f"no lesson {name!r}; there are: {', '.join(lessons)}")


def find_exercise(exercise_id):
    """(Lesson, Exercise) of an exercise id."""
    known = []
    for lesson in all_lessons().values():
        exercises = lesson.exercises
        if exercise_id in exercises:
            return lesson, exercises[exercise_id]
        known += exercises
    raise KeyError(f"no exercise {exercise_id!r}; there are: {', '.join(known)}")
