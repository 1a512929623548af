"""From a measurement and a reference to a verdict. NumPy only; trusts no measurement.

An exercise is a list of criteria. Each turns the raw measurement into one distance,
compared with one tolerance; all of them run, and partial credit is their sum.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

MAX_LOOKED_AT = 500_000  # numbers of one array that the search for a hint reads: a learner's kernel chose its size


@dataclass(frozen=True)
class Field:
    """What one array of a measurement may be.

    Attributes:
        shape: its exact shape; None stands for any length up to 100,000.
        allow: "inf", "nan" or "inf nan" where these are rightful values.
        text: True for an array of short strings (site names, say).
    """

    shape: tuple = ()
    allow: str = ""
    text: bool = False

    def problem(self, value):
        """Why ``value`` can't be used, in a few words, or None."""
        if not isinstance(value, np.ndarray):
            return "is missing"
        if self.text:
            if value.dtype.kind != "U" or value.size > 1000:
                return "is not text"
        elif value.dtype.kind not in "fiub":
            return f"holds {value.dtype} instead of numbers"
        if len(value.shape) != len(self.shape) or any(
            n > 100_000 if want is None else n != want for n, want in zip(value.shape, self.shape)
        ):
            wanted = tuple("n" if n is None else n for n in self.shape)
            return f"has shape {value.shape} instead of {str(wanted).replace(chr(39), '')}"
        if value.dtype.kind == "f":
            if "nan" not in self.allow and np.isnan(value).any():
                return "holds NaN"
            if "inf" not in self.allow and np.isinf(value).any():
                return "holds infinite values"
        return None


@dataclass(frozen=True)
class Criterion:
    """One row of the panel: a distance and what it may be at most.

    Attributes:
        name: short name, unique in its exercise; the key of its tolerance.
        points: what it is worth.
        compared: what is compared with what, and the unit, as the panel says it.
        distance: (measurement, reference) -> float; NaN fails.
        needs: the fields of the measurement that it reads.
        failed: a sentence for the learner when it fails.
    """

    name: str
    points: int
    compared: str
    distance: Callable[[Mapping, Mapping], float]
    needs: tuple = ()
    failed: str = ""


@dataclass(frozen=True)
class KnownWrong:
    """A plausible mistake, runnable, and the question that leads out of it.

    Attributes:
        name: unique in its exercise.
        source: learner's code that defines the exercise's names.
        hint: one sentence that does not give the answer away.
        looks_like: (measurement, reference, distances) -> bool, whether a failed
            measurement shows this mistake. ``distances`` maps criteria to numbers; a
            measurement that is only an error has "status" and "detail" and no arrays.
        hidden_only: True if it is right on the public case.
    """

    name: str
    source: str
    hint: str
    looks_like: Callable[[Mapping, Mapping, Mapping], bool]
    hidden_only: bool = False


@dataclass(frozen=True)
class NearMiss:
    """An error of known size put into a right measurement: what the power curve is made of.

    Attributes:
        name: unique in its exercise.
        unit: what a size means, in words.
        sizes: sizes that are tried, the smallest first.
        must: a size that must always fail; at least 3 tolerances from the truth.
        perturb: (measurement, reference, size) -> the measurement that a learner with
            an error of this size would have had.
    """

    name: str
    unit: str
    sizes: tuple
    must: float
    perturb: Callable[[Mapping, Mapping, float], Mapping]


