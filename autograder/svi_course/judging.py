"""From a measurement and a reference to a verdict. NumPy only; trusts no measurement.

All criteria of an exercise run, and partial credit is their sum.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

#: What is said where a hidden case was not measured; a learner's own words may carry hidden data.
HIDDEN_TROUBLE = {
    "not measured": "It works on the public case; on hidden cases it was not measured: the time for this submission "
    "was up.",
    "out of time": "It works on the public case, but took too long on a hidden one.",
}
HIDDEN_CRASH = "It works on the public case, but not on another one: do all your numbers come from the arguments?"

MAX_LOOKED_AT = 500_000  # numbers of one array that the search for a hint reads: a learner's kernel chose its size


@dataclass(frozen=True)
class Row:
    """One criterion on one case."""

    name: str
    points: int
    compared: str
    distance: float
    tolerance: float
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """The judgement of one exercise.

    Attributes:
        rows: criteria on the public case, with distances.
        hidden: criterion -> passed on every hidden case; empty where only the public case was judged.
        status: "passed", "failed", or why it could not be judged.
    """

    exercise: str
    title: str
    status: str
    sentence: str
    rows: tuple
    hidden: Mapping[str, bool]
    hint: str
    points: float
    max_points: float
    warnings: tuple = ()

    @property
    def passed(self):
        return self.status == "passed"


def judge(exercise, measurement, reference):
    """Rows of the verdict on one case.

    Args:
        exercise: the Exercise.
        measurement: what the learner's kernel sent; anything in it may be wrong.
        reference: the truth of the same case.
    """
    rows = []
    clean, troubles = {}, {}
    for name, wanted in exercise.fields.items():
        value = measurement.get(name)
        trouble = wanted.problem(value)
        if trouble:
            troubles[name] = trouble
        else:
            clean[name] = value.astype(np.float64) if value.dtype.kind in "fiub" else value
    for criterion in exercise.criteria:
        limit = exercise.tolerance(criterion.name)
        distance, sentence = np.nan, criterion.failed
        bad = [f"`{name}` {troubles[name]}." for name in criterion.needs if name in troubles]
        if measurement.get("status") != "ok":
            sentence = str(measurement.get("sentence", ""))
        elif bad:
            sentence = bad[0]
        else:
            try:
                with np.errstate(all="ignore"):
                    distance = float(criterion.distance(clean, reference))
            except Exception:
                sentence = "The measured numbers can't be compared."
        passed = bool(distance <= limit)
        rows.append(
            Row(
                criterion.name,
                criterion.points,
                criterion.compared,
                distance,
                limit,
                passed,
                "" if passed else sentence,
            )
        )
    return tuple(rows)


def matching_mistakes(exercise, measurement, reference, rows):
    """Names of the listed mistakes whose measurement this failed one looks like."""
    distances = {row.name: row.distance for row in rows}
    measurement = {key: value for key, value in measurement.items() if getattr(value, "size", 0) <= MAX_LOOKED_AT}
    found = set()
    for mistake in exercise.mistakes:
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the arrays may be of any kind
                if mistake.looks_like(measurement, reference, distances):
                    found.add(mistake.name)
        except Exception:
            pass  # fields that are missing or of another shape match nothing
    return found


def choose_hint(exercise, failing):
    """The hint of the one mistake that every failing case shows, else "".

    Args:
        failing: (measurement, reference, rows) of each failed case.
    """
    if not failing:
        return ""
    common = set.intersection(*(matching_mistakes(exercise, *case) for case in failing))
    hints = {mistake.hint for mistake in exercise.mistakes if mistake.name in common}
    return hints.pop() if len(hints) == 1 else ""


def verdict(exercise, public, hidden=()):
    """Judge one exercise on the public case and the hidden ones.

    Args:
        exercise: the Exercise.
        public: (measurement, reference) of the public case.
        hidden: a sequence of the same for hidden cases.

    Returns:
        A Verdict: a criterion earns its points if it passed on every case.
    """
    cases = [(m, r, judge(exercise, m, r)) for m, r in (public, *hidden)]
    rows = cases[0][2]
    all_passed = {row.name: all(case[2][i].passed for case in cases) for i, row in enumerate(rows)}
    hidden_passed = (
        {row.name: all(case[2][i].passed for case in cases[1:]) for i, row in enumerate(rows)} if hidden else {}
    )
    points = sum(row.points for row in rows if all_passed[row.name])
    failing = [case for case in cases if not all(row.passed for row in case[2])]
    bad = next((m for m, _, _ in cases if m.get("status") != "ok"), None)
    if not failing:
        status, sentence = "passed", ""
    elif bad is not None:
        status = str(bad.get("status", "failed"))
        if bad is public[0]:
            sentence = str(bad.get("sentence", ""))
        else:
            sentence = HIDDEN_TROUBLE.get(status, HIDDEN_CRASH)
    else:
        status = "failed"
        sentence = ""
        if hidden and all(row.passed for row in rows):
            sentence = "Right on the public case, not on the hidden ones."
    return Verdict(
        exercise.id,
        exercise.title,
        status,
        sentence,
        rows,
        hidden_passed,
        choose_hint(exercise, failing),
        points,
        exercise.points,
        tuple(str(w)[:200] for w in public[0].get("warnings", ())),
    )


def not_judged(exercise, status, sentence):
    """The verdict of an exercise that was never measured: no points, and why."""
    return verdict(exercise, ({"status": status, "sentence": sentence}, {}))
