"""Which points are outliers: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, worst

POINTS, DRAWS = 15, 500

#: All points but the last, which lies so far out that its densities are zero in float32.
USUAL = slice(0, POINTS - 1)

#: What a mistake must change at least in the probability of some usual point.
APART = 0.02

#: Mistakes that one draw shows; the others are about how many draws are joined.
WITH_ONE = ("on the line", "Q forgotten", "Q swapped", "e forgotten", "b_perp as the intercept")


def draw(rng):
    """Fifteen points and 500 wide draws, on which every mistake is ``APART`` from the truth or farther."""
    while True:
        case = _draw(rng)
        r = reference(case)
        if all(
            worst((wrong[kind] - r[kind])[USUAL]) > APART
            for name, wrong in r["wrong"].items()
            for kind in (("one", "many") if name in WITH_ONE else ("many",))
        ):
            return case


def _draw(rng):
    slope, height = rng.choice([-1, 1]) * rng.uniform(0.3, 1.1), rng.choice([-1, 1]) * rng.uniform(0.3, 1.2)
    middle = rng.uniform(-1, 1)
    draws = {
        "theta": slope + 0.08 * rng.normal(size=DRAWS),
        "b_perp": height + 0.15 * rng.normal(size=DRAWS),
        "bg_mean": middle + 0.4 * rng.normal(size=DRAWS),
        "bg_sigma": np.exp(0.3 + 0.6 * rng.normal(size=DRAWS)),
        "Q": expit(0.8 + 0.6 * rng.normal(size=DRAWS)),
    }
    x, e = np.sort(rng.uniform(-2, 2, POINTS)), rng.uniform(0.15, 0.6, POINTS)
    y = x * np.tan(slope) + height / np.cos(slope) + e * rng.normal(size=POINTS)
    out = rng.choice(POINTS - 1, 5, replace=False)
    y[out] = middle + np.hypot(1.3, e[out]) * rng.normal(size=5)
    y[-1] = rng.choice([-1, 1]) * rng.uniform(70, 120)
    return {"draws": draws, "x": x, "e": e, "y": y}


def _terms(draws, x, e, y):
    """For each draw and point the log density on the line and in the background, without weights, (m, 15) each."""
    theta, b_perp, bg_mean, bg_sigma = (draws[name][:, None] for name in ("theta", "b_perp", "bg_mean", "bg_sigma"))
    line = norm.logpdf(y, x * np.tan(theta) + b_perp / np.cos(theta), e)
    return line, norm.logpdf(y, bg_mean, np.hypot(bg_sigma, e))


def _probabilities(draws, x, e, y):
    """The truth, and what each mistake makes of these draws: two answers of (15,) by name."""
    q = draws["Q"][:, None]
    line, background = _terms(draws, x, e, y)
    odds = background - line + np.log1p(-q) - np.log(q)
    p = expit(odds)
    means = {name: values.mean(keepdims=True) for name, values in draws.items()}
    line_of_means, background_of_means = _terms(means, x, e, y)
    bare = norm.logpdf(y, draws["bg_mean"][:, None], draws["bg_sigma"][:, None])
    level = np.maximum(line, background).max(axis=0)  # keeps the averages of densities from underflow
    mean_line = np.mean(q * np.exp(line - level), axis=0)
    mean_background = np.mean((1 - q) * np.exp(background - level), axis=0)
    intercept = norm.logpdf(y, x * np.tan(draws["theta"][:, None]) + draws["b_perp"][:, None], e)
    centre = x * np.tan(means["theta"]) + means["b_perp"] / np.cos(means["theta"])
    return p.mean(axis=0), {
        "means first": expit(background_of_means - line_of_means - logit(means["Q"]))[0],
        "on the line": 1 - p.mean(axis=0),
        "votes": np.mean(p > 0.5, axis=0),
        "average of the log odds": expit(odds.mean(axis=0)),
        "averages of the densities": mean_background / (mean_line + mean_background),
        "Q forgotten": expit(background - line).mean(axis=0),
        "Q swapped": expit(background - line + logit(q)).mean(axis=0),
        "e forgotten": expit(odds - background + bare).mean(axis=0),
        "b_perp as the intercept": expit(odds + line - intercept).mean(axis=0),
        "three errors from the line": (np.abs(y - centre) > 3 * e).astype(float),
    }


def reference(case):
    """Probabilities of an outlier from all draws, ``many``, and from the first alone, ``one``; those of the mistakes.

    One draw gives (1 - Q) N(y | bg_mean, bg_sigma**2 + e**2) over the sum of this and Q N(y | line, e**2);
    several give the mean of theirs.
    """
    draws = {name: np.asarray(values, float) for name, values in case["draws"].items()}
    data = [np.asarray(case[name], float) for name in ("x", "e", "y")]
    many, wrong = _probabilities(draws, *data)
    one, wrong_with_one = _probabilities({name: values[:1] for name, values in draws.items()}, *data)
    return {
        "many": many,
        "one": one,
        "wrong": {name: {"many": wrong[name], "one": wrong_with_one[name]} for name in wrong},
    }


def _off(kind):
    """Distance: the largest error of a probability among the usual points."""
    return lambda m, r: worst((m[kind] - r[kind])[USUAL])


def _far(m, r):
    """Error at the point far out; infinite unless the other points are near the truth from one draw or from many."""
    usual = min(np.median(np.abs(m[kind] - r[kind])[USUAL]) for kind in ("one", "many"))
    return max(abs(m[kind][-1] - r[kind][-1]) for kind in ("one", "many")) if usual < 0.02 else np.inf


def _is(name, *kinds):
    """looks_like: at the usual points the probabilities are those of a mistake."""
    return lambda m, r, d: all(worst((m[kind] - r["wrong"][name][kind])[USUAL]) < 0.002 for kind in kinds)


def _both(name):
    return _is(name, "one", "many")


def _joined(name):
    return _is(name, "many")


def _underflows(m, r, d):
    return d["one draw"] < 0.002 and d["all draws"] < 0.002 and bool(np.isnan(m["many"][-1]))


def _figure(axes, m, r):
    order = np.argsort(r["many"])
    places = np.arange(POINTS)
    wrong = int(np.sum(~(np.abs(m["many"] - r["many"]) < 0.005)))
    axes.plot(places, r["many"][order], "o", color="black", fillstyle="none", markersize=8, label="exact, all draws")
    axes.plot(places, m["many"][order], "x", color=BLUE, label="yours, all draws")
    axes.plot(places, r["one"][order], "_", color=ORANGE, label="exact, the first draw alone")
    axes.set(xlabel="points in the order of their probability", ylabel="probability of an outlier", ylim=(-0.05, 1.05))
    axes.set_title(
        "Your probabilities are averages over all draws" if not wrong else f"{wrong} of {POINTS} points are off",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        f"For {POINTS} points the exact probability of an outlier, that of the first draw alone, and yours. "
        f"{wrong} of yours are off."
    )


def _moved(m, kind, place, size):
    changed = np.array(m[kind], float)
    changed[place] += -size if changed[place] > 0.5 else size
    return {**m, kind: changed}


EXERCISE = Exercise(
    title="Which points are outliers",
    names={"outlier_probability": "draws, x, e, y"},
    public=lambda: draw(np.random.default_rng(77)),
    case=draw,
    reference=reference,
    fields={"one": Field((POINTS,), allow="inf nan"), "many": Field((POINTS,), allow="inf nan")},
    criteria=(
        Criterion(
            "one draw",
            points=3,
            compared="your probabilities and the exact ones where there is one draw only, the worst of 14 points",
            distance=_off("one"),
            needs=("one",),
            failed="For one single draw of the line and the background, your probabilities are not right.",
        ),
        Criterion(
            "all draws",
            points=3,
            compared="your probabilities and the exact ones from all 500 draws, the worst of 14 points",
            distance=_off("many"),
            needs=("many",),
            failed="From all 500 draws together, your probabilities are not right.",
        ),
        Criterion(
            "far",
            points=1,
            compared="your probability and the exact one of a point far from all; counts if most others are right",
            distance=_far,
            needs=("one", "many"),
            failed="For a point far from everything your probability is not right, or not a number.",
        ),
    ),
    mistakes=(
        Mistake("means first", hint="Do your draws speak of one line or of many?", looks_like=_joined("means first")),
        Mistake(
            "on the line",
            hint="Should a point far from the line get a number near 0 or near 1?",
            looks_like=_both("on the line"),
        ),
        Mistake(
            "votes",
            hint="Does a draw that says 0.51 say the same as one that says 0.99?",
            looks_like=_joined("votes"),
        ),
        Mistake(
            "average of the log odds",
            hint="What did you average, probabilities or something else?",
            looks_like=_joined("average of the log odds"),
        ),
        Mistake(
            "averages of the densities",
            hint="If each draw gives its own answer, what is left to average?",
            looks_like=_joined("averages of the densities"),
        ),
        Mistake(
            "Q forgotten",
            hint="Before you see its y, how probable is it that a point is an outlier?",
            looks_like=_both("Q forgotten"),
        ),
        Mistake("Q swapped", hint="With Q = 1, which points are left?", looks_like=_both("Q swapped")),
        Mistake("e forgotten", hint="Is an outlier measured without error?", looks_like=_both("e forgotten")),
        Mistake(
            "b_perp as the intercept",
            hint="Is b_perp measured along y, or at a right angle to the line?",
            looks_like=_both("b_perp as the intercept"),
        ),
        Mistake(
            "three errors from the line",
            hint="How sure are you of a point that lies 2.9 errors from the line?",
            looks_like=_joined("three errors from the line"),
        ),
        Mistake(
            "not in logs",
            hint="What is zero divided by zero, and for which point do you get it?",
            looks_like=_underflows,
        ),
    ),
    near=(
        NearMiss(
            "one draw",
            unit="error of one probability",
            sizes=(0.002, 0.005, 0.01, 0.02),
            must=0.02,
            perturb=lambda m, r, size: _moved(m, "one", 4, size),
        ),
        NearMiss(
            "all draws",
            unit="error of one probability",
            sizes=(0.002, 0.005, 0.01, 0.02),
            must=0.02,
            perturb=lambda m, r, size: _moved(m, "many", 9, size),
        ),
        NearMiss(
            "far",
            unit="error of the far point's probability",
            sizes=(0.002, 0.005, 0.01, 0.02),
            must=0.02,
            perturb=lambda m, r, size: _moved(m, "many", -1, size),
        ),
    ),
    figure=_figure,
)
