"""The error that a budget buys: what a case is, the truth, and how a measurement is judged.

Warm-up is paid first, of all chains; what is left buys the same number of draws from each. The error is the root mean
square, over the parameters, of the distance of the draws' median from the exact one, in exact half-widths.
"""

from itertools import combinations

import numpy as np
from scipy.signal import lfilter

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, worst

CHAINS, DRAWS, WARMUP, PARAMETERS = 4, 300, 40, 3

#: Budgets: half of the warm-up; the warm-up and not quite one draw of each chain; the warm-up and just one draw of each
#: chain; the warm-up and these shares of the sampling.
SHARES = (0.12, 0.4, 1.5)
UNPAID = 2

#: How far every mistake is off in one of the paid budgets at least.
CLEAR = 0.05

#: Wrong answers that nearly agree, and have one name.
ALIKE = ("each chain its own budget",)

#: The truth at the four budgets that pay is no smaller.
LEAST = 0.1


def draw(rng):
    """Chains that move slowly, cut to a length of their own; all mistakes are clearly wrong."""
    while True:
        case = _draw(rng)
        r = reference(case)
        if r["errors"][UNPAID:].min() < LEAST:
            continue
        if not all(_off(wrong, r["errors"]) > CLEAR for wrong in r["wrong"].values()):
            continue
        pairs = combinations([wrong for name, wrong in r["wrong"].items() if name not in ALIKE], 2)
        if all(np.nanmax(abs(one - other)) > CLEAR or _off(one, other) == np.inf for one, other in pairs):
            return case


def _draw(rng):
    n, n_warmup = int(rng.integers(200, DRAWS + 1)), int(rng.integers(20, WARMUP + 1))
    draws = np.empty((CHAINS, DRAWS, PARAMETERS))
    for i, a in enumerate(rng.uniform(0.9, 0.97, PARAMETERS)):
        noise = rng.normal(size=(CHAINS, 200 + DRAWS)) * np.sqrt(1 - a**2)
        draws[..., i] = lfilter([1], [1, -a], noise, axis=1)[:, 200:]
    skewed = rng.integers(PARAMETERS)
    draws[..., skewed] = np.exp(0.7 * draws[..., skewed]) - 1  # with median 0 as the others, but not mean 0
    half_width = np.ones(PARAMETERS)
    half_width[skewed] = np.sinh(0.7)
    loc, scale = 3 * rng.normal(size=PARAMETERS), np.exp(rng.uniform(np.log(0.05), np.log(5), PARAMETERS))
    steps = 2 ** rng.integers(2, 5, (CHAINS, WARMUP + DRAWS)) - 1
    steps[:, n_warmup:] = rng.choice([3, 7, 11, 15], (CHAINS, WARMUP + DRAWS - n_warmup))
    warmup, price = int(steps[:, :n_warmup].sum()), steps[:, n_warmup : n_warmup + n].sum(axis=0).cumsum()
    bought = (int(share * price[-1]) for share in SHARES)
    budgets = warmup // 2, warmup + int(price[0]) - 1, warmup + int(price[0]), *(warmup + paid for paid in bought)
    return {
        "draws": np.round(loc + scale * draws, 4).astype(np.float32),
        "steps": steps.astype(np.int32),
        "n_warmup": np.array(n_warmup),
        "n_draws": np.array(n),
        "budgets": np.array(budgets),
        "median": loc,
        "half_width": scale * half_width,
    }


