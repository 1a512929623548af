"""Cells that need not run at grading: unchanged, and used by nothing that runs."""

import ast

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from svi_course import lessons, notebooks
from svi_course.grading import demonstrations, submission

COURSE = [pytest.param(lesson, id=lesson.name) for lesson in lessons.course_lessons()]
FIRST = "import numpy as np\nimport matplotlib.pyplot as plt"
ANSWER = "def answer(x):\n    return np.sum(x)"


def left_out(released, answer=ANSWER, own=()):
    """Texts of cells that don't run in a notebook of released cells, an answer, and cells of the learner's own."""
    graded = new_code_cell(answer, metadata={"nbgrader": {"grade_id": "answer"}})
    cells = [new_code_cell(text, metadata={"svi_course": {"released": True}}) for text in (FIRST, *released)]
    notebook = new_notebook(cells=[*cells, graded, *(new_code_cell(text) for text in own)])
    return {notebook.cells[index].source for index in demonstrations.unneeded(notebook)}


DATA, FIGURE = "data = np.arange(3.0)", "fig, ax = plt.subplots()\nax.plot(data)\nplt.show()"


def test_a_figure_that_nothing_uses_is_left_out():
    assert left_out([DATA, FIGURE]) == {DATA, FIGURE}
    assert left_out([]) == set()


@pytest.mark.parametrize(
    "answer, own, runs",
    [
        ("def answer(x):\n    return x + data", (), {DATA}),
        ("def answer(x, d=data):\n    return x", (), {DATA}),
        ("def answer(data):\n    return data", (), set()),  # its own variable
        ("def answer(x):\n    global data\n    return data", (), {DATA}),
        ("answer = lambda x: [y + data for y in x]", (), {DATA}),
        (ANSWER, ("print(fig)",), {DATA, FIGURE}),  # and what the figure uses
        (ANSWER, ("changed = data * 2",), {DATA}),
        (ANSWER, ("%timeit np.sum(data)",), {DATA, FIGURE}),  # IPython may reach anything
        (ANSWER, ("eval('da' + 'ta')",), {DATA, FIGURE}),
        ("def answer(x):\n    return globals()['data']", (), {DATA, FIGURE}),
        ("def answer(x) return x", (), set()),  # no Python: it runs, and says so
    ],
)
def test_what_is_used_runs(answer, own, runs):
    assert left_out([DATA, FIGURE], answer, own) == {DATA, FIGURE} - runs


@pytest.mark.parametrize(
    "change",
    [
        "data[0] = 1.0",
        "data += 1",
        "data.sort()",
        "data.flags.writeable = False",
        "del data",
        "for data in range(3):\n    pass",
        "with open('f') as data:\n    pass",
        "def data():\n    pass",
        "import json as data",
        "np.add(data, 1, out=data)\ndata.sum()",
        "if (data := 3):\n    pass",
    ],
)
def test_a_cell_that_changes_what_is_used_runs(change):
    assert left_out([DATA, change, FIGURE], "def answer(x):\n    return x + data") == {FIGURE}


def test_a_changed_cell_runs():
    source = notebooks.source_notebook(lessons.find_lesson("03"))
    plain = [cell for cell in source.cells if cell.cell_type == "code" and not submission.grade_id(cell)][3]
    before, _ = submission.restore([cell.copy() for cell in source.cells], source)
    texts = {before.cells[index].source for index in demonstrations.unneeded(before)}
    assert plain.source in texts
    edited = [cell.copy() for cell in source.cells]
    for cell in edited:
        if cell.source == plain.source:
            cell.source += "\nprint('mine')"
    after, _ = submission.restore(edited, source)
    assert not any("mine" in after.cells[index].source for index in demonstrations.unneeded(after))


@pytest.mark.parametrize("lesson", COURSE)
def test_most_of_a_lessons_own_cells_need_not_run(lesson):
    """And settings that change how other cells run stand in the first, which always runs."""
    source = notebooks.source_notebook(lesson)
    notebook, _ = submission.restore([cell.copy() for cell in source.cells], source)
    plain = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and not submission.grade_id(cell)]
    unneeded = demonstrations.unneeded(notebook)
    assert plain[0] not in unneeded and len(unneeded) > 0.6 * len(plain)
    for index in unneeded:
        calls = [node.func for node in ast.walk(ast.parse(notebook.cells[index].source)) if isinstance(node, ast.Call)]
        for call in map(ast.unparse, calls):
            assert "config" not in call and not call.startswith(("numpyro.set", "numpyro.enable", "np.random.seed"))
