"""Names of the sites: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field

EXERCISE = Exercise(
    title="Names of the sites",
    names={"sites": "n"},
    public=lambda: {"n": np.array(2)},
    case=lambda rng: {"n": np.array(rng.integers(3, 9))},
    reference=lambda case: {"names": np.array([f"z{i}" for i in range(int(case["n"]))])},
    fields={"names": Field((None,), text=True)},
    criteria=(
        Criterion(
            "names",
            points=2,
            compared="your names and z0, z1, …",
            distance=lambda m, r: 0.0 if list(m["names"]) == list(r["names"]) else 1.0,
            needs=("names",),
            failed="The names differ.",
        ),
    ),
)
