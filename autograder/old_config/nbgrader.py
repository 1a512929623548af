"""What ``nbgrader_config.py`` of classes made before version 0.2 imports.

There is no ``__init__.py`` beside it on purpose: the import name ``autograder`` belongs to another distribution.
"""

from svi_course.grading.nbgrader_hooks import configure

__all__ = ["configure"]
