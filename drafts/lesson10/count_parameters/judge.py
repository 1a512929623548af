"""What a loss can feel: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, seed, worst

NET, GATE, TRIANGLE, FLOW = range(4)
LABELS = ("net with masks", "a table, and numbers at 0", "triangle in a square", "AutoIAFNormal")

#: AutoIAFNormal of one layer for 4 numbers: a masked net 4 -> 4 -> 4 -> 8.
FLOW_STORED, FLOW_REACHED = 80, 51


def draw(rng):
    """Masks that leave some of the weights without a way to the loss."""
    while True:
        mask1, mask2 = rng.uniform(size=(4, 6)) < 0.6, rng.uniform(size=(6, 3)) < 0.4
        alive = mask2.any(axis=1)
        band = np.tril(np.ones((5, 5))) - np.tril(np.ones((5, 5)), -rng.integers(2, 6))
        case = {
            "w1": rng.normal(size=(4, 6)),
            "b1": rng.normal(size=6),
            "w2": rng.normal(size=(6, 3)),
            "b2": rng.normal(size=3),
            "mask1": mask1.astype(float),
            "mask2": mask2.astype(float),
            "table": rng.choice([-1, 1], 9) * rng.uniform(0.5, 2, 9),
            "n_used": rng.integers(6, 9),
            "flat": rng.normal(size=5),
            "kept": rng.permutation([1.0, 1.0, 0.0, 0.0, rng.integers(2)]),
            "loc": rng.normal(size=5),
            "square": rng.normal(size=(5, 5)) / 2,
            "tiny": rng.normal(size=3),
            "band": band,
            "scale": np.exp(rng.uniform(-1, 1, 4)),
            "spare": rng.integers(1, 7, 4),
            "seed": seed(rng),
        }
        if 2 <= alive.sum() <= 5 and (mask1 & ~alive).any():
            return case


def public():
    return draw(np.random.default_rng(103))


def reference(case):
    """Numbers that are stored, and those with a path to the loss, (4,) each."""
    mask1, mask2 = (np.asarray(case[name]) > 0 for name in ("mask1", "mask2"))
    alive = mask2.any(axis=1)  # hidden units that something reads
    net = np.sum(mask1 & alive) + alive.sum() + mask2.sum() + mask2.shape[1]
    gate = int(case["n_used"]) + int(np.sum(case["kept"])) + 4
    triangle = 5 + int(np.sum(case["band"])) + 3
    spare = np.asarray(case["spare"])
    return {
        "stored": np.array([24 + 6 + 18 + 3, 9 + 5 + 4, 5 + 25 + 3, FLOW_STORED]) + spare,
        "reached": np.array([net, gate, triangle, FLOW_REACHED]),
        "leaves": np.array([5, 4, 4, 7]),
        "zeros": np.array([0, 4, 0, 0]),
        "n_used": int(case["n_used"]),
    }


def _stored(m, r):
    return worst(m["stored"] - r["stored"])


def _reached(m, r):
    return worst(m["reached"] - r["reached"])


def _short(m, r):
    return r["reached"] - m["reached"]


def _draws(m, r, d):
    """Whether only the table's numbers are missing, one at least and not all."""
    short = _short(m, r)
    others = short[[NET, TRIANGLE, FLOW]]
    return d["stored"] == 0 and np.all(others == 0) and 1 <= short[GATE] < r["n_used"]


def _figure(axes, m, r):
    places = np.arange(4)
    right = _stored(m, r) == 0 and _reached(m, r) == 0
    axes.barh(places + 0.2, np.clip(m["stored"], 0, 1000), 0.35, color=ORANGE, label="stored, yours")
    axes.barh(places - 0.2, np.clip(m["reached"], 0, 1000), 0.35, color=BLUE, hatch="//", label="reached, yours")
    axes.plot(r["stored"], places + 0.2, "k|", markersize=14)
    axes.plot(r["reached"], places - 0.2, "k|", markersize=14, label="exact")
    axes.set_yticks(places, LABELS, fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel="numbers")
    axes.set_title(
        "Not all that is stored is felt" if right else "Some of your counts are not the exact ones", fontsize=10
    )
    axes.legend(fontsize=7)
    return "Bars of two counts for four losses, with marks at the exact ones. " + (
        "All bars end at their marks." if right else "Some bars do not end at their marks."
    )


def _one_more(m, name, size):
    counts = np.array(m[name], float)
    counts[NET] += size
    return {**m, name: counts}


EXERCISE = Exercise(
    title="Count parameters",
    names={"count_parameters": "key, loss, phi"},
    public=public,
    case=draw,
    reference=reference,
    fields={"stored": Field((4,), allow="inf nan"), "reached": Field((4,), allow="inf nan")},
    criteria=(
        Criterion(
            "stored",
            points=2,
            compared="your count of the numbers in phi and the exact one, the worst of four",
            distance=_stored,
            needs=("stored",),
            failed="The first count is not how many numbers phi holds.",
        ),
        Criterion(
            "reached",
            points=3,
            compared="your count of the numbers that the loss can feel and the exact one, the worst of four",
            distance=_reached,
            needs=("reached",),
            failed="The second count is not how many numbers have a gradient that is not zero for some draw.",
        ),
    ),
    mistakes=(
        Mistake("one draw", hint="Is the same number used at every draw?", looks_like=_draws),
        Mistake("few draws", hint="Is the same number used at every draw?", looks_like=_draws),
        Mistake(
            "threshold",
            hint="Is it small, or is it zero?",
            looks_like=lambda m, r, d: (
                d["stored"] == 0 and np.array_equal(_short(m, r)[:FLOW], [0, 0, 3]) and _short(m, r)[FLOW] >= 0
            ),
        ),
        Mistake(
            "arrays counted",
            hint="How many numbers are in one array?",
            looks_like=lambda m, r, d: np.array_equal(m["stored"], r["leaves"]),
        ),
        Mistake(
            "values that are not zero",
            hint="Can a number that stands at 0 be learned?",
            looks_like=lambda m, r, d: (
                d["stored"] == 0 and np.array_equal(m["reached"][:FLOW], (r["stored"] - r["zeros"])[:FLOW])
            ),
        ),
        Mistake(
            "stored for both",
            hint="Change a number that is multiplied by zero: does the loss move?",
            looks_like=lambda m, r, d: d["stored"] == 0 and np.array_equal(m["reached"], r["stored"]),
        ),
        Mistake(
            "the other way round",
            hint="Which of your two numbers is the larger one, and which should it be?",
            looks_like=lambda m, r, d: (
                np.array_equal(m["stored"], r["reached"]) and np.array_equal(m["reached"], r["stored"])
            ),
        ),
    ),
    near=(
        NearMiss(
            "stored",
            unit="numbers too many",
            sizes=(1, 2, 5),
            must=5,
            perturb=lambda m, r, size: _one_more(m, "stored", size),
        ),
        NearMiss(
            "reached",
            unit="numbers too many",
            sizes=(1, 2, 5),
            must=5,
            perturb=lambda m, r, size: _one_more(m, "reached", size),
        ),
    ),
    figure=_figure,
    slow={"loop": 60, "one vector": 60, "jitted": 60},
    unused={"key": "any draws will do"},
)
