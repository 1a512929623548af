"""Reading a submission: whatever the file is, a notebook of the released form comes out.

Learners delete, copy and retype cells, edit points, lose half of a file. Each costs only
what it must, and each repair is a sentence that they get to read.
"""

import copy
import json
import os
import stat
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

MAX_BYTES = 50_000_000
MAX_CELLS = 2000
_NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


class Unreadable(Exception):
    """The file can't be read as a notebook; the message is for the learner."""


def grade_id(cell):
    """The cell's nbgrader id, or None."""
    info = cell.get("metadata", {})
    info = info.get("nbgrader", {}) if isinstance(info, dict) else {}
    found = info.get("grade_id") if isinstance(info, dict) else None
    return found if isinstance(found, str) else None


def read_regular(path, limit=MAX_BYTES):
    """Bytes of a regular file that is no link; raises Unreadable with a sentence otherwise."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Unreadable(
            f"There is no file {os.path.basename(path)} in the submission: keep the name it was released with."
        ) from None
    except OSError:
        raise Unreadable("The notebook is a link or can't be opened: submit the file itself.") from None
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise Unreadable("The notebook is not a regular file: submit the file itself.")
        if info.st_size > limit:
            raise Unreadable(
                f"The notebook is larger than {limit // 1_000_000} MB: clear its outputs and submit it again."
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(limit + 1)
    finally:
        os.close(descriptor)


def parse(data):
    """Cells of a notebook file as clean nbformat cells; raises Unreadable."""
    if not data.strip():
        raise Unreadable("The file is empty: submit the notebook again.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("The file is not UTF-8 text: save the notebook from Jupyter and submit it again.") from None
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("The file is cut off or damaged (it is not valid JSON): submit the notebook again.") from None
    try:
        if raw.get("nbformat", 4) < 4:
            raw = nbformat.reads(text, as_version=4)
        cells = []
        for cell in raw["cells"][:MAX_CELLS]:
            source = cell.get("source", "")
            source = source if isinstance(source, str) else "".join(source)
            source = source.encode("utf-8", "replace").decode()  # half an emoji can't be written again
            new = _NEW.get(cell.get("cell_type"), new_raw_cell)(source)
            if grade_id(cell):
                new.metadata["nbgrader"] = {"grade_id": grade_id(cell)}
            cells.append(new)
    except Exception:
        raise Unreadable("The file is not a Jupyter notebook: submit the .ipynb file that you worked in.") from None
    return cells


def restore(cells, source):
    """Put the submitted ``cells`` into the form of the ``source`` notebook.

    Cells with an nbgrader id keep the learner's code where it is theirs to write; type,
    points, metadata and locked text come from ``source``. Missing ones are put back where
    they belong, copies become plain cells.

    Returns:
        (notebook, notes): the notebook and a sentence for each repair.
    """
    notes, kept, seen = [], [], {}
    originals = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    solved = {name for name, cell in originals.items() if cell.metadata.nbgrader.get("solution")}
    released = {(cell.cell_type, cell.source.strip()) for cell in source.cells if not grade_id(cell)}
    for cell in cells:
        name = grade_id(cell)
        cell.metadata = NotebookNode()
        if name not in originals:
            if (cell.cell_type, cell.source.strip()) in released:
                cell.metadata["svi_course"] = {"released": True}  # the lesson's own: text with its HTML, demonstrations
            kept.append(cell)
            continue
        original = originals[name]
        if name in seen:
            notes.append(
                f"The cell {name} was there more than once; the first one counts, the copy runs as an ordinary cell."
            )
            kept.append(cell)
            continue
        if cell.cell_type != original.cell_type:
            notes.append(
                f"The cell {name} had been changed to a {cell.cell_type} cell; it is a {original.cell_type} cell again."
            )
        restored = copy.deepcopy(original)
        if name in solved:
            restored.source = cell.source
        seen[name] = restored
        kept.append(restored)
    # A cell that is missing comes back as late as the order allows: what a check cell
    # judges may have been written into a cell of the learner's own.
    following = None
    for name, original in reversed(originals.items()):
        if name not in seen:
            restored = seen[name] = copy.deepcopy(original)
            if name in solved:
                restored.source = "# this cell had been deleted"
            place = len(kept) if following is None else next(i for i, cell in enumerate(kept) if cell is following)
            kept.insert(place, restored)
            back = "an empty one stands in its place" if name in solved else "it is back"
            notes.append(f"The cell {name} had been deleted; {back}.")
        following = seen[name]
    for number, cell in enumerate(kept):
        cell["id"] = f"cell-{number}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook = nbformat.v4.new_notebook(cells=kept, metadata=copy.deepcopy(source.metadata))
    return notebook, notes


def read(path, source):
    """The submission at ``path`` in the form of ``source``; never raises for a bad file.

    Returns:
        A notebook whose metadata ``svi_course`` holds ``notes`` (sentences) and, for a
        file that can't be read, ``unreadable`` (a sentence); then its cells are those of
        ``source`` without an answer.
    """
    try:
        if any(
            folder.is_symlink() for folder in list(Path(path).parents)[:2]
        ):  # those of the assignment and the student
            raise Unreadable("The submission's folder is a link: submit the file itself.")
        notebook, notes = restore(parse(read_regular(path)), source)
        info = {"notes": notes}
    except Unreadable as problem:
        notebook, _ = restore([], source)
        info = {"notes": [], "unreadable": str(problem)}
    notebook.metadata["svi_course"] = info
    return notebook
