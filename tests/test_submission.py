"""Reading a submitted file and what comes back from a kernel, without running one."""

import io
import json
import os
import zipfile
import zlib

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from small_class import LESSON, submission

from svi_course import lessons, notebooks
from svi_course.classroom import folder as classroom
from svi_course.classroom import seeds
from svi_course.grading import grade as grading
from svi_course.grading import kernel
from svi_course.grading import submission as reading

SOURCE = notebooks.source_notebook(lessons.find_lesson(LESSON))
ORDER = ["mini-centre-answer", "mini-centre", "mini-scale-answer", "mini-scale", "mini-sites-answer", "mini-sites"]


def read(tmp_path, data):
    path = tmp_path / "90-mini.ipynb"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return reading.read(path, SOURCE)


def named(notebook):
    return [reading.grade_id(cell) for cell in notebook.cells if reading.grade_id(cell)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"cells": [', "cut off"),
        (b"[" * 100_000, "cut off"),
        (b"null", "not a Jupyter"),
        (b"{}", "not a Jupyter"),
        (b'{"cells": {}, "nbformat": "4"}', "not a Jupyter"),
        (b'{"cells": [3]}', "not a Jupyter"),
        (b'{"nbformat": 2, "worksheets": 7}', "not a Jupyter"),
        (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "not a Jupyter"),
    ],
)
def test_a_file_that_is_no_notebook_gives_a_sentence_and_the_form_of_the_lesson(tmp_path, data, says):
    notebook = read(tmp_path, data)
    assert says in notebook.metadata["svi_course"]["unreadable"]
    assert named(notebook) == ORDER
    nbformat.validate(notebook)


@pytest.mark.parametrize("minimum", [submission(), json.loads(nbformat.writes(submission(), version=3))])
def test_a_notebook_of_any_format_is_read(tmp_path, minimum):
    notebook = read(tmp_path, minimum)
    assert "unreadable" not in notebook.metadata["svi_course"] and not notebook.metadata["svi_course"]["notes"]
    assert "x.mean()" in str(notebook.cells)


def test_a_byte_order_mark_half_an_emoji_and_an_unknown_cell_type_cost_nothing(tmp_path):
    raw = json.loads(nbformat.writes(submission()))
    raw["cells"] += [
        {"cell_type": "code", "source": "'\ud83d'", "metadata": None},
        {"cell_type": "heading", "source": "x"},
        {"cell_type": "code"},
    ]
    notebook = read(tmp_path, b"\xef\xbb\xbf" + json.dumps(raw).encode())
    assert "unreadable" not in notebook.metadata["svi_course"]
    notebooks.to_bytes(notebook)


def test_links_folders_and_large_files_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    target = tmp_path / "a" / "x.ipynb"
    target.write_bytes(notebooks.to_bytes(submission()))
    os.symlink(target, tmp_path / "link.ipynb")
    os.symlink(tmp_path / "a", tmp_path / "folder")
    os.mkfifo(tmp_path / "fifo")
    assert "unreadable" not in reading.read(target, SOURCE).metadata["svi_course"]
    for path, says in (
        (tmp_path / "link.ipynb", "link"),
        (tmp_path / "folder" / "x.ipynb", "folder is a link"),
        (tmp_path / "fifo", "regular"),
        (tmp_path / "a", "regular"),
        (tmp_path / "none.ipynb", "no file none.ipynb"),
    ):
        assert says in reading.read(path, SOURCE).metadata["svi_course"]["unreadable"]
    with pytest.raises(reading.Unreadable, match="larger than"):
        reading.read_regular(target, limit=100)


