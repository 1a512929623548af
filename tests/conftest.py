"""Shared by the tests: the small lesson, and what to do where no sandbox can be had."""

import os
from pathlib import Path

os.environ["SVI_COURSE_LESSONS"] = os.pathsep.join(filter(None, [str(Path(__file__).parent / "lessons"), os.environ.get("SVI_COURSE_LESSONS")]))
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import pytest  # noqa: E402

from autograder import sandbox  # noqa: E402


@pytest.fixture(scope="session")
def isolated():
    """The sandbox works; else the test is skipped, or fails where CI demands it."""
    trouble = sandbox.probe()
    if trouble:
        (pytest.fail if os.environ.get("SVI_COURSE_REQUIRE_SANDBOX") else pytest.skip)(f"no sandbox: {trouble}")
    return True


#: Files whose tests stand alone; the tests of any other file share what is costly, a graded class say.
SPREAD = {"test_exercises", "test_calibration", "test_routes"}


def pytest_collection_modifyitems(items):
    """Tests that share a fixture run in one process."""
    for item in items:
        if item.module.__name__ not in SPREAD:
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))
