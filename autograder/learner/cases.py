"""A student's own public cases, as the ``case.json`` that lies beside the notebook."""

import json
from pathlib import Path

import numpy as np

FILE = "case.json"


def _plain(arrays):
    return {key: {"dtype": np.asarray(value).dtype.str, "data": np.asarray(value).tolist()} for key, value in arrays.items()}


def _arrays(plain):
    return {key: np.array(value["data"], dtype=value["dtype"]) for key, value in plain.items()}


def dumps(lesson, variant, pairs):
    """JSON text of a student's public cases.

    Args:
        lesson: name of the lesson.
        variant: name of the student's data.
        pairs: exercise id -> (case, reference), dicts of arrays.
    """
    exercises = {name: {"case": _plain(case), "reference": _plain(reference)} for name, (case, reference) in pairs.items()}
    return json.dumps({"lesson": lesson, "variant": variant, "exercises": exercises}, indent=1) + "\n"


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
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is damaged: download it again and put it beside the notebook, or delete it to use the course's data.") from None
