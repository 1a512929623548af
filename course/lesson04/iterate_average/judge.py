"""The average of the last iterates: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, GREEN, ORANGE, worst

_FRACS = np.array([0.1, 0.25, 0.5])


_ITERATES = 1000


def _average_draw(rng):
    """A history of a number and a vector that walk, with skewed noise, so that no two summaries agree."""
    t = np.arange(_ITERATES) / _ITERATES

    def walk(shape):
        slope, level = (
            rng.choice([-1, 1], shape) * rng.uniform(0.5, 2, shape),
            rng.choice([-1, 1], shape) * rng.uniform(2, 6, shape),
        )
        noise = rng.gamma(1.5, size=(_ITERATES, *shape)) * rng.uniform(0.2, 0.6, shape)
        return (level + t.reshape(-1, *[1] * len(shape)) * slope + noise).astype(np.float32)

    return {"loc": walk(()), "weights": walk((3,)), "fracs": _FRACS}


_WRONG_AVERAGES = {
    "first": lambda x, k: x[:k].mean(0),
    "last": lambda x, k: x[-1],
    "median": lambda x, k: np.median(x[-k:], axis=0),
    "all": lambda x, k: x[-k:].mean(),
}


def _ema(x, decay):
    weights = (1 - decay) * decay ** np.arange(len(x))[::-1]
    return np.tensordot(weights / weights.sum(), x, 1)


def _average_reference(case):
    x = {name: np.asarray(case[name], float) for name in ("loc", "weights")}
    counts = [round(frac * _ITERATES) for frac in case["fracs"]]
    r = {name: np.stack([v[-k:].mean(0) for k in counts]) for name, v in x.items()}
    for rule, make in _WRONG_AVERAGES.items():
        r[rule] = {name: np.stack([make(v, k) for k in counts]) for name, v in x.items()}
    return r | {"history": x, "counts": counts}


def _relative(got, want):
    return worst((got - want) / (1 + np.abs(want))) if got.shape == want.shape else np.nan


def _averages_are(m, want, slack=3e-4):
    return all(_relative(m[name], want[name]) < slack for name in ("loc", "weights"))


def _is_fixed(m, r, d):
    """The same for every fraction: the mean of some other last part, or of everything."""
    x = r["history"]
    for k in (20, 50, 100, 200, 250, 333, 500, 1000):
        want = {name: np.stack([v[-k:].mean(0)] * 3) for name, v in x.items()}
        if _averages_are(m, want):
            return True
    return False


def _is_ema(m, r, d):
    """Running averages, the same for every fraction, with or without the correction for their start."""
    x = r["history"]
    for decay in (0.9, 0.95, 0.98, 0.99, 0.995, 0.999):
        for seen in (1.0, 1 - decay**_ITERATES):
            if all(_relative(m[name], np.stack([_ema(v, decay) * seen] * 3)) < 3e-3 for name, v in x.items()):
                return True
    return _averages_are(m, {name: np.stack([_ema(v, 1 - 1 / k) for k in r["counts"]]) for name, v in x.items()}, 3e-3)


def _is_wrong_axis(m, r, d):
    """One number for the vector, or as many as there are steps."""
    if _relative(m["loc"], r["loc"]) > 3e-4:
        return False
    return "weights" not in m or (m["weights"].shape == (3,) and _relative(m["weights"], r["all"]["weights"]) < 3e-4)


def _average_figure(axes, m, r):
    x = r["history"]["loc"]
    axes.plot(x, color="0.75", linewidth=0.5, label="iterates of a parameter")
    for frac, k, yours, exact, colour in zip(_FRACS, r["counts"], m["loc"], r["loc"], (BLUE, ORANGE, GREEN)):
        axes.hlines(exact, _ITERATES - k, _ITERATES, color="black", linewidth=3, alpha=0.4)
        axes.hlines(yours, _ITERATES - k, _ITERATES, color=colour, linestyle="--", label=f"yours, frac {frac:g}")
    right = _relative(m["loc"], r["loc"]) < 1e-4
    axes.set_title(
        "Your averages are those of the last part" if right else "Your averages are not those of the last part",
        fontsize=10,
    )
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel("loc", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7)
    return (
        "A noisy, drifting parameter, and over its last 10, 25 and 50 % the exact means as thick lines and "
        "yours dashed: " + ", ".join(f"{e:.3f} and {y:.3f}" for e, y in zip(r["loc"], m["loc"])) + "."
    )


EXERCISE = Exercise(
    title="The average of the last iterates",
    names={"iterate_average": "phis, frac"},
    public=lambda: _average_draw(np.random.default_rng(44)),
    case=_average_draw,
    reference=_average_reference,
    fields={"loc": Field((3,), allow="inf nan"), "weights": Field((3, 3), allow="inf nan")},
    criteria=(
        Criterion(
            "number",
            points=1,
            compared="your average of a parameter that is a number, and the exact one, for three fractions, "
            "relative to 1 + its size",
            distance=lambda m, r: _relative(m["loc"], r["loc"]),
            needs=("loc",),
            failed="Your average of a number over the last part is off.",
        ),
        Criterion(
            "vector",
            points=2,
            compared="the same for a parameter that is a vector",
            distance=lambda m, r: _relative(m["weights"], r["weights"]),
            needs=("weights",),
            failed="Your average of a vector over the last part is off.",
        ),
    ),
    mistakes=(
        Mistake(
            "first part",
            hint="At which end of the history is the descent?",
            looks_like=lambda m, r, d: _averages_are(m, r["first"]),
        ),
        Mistake("frac ignored", hint="Change frac: does your result move?", looks_like=_is_fixed),
        Mistake(
            "over everything",
            hint="Print the shape of what you return for a vector: is it the vector's?",
            looks_like=_is_wrong_axis,
        ),
        Mistake(
            "wrong axis",
            hint="Print the shape of what you return for a vector: is it the vector's?",
            looks_like=_is_wrong_axis,
        ),
        Mistake(
            "last iterate",
            hint="How many iterates went into your result?",
            looks_like=lambda m, r, d: _averages_are(m, r["last"]),
        ),
        Mistake(
            "median",
            hint="You sorted the iterates and took the middle one: is that their average?",
            looks_like=lambda m, r, d: _averages_are(m, r["median"]),
        ),
        Mistake(
            "running decay",
            hint="Which weight does each iterate have in yours, and which should it have?",
            looks_like=_is_ema,
        ),
    ),
    near=(
        NearMiss(
            "parameters off",
            unit="absolute error of each average",
            sizes=(1e-4, 1e-3, 3e-3, 1e-2),
            must=1e-2,
            perturb=lambda m, r, size: {**m, "loc": m["loc"] + size, "weights": m["weights"] + size},
        ),
    ),
    figure=_average_figure,
)
