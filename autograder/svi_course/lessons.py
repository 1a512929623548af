"""Where the lessons and their exercises are: found by their folders, in a checkout and in an installed wheel.

A root holds lesson folders: the course's own is ``course/``, others are named in
``$SVI_COURSE_LESSONS``. ``lessonNN/`` holds the one authored file ``NN-name.md`` and a folder for
each exercise, whose name is the exercise's id.
"""

import os
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from svi_course.learner import loading

HERE = Path(__file__).resolve().parent
CHECK_CELL = re.compile(r"^nbgrader: *\{.*\bgrade: *true\b.*\bgrade_id: *([\w-]+)", re.M)


class LessonError(Exception):
    """Something about the lessons' folders; the message says what to do."""


@dataclass(frozen=True)
class Lesson:
    """One lesson, ``NN-name``.

    Attributes:
        source: its authored MyST file, which gives it its name.
    """

    source: Path

    @property
    def name(self):
        """Number and slug."""
        return self.source.stem

    @property
    def folder(self):
        """The folder with the source and the exercises."""
        return self.source.parent

    @property
    def exercises(self):
        """id -> Exercise, in the order of the check cells."""
        names = CHECK_CELL.findall(self.source.read_text(encoding="utf-8"))
        here = {path.parent.name.replace("_", "-") for path in self.folder.glob("*/judge.py")}
        ordered = [name for name in names if name in here]
        return {name: load_exercise(self.folder, name) for name in [*ordered, *sorted(here - set(ordered))]}


@cache
def load_exercise(lesson_folder, exercise_id):
    """The Exercise in a folder of a lesson."""
    loading.use(roots())
    place = lesson_folder / exercise_id.replace("-", "_")
    return replace(loading.load(f"{lesson_folder.name}.{place.name}.judge").EXERCISE, folder=place)


def course_root():
    """The folder that holds ``course`` and ``solutions``."""
    for root in (HERE / "_course", HERE.parent.parent):
        if next((root / "course").glob("lesson[0-9][0-9]"), None):
            return root
    raise FileNotFoundError("the lessons are missing from this installation; install svi-course again")


def roots():
    """The folders that lessons lie in: the course's, and those of ``$SVI_COURSE_LESSONS``."""
    extra = filter(None, os.environ.get("SVI_COURSE_LESSONS", "").split(os.pathsep))
    return [course_root() / "course", *(Path(path).resolve() for path in extra)]


def all_lessons():
    """name -> Lesson, the course's own first.

    Raises:
        LessonError: if two lessons have one number.
    """
    sources = [path for root in roots() for path in sorted(root.glob("lesson[0-9][0-9]/[0-9][0-9]-*.md"))]
    numbers = {}
    for path in sources:
        if numbers.setdefault(path.stem[:2], path) != path:
            raise LessonError(
                f"two lessons have the number {path.stem[:2]}: {numbers[path.stem[:2]]} and {path}; renumber one"
            )
    return {path.stem: Lesson(path) for path in sources}


def course_lessons():
    """The lessons of the course itself."""
    return [lesson for lesson in all_lessons().values() if lesson.source.is_relative_to(course_root() / "course")]


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
    """(Lesson, Exercise) of an exercise id; loads that exercise only."""
    lessons = all_lessons().values()
    for lesson in lessons:
        if (lesson.folder / exercise_id.replace("-", "_") / "judge.py").is_file():
            return lesson, load_exercise(lesson.folder, exercise_id)
    known = sorted(
        path.parent.name.replace("_", "-") for lesson in lessons for path in lesson.folder.glob("*/judge.py")
    )
    raise KeyError(f"no exercise {exercise_id!r}; there are: {', '.join(known)}")


def load_shared(name):
    """A module that the course's lessons share, that an ``Exercise.routes`` names, say."""
    loading.use(roots())
    return loading.load(name)
