"""Who is in a class: ids from a list of students."""

import csv
import re
from pathlib import Path


class ClassError(Exception):
    """Something about the class directory; the message says what to do."""


def read_roster(path):
    """Student ids from a file: the column ``id`` of a CSV, or one id a line.

    Raises:
        ClassError: if there are none, or one can't be a folder's name.
    """
    try:
        rows = [
            row for row in csv.reader(Path(path).read_text(encoding="utf-8-sig").splitlines()) if row and row[0].strip()
        ]
    except (OSError, UnicodeDecodeError) as error:
        raise ClassError(f"the list of students can't be read: {error}") from None
    column = rows[0].index("id") if rows and "id" in rows[0] else None
    ids = [row[column or 0].strip() for row in (rows if column is None else rows[1:])]
    for student in ids:
        check_student(student)
    if not ids:
        raise ClassError(f"{path} names no student: write one id a line.")
    return list(dict.fromkeys(ids))


def check_student(student):
    """Raises ClassError if ``student`` can't be the name of a folder and part of a seed."""
    if not re.fullmatch(r"[\w@+-][\w.@+-]*", student):
        raise ClassError(f"{student!r} can't be a student's id: use letters, digits and . _ - @ + only.")
