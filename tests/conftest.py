"""Shared by the tests: the small lesson, compiled programs, and what to do where no sandbox can be had."""

import os
import shutil
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
os.environ["SVI_COURSE_LESSONS"] = os.pathsep.join(
    filter(None, [str(HERE / "lessons"), os.environ.get("SVI_COURSE_LESSONS")])
)
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices are small, and workers share the cores
# One cache of compiled programs for all workers, filled by this very run.
OWN_CACHE = None if "SVI_TESTS_CACHE" in os.environ else tempfile.mkdtemp(prefix="svi-tests-")
os.environ.setdefault("SVI_TESTS_CACHE", OWN_CACHE or "")
os.environ["JAX_COMPILATION_CACHE_DIR"] = os.environ["SVI_TESTS_CACHE"]
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.2"

import pytest  # noqa: E402
import recorded  # noqa: E402

from svi_course.grading import sandbox  # noqa: E402


@pytest.fixture(scope="session")
def isolated():
    """The sandbox works; else the test is skipped, or fails where CI demands it."""
    trouble = sandbox.probe()
    if trouble:
        (pytest.fail if os.environ.get("SVI_COURSE_REQUIRE_SANDBOX") else pytest.skip)(f"no sandbox: {trouble}")
    return True


#: Files whose tests take longest: begun first, so that no worker is left with one of them in the end.
LONG = ("test_every_lesson", "test_broken", "test_hostile", "test_class", "test_per_student", "test_jax_submissions")


#: Files of the quick lane: the engine on the small lesson. Tests of exercises carry the mark themselves.
QUICK = ("test_submission", "test_sandbox", "test_class", "test_notebooks", "test_corrections", "test_calibration")


def pytest_addoption(parser):
    parser.addoption("--exercise", help="only the tests of this exercise")
    parser.addoption("--everything", action="store_true", help="also what is recorded as passed (tests/recorded.py)")
    parser.addoption("--record", action="store_true", help="everything, and record what passes (tests/recorded.py)")


def pytest_configure(config):
    if config.getoption("record") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(recorded.Recorder())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Tell the report which exercise a test is of, and what it took of the processor."""
    begin, pair = time.process_time(), exercise_of(item)
    try:
        return (yield)
    finally:
        if pair:
            seconds = time.process_time() - begin
            item.user_properties += [("exercise", pair[1].id), ("test", item.originalname), ("cpu", seconds)]


def exercise_of(item):
    """(lesson, exercise) of a test of an exercise, or None."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    pair = params.get("lesson"), params.get("exercise")
    return pair if all(hasattr(part, "folder") for part in pair) else None


def choose(items, config):
    """Leave out what was not asked for, and what is recorded as passed; the summary counts it."""
    only = config.getoption("exercise")
    everything = config.getoption("everything") or config.getoption("record")
    dear = {}
    kept, gone = [], []
    for item in items:
        pair = exercise_of(item)
        other = only and (pair is None or pair[1].id != only)
        passed = False
        if pair and not everything and item.originalname in recorded.LEFT_OUT:
            folder = pair[1].folder
            passed = dear[folder] = dear[folder] if folder in dear else recorded.left_out(*pair)
        (gone if other or passed else kept).append(item)
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = kept


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items, config):
    """Tests that share what is costly, a graded class say, run in one process; the long ones come first."""
    choose(items, config)
    for item in items:
        if not any(item.iter_markers("xdist_group")):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))
        if item.module.__name__ in QUICK and not any(item.iter_markers("slow")):
            item.add_marker(pytest.mark.quick)
    items.sort(key=lambda item: LONG.index(item.module.__name__) if item.module.__name__ in LONG else len(LONG))


def pytest_collection_finish(session):
    """Groups must work: without them each worker would make and grade every class again, in silence."""
    grouped = getattr(session.config.option, "loadgroup", False) and hasattr(session.config, "workerinput")
    if grouped and not all("@" in item.nodeid for item in session.items):
        raise pytest.UsageError("pytest-xdist does not group tests here: install the versions of constraints.txt")


def pytest_unconfigure(config):
    """Whoever made the cache takes it away again."""
    if OWN_CACHE:
        shutil.rmtree(OWN_CACHE, ignore_errors=True)
