"""nbgrader's own commands, grading our way: read, run, judge, show.

A class's ``nbgrader_config.py`` calls ``configure``; then ``nbgrader autograde``, the
formgrader's button and ``svi-course grade`` all pass through the classes below.
"""

import contextlib
import glob
import json
import multiprocessing
import os
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Bool, Float

from svi_course import lessons
from svi_course.classroom import folder as classroom
from svi_course.grading import nbgrader_patches, sandbox, submission
from svi_course.grading.grade import grade, pairs_of, report
from svi_course.grading.replay import Job
from svi_course.learner import cases

REFUSAL = (
    "learners' code can't be isolated here: {}. Install bubblewrap, or write "
    "`get_config().GradeSubmission.allow_unisolated = True` into nbgrader_config.py if you accept that submissions "
    "run as ordinary processes with your rights."
)


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
        settings = GradeSubmission(parent=self)
        trouble = sandbox.probe()
        if trouble and not settings.allow_unisolated:
            message = REFUSAL.format(trouble)
            self.log.error(message)
            raise NbGraderException(message)
        if trouble:
            self.log.warning("Learners' code is not isolated here (%s): allow_unisolated is set", trouble)
        trouble = prepare(
            self.coursedir.root,
            lessons.find_lesson(self.coursedir.assignment_id),
            settings.limits(),
            not sandbox.probe(),
            self.log.info,
        )
        if trouble:
            self.log.error(trouble)
            raise NbGraderException(trouble)
        super().start()


def prepare(root, lesson, limits, isolated, progress):
    """Grade the class's own solution of a lesson, once: a class whose solution fails grades nobody.

    What JAX compiles on the way is kept, and halves the time of each submission.

    Returns:
        "" or why this class can't be graded.
    """
    folder = classroom.compiled_folder(root, lesson)
    if folder.is_dir():
        return ""
    progress(f"Grading the solution of {lesson.name} first, once: it must get all points here")
    solution, _ = submission.restore(source_notebook(root, lesson.name).cells, source_notebook(root, lesson.name))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        harvest = Path(scratch) / "compiled"
        harvest.mkdir()
        pairs = pairs_of(lesson, classroom.hidden_cases(root, lesson))
        graded = grade(Job(solution, lesson.exercises, pairs, lesson.folder, limits, isolated, harvest=harvest))
        lost = [
            f"{name} {v.points:g} of {v.max_points:g} points ({v.status})"
            for name, v in graded.verdicts.items()
            if not v.passed
        ]
        if lost:
            what = "; ".join(lost)
            return (
                f"the solution itself does not pass in this class: {what}. "
                f"Nothing is graded; is source/{lesson.name} as it was made?"
            )
        with contextlib.suppress(OSError):  # another process was faster
            harvest.rename(folder)
    return ""


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


class GradeSubmission(NbGraderPreprocessor):
    """Runs the learner's cells, judges the exercises and writes the verdicts into the check cells."""

    allow_unisolated = Bool(False, help="Grade without a sandbox where none can be had.").tag(config=True)
    cell_seconds = Float(sandbox.Limits.cell_seconds, help="Time limit of one cell.").tag(config=True)
    measure_seconds = Float(sandbox.Limits.measure_seconds, help="Time limit of one measurement.").tag(config=True)
    total_seconds = Float(sandbox.Limits.total_seconds, help="Time limit of one submission.").tag(config=True)
    memory_gb = Float(sandbox.Limits.memory / 2**30, help="Memory limit of one submission.").tag(config=True)

    @classmethod
    def section_names(cls):
        """Also what configurations of classes made before version 0.2 call it."""
        return ["Judge", *super().section_names()]

    def limits(self):
        """These settings as sandbox.Limits."""
        return sandbox.Limits(
            cell_seconds=self.cell_seconds,
            measure_seconds=self.measure_seconds,
            total_seconds=self.total_seconds,
            memory=int(self.memory_gb * 2**30),
        )

    def preprocess(self, nb, resources):
        info = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir if hasattr(self.parent.parent, "coursedir") else self.parent.coursedir
        root = Path(coursedir.root)
        lesson = lessons.find_lesson(info["assignment"])
        folder = root / coursedir.autograded_directory / info["student"] / info["assignment"]
        files = [
            (path, os.path.relpath(path, folder))
            for path in nbgrader_patches.regular_files(str(folder), ["*.ipynb", "timestamp.txt", cases.FILE])
        ]
        compiled = classroom.compiled_folder(root, lesson)
        public, hidden, variant = classroom.cases_of(root, lesson, info["student"])
        graded = grade(
            Job(
                nb,
                lesson.exercises,
                pairs_of(lesson, hidden, public),
                lesson.folder,
                self.limits(),
                not sandbox.probe(),
                tuple(files),
                compiled if compiled.is_dir() else None,
                variant=variant,
            )
        )
        path = classroom.verdict_file(root, lesson.name, info["student"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report(graded), indent=1) + "\n")
        resources["svi_course"] = {name: result.points for name, result in graded.verdicts.items()}
        return graded.notebook, resources


class SaveVerdicts(SaveAutoGrades):
    """Scores from the grader's own record, never from what stands in a cell."""

    def _add_score(self, cell, resources):
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        grade.auto_score = resources["svi_course"].get(grade.name, 0.0)
        grade.needs_manual_grade = grade.manual_score is not None
        self.gradebook.db.commit()


def submitted(folder, lesson_name):
    """The students of a class who handed in a lesson."""
    return sorted(
        path.parent.name
        for path in (Path(folder) / "submitted").glob(f"*/{lesson_name}")
        if path.is_dir() and not path.is_symlink()
    )


def _open(folder):
    """Open nbgrader on a class, in a worker process."""
    global _api
    os.chdir(folder)
    warnings.simplefilter("ignore")  # SQLAlchemy's, of nbgrader's own code
    os.environ["PATH"] = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic by name
    )
    app = NbGrader()
    app.log_level = "CRITICAL"
    app.initialize([])
    _api = NbGraderAPI(app.coursedir, config=app.config)


def _autograde(lesson_name, student):
    begin = time.monotonic()
    result = _api.autograde(lesson_name, student)
    return "" if result["success"] else result.get("log") or result.get(
        "error"
    ) or "no reason given", time.monotonic() - begin


def autograde_all(folder, lesson_name, jobs=None):
    """Autograde every submission of a lesson, several at a time, as ``nbgrader autograde`` would.

    Args:
        folder: the class.
        lesson_name: the lesson.
        jobs: submissions at a time; as many as there are cores if not given.

    Yields:
        (student, trouble, seconds) as each is done; trouble is "" or nbgrader's log.
    """
    students = submitted(folder, lesson_name)
    jobs = max(1, min(jobs or os.cpu_count() or 1, len(students)))
    with ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_open, initargs=(str(folder),)
    ) as pool:
        # the first alone: it prepares the class and the gradebook
        for batch in (students[:1], students[1:]):
            todo = {pool.submit(_autograde, lesson_name, student): student for student in batch}
            for done in as_completed(todo):
                yield todo[done], *done.result()


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
        GradeSubmission,
        SaveVerdicts,
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    nbgrader_patches.apply(CourseAutograde)
