"""How many restarts are enough: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, worst

SETS, LONGEST = 8, 60
GOOD, UNFINISHED, FAILED, BAD = range(4)

#: How far log(miss) / log(share) stays from whole numbers and from half way between them, in runs.
CLEAR = 0.06

#: The set of which one score lies exactly at the tolerance.
EDGE = 3


def draw(rng):
    """Eight sets of scores; in the last all runs are good.

    Every mistake changes the answers to two sets or more, and the exact number of runs lies below a half between
    whole numbers in some sets and above it in others, so that rounding up is neither rounding down nor to the nearest.
    """
    while True:
        case = _draw(rng)
        r = reference(case)
        part = r["exact"][:-1] % 1
        clear = np.all((part > CLEAR) & (part < 1 - CLEAR) & (np.abs(part - 0.5) > CLEAR))
        both_sides = min(np.sum(part < 0.5), np.sum(part > 0.5)) >= 2
        if clear and both_sides and all(np.sum(_differ(wrong, r)) >= 2 for wrong in r["wrong"].values()):
            return case


def _draw(rng):
    counts, scores = rng.integers(20, LONGEST + 1, SETS), np.full((SETS, LONGEST), np.nan)
    tolerance = rng.permutation([0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.3, 2.0]) * rng.uniform(0.9, 1.1, SETS)
    miss = rng.permutation([0.05, 0.01, 0.01, 0.001, 0.001, 1e-4, 1e-4, 1e-4])
    for i, n in enumerate(counts):
        kinds = np.full(n, GOOD)
        if i < SETS - 1:
            bad = n - int(np.ceil(rng.uniform(0.2, 0.85) * n))
            failed = min(2, bad // 2) if i < 5 else 0
            kinds[1 : bad + 1] = [UNFINISHED] * min(2, bad - failed) + [FAILED] * failed + [BAD] * (bad - 2 - failed)
        best = rng.choice([-1, 1]) * rng.uniform(2, 40)
        if i == EDGE:  # numbers that add up without rounding, and a score that lies exactly at the edge
            best, tolerance[i] = np.round(best), np.ceil(8 * tolerance[i]) / 8
        above = [tolerance[i] * rng.uniform(0.05, 0.85, n), tolerance[i] * rng.uniform(1.2, 2.5, n), np.full(n, np.nan)]
        values = best + np.choose(kinds, [*above, rng.choice([6, 9, 14], n) + 0.3 * rng.normal(size=n)])
        values[0] = best
        if i == EDGE:
            values[np.flatnonzero(kinds == GOOD)[-1]] = best + tolerance[i]
        if i == 2:
            values[np.nanargmax(values)] = np.inf
        scores[i, :n] = rng.permutation(values)
    return {"counts": counts, "scores": scores, "tolerance": tolerance, "miss": miss}


def _is_bad(scores, tolerance):
    """Which runs did not end within ``tolerance`` of the best; NaN is within nothing."""
    return ~(scores <= np.nanmin(scores) + tolerance)


def _exact(share, miss):
    with np.errstate(all="ignore"):
        return np.log(miss) / np.log(share)


def _enough(share, miss):
    return np.ceil(_exact(share, miss))


def _answers(case, bad=_is_bad, runs=_enough):
    """The share of runs that are ``bad(scores, tolerance)`` and the ``runs(share, miss)`` that follow, (8, 2)."""
    rows = []
    for scores, n, tolerance, miss in zip(case["scores"], case["counts"], case["tolerance"], case["miss"]):
        share = np.mean(bad(np.asarray(scores[:n], float), float(tolerance)))
        with np.errstate(all="ignore"):
            rows.append((share, max(1.0, runs(share, float(miss)))))
    return np.array(rows)


def reference(case):
    """Shares and numbers of runs, and those of every mistake."""
    truth, miss = _answers(case), np.asarray(case["miss"], float)
    return {
        "answers": truth,
        "exact": _exact(truth[:, 0], miss),
        "miss": miss,
        "has_nan": np.array([np.isnan(scores[:n]).any() for scores, n in zip(case["scores"], case["counts"])]),
        "wrong": {
            "NaN left out": _answers(case, lambda scores, t: _is_bad(scores[~np.isnan(scores)], t)),
            "NaN taken for good": _answers(case, lambda scores, t: scores > np.nanmin(scores) + t),
            "share of good runs": _answers(case, lambda scores, t: ~_is_bad(scores, t)),
            "from the median": _answers(case, lambda scores, t: ~(scores <= np.nanmedian(scores) + t)),
            "best run only": _answers(case, lambda scores, t: _is_bad(scores, 0.0)),
            "good runs in a row": _answers(case, runs=lambda share, miss: _enough(1 - share, miss)),
            "average wait": _answers(case, runs=lambda share, miss: np.ceil(1 / (1 - share))),
            "rounded down": _answers(case, runs=lambda share, miss: np.floor(_exact(share, miss))),
            "rounded to the nearest": _answers(case, runs=lambda share, miss: np.round(_exact(share, miss))),
            "not rounded": _answers(case, runs=_exact),
            "chances added": _answers(case, runs=lambda share, miss: np.ceil(share / miss)),
        },
    }


def _differ(answers, r):
    """In which of the sets but the last the share or the number of runs is another one, (7,)."""
    return np.any(~(np.abs(answers - r["answers"]) < 1e-3), axis=1)[:-1]


def _all_good(m, r):
    """Largest error in the last set; infinite unless some other shares are right: a constant is no answer."""
    others = np.abs(m["answers"] - r["answers"])[:-1, 0] < 1e-3
    return worst(m["answers"][-1] - r["answers"][-1]) if np.sum(others) >= 2 else np.inf


def _same(mine, other):
    return bool(np.all(np.abs(mine - other)[:-1] < 1e-4))


def _shares_of(name):
    """looks_like: the shares are those of a mistake."""
    return lambda m, r, d: _same(m["answers"][:, 0], r["wrong"][name][:, 0])


def _runs_of(name):
    """looks_like: the shares are right, the numbers of runs are those of a mistake."""
    return lambda m, r, d: d["share"] < 1e-4 and _same(m["answers"][:, 1], r["wrong"][name][:, 1])


def _nothing_is_good(m, r, d):
    """All or none of the runs are bad where there is a NaN, and the other shares are right."""
    share, with_nan = m["answers"][:-1, 0], r["has_nan"][:-1]
    right = np.abs(share - r["answers"][:-1, 0]) < 1e-4
    return bool(np.all(right[~with_nan]) and (np.all(share[with_nan] == 0) or np.all(share[with_nan] == 1)))


def _chances_added(m, r, d):
    """Shares right, and ``share / miss`` runs or one more, as a last digit makes it."""
    wanted = r["wrong"]["chances added"][:-1, 1]
    return d["share"] < 1e-4 and bool(np.all(np.abs(m["answers"][:-1, 1] - wanted) <= 1) and d["runs"] > 1)


def _figure(axes, m, r):
    """For each set the chance that all runs end badly, after the learner's n runs and after one run less."""
    share, n = r["answers"][:-1, 0], m["answers"][:-1, 1]
    wrong = int(np.sum(n != r["answers"][:-1, 1]))
    rows = np.arange(1, SETS)
    shown = np.clip(np.nan_to_num(n, nan=0), 0, 1000)
    axes.plot(share**shown / r["miss"][:-1], rows, "o", color=BLUE, label="after your n runs")
    axes.plot(share ** (shown - 1) / r["miss"][:-1], rows, "s", color=ORANGE, fillstyle="none", label="after n - 1")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set(xlabel="chance that all runs end badly, over the chance asked for", ylabel="set of scores", yticks=rows)
    axes.set_title(
        "Your n is the first that is enough" if not wrong else f"In {wrong} of 7 sets your n is not the right one",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        "For seven sets of scores the chance that all runs end badly, after your n runs and after one less, beside the "
        f"chance asked for. In {wrong} sets your n is not the smallest that is enough."
    )


