"""The name that notebooks released before version 0.2 import from; the grader puts it on a kernel's path."""

from svi_course import check, hidden_tests, your_data

__all__ = ["check", "hidden_tests", "your_data"]
