"""Hostile submissions: nothing forged or leaked, no other grade changed, nothing run in the instructor's browser.

"LEAK" is what an attack would show with hidden data and "FORGED" what it would put in the
place of a verdict; both are written so that the source of the attack does not hold them.
"""

import json
import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from small_class import ALL, EXERCISES, LESSON, Student, assert_graded, cell_of, grade, pages, submission

from svi_course import lessons, notebooks
from svi_course.learner import kernel

CONFIG = """
get_config().GradeSubmission.cell_seconds = 4
get_config().GradeSubmission.measure_seconds = 4
"""
NOTHING = (0, 0, 0)
NO_ANSWERS = {"centre": "pass", "scale": "pass", "sites": "pass"}
ARMED = "\nprint('ar' + 'med')\n"  # the attack did run

#: What an attack does at the top of a notebook without an answer: none earns anything.
FORGERIES = {
    "transformer": "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
    "ast-transformer": """
import ast
class Empty(ast.NodeTransformer):
    def visit_Module(self, node): return ast.Module([], [])
get_ipython().ast_transformers.append(Empty())""",
    "shell": """
import types
from IPython.core.interactiveshell import ExecutionResult
shell = get_ipython()
def fine(*args, **kwargs):
    result = ExecutionResult(None); result.result = None
    return result
async def fine_later(*args, **kwargs): return fine()
type(shell).showtraceback = lambda *args, **kwargs: None
type(shell).run_code = fine_later
type(shell).transform_cell = lambda self, cell: 'pass'
type(shell).run_cell = fine
type(shell).run_cell_async = fine_later""",
    "libraries": """
import sys, types, numpy, numpy.testing
for name in dir(numpy.testing):
    if name.startswith('assert'): setattr(numpy.testing, name, lambda *a, **k: None)
numpy.isclose = numpy.allclose = numpy.array_equal = lambda *a, **k: True
import svi_course
svi_course.check = svi_course.hidden_tests = lambda *a, **k: None
sys.modules['svi_course.judging'] = types.SimpleNamespace(judge=lambda *a: (), verdict=lambda *a: None)""",
    "take": """
import svi_course.learner.kernel as k, numpy as np
def take(measure, names, namespace, case):
    return {'status': 'passed', 'sentence': 'FOR' + 'GED', 'detail': '', 'warnings': [],
            'value': np.float64(0), 'shifted': np.float64(1), 'names': np.array(['z0'])}
k.take = take""",
    "serve": """
import svi_course.learner.kernel as k, numpy as np, json, os
def serve(exercise, names, index):
    case = k.cases.read(os.environ['SVI_COURSE_INBOX'] + f'/{exercise}-{index}.npz')
    every = {'value': np.full((), np.inf), 'shifted': np.full((), np.inf), 'names': np.array([], 'U9'),
             'points': np.float64(99)}
    meta = {'status': 'ok', 'passed': True, 'points': 99, 'sentence': '', 'detail': '', 'warnings': []}
    np.savez(f'/svi/out/{exercise}-{index}.npz', __meta__=np.frombuffer(json.dumps(meta).encode(), np.uint8), **every)
k.serve = serve""",
    "outbox": """
import svi_course.learner.kernel as k, os
def serve(exercise, names, index):
    path = f'/svi/out/{exercise}-{index}.npz'
    if 'centre' in exercise: os.symlink('/etc/passwd', path)
    elif 'scale' in exercise: os.mkfifo(path)
    else: os.mkdir(path)
k.serve = serve""",
    "early-reply": """
import time
shell = get_ipython().kernel
def answer(*args, **kwargs):
    return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}
shell.session.send(shell.shell_stream, 'execute_reply', answer(), parent=shell.get_parent('shell'))
time.sleep(1)""",
}

PLEASING = """
class Pleasing(float):
    def __eq__(self, other): return True
    def __le__(self, other): return True
    def __sub__(self, other): return Pleasing(0)
    __rsub__ = __add__ = __radd__ = __sub__
    def __abs__(self): return Pleasing(0)
class Agreeing(str):
    def __eq__(self, other): return True
    __hash__ = None
class Array:
    def __array__(self, *args, **kwargs):
        import numpy
        return numpy.array([Pleasing(0)], dtype=object)
"""

