"""Broken submissions: each costs only its own exercise, or only itself where the file can't be read."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from small_class import ALL, LESSON, Student, assert_graded, cell_of, grade, submission

from svi_course import notebooks

CONFIG = """
get_config().GradeSubmission.cell_seconds = 6
get_config().GradeSubmission.measure_seconds = 4
get_config().GradeSubmission.memory_gb = 0.4
"""
BYTES = notebooks.to_bytes(submission())
ODD_ERROR = "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd()"

#: Every one of these cells is wrong or rude, and none costs a point.
RUDE_CELLS = (
    "raise ValueError('an ordinary error')",
    "def broken(:\n",
    ODD_ERROR,
    "import sys; sys.exit(1)",
    "input('your name? ')",
    "!ls\n%cd /",
    "%%bash\necho from bash",
    "%%nonsense\n1",
    "import warnings; warnings.warn('careful')\nimport sys; print('50%|#####', file=sys.stderr, end='\\r')",
    "import matplotlib.pyplot as plt; plt.plot([1, 2])",
    "x = [\n" + "    1,\n" * 50_000 + "]",
    "a = 'half an emoji: \ud83d'",
    "for _ in range(10**6): print('x' * 100)",
)


def rearranged():
    """Cells deleted, copied and retyped."""
    notebook = submission()
    scale = cell_of(notebook, "mini-scale-answer")
    copy = new_code_cell("def sites(n): return []", id="copy", metadata=cell_of(notebook, "mini-sites-answer").metadata)
    notebook.cells[notebook.cells.index(scale)] = new_markdown_cell(
        scale.source, id=scale["id"], metadata=scale.metadata
    )
    centre = cell_of(notebook, "mini-centre-answer")
    notebook.cells[notebook.cells.index(centre)] = new_code_cell(
        centre.source, id="own"
    )  # the answer in a cell of one's own
    notebook.cells.remove(cell_of(notebook, "mini-centre"))
    notebook.cells.append(copy)
    return notebook


def old_format():
    """The notebook as IPython of 2013 wrote it."""
    return nbformat.writes(submission(), version=3).encode()


def other_kernel():
    notebook = submission()
    notebook.metadata = {
        "kernelspec": {"name": "julia-1.9", "language": "julia", "display_name": 7},
        "language_info": 3,
    }
    for cell in notebook.cells:
        cell.metadata["collapsed"] = "perhaps"
    return json.dumps(notebook).encode()


STUDENTS = {
    "right": Student(says=("all right",)),
    "nothing": Student(
        submission("pass", "def scale(x, y):\n    return 1\n", "def sites(n):\n    return ['a'] * n\n"),
        (0, 0, 0),
        ("not defined", "must be callable", "names differ"),
    ),
    "numbers": Student(
        submission("def centre(x): return float('nan')", "def scale(x): return x", "def sites(n): return None"),
        (0, 0, 0),
        ("holds NaN", "has shape", "NoneType"),
    ),
    "types": Student(
        submission("def centre(x): return object()", "def scale(x): return 'wide'", "def sites(n): return 7"),
        (0, 0, 0),
        ("not arrays of numbers", "instead of numbers", "raised an exception"),
    ),
    "integers": Student(
        submission("def centre(x): return int(x.mean() // 1)", "def scale(x): return complex(x.std())"),
        (1, 0, 2),
        ("not the mean", "complex128"),
    ),
    "errors": Student(
        submission(
            f"def centre(x):\n    {ODD_ERROR.replace(chr(10), chr(10) + '    ')}",
            "def scale(x): exit()",
            "def sites(n): return sites(n)",
        ),
        (0, 0, 0),
        ("Odd", "calls itself without end"),
    ),
    "questions": Student(
        submission("def centre(x): return input()", "import sys\ndef scale(x): sys.exit()"),
        (0, 0, 2),
        ("raw_input", "exit()"),
    ),
    "swapped": Student(submission("def centre(x): return x.std()", "def scale(x): return x.mean()"), (0, 0, 2)),
    "later": Student(submission(last="def centre(x): return 0\nscale = sites = None"), ALL),
    "rude-cells": Student(
        submission(first=RUDE_CELLS), ALL, ("an ordinary error", "from bash", "printed too much", "careful")
    ),
    "one-print": Student(submission(first="print('x' * 100_000_000)"), ALL, ("printed too much",)),
    "quit": Student(
        submission(
            first=(
                "quit()",
                "import threading, os; threading.Timer(0.3, os._exit, [1]).start()\nimport time; time.sleep(5)",
            )
        ),
        ALL,
        ("which ends the kernel", "kernel died"),
    ),
    "ended-cells": Student(
        submission(
            first=(
                "while True: pass",
                "import os; os._exit(1)",
                "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            )
        ),
        ALL,
        ("stopped after 6 s", "kernel died"),
    ),
    "stubborn": Student(
        submission(first="import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"),
        ALL,
        ("could not be interrupted",),
    ),
    "ended-functions": Student(
        submission(
            "def centre(x):\n    import os; os._exit(1)",
            "def scale(x):\n    while True: pass",
            "def sites(n):\n    return [bytes([i]) * (1 << 28) for i in range(12)]",
        ),
        (0, 0, 0),
        ("kernel died", "longer than", "more than 0.4 GB"),
    ),
    "ended-always": Student(
        submission(first=("import os; os._exit(1)",) * 8), ALL, ("too many cells ended the kernel",)
    ),
    "greedy-cells": Student(
        submission(
            first=(
                "import subprocess, time\nfor _ in range(100): subprocess.Popen(['sleep', '60'])\ntime.sleep(3)",
                "import time\nfor i in range(9): open(str(i), 'wb').write(b'x' * (60 << 20))\ntime.sleep(3)",
            )
        ),
        ALL,
        ("more than 64 processes", "MB of files"),
    ),
    "rearranged": Student(rearranged(), ALL, ("had been deleted", "more than once", "a markdown cell")),
    "only-answers": Student(
        nbformat.v4.new_notebook(cells=[cell for cell in submission().cells if cell["id"].endswith("-answer")]), ALL
    ),
    "old-format": Student(old_format(), ALL),
    "other-kernel": Student(other_kernel(), ALL),
    "own-data": Student(
        submission(first="print('read', open('data/own.txt').read())"),
        ALL,
        ("read forty-two",),
        files={"data/own.txt": b"forty-two", "90-mini-old.ipynb": b"{}", "wrong name.ipynb": BYTES},
    ),
    "timestamp": Student(files={"timestamp.txt": b"\xff yesterday"}),
    "empty": Student(b"", (0, 0, 0), ("is empty",)),
    "truncated": Student(BYTES[:700], (0, 0, 0), ("cut off",)),
    "latin-1": Student(BYTES.replace(b"small", "smäll".encode("latin-1")), (0, 0, 0), ("not UTF-8",)),
    "a-list": Student(b"[[]]", (0, 0, 0), ("not a Jupyter notebook",)),
    "other-json": Student(b'{"cells": [1, 2], "nbformat": 4}', (0, 0, 0), ("not a Jupyter notebook",)),
    "deep-json": Student(b'{"cells":' + b"[" * 200_000, (0, 0, 0), ("not valid JSON",)),
    "no-file": Student(None, (0, 0, 0), ("keep the name it was released with",)),
    "wrong-name": Student(None, (0, 0, 0), ("keep the name it was released with",), files={"Homework 90.ipynb": BYTES}),
    "a-folder": Student(
        None, (0, 0, 0), ("not a regular file",), arrange=lambda place: (place / f"{LESSON}.ipynb").mkdir()
    ),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, isolated):
    folder = tmp_path_factory.mktemp("broken") / "mini"
    grade(folder, STUDENTS, CONFIG)
    return folder


@pytest.mark.parametrize("name", STUDENTS)
def test_a_broken_submission_costs_only_what_it_must(graded, name):
    assert_graded(graded, name, STUDENTS[name])