def test_restore_puts_back_type_points_order_and_locked_text():
    cells = submission().cells
    centre, check = (
        next(cell for cell in cells if cell["id"] == name) for name in ("mini-centre-answer", "mini-centre")
    )
    check.source, check.metadata.nbgrader.points = "pass", 1000
    markdown = new_markdown_cell(centre.source, metadata=centre.metadata)
    notebook, notes = reading.restore(
        [
            markdown,
            check,
            new_code_cell("sites = 1", metadata=centre.metadata),
            new_code_cell("def scale(x): return 1"),
        ],
        SOURCE,
    )
    assert named(notebook) == ORDER
    sources = {reading.grade_id(cell): cell for cell in notebook.cells}
    assert sources["mini-centre-answer"].cell_type == "code" and "x.mean()" in sources["mini-centre-answer"].source
    assert (
        'check("mini-centre")' in sources["mini-centre"].source and sources["mini-centre"].metadata.nbgrader.points == 3
    )
    plain = [cell.source for cell in notebook.cells if not reading.grade_id(cell)]
    assert plain == ["sites = 1", "def scale(x): return 1"]
    # what is written in a cell of one's own comes before the check cell that is put back
    assert notebook.cells.index(sources["mini-scale"]) > [cell.source for cell in notebook.cells].index(
        "def scale(x): return 1"
    )
    assert len(notes) == 6 and sum("deleted" in note for note in notes) == 4
    assert len({cell["id"] for cell in notebook.cells}) == len(notebook.cells)
    nbformat.validate(notebook)


def test_a_notebook_of_very_many_cells_is_cut():
    assert (
        len(reading.parse(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}] * 3000}).encode()))
        == reading.MAX_CELLS
    )


# What a kernel sends


META = np.frombuffer(json.dumps({"status": "ok"}).encode(), np.uint8)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def header(shape, descr="<f8"):
    """A zip whose array claims to be larger than its data."""
    text = str({"descr": descr, "fortran_order": False, "shape": shape}).encode().ljust(118 - 1) + b"\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("__meta__.npy", npy(META))
        archive.writestr("value.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + b"\0" * 64)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("value.npy", b"\0" * (100 << 20))
    return buffer.getvalue()


def meta(**values):
    return npz(value=np.zeros(()), __meta__=np.frombuffer(json.dumps(values).encode(), np.uint8))


NASTY = {
    "empty": b"",
    "no zip": b"hello",
    "no meta": npz(value=np.zeros(3)),
    "bomb": bomb(),
    "many": npz(__meta__=META, **{f"a{i}": np.zeros(1) for i in range(200)}),
    "huge header": header((10**12,)),
    "no bytes in an element": header((10**15,), "<U0"),
    "nested header": header("(" * 50),
    "pickle": npz(__meta__=META, value=np.array([print, {}], dtype=object)),
    "meta of objects": npz(__meta__=np.array([{}], dtype=object)),
    "meta is no JSON": npz(__meta__=np.zeros(10)),
    "meta is a list": npz(__meta__=np.frombuffer(b"[1]", np.uint8)),
    "deep meta": npz(__meta__=np.frombuffer(b"[" * 10**5, np.uint8)),
    "status": meta(status="passed"),
    "long status": meta(status="secret " * 1000),
    "status of a list": meta(status=["ok"]),
    "warnings": meta(status="ok", warnings=7),
    "damaged": npz(__meta__=META, value=np.zeros(1000))[:-40],
}


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_measurement_is_no_answer(tmp_path, name):
    path = tmp_path / "x.npz"
    path.write_bytes(NASTY[name])
    found = kernel.read_measurement(path)
    assert found["status"] in ("no answer", "too large") and set(found) == {"status", "sentence", "detail"}


def test_a_measurement_is_read_from_a_regular_file_only(tmp_path):
    good = tmp_path / "good.npz"
    good.write_bytes(npz(value=np.float32(2), status=np.zeros(3), __meta__=META))
    assert kernel.read_measurement(good) == {"value": 2, "status": "ok", "sentence": "", "detail": "", "warnings": []}
    os.symlink(good, tmp_path / "link")
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo", "none", "."):
        assert kernel.read_measurement(tmp_path / name)["status"] == "no answer"


def test_every_status_that_a_kernel_may_send_is_known():
    from svi_course.learner import errors

    assert {status for _, status, _ in errors.SENTENCES} <= set(kernel.STATUSES)
    assert "passed" not in kernel.STATUSES and "failed" not in kernel.STATUSES


@pytest.mark.parametrize(
    ("kind", "content", "kept"),
    [
        ("stream", {"name": "stdout", "text": "x"}, {"text": "x", "name": "stdout"}),
        ("stream", {"name": "<script>", "text": "x" * 2_000_000}, {"name": "stdout"}),
        ("display_data", {"data": {"text/html": "<b>", "text/latex": "x"}, "metadata": {}}, None),
        ("display_data", {"data": {"text/plain": ["a", {}]}, "metadata": {}}, None),
        (
            "execute_result",
            {"data": {"text/plain": "7", "text/html": "<b>"}, "metadata": {"a": 1}, "execution_count": "<b>"},
            {"data": {"text/plain": "7"}, "output_type": "display_data", "metadata": {}},
        ),
        ("update_display_data", {"data": {"text/plain": "7"}}, None),
        ("clear_output", {"wait": True}, None),
        ("comm_open", {"data": {}}, None),
        ("error", {"ename": ["x"], "evalue": 3, "traceback": ["a"] * 1000}, {"ename": "['x']", "evalue": "3"}),
    ],
)
def test_outputs_keep_text_only(kind, content, kept):
    output = kernel.clean_output(kind, content)
    assert (output is None) == (kept is None)
    for key, value in (kept or {}).items():
        assert output[key] == value
    if output:
        nbformat.validate(new_notebook(cells=[new_code_cell("", outputs=[output])]))


def test_a_png_is_a_png_of_a_sensible_size():
    import base64

    def png(width, height):
        body = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
        return b"\x89PNG\r\n\x1a\n\0\0\0\r" + body + zlib.crc32(body).to_bytes(4, "big")

    def text(raw):
        return base64.b64encode(raw).decode()

    assert kernel.clean_png("\n".join(text(png(640, 480)))) == text(png(640, 480))
    for value in (
        text(png(100_000, 100_000)),
        text(b"<svg onload=evil()>"),
        text(png(1, 1)) + '" onerror="evil()',
        "é",
        "",
        None,
        7,
        ["a"],
        text(png(1, 1) + b"x" * 4_000_000),
    ):
        assert kernel.clean_png(value) is None


# What a learner wrote, for the instructor's browser


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("<script>x</script>", "<"),
        ("[a](javascript:x)", "javascript:"),
        ("[a](JavaScript : x)", "Script :\u0020x)x"),
        ("[a](javascript\\:x)", "\\:"),
        ("[a](vbscript:x)", "vbscript:"),
        ("[a](data:text/html,x)", "data:"),
        ("[a](&#106;avascript&colon;x)", "&amp;#"),
        ("[a](javascript&colon;x)", "&amp;colon;"),
        ("![a](attachment:x)", "attachment:"),
        (r"$\href{x}{y}$", r"\href"),
        (r"$\\href{x}{y}$", r"\href"),
        (r"$\\\\\href{x}{y}$", r"\href"),
        (r"$\unicode{x}$", r"\unicode"),
        (r"$\renewcommand\a\href$", "\\re"),
    ],
)
def test_safe_markdown(text, gone):
    assert gone not in grading.safe_markdown(text)


