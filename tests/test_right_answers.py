"""A right answer keeps its points: names rebound later, arguments changed in place, slow neighbours."""

import numpy as np
import pytest
from small_class import ALL, LESSON, Student, assert_graded, grade, submission

from svi_course import checking, lessons
from svi_course.grading import replay, sandbox
from svi_course.learner import kernel

CONFIG = """
get_config().GradeSubmission.cell_seconds = 2
get_config().GradeSubmission.measure_seconds = 3
get_config().GradeSubmission.total_seconds = 20
"""
IN_PLACE = "def centre(x):\n    x /= len(x)\n    return x.sum()\n"
SLOW = "import time\ndef sites(n):\n    time.sleep(60)\n    return [f'z{i}' for i in range(n)]\n"
SLOW_WHEN_HIDDEN = SLOW.replace("time.sleep(60)", "time.sleep(0 if n == 2 else 60)")
NATIVE = SLOW.replace("time.sleep(60)", "sum(range(10**10))")  # can't be interrupted
NOT_MEASURED = "the time for this submission was up"
ACCUSATION = "do all your numbers come from the arguments"

STUDENTS = {
    "helpers-of-one-name": Student(
        submission(
            "def compute(x):\n    return x.mean()\ndef centre(x):\n    return compute(x)\n",
            "def compute(x):\n    return x.std()\ndef scale(x):\n    return compute(x)\n",
        )
    ),
    "global-changed": Student(
        submission("size = 1.0\ndef centre(x):\n    return size * x.mean()\n", last="size = 2.0")
    ),
    "helper-deleted": Student(
        submission("def half(x):\n    return x / 2\ndef centre(x):\n    return half(2 * x.mean())\n", last="del half")
    ),
    "numpy-rebound": Student(
        submission(
            "def centre(x):\n    return np.mean(x)\n",
            "def scale(x):\n    return np.std(x)\n",
            last=("np = None", "del np"),
        ),
    ),
    "import-deleted": Student(
        submission(
            "import math\ndef centre(x):\n    return math.fsum(x) / len(x)\n", last=("del math", "def mean(x): 1/0")
        ),
    ),
    "defined-later": Student(
        submission("def centre(x):\n    return late(x)\n", last="def late(x): return x.mean()"), (0, 3, 2)
    ),
    "everything-deleted": Student(
        submission(last="for name in [*globals()]:\n    if name[0] != '_': del globals()[name]\n")
    ),
    "in-place": Student(
        submission(IN_PLACE, "def scale(x):\n    x -= x.mean()\n    x **= 2\n    return x.mean() ** 0.5\n")
    ),
    "one-buffer": Student(submission("out = np.zeros(())\ndef centre(x):\n    out[...] = x.mean()\n    return out\n")),
    "wrong-in-place": Student(submission("def centre(x):\n    x *= 0\n    return x.mean()\n"), (0, 3, 2)),
    "slow": Student(submission(sites=SLOW), (3, 3, 0), ("longer than 3 s",), (ACCUSATION,)),
    "slow-first": Student(
        submission("import time\ndef centre(x):\n    time.sleep(60)\n"), (0, 3, 2), ("longer than 3 s",), (ACCUSATION,)
    ),
    "slow-when-hidden": Student(
        submission(sites=SLOW_WHEN_HIDDEN), (3, 3, 0), ("took too long on a hidden one",), (ACCUSATION,)
    ),
    "slow-and-native": Student(submission(sites=NATIVE), (3, 3, 0), (), (ACCUSATION,)),
    "slow-cells": Student(
        submission(first=("import time; time.sleep(60)",) * 6, last=("import time; time.sleep(60)",) * 6),
        ALL,
        ("was not run: the time for the cells was up",),
    ),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, isolated):
    folder = tmp_path_factory.mktemp("right") / "mini"
    grade(folder, STUDENTS, CONFIG)
    return folder


