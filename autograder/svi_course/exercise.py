"""The vocabulary of exercises: what a ``judge.py`` is written in. NumPy only.

A case is one instance of an exercise, a truth what is right for it, a measurement the
numbers that a learner's kernel sent. A criterion compares the last two, one distance
with one tolerance.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np


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
class Mistake:
    """A plausible mistake and the question that leads out of it; the code that makes it stands in ``mistakes.py``.

    Attributes:
        name: unique in its exercise; with "_" for what is no letter or digit it names the code in ``mistakes.py``.
        hint: one sentence that does not give the answer away.
        looks_like: (measurement, reference, distances) -> bool, whether a failed
            measurement shows this mistake. ``distances`` maps criteria to numbers; a
            measurement that is only an error has "status" and "detail" and no arrays.
        hidden_only: True if it is right on the public case.
    """

    name: str
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
    """What an exercise asks and how it is judged: what ``judge.py`` in its folder calls EXERCISE.

    Attributes:
        title: a few words for tables and panels.
        names: name -> signature text of what the learner writes.
        public: () -> the fixed public case, a dict of arrays or of dicts of arrays.
        case: numpy Generator -> a hidden case of the same keys.
        reference: case -> the truth, a dict of float64 arrays or of dicts of them. Closed form or quadrature.
        fields: name -> Field, the schema of the measurement.
        criteria: the rows of the verdict.
        mistakes: the listed mistakes.
        near: near misses for the power curve.
        figure: (axes, measurement, reference) -> alt text, or None where there is nothing to show.
        n_hidden: hidden cases a class.
        routes: module of the course whose ``routes(cases, references)`` computes the same truth
            in other ways when a class is made, or "".
        slow: honest answers that take seconds a case -> how many cases of a calibration each gets.
        unused: argument -> why a right answer may ignore it, such as a guide its data.
        equivalent: one-node change of the solution, as ``svi-course mutate`` calls it -> why it is right as well.
        folder: the exercise's folder. Its name, with "-" for "_", is the id.
    """

    title: str
    names: Mapping[str, str]
    public: Callable[[], dict]
    case: Callable[[np.random.Generator], dict]
    reference: Callable[[Mapping], dict]
    fields: Mapping[str, Field]
    criteria: tuple
    mistakes: tuple = ()
    near: tuple = ()
    figure: Callable | None = None
    n_hidden: int = 3
    routes: str = ""
    slow: Mapping[str, int] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)
    equivalent: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def id(self):
        """The exercise's name in the course, in kebab-case, and the grade_id of its check cell."""
        return self.folder.name.replace("_", "-")

    @property
    def points(self):
        """What all criteria are worth."""
        return sum(c.points for c in self.criteria)

    def table(self):
        """What ``table.json`` holds: criterion -> its tolerance and what was measured of it."""
        return json.loads((self.folder / "table.json").read_text())

    def tolerance(self, criterion):
        """The calibrated tolerance of a criterion."""
        return _tolerances(self.folder / "table.json")[criterion]


@cache
def _tolerances(path):
    """criterion -> tolerance. What "_" begins is no criterion."""
    return {
        name: float(row["tolerance"]) for name, row in json.loads(path.read_text()).items() if not name.startswith("_")
    }