_BELOW = "Is the chance after that many runs below what was asked?"

NUMBER = "np.ceil(np.log(miss) / np.log(share))"  # as the solution has it

EXERCISE = Exercise(
    title="How many restarts are enough",
    names={"restarts_needed": "scores, tolerance, miss"},
    public=lambda: draw(np.random.default_rng(72)),
    case=draw,
    reference=reference,
    fields={"answers": Field((SETS, 2), allow="inf nan")},
    criteria=(
        Criterion(
            "share",
            points=3,
            compared="your share of bad runs and the exact one, the worst of seven sets of scores",
            distance=lambda m, r: worst((m["answers"] - r["answers"])[:-1, 0]),
            needs=("answers",),
            failed="The share of runs that ended badly is not right for every set of scores.",
        ),
        Criterion(
            "runs",
            points=2,
            compared="your number of runs and the smallest that is enough, the worst of seven sets of scores",
            distance=lambda m, r: worst((m["answers"] - r["answers"])[:-1, 1]),
            needs=("answers",),
            failed="Your number of runs is not the smallest that is enough for every set of scores.",
        ),
        Criterion(
            "all good",
            points=1,
            compared="your share and number of runs for a set without a bad run, 0 and 1; counts if you have the share "
            "right in two other sets",
            distance=_all_good,
            needs=("answers",),
            failed="Where every run ended well, the share of bad runs is 0 and one run is enough.",
        ),
    ),
    mistakes=(
        Mistake(
            "NaN left out",
            hint="Did a run with the score NaN take place, and did it end well?",
            looks_like=_shares_of("NaN left out"),
        ),
        Mistake(
            "NaN taken for good",
            hint="What does a comparison with NaN answer, and what do you make of that answer?",
            looks_like=_shares_of("NaN taken for good"),
        ),
        Mistake(
            "NaN is the best",
            hint="What is the smallest of some numbers if one of them is NaN?",
            looks_like=_nothing_is_good,
        ),
        Mistake(
            "share of good runs",
            hint="Which runs does the share count, the good or the bad ones?",
            looks_like=_shares_of("share of good runs"),
        ),
        Mistake(
            "from the median",
            hint="If most runs end badly, how good is the run in the middle?",
            looks_like=_shares_of("from the median"),
        ),
        Mistake(
            "best run only",
            hint="Do two good runs end on the same digit?",
            looks_like=_shares_of("best run only"),
        ),
        Mistake(
            "good runs in a row",
            hint="Which share must come up every time for all runs to end badly?",
            looks_like=_runs_of("good runs in a row"),
        ),
        Mistake(
            "average wait",
            hint="If you wait that long for a good run on average, how often do you wait longer?",
            looks_like=_runs_of("average wait"),
        ),
        Mistake("rounded down", hint=_BELOW, looks_like=_runs_of("rounded down")),
        Mistake("rounded to the nearest", hint=_BELOW, looks_like=_runs_of("rounded to the nearest")),
        Mistake("not rounded", hint="Can you start half a run?", looks_like=_runs_of("not rounded")),
        Mistake(
            "chances added",
            hint="How probable are two bad runs one after the other: do chances add?",
            looks_like=_chances_added,
        ),
        Mistake(
            "none needed",
            hint="What does your formula say when no run is bad, and can you do with no run at all?",
            looks_like=lambda m, r, d: d["share"] < 1e-4 and d["runs"] == 0 and d["all good"] != 0,
        ),
    ),
    near=(
        NearMiss(
            "share",
            unit="error of one share",
            sizes=(1e-7, 1e-6, 1e-5, 1e-3),
            must=1e-5,
            perturb=lambda m, r, size: _moved(m, 1, 0, size),
        ),
        NearMiss(
            "runs",
            unit="runs too many in one set",
            sizes=(1,),
            must=1,
            perturb=lambda m, r, size: _moved(m, 3, 1, size),
        ),
    ),
    figure=_figure,
    equivalent={
        f"return (share, int({NUMBER})) => return (share, {NUMBER})": "NumPy's whole number is a whole number",
        f"return (share, int({NUMBER})) => return (share, round({NUMBER}))": "rounding a whole number leaves it",
    },
)


def _moved(m, row, column, size):
    answers = np.array(m["answers"], float)
    answers[row, column] += size
    return {**m, "answers": answers}
