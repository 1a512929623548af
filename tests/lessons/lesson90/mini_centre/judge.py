"""The mean of an array: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake

from ..arrays import draw, public


def figure(axes, m, r):
    axes.axvline(float(r["mean"]), color="black", label="reference")
    axes.axvline(float(m["value"]), color="#0072b2", linestyle="--", label="yours")
    axes.set_title("Your centre and the mean of the data")
    axes.legend()
    return "Two vertical lines, your centre and the mean of the data."


EXERCISE = Exercise(
    title="The mean of an array",
    names={"centre": "x"},
    public=public,
    case=draw,
    reference=lambda case: {"mean": np.mean(case["x"]), "median": np.median(case["x"])},
    fields={"value": Field(), "shifted": Field()},
    criteria=(
        Criterion(
            "value",
            points=2,
            compared="your centre and the mean",
            distance=lambda m, r: abs(m["value"] - r["mean"]),
            needs=("value",),
            failed="Your centre is not the mean.",
        ),
        Criterion(
            "shift",
            points=1,
            compared="centre of x + 1 minus centre of x, and 1",
            distance=lambda m, r: abs(m["shifted"] - m["value"] - 1),
            needs=("value", "shifted"),
            failed="Move the data: your centre should move along.",
        ),
    ),
    mistakes=(
        Mistake(
            "median",
            hint="Is it the middle one or the balance point?",
            looks_like=lambda m, r, d: abs(m["value"] - r["median"]) < 1e-6,
        ),
        Mistake(
            "total",
            hint="Twice as many points: does your centre move?",
            looks_like=lambda m, r, d: abs(m["value"] - 12 * r["mean"]) < 1e-6,
        ),
    ),
    figure=figure,
)
