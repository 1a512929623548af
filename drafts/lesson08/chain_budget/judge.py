"""The price of a chain: what a case is, the truth, and how a measurement is judged.

The mean of n independent draws is off by sd / sqrt(n). Draws of a chain are worth ``ess_per_draw`` independent ones
each, so an error of ``error`` posterior standard deviations takes n = 1 / (error**2 ess_per_draw) of them, and
warmup + n steps_per_draw gradients.
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst

ROWS = 16

#: How much a wrong answer differs, in the unit of the criteria, in at least two rows of a case.
CLEAR = 8.0


def draw(rng):
    """Sixteen rows of numbers, each range cut into sixteen parts; every mistake is clearly off in two rows or more."""
    while True:
        case = _draw(rng)
        truth, wrong = reference(case)["answers"], reference(case)["wrong"]
        if all(np.sum(_off(answers, truth, case["steps_per_draw"]) > CLEAR) >= 2 for answers in wrong.values()):
            return case


def _draw(rng):
    def spread(low, high):
        parts = (rng.permutation(ROWS) + rng.uniform(size=ROWS)) / ROWS
        return np.exp(np.log(low) + parts * np.log(high / low))

    return {
        "error": spread(0.01, 1.5),
        "ess_per_draw": spread(0.05, 1.6),
        "steps_per_draw": spread(3.0, 60.0),
        "warmup": np.round(spread(1e3, 1e5)),
    }


def reference(case):
    """Draws and gradients of each row, and those of every mistake, (16, 2) each."""
    error, r, steps, warmup = (
        np.asarray(case[name], float) for name in ("error", "ess_per_draw", "steps_per_draw", "warmup")
    )

    def pair(draws, gradients=None):
        return np.stack([draws, warmup + draws * steps if gradients is None else gradients], axis=1)

    n = 1 / (error**2 * r)
    return {
        "answers": pair(n),
        "error": error,
        "ess_per_draw": r,
        "steps": steps,
        "wrong": {
            "error not squared": pair(1 / (error * r)),
            "root": pair(1 / np.sqrt(error) / r),
            "times ess_per_draw": pair(r / error**2),
            "draws as if independent": pair(1 / error**2),
            "capped at one": pair(1 / (error**2 * np.minimum(r, 1))),
            "four chains more": pair(4 * n),
            "warm-up forgotten": pair(n, n * steps),
            "draws for gradients": pair(n, warmup + n),
            "warm-up at each draw": pair(n, n * (steps + warmup)),
            "warm-up times four": pair(n, 4 * warmup + n * steps),
            "warm-up in iterations": pair(n, (warmup + n) * steps),
            "error not squared in the gradients": pair(n, warmup + steps / (error * r)),
        },
    }


def _off(mine, truth, steps):
    """Difference of draws and gradients, (16,): in draws and what they cost, or thousandths where these are more."""
    unit = np.stack([1 + 1e-3 * truth[:, 0], steps + 1e-3 * truth[:, 1]], axis=1)
    return np.max(np.abs(mine - truth) / unit, axis=1)


def _distance(column):
    def distance(m, r):
        unit = 1.0 if column == 0 else r["steps"]
        return worst((m["answers"] - r["answers"])[:, column] / (unit + 1e-3 * r["answers"][:, column]))

    return distance


def _is(name):
    """looks_like: the numbers are those of a mistake, rounded or not."""

    def looks_like(m, r, d):
        return bool(np.all(_off(m["answers"], r["wrong"][name], r["steps"]) < 1.2))

    return looks_like


def _figure(axes, m, r):
    """Your draws times what each is worth, against the error."""
    wrong = int(np.sum(~(_off(m["answers"], r["answers"], r["steps"]) < 1.6)))
    errors = np.array([0.01, 1.5])
    axes.plot(errors, errors**-2, color="black", linewidth=1, label="1 / error²")
    worth = m["answers"][:, 0] * r["ess_per_draw"]
    axes.plot(r["error"], np.clip(np.nan_to_num(worth, nan=1e-3), 1e-3, 1e9), "o", color=BLUE, label="yours")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set(xlabel="error, in posterior standard deviations", ylabel="your draws times ess_per_draw")
    axes.set_title(
        "Half the error costs four times the draws" if not wrong else f"{wrong} of your 16 rows are off", fontsize=10
    )
    axes.legend(fontsize=8)
    return (
        "Your draws times their worth against the error, both axes logarithmic, beside the line 1 over error squared. "
        f"{wrong} of the 16 rows are off in draws or gradients."
    )


def _moved(m, column, size):
    """All rows wrong by a factor."""
    answers = np.array(m["answers"], float)
    answers[:, column] *= 1 + size
    return {**m, "answers": answers}


EXERCISE = Exercise(
    title="The price of a chain",
    names={"chain_budget": "error, ess_per_draw, steps_per_draw, warmup"},
    public=lambda: draw(np.random.default_rng(81)),
    case=draw,
    reference=reference,
    fields={"answers": Field((ROWS, 2), allow="inf nan")},
    criteria=(
        Criterion(
            "draws",
            points=3,
            compared="your number of draws and the one needed, in draws, or in thousandths of it where these are more; "
            "the worst of 16 rows",
            distance=_distance(0),
            needs=("answers",),
            failed="Your number of draws is not the one that brings the error down to what was asked.",
        ),
        Criterion(
            "gradients",
            points=3,
            compared="your number of gradients and the one needed, in draws' worth, or in thousandths of it where "
            "these are more; the worst of 16 rows",
            distance=_distance(1),
            needs=("answers",),
            failed="Your number of gradients is not the bill for warm-up and draws together.",
        ),
    ),
    mistakes=(
        Mistake(
            "error not squared",
            hint="For half the error, are twice the draws enough?",
            looks_like=_is("error not squared"),
        ),
        Mistake("root", hint="For half the error, are fewer than twice the draws enough?", looks_like=_is("root")),
        Mistake(
            "times ess_per_draw",
            hint="If each draw is worth less, do you need more of them or fewer?",
            looks_like=_is("times ess_per_draw"),
        ),
        Mistake(
            "draws as if independent",
            hint="How many independent draws is one draw of your chains worth?",
            looks_like=_is("draws as if independent"),
        ),
        Mistake(
            "capped at one",
            hint="May a draw of a chain be worth more than an independent one?",
            looks_like=_is("capped at one"),
        ),
        Mistake(
            "four chains more",
            hint="Is it the draws of one chain that are asked for, or of all chains together?",
            looks_like=_is("four chains more"),
        ),
        Mistake(
            "warm-up forgotten",
            hint="What had the chains computed before their first draw?",
            looks_like=_is("warm-up forgotten"),
        ),
        Mistake(
            "draws for gradients",
            hint="How many gradients does NUTS compute for one draw?",
            looks_like=_is("draws for gradients"),
        ),
        Mistake(
            "warm-up at each draw",
            hint="How often is the warm-up paid for?",
            looks_like=_is("warm-up at each draw"),
        ),
        Mistake(
            "warm-up times four",
            hint="Is the warm-up that you are given the bill of one chain, or of all?",
            looks_like=_is("warm-up times four"),
        ),
        Mistake(
            "warm-up in iterations",
            hint="In which unit is the warm-up given: iterations or gradients?",
            looks_like=_is("warm-up in iterations"),
        ),
        Mistake(
            "error not squared in the gradients",
            hint="Are the draws that you pay for the draws that you return?",
            looks_like=_is("error not squared in the gradients"),
        ),
    ),
    near=(
        NearMiss(
            "draws",
            unit="relative error of the draws",
            sizes=(5e-4, 1e-3, 2e-3, 5e-3, 1e-2),
            must=1e-2,
            perturb=lambda m, r, size: _moved(m, 0, size),
        ),
        NearMiss(
            "gradients",
            unit="relative error of the gradients",
            sizes=(5e-4, 1e-3, 2e-3, 5e-3, 1e-2),
            must=1e-2,
            perturb=lambda m, r, size: _moved(m, 1, size),
        ),
    ),
    figure=_figure,
)
