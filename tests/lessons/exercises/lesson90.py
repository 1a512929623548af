"""Grader's half of the small lesson that the tests use."""

import numpy as np

from autograder.judging import Criterion, Exercise, Field, KnownWrong


def draw(rng):
    return {"x": rng.normal(rng.uniform(-5, 5), rng.uniform(1, 3), size=12)}


def public():
    return {"x": np.arange(12.0) ** 2}


def figure(axes, m, r):
    axes.axvline(float(r["mean"]), color="black", label="reference")
    axes.axvline(float(m["value"]), color="#0072b2", linestyle="--", label="yours")
    axes.set_title("Your centre and the mean of the data")
    axes.legend()
    return "Two vertical lines, your centre and the mean of the data."


CENTRE = Exercise(
    id="mini-centre",
    title="The mean of an array",
    names={"centre": "x"},
    public=public,
    case=draw,
    reference=lambda case: {"mean": np.mean(case["x"]), "median": np.median(case["x"])},
    fields={"value": Field(), "shifted": Field()},
    criteria=(
        Criterion("value", 2, "your centre and the mean", lambda m, r: abs(m["value"] - r["mean"]), ("value",), "Your centre is not the mean."),
        Criterion("shift", 1, "centre of x + 1 minus centre of x, and 1", lambda m, r: abs(m["shifted"] - m["value"] - 1), ("value", "shifted"), "Move the data: your centre should move along."),
    ),
    known_wrong=(
        KnownWrong("median", "import numpy as np\ndef centre(x):\n    return np.median(x)\n", "Is it the middle one or the balance point?", lambda m, r, d: abs(m["value"] - r["median"]) < 1e-6),
        KnownWrong("total", "def centre(x):\n    return x.sum()\n", "Twice as many points: does your centre move?", lambda m, r, d: abs(m["value"] - 12 * r["mean"]) < 1e-6),
    ),
    figure=figure,
)

SCALE = Exercise(
    id="mini-scale",
    title="The standard deviation of an array",
    names={"scale": "x"},
    public=public,
    case=draw,
    reference=lambda case: {"sd": np.std(case["x"])},
    fields={"value": Field()},
    criteria=(Criterion("value", 3, "your scale and the standard deviation", lambda m, r: abs(m["value"] - r["sd"]), ("value",), "Your scale is not the standard deviation."),),
    known_wrong=(
        KnownWrong("variance", "def scale(x):\n    return x.var()\n", "Is it a width or a squared width?", lambda m, r, d: abs(m["value"] - r["sd"] ** 2) < 1e-6),
    ),
)

SITES = Exercise(
    id="mini-sites",
    title="Names of the sites",
    names={"sites": "n"},
    public=lambda: {"n": np.array(2)},
    case=lambda rng: {"n": np.array(rng.integers(3, 9))},
    reference=lambda case: {"names": np.array([f"z{i}" for i in range(int(case["n"]))])},
    fields={"names": Field((None,), text=True)},
    criteria=(Criterion("names", 2, "your names and z0, z1, …", lambda m, r: 0.0 if list(m["names"]) == list(r["names"]) else 1.0, ("names",), "The names differ."),),
)

EXERCISES = (CENTRE, SCALE, SITES)
