"""The best of several runs: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import GREEN, ORANGE, RED, seed, worst

RUNS, STEPS = 10, 400


BEST, LUCKY, LAST, NAN, LATE_NAN, FAST, START, POOR, WORST, HIGH = range(RUNS)


def draw_restart_case(rng):
    """Ten runs, each with its own temptation, in random order; the best is neither the first nor the last."""
    while True:
        order = rng.permutation(RUNS)  # order[i]: what run i is
        if BEST in (order[0], order[-1]) or order[0] in (NAN, LATE_NAN, WORST):
            continue
        window = int(rng.integers(30, 120))
        floor = rng.uniform(5, 20)
        level = np.array([0.0, 0.6, 0.5, -1.0, -0.7, 0.45, 0.8, 1.5, 7.0, 3.0])
        level[[LUCKY, LAST, START, POOR, WORST, HIGH]] += rng.uniform(0, 0.3, 6)
        pace = rng.uniform(25, 45, RUNS)
        pace[FAST] = 6
        steps = np.arange(STEPS)
        losses = floor + level[:, None] + 12 * np.exp(-steps / pace[:, None]) + 0.2 * rng.normal(size=(RUNS, STEPS))
        losses[LUCKY, STEPS - rng.integers(2, window // 2)] -= 4
        losses[LAST, -1] -= 2.5
        losses[NAN, rng.integers(150, 250) :] = np.nan
        losses[LATE_NAN, -rng.integers(2, 8) :] = np.nan
        losses[[BEST, START], rng.integers(0, 20, 2)] = np.inf
        losses[START, : 2 * window] = np.where(
            np.isinf(losses[START, : 2 * window]), np.inf, losses[START, : 2 * window]
        )
        loc, scale = rng.uniform(-5, 5, RUNS), rng.uniform(0.2, 3, RUNS)
        case = {
            "losses": losses[order].astype(np.float32).astype(float),
            "loc": np.float64(np.float32(loc)),
            "scale": np.float64(np.float32(scale)),
            "window": np.array(window),
            "seed": seed(rng),
        }
        picks = list(_picks(case).values())
        best = int(np.nanargmin(_scores(case)))
        if order[best] == BEST and best not in picks and np.diff(np.sort(loc)).min() > 0.02:
            return case


def _scores(case):
    losses, window = np.asarray(case["losses"], float), int(case["window"])
    return losses[:, -window:].mean(axis=1)


def _picks(case):
    """The run that each mistake would choose."""
    losses, window = np.asarray(case["losses"], float), int(case["window"])
    scores = _scores(case)
    start = np.where(np.isfinite(losses[:, :window].sum(axis=1)), losses[:, :window].mean(axis=1), np.inf)
    tail = losses[:, -window:]
    counts = np.maximum(np.sum(np.isfinite(tail), axis=1), 1)
    partial = np.where(np.isfinite(tail).any(axis=1), np.where(np.isfinite(tail), tail, 0).sum(axis=1) / counts, np.inf)
    return {
        "nan": int(np.argmin(scores)),
        "highest": int(np.nanargmax(scores)),
        "single": int(np.nanargmin(np.where(np.isnan(scores), np.inf, tail.min(axis=1)))),
        "first": 0,
        "last loss": int(np.nanargmin(losses[:, -1])),
        "start": int(np.argmin(start)),
        "nanmean": int(np.argmin(partial)),
        "whole": int(np.argmin(np.where(np.isfinite(losses.mean(axis=1)), losses.mean(axis=1), np.inf))),
    }


def restart_reference(case):
    scores = _scores(case)
    losses, window = np.asarray(case["losses"], float), int(case["window"])
    return {
        "losses": losses,
        "window": np.float64(window),
        "scores": scores,
        "phis": np.stack([case["loc"], case["scale"]], axis=1).astype(float),
        "best": np.float64(np.nanargmin(scores)),
    }


def score_error(m, scores):
    """Largest relative error; infinite where NaN and numbers are in other places."""
    if not np.array_equal(np.isnan(m["scores"]), np.isnan(scores)):
        return np.inf
    there = ~np.isnan(scores)
    same = m["scores"][there] == scores[there]  # so that inf equals inf
    return worst(np.where(same, 0, (m["scores"][there] - scores[there]) / (1 + np.abs(scores[there]))))


def _chose(m, r, run):
    return worst(m["phi"] - r["phis"][int(run)]) < 1e-3


def _case_of(r):
    return {"losses": r["losses"], "window": r["window"]}


def _picked(name):
    """looks_like: right scores, and the run that this mistake picks."""
    return lambda m, r, d: d["scores"] < 1e-4 and _chose(m, r, _picks(_case_of(r))[name])


def _scored(scores, name):
    """looks_like: these wrong scores, and the run that they lead to."""
    return lambda m, r, d: (
        score_error(m, scores(r["losses"], int(r["window"]))) < 1e-3 and _chose(m, r, _picks(_case_of(r))[name])
    )


def _zeros(m, r, d):
    return score_error(m, np.where(np.isnan(r["scores"]), 0, r["scores"])) < 1e-3 and _chose(
        m, r, _picks(_case_of(r))["nan"]
    )


def _partial(m, r, d):
    return d["scores"] > 1e-3 and _chose(m, r, _picks(_case_of(r))["nanmean"]) and np.sum(np.isnan(m["scores"])) == 1


def restart_figure(axes, m, r):
    """All runs, the chosen one and the best one."""
    losses, best, window = r["losses"], int(r["best"]), int(r["window"])
    smooth = [np.convolve(row, np.ones(15) / 15, "valid") for row in np.where(np.isinf(losses), np.nan, losses)]
    chosen = int(np.argmin(np.sum((r["phis"] - m["phi"]) ** 2, axis=1))) if np.isfinite(m["phi"]).all() else -1
    for i, row in enumerate(smooth):
        broken = np.isnan(r["scores"][i])
        colour, width = (
            (GREEN, 2.5) if i == best else (RED, 2) if i == chosen else (ORANGE, 1.2) if broken else ("grey", 0.8)
        )
        axes.plot(
            np.arange(len(row)),
            row,
            color=colour,
            linewidth=width,
            linestyle="-" if i == best else "--" if i == chosen else ":" if broken else "-",
        )
    axes.plot([], [], color=ORANGE, linestyle=":", label="runs that end in NaN")
    axes.plot([], [], color=GREEN, linewidth=2.5, label="the best run" + (", and yours" if chosen == best else ""))
    if chosen != best:
        axes.plot([], [], color=RED, linestyle="--", linewidth=2, label="the run you chose")
    axes.axvspan(STEPS - window - 15, STEPS - 15, color="0.9", zorder=0)
    axes.set(xlabel="step", ylabel="loss, mean of 15", ylim=(np.nanmin(losses) - 1, np.nanmedian(losses) + 8))
    axes.set_title(
        "You chose the run that ends best" if chosen == best else "You chose another run than the one that ends best",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    verdict = "Your choice is the best run." if chosen == best else "Your choice is another run than the best."
    return (
        "The smoothed losses of ten runs against the step, two of which end in NaN, the window at the end shaded. "
        f"{verdict}"
    )


EXERCISE = Exercise(
    slow={"jax all through": 300},
    title="The best of several runs",
    names={"best_of_restarts": "fit, keys, window"},
    public=lambda: draw_restart_case(np.random.default_rng(55)),
    case=draw_restart_case,
    reference=restart_reference,
    fields={"phi": Field((2,), allow="inf nan"), "scores": Field((RUNS,), allow="inf nan")},
    criteria=(
        Criterion(
            "phi",
            points=3,
            compared="your phi and that of the run that ends best; largest difference",
            distance=lambda m, r: worst(m["phi"] - r["phis"][int(r["best"])]),
            needs=("phi",),
            failed="The parameters you return are not those of the run that ends best.",
        ),
        Criterion(
            "scores",
            points=2,
            compared="your ten scores and the means over the last window, relative to 1 + their size; NaN "
            "where a run ended in NaN",
            distance=lambda m, r: score_error(m, r["scores"]),
            needs=("scores",),
            failed="The scores are not the means over the last window, one for each run.",
        ),
    ),
    mistakes=(
        Mistake("NaN wins", hint="What is the result when you compare anything with NaN?", looks_like=_picked("nan")),
        Mistake("highest score", hint="Are these numbers losses or ELBOs?", looks_like=_picked("highest")),
        Mistake(
            "scores as ELBOs",
            hint="Are these numbers losses or ELBOs?",
            looks_like=lambda m, r, d: score_error(m, -r["scores"]) < 1e-3 and d["phi"] < 1e-3,
        ),
        Mistake(
            "lowest single loss",
            hint="Is it the luckiest step that you want, or the best run?",
            looks_like=_scored(lambda losses, window: losses[:, -window:].min(axis=1), "single"),
        ),
        Mistake("first run", hint="What did the other runs tell you?", looks_like=_picked("first")),
        Mistake(
            "one key for all",
            hint="Are your scores all equal?",
            looks_like=lambda m, r, d: score_error(m, np.full(RUNS, r["scores"][0])) < 1e-3 and _chose(m, r, 0),
        ),
        Mistake("NaN counted as zero", hint="Is 0 a good loss for a run that failed?", looks_like=_zeros),
        Mistake(
            "NaN steps left out",
            hint="A run that ended in NaN has no usable parameters: what is its score?",
            looks_like=_partial,
        ),
        Mistake(
            "the last loss",
            hint="How sure are you of one loss?",
            looks_like=_scored(lambda losses, window: losses[:, -1], "last loss"),
        ),
        Mistake(
            "the first window",
            hint="Which end of a run says where it arrived?",
            looks_like=_scored(lambda losses, window: losses[:, :window].mean(axis=1), "start"),
        ),
        Mistake(
            "the whole run",
            hint="Does the way down belong to the score?",
            looks_like=_scored(lambda losses, window: losses.mean(axis=1), "whole"),
        ),
    ),
    near=(
        NearMiss(
            "scores",
            unit="relative error of one score",
            sizes=(3e-5, 1e-4, 3e-4, 1e-3),
            must=1e-3,
            perturb=lambda m, r, size: {**m, "scores": m["scores"] + size * (1 + np.abs(m["scores"]))},
        ),
        NearMiss(
            "phi",
            unit="error of phi",
            sizes=(3e-4, 1e-3, 3e-3, 0.01),
            must=0.01,
            perturb=lambda m, r, size: {**m, "phi": m["phi"] + size},
        ),
    ),
    figure=restart_figure,
)
