"""Checks for the course on stochastic variational inference: what a notebook imports.

``check("the-exercise")`` measures the learner's objects on the public case and says
at once what is right and what is not. ``hidden_tests`` is a mark for the grader.

Only this file and ``svi_course.learner`` exist where a submission is graded; the
rest of the package stays outside, so nothing here may import it at load time.
"""

import os

# Threads of JAX's pool on the CPU. As many as there are cores by default: on two cores two batched Cholesky
# factorisations that run side by side take both threads, wait for a third and never end (jax 0.10.2).
os.environ.setdefault("NPROC", "16")

__all__ = ["check", "hidden_tests", "your_data"]
__version__ = "0.2.0"


def check(exercise, **objects):
    """Measure one exercise on its public case and show the verdict.

    Args:
        exercise: the exercise's id, which is the name of its folder with "-" for "_".
        **objects: the functions to measure, by name; in a notebook they are found
            where the learner wrote them.

    Returns:
        In plain Python the verdict, after printing it; in a notebook None.

    Raises:
        CheckFailed: in a notebook, when a criterion failed. It shows as a short
            message under the panel, not as a traceback.
    """
    if os.environ.get("SVI_COURSE_GRADING"):
        print(f"{exercise}: the grader measures this after the last cell.")
        return None
    import sys

    from svi_course.checking import run_check

    return run_check(exercise, objects, sys._getframe(1).f_globals)


def hidden_tests(exercise):
    """Mark where the grader judges ``exercise`` on hidden cases. Does nothing itself."""


def your_data():
    """Let the checks use the ``case.json`` beside the notebook, where a class gives each student some.

    Says so in a line. Without such a file, and where a submission is graded, it does nothing.
    """
    if not os.environ.get("SVI_COURSE_GRADING"):
        from svi_course.checking import use_own_cases

        use_own_cases()