@dataclass(frozen=True)
class Exercise:
    """What an exercise asks and how it is judged; its ``measure`` lies in the learner's half.

    Attributes:
        id: kebab-case, unique in the course; also the grade_id of its check cell.
        title: a few words for tables and panels.
        names: name -> signature text of what the learner writes.
        public: () -> the fixed public case, a dict of arrays.
        case: numpy Generator -> a hidden case of the same keys.
        reference: case -> the truth, a dict of float64 arrays or of dicts of them. Closed form or quadrature.
        fields: name -> Field, the schema of the measurement.
        criteria: the rows of the verdict.
        known_wrong: the listed mistakes.
        honest: name -> source of right answers other than the solution. With the solution
            they are the honest set of the calibration, fixed before any tolerance.
        near: near misses for the power curve.
        figure: (axes, measurement, reference) -> alt text, or None.
        n_hidden: hidden cases a class.
        routes: module in ``autograder.references`` whose ``routes(cases, references)``
            computes the same truth in other ways when a class is made, or "".
    """

    id: str
    title: str
    names: Mapping[str, str]
    public: Callable[[], dict]
    case: Callable[[np.random.Generator], dict]
    reference: Callable[[Mapping], dict]
    fields: Mapping[str, Field]
    criteria: tuple
    known_wrong: tuple = ()
    honest: Mapping[str, str] = field(default_factory=dict)
    near: tuple = ()
    figure: Callable | None = None
    n_hidden: int = 3
    routes: str = ""

    @property
    def points(self):
        return sum(c.points for c in self.criteria)

    @property
    def measure_name(self):
        return self.id.replace("-", "_")


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


@cache
def _table(path):
    return json.loads(Path(path).read_text())


def tolerance(exercise_id, criterion, path):
    """The tolerance of a criterion, from its lesson's calibrated table."""
    return float(_table(str(path))[exercise_id][criterion]["tolerance"])


def judge(exercise, measurement, reference, tolerances):
    """Rows of the verdict on one case.

    Args:
        exercise: the Exercise.
        measurement: what the learner's kernel sent; anything in it may be wrong.
        reference: the truth of the same case.
        tolerances: file of the tolerances.
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
        limit = tolerance(exercise.id, criterion.name, tolerances)
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
        rows.append(Row(criterion.name, criterion.points, criterion.compared, distance, limit, passed, "" if passed else sentence))
    return tuple(rows)


def matching_mistakes(exercise, measurement, reference, rows):
    """Names of the known-wrong answers whose measurement this failed one looks like."""
    distances = {row.name: row.distance for row in rows}
    measurement = {key: value for key, value in measurement.items() if getattr(value, "size", 0) <= MAX_LOOKED_AT}
    found = set()
    for wrong in exercise.known_wrong:
        try:
            with np.errstate(all="ignore"):
                if wrong.looks_like(measurement, reference, distances):
                    found.add(wrong.name)
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
    hints = {wrong.hint for wrong in exercise.known_wrong if wrong.name in common}
    return hints.pop() if len(hints) == 1 else ""


def verdict(exercise, public, hidden=(), *, tolerances):
    """Judge one exercise on the public case and the hidden ones.

    Args:
        exercise: the Exercise.
        public: (measurement, reference) of the public case.
        hidden: a sequence of the same for hidden cases.
        tolerances: the lesson's table, a file.

    Returns:
        A Verdict: a criterion earns its points if it passed on every case.
    """
    cases = [(m, r, judge(exercise, m, r, tolerances)) for m, r in (public, *hidden)]
    rows = cases[0][2]
    all_passed = {row.name: all(case[2][i].passed for case in cases) for i, row in enumerate(rows)}
    hidden_passed = {row.name: all(case[2][i].passed for case in cases[1:]) for i, row in enumerate(rows)} if hidden else {}
    points = sum(row.points for row in rows if all_passed[row.name])
    failing = [case for case in cases if not all(row.passed for row in case[2])]
    bad = next((m for m, _, _ in cases if m.get("status") != "ok"), None)
    if not failing:
        status, sentence = "passed", ""
    elif bad is not None:
        status = str(bad.get("status", "failed"))
        if bad is public[0]:
            sentence = str(bad.get("sentence", ""))
        else:  # what it says may carry hidden data
            sentence = "It works on the public case, but not on another one: do all your numbers come from the arguments?"
    else:
        status = "failed"
        sentence = ""
        if hidden and all(row.passed for row in rows):
            sentence = "Right on the public case, not on the hidden ones."
    return Verdict(
        exercise.id, exercise.title, status, sentence, rows, hidden_passed, choose_hint(exercise, failing),
        points, exercise.points, tuple(str(w)[:200] for w in public[0].get("warnings", ())),
    )


def not_judged(exercise, status, sentence, *, tolerances):
    """The verdict of an exercise that was never measured: no points, and why."""
    return verdict(exercise, ({"status": status, "sentence": sentence}, {}), tolerances=tolerances)
