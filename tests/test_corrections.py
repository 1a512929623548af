"""docs/corrections.md points at cells that exist."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = [
    [part.strip() for part in line.strip("|\n").split("|")]
    for line in (ROOT / "docs" / "corrections.md").read_text(encoding="utf-8").splitlines()
    if line.startswith(("| 1.", "| 2."))
]
SEVERE = {f"1.{i}" for i in (1, 2, 3, 5, 7, 8, 9, 13, 14, 18, 19, 20, 21, 26, 27, 28, 31, 33, 36, 37)}
SEVERE |= {f"2.{i}" for i in (1, 5, 6, 7, 8)}  # Part 2, lesson 07
SEVERE |= {f"2.{i}" for i in (17, 18, 19, 20, 22, 24, 26)}  # lesson 09


@pytest.mark.parametrize("erratum, right, lesson, words", ROWS)
def test_the_words_stand_in_the_lesson(erratum, right, lesson, words):
    (path,) = (ROOT / "course").glob(f"lesson{lesson}/*.md")
    assert words in path.read_text(encoding="utf-8")


def test_every_severe_erratum_of_the_lessons_that_stand_is_dealt_with():
    assert {row[0].split()[0] for row in ROWS} >= SEVERE