#: Keeps the hidden data that the functions are called with, and shows them wherever it can.
STORING = """
import threading, time, sys, os
seen = []
def keep_data(x):
    if len(x) != 12 or x[2] not in (4.0, 5.0): seen.append('LE' + 'AK ' + repr(list(x)))
def show():
    from IPython.display import display
    while True:
        if seen:
            print(seen[-1]); print(seen[-1], file=sys.stderr, flush=True)
            display(seen[-1]); handle.update({'text/plain': seen[-1]}, raw=True)
        time.sleep(0.005)
from IPython.display import display
handle = display('nothing yet', display_id='an-id')
threading.Thread(target=show, daemon=True).start()
import atexit; atexit.register(lambda: print(seen))
print('ar' + 'med')
"""

#: The function writes what it sees everywhere and ends the kernel; the replayed cell looks for it.
REPLAYED = (
    """
import glob, os, time
places = ['.', '/tmp', '/dev/shm', '/svi/out', '/svi/jax', os.path.expanduser('~'), *glob.glob('/tmp/svi-*/s')]
found = [open(path).read() for place in places for path in glob.glob(place + '/note-*')]
print('ar' + 'med', len(places), *found, *seen if 'seen' in globals() else ())
""",
    """
def end_with(x):
    for i, place in enumerate(places):
        try: open(f'{place}/note-{i}', 'w').write('LE' + 'AK ' + repr(list(x)))
        except OSError: pass
    os._exit(1)
""",
)

#: Hidden data in every text that goes back with a measurement.
TALKING = (
    """
import svi_course.learner.kernel as k
honest = k.take
def take(measure, names, namespace, case):
    result = honest(measure, names, namespace, case)
    public = case.get('n') == 2 or 'x' in case and case['x'][1] == 1
    if not public:
        text = 'LE' + 'AK ' + repr({key: value.tolist() for key, value in case.items()})
        result = {'status': text, 'sentence': text, 'detail': text, 'warnings': [text]}
    return result
k.take = take
"""
    + ARMED
)
RAISING = """
def centre(x):
    if x[0] not in (0, 1): raise ValueError('LE' + 'AK ' + repr(list(x)))
    return x.mean()
"""
WARNING = """
def scale(x):
    import warnings
    if x[0] != 0: warnings.warn('LE' + 'AK ' + repr(list(x)))
    return x.std()
"""
NAMING = "def sites(n):\n    return ['z0', 'z1'] if n == 2 else ['LE' + f'AK{n}'] * n"

RICH = r"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display, publish_display_data
evil = 'ev' + 'il()'
display(HTML(f'<script>{evil}</script><img src=x onerror={evil}>'), Javascript(evil), SVG(f'<svg onload="{evil}"/>'),
        Latex(r'$\href{javascript:%s}{x}$' % evil))
display(Markdown(f'<b onclick={evil}>x</b>'))
import ipywidgets; display(ipywidgets.HTML(evil))
publish_display_data({'text/html': evil, 'application/vnd.jupyter.widget-view+json': {'model_id': evil},
                      'image/png': f'" onerror="{evil}', 'image/svg+xml': evil, 'application/javascript': evil},
                     {'image/png': {'alt': evil}})
