"""Grade one notebook: run, judge, show. What a learner may see is decided here."""

import re
from dataclasses import asdict, dataclass

from nbformat.v4 import new_markdown_cell, new_output

from svi_course import panel
from svi_course.grading import replay
from svi_course.grading.submission import grade_id
from svi_course.judging import not_judged, verdict


@dataclass(frozen=True)
class Graded:
    """A graded submission.

    Attributes:
        notebook: with the verdicts in its check cells and nothing unsafe elsewhere.
        verdicts: exercise id -> Verdict.
        notes: sentences about the file and its cells.
        seconds: wall time of the learner's kernels.
    """

    notebook: object
    verdicts: dict
    notes: list
    seconds: float


def pairs_of(lesson, hidden, public=None):
    """exercise id -> (case, reference) of all cases, the public one first.

    Args:
        lesson: the Lesson.
        hidden: exercise id -> list of (case, reference).
        public: exercise id -> (case, reference) in place of the course's public cases.
    """
    pairs = {}
    for name, exercise in lesson.exercises.items():
        case, reference = (public or {}).get(name) or (exercise.public(), None)
        pairs[name] = [(case, exercise.reference(case) if reference is None else reference), *hidden[name]]
    return pairs


def grade(job):
    """Grade a restored submission: a ``replay.Job`` to a Graded."""
    notebook, exercises = job.notebook, job.exercises
    info = notebook.metadata.get("svi_course", {})
    notes = list(info.get("notes", ()))
    unreadable = info.get("unreadable")
    shown = {}
    if unreadable:
        record = replay.Record()
        verdicts = {name: not_judged(exercise, "unreadable", unreadable) for name, exercise in exercises.items()}
        notes.insert(0, unreadable)
    else:
        record = replay.run(job)
        # Every kernel of this submission is dead from here on.
        verdicts = {}
        for name, exercise in exercises.items():
            judged = [(record.measurements[name, i], reference) for i, (_, reference) in enumerate(job.pairs[name])]
            verdicts[name] = verdict(exercise, judged[0], judged[1:])
            shown[name] = panel.as_page(verdicts[name], exercise, *judged[0])
    if not job.isolated and not unreadable:
        notes.insert(0, "This class is graded without isolation (allow_unisolated).")
    if job.variant:
        notes.append(f"Judged on the data set {job.variant}, which is this student's own.")
    for index, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        if name in verdicts:
            result = verdicts[name]
            data = {"text/plain": panel.as_text(result), "text/html": shown.get(name) or panel.as_html(result)}
            cell.outputs = [new_output("display_data", data=data)]
        elif cell.cell_type == "code":
            cell.outputs = list(record.outputs.get(index, ()))
            if index in record.notes:
                cell.outputs.append(new_output("stream", name="stdout", text=f"[grader] {record.notes[index]}\n"))
                notes.append(f"Cell {index + 1}: {record.notes[index]}")
        elif not cell.metadata.get("nbgrader", {}).get("locked") and not cell.metadata.get("svi_course", {}).get(
            "released"
        ):
            cell.source = safe_markdown(cell.source)
            if cell.cell_type == "raw":  # nbconvert would pass it through as it is
                cell.cell_type = "markdown"
    if notes:
        lines = "\n".join(f"- {safe_markdown(note)}" for note in notes)
        notebook.cells.insert(0, new_markdown_cell(f"**Notes from the grader**\n\n{lines}", id="grader-notes"))
    return Graded(notebook, verdicts, notes, record.seconds)


def safe_markdown(text):
    """A learner's Markdown without HTML, script links and the TeX commands that make links."""
    text = re.sub(r"&(?=#?\w+;)", "& ", text)  # nbconvert writes "&colon;" into an address as it is, escaped or not
    text = text.replace("&", "&amp;").replace("<", "&lt;")  # ">" stays: it begins a quotation
    # Markdown reads "\:" as ":"; nbconvert gives up on an attachment that isn't there.
    text = re.sub(r"(?i)(script|data|attachment)[\s\\]*:", r"\1 :", text)
    return re.sub(
        r"\\+(href|url|require|def|gdef|edef|let|(?:re)?newcommand|newenvironment|class|cssId|style|data|unicode|mmlToken)\b",
        r"\1",
        text,
    )


def report(graded):
    """What is kept of the verdicts: JSON without a number of a hidden case."""
    rows = {}
    for name, result in graded.verdicts.items():
        kept = {key: asdict(result)[key] for key in ("title", "status", "sentence", "hint", "points", "max_points")}
        rows[name] = kept | {"hidden": dict(result.hidden), "public": {row.name: row.passed for row in result.rows}}
    return {"notes": graded.notes, "seconds": round(graded.seconds, 1), "exercises": rows}