def _errors(case, paid=None, chosen=None, error=None):
    """Errors at the six budgets, (6,), by the rules, or by another rule in their place.

    Args:
        paid: (warm-up steps (4, n_warmup), steps (4, n), budget) -> number of draws of each chain.
        chosen: (draws, number) -> the draws that count.
        error: (draws (k, 3), median, half_width) -> number.
    """
    n_warmup, n = int(case["n_warmup"]), int(case["n_draws"])
    draws, steps = np.asarray(case["draws"], float)[:, :n], np.asarray(case["steps"], int)[:, : n_warmup + n]
    found = []
    for budget in np.asarray(case["budgets"]):
        number = (paid or _paid)(steps[:, :n_warmup], steps[:, n_warmup:], int(budget))
        kept = (chosen or (lambda draws, number: draws[:, :number]))(draws, number)
        some = kept.reshape(-1, PARAMETERS)
        found.append((error or _error)(some, case["median"], case["half_width"]) if len(some) else np.nan)
    return np.array(found)


def _paid(warmup, steps, budget):
    return int(np.searchsorted(steps.sum(axis=0).cumsum(), budget - warmup.sum(), side="right"))


def _error(draws, median, half_width):
    return np.sqrt(np.mean(((np.median(draws, axis=0) - median) / half_width) ** 2))


def _shifts(draws, median, half_width):
    return (np.median(draws, axis=0) - median) / half_width


def reference(case):
    """Errors at the six budgets, the last ones of which are paid, and those of every mistake."""
    truth = _errors(case)
    n = int(case["n_draws"])

    def depth(steps):
        return np.ceil(np.log2(steps + 1))

    return {
        "errors": truth,
        "wrong": {
            "warm-up free": _errors(case, paid=lambda w, s, b: _paid(0 * w, s, b)),
            "one chain paid": _errors(case, paid=lambda w, s, b: _paid(w[:1], s[:1], b)),
            "each chain its own budget": _errors(case, paid=lambda w, s, b: _paid(w, s, 4 * b)),
            "draws for gradients": _errors(case, paid=lambda w, s, b: _paid(0 * w + 1, 0 * s + 1, b)),
            "all draws always": _errors(case, paid=lambda w, s, b: n),
            "depth for steps": _errors(case, paid=lambda w, s, b: _paid(depth(w), depth(s), b)),
            "draws go on in one chain": _errors(
                case,
                paid=lambda w, s, b: int(np.searchsorted(s.ravel().cumsum(), b - w.sum(), side="right")),
                chosen=lambda draws, number: draws.reshape(1, -1, PARAMETERS)[:, :number],
            ),
            "last draws": _errors(case, chosen=lambda draws, number: draws[:, n - number :]),
            "warm-up draws left out twice": _errors(
                case, chosen=lambda draws, number: draws[:, int(case["n_warmup"]) : number]
            ),
            "first chain only": _errors(case, chosen=lambda draws, number: draws[:1, :number]),
            "mean for median": _errors(case, error=lambda d, m, h: np.sqrt(np.mean(((d.mean(axis=0) - m) / h) ** 2))),
            "signs cancel": _errors(case, error=lambda d, m, h: abs(np.mean(_shifts(d, m, h)))),
            "average of absolute values": _errors(case, error=lambda d, m, h: np.mean(abs(_shifts(d, m, h)))),
            "worst parameter": _errors(case, error=lambda d, m, h: np.max(abs(_shifts(d, m, h)))),
            "root of the sum": _errors(case, error=lambda d, m, h: np.sqrt(np.sum(_shifts(d, m, h) ** 2))),
            "no root": _errors(case, error=lambda d, m, h: np.mean(_shifts(d, m, h) ** 2)),
            "no unit": _errors(case, error=lambda d, m, h: np.sqrt(np.mean((_shifts(d, m, h) * h) ** 2))),
        },
    }


def _off(mine, truth):
    """Largest difference in a budget that pays; infinite where one is NaN and the other is not."""
    if np.any(np.isnan(mine) != np.isnan(truth)):
        return np.inf
    return worst((mine - truth)[UNPAID:])


def _sane(m, r):
    """Whether what all draws give is within a factor of two: without that, NaN in the right places is nothing."""
    return 0.5 * r["errors"][-1] < m["errors"][-1] < 2 * r["errors"][-1]