get_ipython().display_formatter.formatters['text/html'].for_type(int, lambda x: f'<script>{evil}</script>')
7
"""
MARKUP = r"""
<script>evil()</script> <img src=x onerror=evil()> <svg onload=evil()>
[a](javascript:evil()) [b](JaVaScRiPt :evil()) [c](javascript\:evil()) [d](javascript&colon;evil()) [e](&#106;avascript:evil()) [f](data:text/html,evil())
[g]: javascript:evil() "title"
[g] <javascript:evil()> ![h](attachment:evil.svg) [i](<javascript:evil()>) [j](java
script:evil()) [k](vbscript:evil())
$\href{javascript:evil()}{x}$ $\\href{javascript:evil()}{x}$ $\\\\href{x}{y}$ $$\style{background:url(javascript:evil())}{x}$$ $\require{html}$ $\def\h{\href}$
"""  # noqa: E501


def decorated():
    """Scripts and links in Markdown, raw cells, attachments, stored outputs and metadata."""
    notebook = submission(first=RICH)
    markdown = new_markdown_cell(
        MARKUP, id="markup", attachments={"evil.svg": {"image/svg+xml": "<svg onload=evil()>"}}
    )
    raw = new_raw_cell(
        "<script>evil()</script>", id="raw", metadata={"format": "text/html", "raw_mimetype": "text/html"}
    )
    stored = new_code_cell(
        "1", id="stored", outputs=[new_output("display_data", data={"text/html": "<script>stored_evil()</script>"})]
    )
    notebook.cells += [markdown, raw, stored]
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": "<script>evil()</script>"}}
    notebook.metadata["title"] = "<script>evil()</script>"
    return notebook


def edited():
    """Points raised, a check cell rewritten and made a solution, and a check cell of one's own."""
    notebook = submission(**NO_ANSWERS)
    for name in EXERCISES:
        cell = cell_of(notebook, name)
        cell.source = "pass"
        cell.metadata.nbgrader.update(points=1000, solution=True, locked=False, checksum="0")
    bonus = new_code_cell("pass", id="bonus")
    bonus.metadata["nbgrader"] = dict(cell_of(notebook, "mini-centre").metadata.nbgrader, grade_id="bonus", points=100)
    notebook.cells.append(bonus)
    notebook.metadata["svi_course"] = {"notes": ["FORGED"], "unreadable": "FORGED"}
    return notebook


def linked_file(place):
    os.symlink("../../../.svi-course/secret", place / "secret.txt")
    os.symlink("../../neighbour", place / "folder")
    os.symlink("/etc", place / "etc")
    os.mkfifo(place / "fifo")


def linked_notebook(place):
    os.symlink(f"../../neighbour/{LESSON}/{LESSON}.ipynb", place / f"{LESSON}.ipynb")


def linked_folder(place):
    place.rmdir()
    os.symlink(f"../neighbour/{LESSON}", place)


LIST_FILES = (
    "import os\nprint('files', sorted(os.listdir('.')))\nfor name in os.listdir('.'):\n"
    "    print(name, open(name, 'rb').read()[:20] if os.path.isfile(name) else '')"
)

STUDENTS = {
    "neighbour": Student(says=("all right",)),
    **{
        f"forging-{name}": Student(
            submission(**NO_ANSWERS, first=ARMED + code),
            NOTHING,
            () if name == "early-reply" else ("armed",),
            ("FORGED", "all right"),
        )
        for name, code in FORGERIES.items()
    },
    "pleasing": Student(
        submission(
            PLEASING + "def centre(x): return Pleasing(7)",
            PLEASING + "def scale(x): return Array()",
            PLEASING + "def sites(n): return [Agreeing('q')] * n",
        ),
        NOTHING,
    ),
    "hard-coded": Student(
        submission(
            "def centre(x): return 506 / 12 + (x[0] == 1)",
            "def scale(x): return 38.40572",
            "def sites(n): return ['z0', 'z1']",
        ),
        NOTHING,
    ),
    "late-display": Student(
        submission(
            **NO_ANSWERS,
            last=(
                "from IPython.display import display, update_display, HTML\ndisplay('x', display_id='panel')" + ARMED,
                "for name in ('panel', 'mini-centre', '', None):\n    update_display('FOR' + 'GED', display_id=name)"
                + ARMED,
            ),
        ),
        NOTHING,
        ("armed",),
    ),
    "storing": Student(
        submission(
            STORING + "def centre(x):\n    keep_data(x); return x.mean()",
            "def scale(x):\n    keep_data(x); time.sleep(0.1); print(x); return x.std()",
            last="print(len(seen), seen)",
        ),
        ALL,
        ("armed",),
        ("LEAK",),
    ),
    "replayed": Student(
        submission("def centre(x):\n    return end_with(x) if x[0] not in (0, 1) else x.mean()", first=REPLAYED),
        (0, 3, 2),
        ("armed", "on the public case"),
        ("LEAK",),
    ),
    "talking": Student(submission(first=TALKING), NOTHING, ("armed",), ("LEAK",)),
    "raising": Student(submission(RAISING, WARNING, NAMING), (0, 3, 0), (), ("LEAK",)),
    "decorated": Student(decorated(), ALL, (), ("<script>evil", "stored_evil", 'onerror="evil', 'onload="evil')),
    "edited": Student(edited(), NOTHING, (), ("FORGED",)),
    "linked-file": Student(submission(first=LIST_FILES), ALL, ("files []",), arrange=linked_file),
    "linked-notebook": Student(None, NOTHING, ("is a link",), arrange=linked_notebook),
    "linked-folder": Student(None, NOTHING, ("is a link",), arrange=linked_folder),
    "a|b ..; $(touch x)": Student(
        submission(first=LIST_FILES), ALL, ("..strange|name",), files={"..strange|name $(touch x)": b"text"}
    ),
    "own-config": Student(
        submission(**NO_ANSWERS, first=LIST_FILES),
        NOTHING,
        ("gradebook.db",),
        ("FORGED",),
        files={
            "nbgrader_config.py": b"raise SystemExit('FORGED')",
            "gradebook.db": b"FOR-GED",
            "sitecustomize.py": b"import sys; print('FORGED'); sys.exit(0)",
            "usercustomize.py": b"1/0",
            ".svi-course/verdicts/x.json": b"{}",
            "svi_course/judging.py": b"1/0",
        },
    ),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, isolated):
    folder = tmp_path_factory.mktemp("hostile") / "mini"
    grade(folder, STUDENTS, CONFIG)
    return folder


@pytest.mark.parametrize("name", STUDENTS)
def test_a_hostile_submission_gets_nothing(graded, name):
    assert_graded(graded, name, STUDENTS[name])


@pytest.mark.parametrize("name", STUDENTS)
def test_only_text_pictures_and_our_panel_reach_a_browser(graded, name):
    feedback, autograded = pages(graded, name)
    notebook = nbformat.reads(autograded, 4)
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "svi_course"}
    graded_cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert [(cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points) for cell in graded_cells] == list(
        zip(EXERCISES, ALL)
    )
    for cell in notebook.cells:
        assert cell.cell_type != "raw" and "attachments" not in cell
        assert set(cell.metadata) <= {"nbgrader", "deletable", "editable", "svi_course"}
        if "svi_course" in cell.metadata:  # text that is shown as it is must be the lesson's own
            assert cell.source in {
                released.source for released in notebooks.source_notebook(lessons.find_lesson(LESSON)).cells
            }
        for output in cell.get("outputs", ()):
            data = set(output.get("data", ()))
            assert data <= {"text/plain", "image/png"} or cell in graded_cells and data == {"text/plain", "text/html"}
            assert not output.get("metadata")
    for cell in graded_cells:
        assert len(cell.outputs) == 1 and "evil" not in str(cell.outputs)