def test_safe_markdown_keeps_what_is_harmless():
    text = "**bold** $\\frac{a}{b}$ [link](https://example.org) `x` and a description: \\alpha \\defined\n\n* a\n"
    assert grading.safe_markdown(text) == text


# Seeds


def test_seeds_depend_on_every_part_and_on_all_of_the_secret():
    secret = bytes(range(32))
    parts = ("case", "03-x", "coin", 1, "ada")
    streams = {seeds.generator(secret, *parts).integers(2**63)}
    for position, other in enumerate(("role", "04-x", "coins", 2, "bea")):
        streams.add(seeds.generator(secret, *parts[:position], other, *parts[position + 1 :]).integers(2**63))
    for position in range(32):
        changed = bytearray(secret)
        changed[position] ^= 1
        streams.add(seeds.generator(bytes(changed), *parts).integers(2**63))
    assert len(streams) == 1 + 5 + 32
    entropy = seeds.generator(secret, *parts).bit_generator.seed_seq.entropy
    assert entropy.bit_length() > 200  # a 32-bit seed could be tried out
    assert len({seeds.new_secret() for _ in range(10)}) == 10 and len(seeds.new_secret()) == 32


@pytest.mark.parametrize(
    ("secret", "lesson", "student"),
    [(b"short", "a", ""), (bytes(31), "a", ""), (bytes(32), "a|b", ""), (bytes(32), "a", "x|y")],
)
def test_seeds_refuse_what_could_be_confused(secret, lesson, student):
    with pytest.raises(ValueError, match="32 bytes"):
        seeds.generator(secret, "case", lesson, "coin", 1, student)


def test_cases_with_objects_are_not_stored(tmp_path):
    with pytest.raises(TypeError):
        classroom.save_cases(tmp_path / "x.npz", [{"case": {"x": np.array([{}])}}], {})
