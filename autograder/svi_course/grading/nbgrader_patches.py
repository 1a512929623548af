"""What nbgrader has no setting for: every patch of it, each with its reason."""

import os

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters.base
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files


def replace(owner, name, new):
    """Set ``owner.name``, which must exist.

    Raises:
        RuntimeError: if this nbgrader has no such name: then the patch would do nothing, in silence.
    """
    if not hasattr(owner, name):
        raise RuntimeError(
            f"this nbgrader has no {getattr(owner, '__name__', owner)}.{name}, which svi-course replaces: "
            f"install nbgrader 0.9"
        )
    setattr(owner, name, new)


def regular_files(path, exclude=None):
    """nbgrader's ``find_all_files`` without links: a link could copy what it points to."""
    if os.path.islink(path):
        return []
    return [name for name in find_all_files(path, exclude) if os.path.isfile(name) and not os.path.islink(name)]


def forgiving(get_existing_timestamp):
    """nbgrader's own; a learner's timestamp.txt that holds no time counts as none instead of ending the run."""

    def existing_timestamp(self, path):
        try:
            return get_existing_timestamp(self, path)
        except Exception:
            self.log.warning("No time can be read from timestamp.txt in %s", path)
            return None

    existing_timestamp.nbgraders_own = get_existing_timestamp
    return existing_timestamp


def apply(autograde):
    """Patch nbgrader, once or again.

    Args:
        autograde: the converter that takes the place of nbgrader's ``Autograde``.
    """
    # What lies beside a notebook is copied: a link there could bring out any file of the instructor's.
    replace(nbgrader.converters.base, "find_all_files", regular_files)
    # A timestamp that can't be read raises in the middle of a class and ends its grading.
    own = getattr(CourseDirectory, "get_existing_timestamp", None)
    replace(CourseDirectory, "get_existing_timestamp", forgiving(getattr(own, "nbgraders_own", own)))
    # The converter's class is named in the code of the command and of the formgrader's button.
    replace(nbgrader.apps.autogradeapp, "Autograde", autograde)
    replace(nbgrader.apps.api, "Autograde", autograde)