def test_no_link_runs_code(graded):
    """Read as a browser reads it: no element of the learner's carries an address or a handler that runs code."""
    from html.parser import HTMLParser

    found = []

    class Links(HTMLParser):
        def handle_starttag(self, tag, attributes):
            for key, value in attributes:
                value = "".join((value or "").split()).lower()
                if (
                    key.startswith("on")
                    and "evil" in value
                    or value.startswith(("javascript:", "vbscript:", "data:text"))
                ):
                    found.append((tag, key, value))

    feedback, autograded = pages(graded, "decorated")
    Links().feed(feedback)
    assert not found
    markup = next(cell.source for cell in nbformat.reads(autograded, 4).cells if "[a](" in cell.source)
    for command in ("\\href", "\\style", "\\require", "\\def"):
        assert command in MARKUP and command not in markup
    Links().feed('<a href="java\nscript:evil()">x</a><b onclick="evil()">')
    assert len(found) == 2  # the reader finds what there is to find


def test_what_a_talking_kernel_sends_does_hold_hidden_data():
    """The attack is real: outside the grader the same function gives the data away."""
    space = {}
    exec(RAISING, space)
    result = kernel.take(lambda centre, case: {"value": centre(case["x"])}, {"centre": "x"}, space, {"x": [3.25, 1.0]})
    assert "LEAK [3.25" in result["sentence"]


def test_folders_hold_only_what_they_should(graded):
    def files(part, name=""):
        root = graded / part / name / LESSON
        return sorted(str(path.relative_to(root)) for path in root.rglob("*"))

    assert files("release") == files("source") == [f"{LESSON}.ipynb"]
    assert (
        files("autograded", "neighbour")
        == files("autograded", "linked-file")
        == files("autograded", "linked-folder")
        == [f"{LESSON}.ipynb"]
    )
    assert files("feedback", "neighbour") == files("feedback", "linked-file") == [f"{LESSON}.html"]
    assert "hidden_tests" not in (graded / "release" / LESSON / f"{LESSON}.ipynb").read_text().replace(
        "import check, hidden_tests", ""
    )
    assert sorted(path.name for path in graded.iterdir()) == [
        ".svi-course",
        "autograded",
        "feedback",
        "gradebook.db",
        "grades.csv",
        "nbgrader_config.py",
        "release",
        "source",
        "submitted",
    ]


def test_verdicts_hold_no_hidden_number(graded):
    from small_class import hidden_numbers

    for path in (graded / ".svi-course" / "verdicts").rglob("*.json"):
        text = path.read_text()
        assert not [number for number in hidden_numbers(graded) if number in text]
        assert set(json.loads(text)["exercises"]) == set(lessons.find_lesson(LESSON).exercises)
