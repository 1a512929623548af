"""What checks and grading cost, measured side by side in one run: ``python tests/benchmarks/costs.py [LESSON…]``.

For each lesson: wall seconds of each check cell in the solved notebook; seconds to build a
class's references; CPU seconds to grade the solution, the first time and with what it
compiled, beside those of executing its notebook alone.
"""

import contextlib
import re
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from svi_course import lessons, notebooks
from svi_course.classroom import folder as classroom
from svi_course.grading import nbgrader_hooks, replay, sandbox, submission
from svi_course.grading.grade import grade, pairs_of


class Meter(threading.Thread):
    """CPU seconds of all processes below this one, sampled: killed ones never report theirs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.used, self.done = {}, threading.Event()

    def run(self):
        while not self.done.wait(0.1):
            for child in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    times = child.cpu_times()
                    self.used[child.pid, child.create_time()] = times.user + times.system


def timed(run):
    """(result, wall seconds, CPU seconds of this process and all below it)."""
    meter, wall, own = Meter(), time.monotonic(), time.process_time()
    meter.start()
    try:
        result = run()
    finally:
        meter.done.set()
        meter.join()
    return result, time.monotonic() - wall, time.process_time() - own + sum(meter.used.values())


def check_seconds(notebook):
    """Exercise -> wall seconds of its check cell, in the order of the notebook."""
    stamp = "__import__('builtins').print('@@', __import__('time').monotonic())\n"
    for cell in notebook.cells:
        found = cell.cell_type == "code" and re.search(r'^check\("([\w-]+)"\)', cell.source, re.M)
        if found:
            cell.source = f"{stamp}{cell.source}\n{stamp}"
            cell.metadata["check"] = found[1]
    executed = notebooks.execute(notebook)
    seconds = {}
    for cell in executed.cells:
        if "check" in cell.metadata:
            text = "".join(o.get("text", "") for o in cell.outputs if o.output_type == "stream")
            begin, end = (float(line.split()[1]) for line in text.splitlines() if line.startswith("@@"))
            seconds[cell.metadata["check"]] = end - begin
    return seconds


def costs(lesson):
    print(f"\n{lesson.name}")
    notebook = notebooks.solved_notebook(notebooks.source_notebook(lesson))
    checks, wall, alone = timed(lambda: check_seconds(notebook))
    print("  check cells, seconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in checks.items()))
    print(f"  executing the notebook alone: {wall:.0f} s, CPU {alone:.0f} s")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "class"
        _, wall, used = timed(lambda: classroom.new_class(folder, [lesson.name], progress=lambda line: None))
        print(f"  making a class with its references: {wall:.0f} s, CPU {used:.0f} s")
        source = nbgrader_hooks.source_notebook(folder, lesson.name)
        isolated = not sandbox.probe()
        harvest = Path(scratch) / "compiled"
        harvest.mkdir()
        for name, folders in (("first submission", {"harvest": harvest}), ("each further one", {"compiled": harvest})):
            solution, _ = submission.restore(nbgrader_hooks.source_notebook(folder, lesson.name).cells, source)
            hidden = classroom.hidden_cases(folder, lesson)
            limits = sandbox.Limits()
            graded, wall, used = timed(
                lambda: grade(
                    replay.Job(
                        solution, lesson.exercises, pairs_of(lesson, hidden), lesson.folder, limits, isolated, **folders
                    )
                )
            )
            points = sum(v.points for v in graded.verdicts.values())
            print(
                f"  grading, {name}: {wall:.0f} s, CPU {used:.0f} s, {used / alone:.2f} of the notebook alone "
                f"({points:g} points, isolated: {isolated})"
            )


if __name__ == "__main__":
    for name in sys.argv[1:] or list(lessons.all_lessons()):
        costs(lessons.find_lesson(name))
