"""The tail index of log weights: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE

INDICES = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.3])
ARRAYS, MOVED = 24, 6
DRAWS, TAIL = 4000, 0.15


def draw(rng):
    """Four arrays of each index; the first six, which come twice, have one of each."""
    return {
        "k": np.concatenate([rng.permutation(INDICES) for _ in range(4)]),
        "offset": rng.choice([-1, 1], ARRAYS) * rng.uniform(30, [500] * ARRAYS) - rng.choice([0, 400], ARRAYS),
        "depth": rng.uniform(1, 4, ARRAYS),
        "bend": rng.uniform(0.5, 1.5, ARRAYS),
        "shift": rng.choice([-1, 1]) * rng.uniform(200, 500),
        "seeds": rng.integers(1, 2**31, ARRAYS),
    }


def reference(case):
    """The indices, and what mistakes make of arrays whose quantiles are where they should be, (24,) each."""
    k, offset, depth, bend = (np.asarray(case[name], float) for name in ("k", "offset", "depth", "bend"))
    above = (np.arange(DRAWS) + 0.5) / DRAWS
    wrong = [_wrong(_sorted(above, *row), row[1]) for row in zip(k, offset, depth, bend)]
    return {
        "k": k,
        "offset": offset,
        "shift": np.array(case["shift"], float),
        "wrong": {name: np.array([row[name] for row in wrong]) for name in wrong[0]},
    }


def _sorted(above, k, offset, depth, bend):
    """Log weights at given shares of larger ones, from the largest to the smallest."""
    rest = -depth * (np.abs(above - TAIL) / (1 - TAIL)) ** bend
    return offset + np.where(above < TAIL, -k * np.log(above / TAIL), rest)


def _wrong(log_w, offset):
    m = int(3 * np.sqrt(DRAWS))
    top, cut = log_w[:m], log_w[m]
    half = DRAWS // 2
    return {
        "right": np.mean(top - cut),
        "ratios": np.mean(np.exp(top - cut)) - 1,
        "upside down": 1 / np.mean(top - cut),
        "smallest": log_w[-m - 1] - np.mean(log_w[-m:]),
        "all weights": np.mean(log_w) - log_w[-1],
        "half of all": np.mean(log_w[:half]) - log_w[half],
        "no cut": np.mean(top),
        "largest only": log_w[0] - cut,
        "sd of all": log_w.std(),
        "squared": np.mean(top - cut) ** 2,
        "too far to the cut": cut - np.mean(log_w),
    }


def _rms(values):
    return float(np.sqrt(np.mean(values**2)))


def _k(m, r):
    return _rms(m["k"] - r["k"])


def _moved(m, r):
    """How much a number added to all log weights, and their order, change the index, where that is about right."""
    return _rms(m["moved"] - m["k"][:MOVED]) if _k(m, r) < 0.45 else np.nan


def _is(*names, within=0.1):
    """looks_like: the indices rise and fall with those that a mistake makes, and have their size."""

    def looks_like(m, r, d):
        for name in names:
            wrong = r["wrong"][name]
            if np.median(np.abs(m["k"] - wrong) / (0.2 + np.abs(wrong))) < within:
                return True
        return False

    return looks_like


def _unsorted(m, r, d):
    return np.median(np.abs(m["k"] - m["unsorted"])) < 0.01


def _figure(axes, m, r):
    good = _k(m, r) <= 0.25
    axes.plot([0, 1.5], [0, 1.5], color="grey", linewidth=0.8)
    axes.plot(r["k"], np.clip(m["k"], -1, 4), "o", color=BLUE, fillstyle="none", label="yours")
    axes.set(xlabel="index of the tail", ylabel="your estimate")
    axes.set_title(
        "You can tell a heavy tail from a light one" if good else "Your estimates miss the index", fontsize=10
    )
    axes.legend(fontsize=8)
    return (
        "Your estimates of 24 tail indices against the true ones, with the line on which both agree. "
        f"On average they are {min(_k(m, r), 1e6):.2f} off."
    )


ANY_CUT = "the index is the same above any cut in the tail"
ONE_MORE = "one draw more or less of 189 changes nothing that could be seen"

EXERCISE = Exercise(
    title="The index of a tail",
    names={"tail_index": "log_w"},
    public=lambda: draw(np.random.default_rng(114)),
    case=draw,
    reference=reference,
    fields={
        "k": Field((ARRAYS,), allow="inf nan"),
        "moved": Field((MOVED,), allow="inf nan"),
        "unsorted": Field((ARRAYS,)),
    },
    criteria=(
        Criterion(
            "index",
            points=4,
            compared="your tail index and the one with which the weights were made, root mean square of 24 arrays",
            distance=_k,
            needs=("k",),
            failed="Your estimates are not near the index with which the weights were made.",
        ),
        Criterion(
            "shape",
            points=1,
            compared="your index before and after a number is added to all log weights and their order is changed, "
            "where your index is about right, root mean square of 6 arrays",
            distance=_moved,
            needs=("k", "moved"),
            failed="Neither a number added to all log weights nor their order may change the index.",
        ),
    ),
    mistakes=(
        Mistake(
            "ratios",
            hint="Which of the two is exponential, the excess of the weight or that of its logarithm?",
            looks_like=_is("ratios", within=0.12),
        ),
        Mistake(
            "upside down",
            hint="Does a heavier tail have a larger k or a smaller one?",
            looks_like=_is("upside down"),
        ),
        Mistake("smallest", hint="Which end spoils an average, that of the small weights?", looks_like=_is("smallest")),
        Mistake("all weights", hint="Where does the tail begin?", looks_like=_is("all weights")),
        Mistake("half of all", hint="Where does the tail begin?", looks_like=_is("half of all")),
        Mistake("not sorted", hint="Are the last weights of the array the largest?", looks_like=_unsorted),
        Mistake(
            "no cut",
            hint="Add 500 to every log weight: may your k change?",
            looks_like=_is("no cut", within=0.05),
        ),
        Mistake(
            "largest only", hint="How long a tail can one draw show you?", looks_like=_is("largest only", within=0.2)
        ),
        Mistake("sd of all", hint="Does your number change when the small weights do?", looks_like=_is("sd of all")),
        Mistake(
            "squared",
            hint="What is the mean of an exponential number, and what its variance?",
            looks_like=_is("squared"),
        ),
    ),
    near=(
        NearMiss(
            "index",
            unit="error of every index",
            sizes=(0.05, 0.15, 0.3, 0.5),
            must=0.5,
            perturb=lambda m, r, size: {**m, "k": m["k"] + size, "moved": m["moved"] + size},
        ),
        NearMiss(
            "shape",
            unit="change of every index",
            sizes=(0.01, 0.03, 0.07),
            must=0.07,
            perturb=lambda m, r, size: {**m, "moved": m["moved"] + size},
        ),
    ),
    figure=_figure,
    equivalent={
        "m = int(3 * np.sqrt(len(log_w))) => m = round(3 * np.sqrt(len(log_w)))": ANY_CUT,
        "m = int(3 * np.sqrt(len(log_w))) => m = int(np.sqrt(len(log_w)))": ANY_CUT,
        "m = int(3 * np.sqrt(len(log_w))) => m = int(2 * np.sqrt(len(log_w)))": ANY_CUT,
        "m = int(3 * np.sqrt(len(log_w))) => m = int(4 * np.sqrt(len(log_w)))": ANY_CUT,
        "largest = jnp.sort(log_w)[-(m + 1):] => largest = jnp.sort(log_w)[-(m - 1):]": ANY_CUT,
        "largest = jnp.sort(log_w)[-(m + 1):] => largest = jnp.sort(log_w)[-(m + 0):]": ANY_CUT,
        "largest = jnp.sort(log_w)[-(m + 1):] => largest = jnp.sort(log_w)[-(m + 2):]": ANY_CUT,
        "largest = jnp.sort(log_w)[-(m + 1):] => largest = jnp.sort(log_w)[-(m + -1):]": ANY_CUT,
        "largest = jnp.sort(log_w)[-(m + 1):] => largest = jnp.sort(log_w)[-m:]": ANY_CUT,
        "return jnp.mean(largest[1:] - largest[0]) => return jnp.mean(largest - largest[0])": ONE_MORE,
        "return jnp.mean(largest[1:] - largest[0]) => return jnp.mean(largest[0:] - largest[0])": ONE_MORE,
        "return jnp.mean(largest[1:] - largest[0]) => return jnp.mean(largest[2:] - largest[0])": ONE_MORE,
        "return jnp.mean(largest[1:] - largest[0]) => return jnp.mean(largest[1:] - largest[1])": ONE_MORE,
    },
)