@pytest.mark.parametrize("name", STUDENTS)
def test_a_right_answer_keeps_its_points(graded, name):
    assert_graded(graded, name, STUDENTS[name])


@pytest.mark.parametrize("name", ["helpers-of-one-name", "in-place", "one-buffer", "wrong-in-place"])
def test_the_check_says_what_the_grader_says(name):
    """The answers' cells and checks in one name space, as in a notebook, twice: no case is spoilt by the first time."""
    student = STUDENTS[name]
    for _ in range(2):
        namespace, points = {"np": np}, []
        for cell in student.notebook.cells:
            if cell["id"].endswith("-answer"):
                exec(cell.source, namespace)
                points.append(checking.judge_public(cell["id"].removesuffix("-answer"), namespace)[0].points)
        assert tuple(points) == student.points


def test_a_right_function_that_changes_its_arguments_passes_the_courses_check():
    source = """
import numpy as np
def kl_normal(m1, s1, m2, s2):
    s1 **= 2; s2 **= 2; m1 -= m2
    return 0.5 * (np.log(s2 / s1) + (s1 + m1 ** 2) / s2 - 1)
"""
    for text, passed in ((source, True), (source.replace("m1 -= m2", "m1 *= 0"), False)):
        namespace = {}
        exec(text, namespace)
        for _ in range(2):
            assert checking.judge_public("kl-normal", namespace)[0].passed == passed


def test_copies_are_made_once_a_function_and_only_of_functions():
    def one(x):
        x += 1
        return x

    handed = kernel.on_copies(one)
    assert kernel.on_copies(one) is handed and kernel.on_copies(len) is len
    array = np.zeros(3)
    assert handed(array).tolist() == [1, 1, 1] and array.tolist() == [0, 0, 0]
    assert handed(x=array) is not handed(x=array)

    import functools

    @functools.wraps(one)
    def other(x):
        return x + 5

    assert kernel.on_copies(other)(array).tolist() == [5, 5, 5]  # not the copy of what it wraps


# How time is shared out


def shared(seconds, limits=None, cases=4):
    """Play a measuring: exercise -> seconds of one measurement. Returns the order, and each exercise's status."""
    lesson = lessons.find_lesson(LESSON)
    job = replay.Job(
        None,
        dict.fromkeys(seconds),
        {name: [({}, {})] * cases for name in seconds},
        lesson.folder,
        limits or sandbox.Limits(),
    )
    run, now, order = replay.Replay(job), [0.0], []
    run.left = lambda: job.limits.total_seconds - now[0]
    while (task := run._next()) and run.left() > 0:
        name, index = task
        limit = run._seconds_for(name)
        used = min(limit, seconds[name])
        now[0] += used
        run.spent[name] += used
        order.append(task)
        if seconds[name] > limit:
            run.skip_measures[name] = run._out_of_time(limit).status
        else:
            run.record.measurements[task] = {"status": "ok"}
    status = {}
    for name in seconds:
        done = sum(task[0] == name for task in run.record.measurements)
        status[name] = run.skip_measures.get(name) or ("ok" if done == cases else "not measured")
    return order, status


def test_equal_answers_take_turns_public_cases_first():
    order, status = shared({"a": 1, "b": 1, "c": 1}, cases=3)
    assert order == [(name, index) for index in range(3) for name in "abc"]
    assert set(status.values()) == {"ok"}


@pytest.mark.parametrize("slow", [70, 130, 1000])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_slow_answers_delay_only_themselves(slow, count):
    seconds = {f"slow-{i}": slow for i in range(count)} | {f"quick-{i}": 3 for i in range(7 - count)}
    _, status = shared(seconds)
    assert {status[name] for name in seconds if name.startswith("quick")} == {"ok"}
    wanted = (
        {"ok"}
        if slow == 70 and count == 1
        else {"out of time", "not measured"}
        if slow > 120
        else {"ok", "not measured"}
    )
    assert {status[name] for name in seconds if name.startswith("slow")} <= wanted
