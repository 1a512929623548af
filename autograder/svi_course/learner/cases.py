"""Cases in files, the one codec for all: dicts of arrays, or of dicts of arrays, as npz without pickle or as JSON.

A class stores its cases, the grader hands one to a kernel, and a student's own lie beside the
notebook in ``case.json``.
"""

import base64
import json
import zlib
from pathlib import Path

import numpy as np

FILE = "case.json"


LONG = 500  # an array with more numbers than this is written as compressed bytes


def flatten(arrays):
    """A dict of arrays, and of dicts of arrays, as one dict: names are joined by "/"."""
    flat = {}
    for name, value in arrays.items():
        if isinstance(value, dict):
            flat |= {f"{name}/{rest}": inner for rest, inner in flatten(value).items()}
        else:
            flat[name] = np.asarray(value)
    return flat


def nest(flat):
    """The inverse of ``flatten``."""
    arrays = {}
    for path, value in flat.items():
        *outer, name = path.split("/")
        place = arrays
        for part in outer:
            place = place.setdefault(part, {})
        place[name] = value
    return arrays


def write(path, arrays, compress=False):
    """Put arrays, or dicts of them, into an npz file.

    Raises:
        TypeError: if one of them holds objects.
    """
    flat = flatten(arrays)
    odd = [name for name, value in flat.items() if value.dtype.hasobject]
    if odd:
        raise TypeError(
            f"{odd[0]} holds objects that are not arrays of numbers or text: a case is made of arrays, or of "
            f"dicts of arrays"
        )
    with open(path, "wb") as file:
        (np.savez_compressed if compress else np.savez)(file, **flat)


def read(path):
    """What ``write`` wrote."""
    with np.load(path, allow_pickle=False) as data:
        return nest({name: data[name] for name in data.files})


def _plain(arrays):
    rows = {}
    for name, value in flatten(arrays).items():
        row = rows[name] = {"dtype": value.dtype.str, "shape": value.shape}
        if value.size > LONG:
            row["zlib"] = base64.b64encode(zlib.compress(np.ascontiguousarray(value).tobytes())).decode()
        else:
            row["data"] = value.ravel().tolist()
    return rows


def _arrays(plain):
    flat = {}
    for name, row in plain.items():
        if "zlib" in row:
            values = np.frombuffer(zlib.decompress(base64.b64decode(row["zlib"])), dtype=row["dtype"]).copy()
        else:
            values = np.array(row["data"], dtype=row["dtype"])
        flat[name] = values.reshape(row["shape"])
    return nest(flat)


def dumps(lesson, variant, pairs):
    """JSON text of a student's public cases.

    Args:
        lesson: name of the lesson.
        variant: name of the student's data.
        pairs: exercise id -> (case, reference), dicts of arrays or of dicts of arrays.
    """
    exercises = {
        name: {"case": _plain(case), "reference": _plain(reference)} for name, (case, reference) in pairs.items()
    }
    return json.dumps({"lesson": lesson, "variant": variant, "exercises": exercises}) + "\n"


def load(path=FILE):
    """(variant, pairs) of a ``case.json``; ("", {}) where there is none.

    Raises:
        ValueError: if the file can't be read; the message says what to do.
    """
    if not Path(path).is_file():
        return "", {}
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        pairs = {name: (_arrays(row["case"]), _arrays(row["reference"])) for name, row in raw["exercises"].items()}
        return str(raw["variant"]), pairs
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error):
        raise ValueError(
            f"{path} is damaged: download it again and put it beside the notebook, or delete it to use the "
            f"course's data."
        ) from None
