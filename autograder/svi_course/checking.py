"""``check`` in the learner's own kernel: the public case, at once."""

import contextlib
import io

from svi_course import lessons, panel
from svi_course.judging import verdict
from svi_course.learner import cases, kernel, loading

_own = {}  # exercise id -> (case, reference) of this student's own data


class CheckFailed(Exception):
    """A criterion failed. In IPython it shows as two lines under the panel, without a traceback."""

    def __init__(self, result):
        self.verdict = result
        super().__init__(panel.headline(result))

    def _render_traceback_(self):
        lines = [f"\x1b[1;31m{panel.headline(self.verdict)}\x1b[0m"]
        rows = [f"{row.name}: {row.sentence}" for row in self.verdict.rows if row.sentence]
        return lines + (panel.advice(self.verdict) or rows[:1])


def use_own_cases():
    """Take the public cases from ``case.json`` in the working directory, if there is one."""
    try:
        variant, found = cases.load()
    except ValueError as error:
        print(error)
        return
    _own.clear()
    _own.update(found)
    if variant:
        print(f"The checks use your own data, set {variant}.")


def take_public(lesson, exercise, namespace):
    """Measure ``exercise`` on its public case, or this student's: (measurement, reference)."""
    case, reference = _own.get(exercise.id) or (exercise.public(), None)
    reference = exercise.reference(case) if reference is None else reference
    measure = loading.load_measure(lesson.folder, exercise.id)
    # NumPyro warns on stderr, which nbgrader takes for a failure; what matters is in the measurement.
    with contextlib.redirect_stderr(io.StringIO()):
        measurement = kernel.take(measure, exercise.names, namespace, case)
    return measurement, reference


def judge_public(exercise_id, namespace):
    """(verdict, measurement, reference, exercise) of the objects in ``namespace``."""
    lesson, exercise = lessons.find_exercise(exercise_id)
    measurement, reference = take_public(lesson, exercise, namespace)
    return verdict(exercise, (measurement, reference)), measurement, reference, exercise


def run_check(exercise_id, objects, caller):
    """What ``check`` does: see ``svi_course.check``."""
    shell = None
    with contextlib.suppress(ImportError):
        from IPython import get_ipython

        shell = get_ipython()
    namespace = {**(shell.user_ns if shell else caller), **objects}
    try:
        result, measurement, reference, exercise = judge_public(exercise_id, namespace)
    except KeyError as error:
        raise ValueError(error.args[0]) from None
    if shell is None or not hasattr(shell, "kernel"):
        print(panel.as_text(result))
        return result
    from IPython.display import HTML, display

    display(HTML(panel.as_page(result, exercise, measurement, reference)))
    if not result.passed:
        raise CheckFailed(result)
    return None
