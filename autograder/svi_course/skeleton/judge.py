"""The title of the exercise: what a case is, the truth, and how a measurement is judged. NumPy and SciPy only."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss


def public():
    """The case of the notebook."""
    return {"x": np.arange(12.0) ** 2}


def draw(rng):
    """A hidden case, of the same names and shapes; every argument varies between cases."""
    return {"x": rng.normal(rng.uniform(-5, 5), rng.uniform(1, 3), size=12)}


def reference(case):
    """The truth, in float64, and what the hints need."""
    return {"mean": np.mean(case["x"]), "median": np.median(case["x"])}


def figure(axes, m, r):
    """One picture of the public case, titled with its conclusion; returns the text for those who can't see it."""
    right = abs(m["value"] - r["mean"]) < 1e-6
    axes.axvline(float(r["mean"]), color="black", label="reference")
    axes.axvline(float(m["value"]), color="#0072b2", linestyle="--", label="yours")
    axes.set_title("Your value is the mean" if right else "Your value is not the mean", fontsize=10)
    axes.legend(fontsize=7)
    return f"Two vertical lines, the mean of the data and your value, {'on' if right else 'away from'} each other."


EXERCISE = Exercise(
    title="The title of the exercise",
    names={"the_function": "x"},
    public=public,
    case=draw,
    reference=reference,
    fields={"value": Field(), "moved": Field()},
    criteria=(
        Criterion(
            "value",
            points=2,
            compared="your value and the mean",
            distance=lambda m, r: abs(m["value"] - r["mean"]),
            needs=("value",),
            failed="Your value is not the mean of the data.",
        ),
        Criterion(
            "moved",
            points=1,
            compared="how far your value moves when all data move by 1, and 1",
            distance=lambda m, r: abs(m["moved"] - m["value"] - 1),
            needs=("value", "moved"),
            failed="Move all data by 1: your value should move along.",
        ),
    ),
    mistakes=(
        Mistake(
            "median",
            hint="Is it the middle one or the balance point?",
            looks_like=lambda m, r, d: abs(m["value"] - r["median"]) < 1e-6,
        ),
    ),
    near=(
        NearMiss(
            "offset",
            unit="units of the data",
            sizes=(1e-7, 1e-6, 1e-5),
            must=1e-5,
            perturb=lambda m, r, size: {**m, "value": m["value"] + size, "moved": m["moved"] + size},
        ),
    ),
    figure=figure,
)
