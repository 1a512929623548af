"""The standard deviation of an array: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake

from ..arrays import draw, public

EXERCISE = Exercise(
    title="The standard deviation of an array",
    names={"scale": "x"},
    public=public,
    case=draw,
    reference=lambda case: {"sd": np.std(case["x"])},
    fields={"value": Field()},
    criteria=(
        Criterion(
            "value",
            points=3,
            compared="your scale and the standard deviation",
            distance=lambda m, r: abs(m["value"] - r["sd"]),
            needs=("value",),
            failed="Your scale is not the standard deviation.",
        ),
    ),
    mistakes=(
        Mistake(
            "variance",
            hint="Is it a width or a squared width?",
            looks_like=lambda m, r, d: abs(m["value"] - r["sd"] ** 2) < 1e-6,
        ),
    ),
)
