"""nbgrader's own commands, grading our way: read, run, judge, show.

A class's ``nbgrader_config.py`` calls ``configure``; then ``nbgrader autograde``, the
formgrader's button and ``svi-course grade`` all pass through the classes below.
"""

import glob
import json
import os
from pathlib import Path

import nbformat
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters.base
from nbconvert.exporters import NotebookExporter
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import find_all_files
from traitlets import Bool, Float

from autograder import classroom, grading, lessons, sandbox, submission

REFUSAL = (
    "learners' code can't be isolated here: {}. Install bubblewrap, or write "
    "`get_config().Judge.allow_unisolated = True` into nbgrader_config.py if you accept that submissions "
    "run as ordinary processes with your rights."
)


def regular_files(path, exclude=None):
    """nbgrader's ``find_all_files`` without links: a link could copy what it points to."""
    if os.path.islink(path):
        return []
    return [name for name in find_all_files(path, exclude) if not os.path.islink(name)]


class CourseAutograde(Autograde):
    """Autograde that misses no submission and follows no link."""

    def init_notebooks(self):
        missing = {}
        assignment = self.coursedir.assignment_id
        for folder in glob.glob(self._format_source(assignment, self.coursedir.student_id)):
            path = os.path.join(folder, f"{assignment}.ipynb")
            if os.path.isdir(folder) and not os.path.exists(path):
                missing[folder] = path
        try:
            super().init_notebooks()
        except NbGraderException:
            if not missing:
                raise
        for folder, path in missing.items():
            self.assignments.setdefault(folder, []).append(path)

    def start(self):
        judge = Judge(parent=self)
        trouble = sandbox.probe()
        if trouble and not judge.allow_unisolated:
            message = REFUSAL.format(trouble)
            self.log.error(message)
            raise NbGraderException(message)
        super().start()


class SubmissionExporter(NotebookExporter):
    """Reads a submitted file in whatever state it is; see ``submission.read``."""

    def from_filename(self, filename, resources=None, **kw):
        converter = self.parent
        if not getattr(converter, "_sanitizing", False):
            return super().from_filename(filename, resources=resources, **kw)
        info = resources["nbgrader"]
        notebook = submission.read(filename, source_notebook(converter.coursedir.root, info["assignment"]))
        resources.setdefault("metadata", {})["name"] = info["notebook"]
        return self.from_notebook_node(notebook, resources=resources, **kw)


def source_notebook(root, lesson_name):
    """The class's own source notebook of a lesson."""
    return nbformat.read(Path(root) / "source" / lesson_name / f"{lesson_name}.ipynb", as_version=4)


class Judge(NbGraderPreprocessor):
    """Runs the learner's cells, judges the exercises and writes the verdicts into the check cells."""

    allow_unisolated = Bool(False, help="Grade without a sandbox where none can be had.").tag(config=True)
    cell_seconds = Float(sandbox.Limits.cell_seconds, help="Time limit of one cell.").tag(config=True)
    measure_seconds = Float(sandbox.Limits.measure_seconds, help="Time limit of one measurement.").tag(config=True)
    total_seconds = Float(sandbox.Limits.total_seconds, help="Time limit of one submission.").tag(config=True)
    memory_gb = Float(sandbox.Limits.memory / 2**30, help="Memory limit of one submission.").tag(config=True)

    def preprocess(self, nb, resources):
        info = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir if hasattr(self.parent.parent, "coursedir") else self.parent.coursedir
        root = Path(coursedir.root)
        lesson = lessons.find_lesson(info["assignment"])
        folder = root / coursedir.autograded_directory / info["student"] / info["assignment"]
        files = [(path, os.path.relpath(path, folder)) for path in regular_files(str(folder), ["*.ipynb", "timestamp.txt"])]
        limits = sandbox.Limits(
            cell_seconds=self.cell_seconds, measure_seconds=self.measure_seconds,
            total_seconds=self.total_seconds, memory=int(self.memory_gb * 2**30),
        )
        isolated = not sandbox.probe()
        graded = grading.grade(nb, lesson, classroom.hidden_cases(root, lesson), limits, isolated, files)
        path = classroom.verdict_file(root, lesson.name, info["student"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(grading.report(graded), indent=1) + "\n")
        resources["svi_course"] = {name: result.points for name, result in graded.verdicts.items()}
        return graded.notebook, resources


class SaveVerdicts(SaveAutoGrades):
    """Scores from the grader's own record, never from what stands in a cell."""

    def _add_score(self, cell, resources):
        grade = self.gradebook.find_grade(cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id)
        grade.auto_score = resources["svi_course"].get(grade.name, 0.0)
        grade.needs_manual_grade = grade.manual_score is not None
        self.gradebook.db.commit()


def configure(c, config_file):
    """Set up nbgrader for a class.

    Args:
        c: the traitlets Config of ``nbgrader_config.py``.
        config_file: its path; the class is the folder it lies in.
    """
    root = Path(config_file).resolve().parent
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.course_id = root.name
    c.Autograde.exporter_class = SubmissionExporter
    c.Autograde.autograde_preprocessors = [
        Judge, SaveVerdicts, "nbgrader.preprocessors.AssignLatePenalties", "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades", "nbgrader.preprocessors.ClearHiddenTests", "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    nbgrader.converters.base.find_all_files = regular_files
    nbgrader.apps.autogradeapp.Autograde = CourseAutograde
    nbgrader.apps.api.Autograde = CourseAutograde
