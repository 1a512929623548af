"""The lessons as one Python package, ``svi_lessons``: lesson folders below one or several roots.

``svi_lessons.lessonNN.the_exercise.measure`` is ``lessonNN/the_exercise/measure.py`` below whichever
root has it, and ``from ...tools import`` finds what lessons share. No folder needs an ``__init__.py``.
"""

import importlib
import sys
from types import ModuleType

PACKAGE = "svi_lessons"


def use(roots):
    """Let ``svi_lessons`` look below ``roots`` too."""
    package = sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE))
    known = vars(package).setdefault("__path__", [])
    known += [str(root) for root in roots if str(root) not in known]


def load(name):
    """The module ``svi_lessons.NAME``, such as ``lessonNN.the_exercise.judge``."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def load_measure(lesson_folder, exercise_id):
    """``measure(*objects, case)`` of an exercise in the folder of its lesson."""
    use([lesson_folder.parent])
    return load(f"{lesson_folder.name}.{exercise_id.replace('-', '_')}.measure").measure