def _unpaid(m, r):
    """Budgets whose answer is NaN and should not be, or the other way round."""
    wrong = (np.isnan(m["errors"]) != np.isnan(r["errors"])) | (m["worked"] != 1)
    return int(wrong.sum()) if np.isfinite(m["errors"][-1]) and _sane(m, r) else np.inf


def _is(name):
    """looks_like: the numbers, and the places of NaN, are those of a mistake."""

    def looks_like(m, r, d):
        wrong = r["wrong"][name]
        finite = ~np.isnan(wrong)
        same = np.all(np.isnan(m["errors"]) == ~finite) and np.all(m["worked"] == 1)
        return bool(same and np.all(abs(m["errors"] - wrong)[finite] < 0.01 + 0.001 * wrong[finite]))

    return looks_like


def _zero_for_nan(m, r, d):
    return bool(d["budgets"] <= 0.02 and d["all draws"] <= 0.02 and np.all(m["errors"][:UNPAID] == 0))


def _crashes(m, r, d):
    return bool(d["budgets"] <= 0.02 and d["all draws"] <= 0.02 and np.any(m["worked"][:UNPAID] == 0))


def _figure(axes, m, r):
    truth, mine = r["errors"], m["errors"]
    wrong = int(np.sum(~(abs(mine - truth) < 0.02) & ~(np.isnan(mine) & np.isnan(truth))))
    places = np.arange(1, len(truth) + 1)
    axes.plot(places, truth, "o", color="black", fillstyle="none", markersize=9, label="exact")
    axes.plot(places, np.clip(mine, -0.1, 3), "x", color=BLUE, label="yours")
    for place in places[np.isnan(truth)]:
        axes.axvspan(place - 0.5, place + 0.5, color=ORANGE, alpha=0.2, linewidth=0)
    axes.set(xlabel="budget", ylabel="error, in half-widths", xticks=places, xlim=(0.5, len(truth) + 0.5))
    axes.set_title(
        "Below the price of the warm-up there is no answer" if not wrong else f"{wrong} of your 6 errors are off",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        "Errors at six budgets, exact and yours. At the first two, shaded, nothing is to be had. "
        f"{wrong} of your six answers are off."
    )


def _moved(m, place, size):
    errors = np.array(m["errors"])
    errors[place] += size
    return {**m, "errors": errors}


MEDIAN = "np.median(draws[:, :n], axis=(0, 1))"  # as the solution has it
SWAPPED = "np.median(draws[:, :n], axis=(1, 0))"

EXERCISE = Exercise(
    title="The error that a budget buys",
    names={"error_at_budget": "draws, steps, n_warmup, budget, median, half_width"},
    public=lambda: draw(np.random.default_rng(84)),
    case=draw,
    reference=reference,
    fields={"errors": Field((6,), allow="inf nan"), "worked": Field((6,))},
    criteria=(
        Criterion(
            "all draws",
            points=2,
            compared="your error and the exact one at the largest budget, which pays for all draws, in half-widths",
            distance=lambda m, r: abs(m["errors"][-1] - r["errors"][-1]),
            needs=("errors",),
            failed="Where the budget pays for all draws, your error is not the root mean square shift of the medians.",
        ),
        Criterion(
            "budgets",
            points=3,
            compared="your error and the exact one at three budgets that pay for some draws, in half-widths, the worst",
            distance=lambda m, r: worst((m["errors"] - r["errors"])[UNPAID:-1]),
            needs=("errors",),
            failed="Where the budget pays for some of the draws, your error is not that of the draws it pays for.",
        ),
        Criterion(
            "unpaid",
            points=2,
            compared="budgets at which you answer NaN and should not, or the other way round, of six; counts if the "
            "largest budget's error is right within a factor of two",
            distance=_unpaid,
            needs=("errors", "worked"),
            failed="NaN is the answer where the budget doesn't pay for one draw of each chain, and only there.",
        ),
    ),
    mistakes=(
        Mistake("warm-up free", hint="Who paid for the warm-up?", looks_like=_is("warm-up free")),
        Mistake(
            "one chain paid",
            hint="How many chains ran?",
            looks_like=lambda m, r, d: _is("one chain paid")(m, r, d) or _is("each chain its own budget")(m, r, d),
        ),
        Mistake(
            "draws for gradients",
            hint="What does one iteration of NUTS cost?",
            looks_like=_is("draws for gradients"),
        ),
        Mistake(
            "all draws always",
            hint="Does your answer change with the budget?",
            looks_like=_is("all draws always"),
        ),
        Mistake(
            "depth for steps",
            hint="Are the entries of steps depths of a tree, or gradients already?",
            looks_like=_is("depth for steps"),
        ),
        Mistake(
            "draws go on in one chain",
            hint="How many draws has each of the four chains when the money is spent?",
            looks_like=_is("draws go on in one chain"),
        ),
        Mistake("last draws", hint="Which draws did the money reach?", looks_like=_is("last draws")),
        Mistake(
            "warm-up draws left out twice",
            hint="Are the draws of the warm-up among those that you are given?",
            looks_like=_is("warm-up draws left out twice"),
        ),
        Mistake(
            "first chain only",
            hint="Whose draws do you take the median of?",
            looks_like=_is("first chain only"),
        ),
        Mistake("mean for median", hint="Mean or median: which of them was asked?", looks_like=_is("mean for median")),
        Mistake(
            "signs cancel",
            hint="If one parameter is too high and another too low, is there no error?",
            looks_like=_is("signs cancel"),
        ),
        Mistake(
            "average of absolute values",
            hint="Of what do you take the average: of the shifts, or of their squares?",
            looks_like=_is("average of absolute values"),
        ),
        Mistake(
            "worst parameter",
            hint="Is it the largest shift that is asked for, or an average over the parameters?",
            looks_like=_is("worst parameter"),
        ),
        Mistake(
            "root of the sum",
            hint="Would a hundred equally good parameters make the error larger?",
            looks_like=_is("root of the sum"),
        ),
        Mistake("no root", hint="Twice the shift: is your error twice as large?", looks_like=_is("no root")),
        Mistake(
            "no unit",
            hint="Does your error change when a parameter is given in other units?",
            looks_like=_is("no unit"),
        ),
        Mistake("zero for NaN", hint="Is no answer a perfect answer?", looks_like=_zero_for_nan),
        Mistake(
            "stops without a draw",
            hint="What should come back where the budget pays for no draw, and what does your function do there?",
            looks_like=_crashes,
        ),
    ),
    near=(
        NearMiss(
            "all draws",
            unit="half-widths",
            sizes=(0.005, 0.01, 0.03, 0.06, 0.1),
            must=0.1,
            perturb=lambda m, r, size: _moved(m, 5, size),
        ),
        NearMiss(
            "budgets",
            unit="half-widths at one budget",
            sizes=(0.005, 0.01, 0.03, 0.06, 0.1),
            must=0.1,
            perturb=lambda m, r, size: _moved(m, 3, size),
        ),
        NearMiss(
            "unpaid",
            unit="budgets with a number in the place of NaN",
            sizes=(1,),
            must=1,
            perturb=lambda m, r, size: {**m, "errors": np.where(np.arange(6) == 1, r["errors"][2], m["errors"])},
        ),
    ),
    figure=_figure,
    equivalent={
        "if n == 0: => if False:": "the median of no draw is NaN, with a warning",
        "if n == 0: => if n == -1:": "the median of no draw is NaN, with a warning",
        f"shift = ({MEDIAN} - median) / half_width => shift = (median - {MEDIAN}) / half_width": "it is squared",
        f"shift = ({MEDIAN} - median) / half_width => shift = ({SWAPPED} - median) / half_width": "the same axes",
    },
)
