"""Four chains and their bill: what a case is, the truth, and how a measurement is judged."""

from pathlib import Path

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import line
from ...tools import BLUE, ORANGE, seed, worst
from ..diagnostics import rank_rhat

RUNS, CHAINS, WARMUP, DRAWS = 2, 4, 200, 300
Q = line.PARAMETERS.index("Q")

#: Runs of another model of which only shapes are asked: names of its sites, sizes of its data, warm-up and draws.
ELSEWHERE = (
    (("centre", "width"), (3, 5), 40, 25),
    (("rate", "noise"), (4, 2), 15, 60),
    (("mu", "tau"), (6, 3), 30, 70),
)
ELSEWHERE_PUBLIC = (("place", "spread"), (5, 4), 20, 35)


def _case(data, elsewhere, seed):
    names, sizes, n_warmup, n_samples = elsewhere
    return {
        **{name: data[name] for name in ("x", "e", "y")},
        "seed": seed,
        "names": np.array(names, dtype="U16"),
        "sizes": np.array(sizes),
        "n_warmup": np.array(n_warmup),
        "n_samples": np.array(n_samples),
    }


def draw_chain_case(rng):
    """A line of which one bump holds all the mass that a chain of some hundred draws could notice."""
    while True:
        data = line.draw_line(rng)
        exact = line.rough_posterior(data["x"], data["e"], data["y"])
        if line.plain(exact) and exact.far_mass() < 5e-4:
            return _case(data, ELSEWHERE[rng.integers(len(ELSEWHERE))], seed(rng))


def chain_reference(case):
    """Exact medians and half-widths, those medians unconstrained, and the shapes that the other model asks for."""
    exact = line.posterior(*(np.asarray(case[name], float) for name in ("x", "e", "y")))
    n_warmup, n_samples = int(case["n_warmup"]), int(case["n_samples"])
    lines = sorted(f"{name} ({CHAINS}, {n_samples})" for name in case["names"])
    return {
        "median": exact.median,
        "half_width": exact.half_width,
        "shapes": np.array(
            [*lines, f"diverging ({CHAINS}, {n_samples})", f"steps ({CHAINS}, {n_warmup + n_samples})"], dtype="U80"
        ),
    }


# ---------------------------------------------------------------- distances


def _quantiles(m):
    """Medians and halves of the central 68 % intervals of all draws of both runs, (5,) each."""
    pooled = np.moveaxis(m["draws"], 1, 0).reshape(len(line.PARAMETERS), -1)
    low, median, high = np.quantile(pooled, (0.16, 0.5, 0.84), axis=1)
    return median, (high - low) / 2


def shifts(m, r):
    return (_quantiles(m)[0] - r["median"]) / r["half_width"]


def log_ratios(m, r):
    return np.log(_quantiles(m)[1] / r["half_width"])


def about_right(m, r):
    """Whether the draws are those of this posterior, generously."""
    return worst(shifts(m, r)) < 1 and worst(log_ratios(m, r)) < 1


def _if_about_right(distance):
    """A distance that means nothing where the draws are of something else: NaN there."""
    return lambda m, r: distance(m, r) if about_right(m, r) else np.nan


def _four(values, length):
    """Whether an array ends in four chains of that many iterations."""
    return values.shape[-2:] == (CHAINS, length)


def one_story(m, r):
    """The largest R-hat of ranks, less 1."""
    return float(rank_rhat(m["draws"]).max() - 1) if _four(m["draws"], DRAWS) else np.nan


def _copies(rows):
    """How many of the rows are copies of another one."""
    return len(rows) - len(np.unique(rows, axis=0))


def copies(m, r):
    """Chains of both runs that are copies of another one, and copies among their warm-ups."""
    if not _four(m["draws"], DRAWS):
        return np.nan
    count = _copies(np.moveaxis(m["draws"], 1, -1).reshape(RUNS * CHAINS, -1))
    if _four(m["steps"], WARMUP + DRAWS):
        count += _copies(m["steps"][..., :WARMUP].reshape(RUNS * CHAINS, -1))
    return float(count)


def steps_off(m, r):
    """Steps of a late iteration over those of an early one, where all are whole numbers from 1 to 1023; NaN else.

    A chain begins with one step size for all directions. One parameter of the line is twenty times narrower than
    another, so that the early trees are large.
    """
    steps = m["steps"]
    if not (_four(steps, WARMUP + DRAWS) and np.all((steps >= 1) & (steps <= 1023) & (steps == np.round(steps)))):
        return np.nan
    return steps[..., -DRAWS:].mean() / steps[..., 5:40].mean()


def divergences(m, r):
    """Share of draws marked as divergent; NaN unless each of them is marked or not."""
    if not (_four(m["diverging"], DRAWS) and np.isin(m["diverging"], (0, 1)).all()):
        return np.nan
    return m["diverging"].mean()


def other_shapes(m, r):
    """Lines in which the shapes asked for and those found differ."""
    return float(len(set(m["shapes"]) ^ set(r["shapes"])))


def chains_figure(axes, m, r):
    """Steps of the eight chains by iteration."""
    if not _four(m["steps"], WARMUP + DRAWS) or not np.all((m["steps"] >= 1) & (m["steps"] < 1e6)):
        return None
    rows = m["steps"].reshape(-1, WARMUP + DRAWS)
    share = rows[:, :WARMUP].sum() / rows.sum()
    for row in rows:
        axes.plot(row, ".", color="0.75", markersize=2)
    blocks = rows.reshape(len(rows), -1, 20).mean(axis=(0, 2))
    axes.plot(np.arange(10, rows.shape[1], 20), blocks, color=BLUE, label="mean of eight chains, twenty iterations")
    axes.axvline(WARMUP, color=ORANGE, linestyle="--", label="end of the warm-up")
    axes.set_yscale("log", base=2)
    axes.set(xlabel="iteration", ylabel="leapfrog steps")
    right = steps_off(m, r) <= EXERCISE.tolerance("steps")
    axes.set_title(
        f"{WARMUP} of {WARMUP + DRAWS} iterations are warm-up, and {share:.0%} of the bill"
        if right
        else "In these rows the warm-up does not come first",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        f"Leapfrog steps of each iteration of your eight chains, on a logarithmic axis. The first {WARMUP} iterations, "
        f"left of a dashed line, hold {share:.0%} of all steps."
    )


# ---------------------------------------------------------------- what mistakes look like


def _whole(m, r):
    """Whether the draws are four chains of the right length, about right."""
    return _four(m["draws"], DRAWS) and about_right(m, r)


def _all_alike(rows):
    """Whether the chains of each run are one and the same."""
    return np.ptp(rows, axis=-2).max() == 0


def _unconstrained(m, r):
    """Whether the draws are those of the unconstrained coordinates."""
    u = line.unconstrain(r["median"])
    step = line.unconstrain(r["median"] + 0.3 * r["half_width"]) - u
    return worst((_quantiles(m)[0] - u) / step) < 1 and m["draws"][:, Q].max() > 1


def _draws_first(m):
    steps = m["steps"]
    return _four(steps, WARMUP + DRAWS) and steps[..., DRAWS + 5 : DRAWS + 40].mean() > steps[..., :DRAWS].mean() / 0.8


def _moved(m, row, change):
    """The measurement with the draws of one parameter changed."""
    draws = np.array(m["draws"])
    draws[:, row] = change(draws[:, row])
    return {**m, "draws": draws}


def _apart(m, r, size):
    """One chain of each run moved away by so many half-widths of theta."""
    draws = np.array(m["draws"])
    draws[:, 0, 0] += size * r["half_width"][0]
    return {**m, "draws": draws}


def _diverged(m, share):
    """The measurement with this share of all draws marked as divergent."""
    marks = np.array(m["diverging"])
    marks[..., : int(np.ceil(share * marks.shape[-1]))] = 1
    return {**m, "diverging": marks}


EXERCISE = Exercise(
    folder=Path(__file__).parent,  # the figure asks for tolerances
    title="Four chains and their bill",
    names={"run_chains": "key, model, n_warmup, n_samples, *args"},
    public=lambda: _case(line.FIFTEEN, ELSEWHERE_PUBLIC, np.array(82)),
    case=draw_chain_case,
    reference=chain_reference,
    routes="line_routes",
    fields={
        "draws": Field((RUNS, len(line.PARAMETERS), None, None)),
        "steps": Field((RUNS, None, None)),
        "diverging": Field((RUNS, None, None)),
        "shapes": Field((None,), text=True),
    },
    criteria=(
        Criterion(
            "medians",
            points=2,
            compared="medians of your draws and the exact ones, exact half-widths, the worst of five parameters",
            distance=lambda m, r: worst(shifts(m, r)),
            needs=("draws",),
            failed="A median of your draws is not that of the posterior.",
        ),
        Criterion(
            "widths",
            points=1,
            compared="ln of your half-width over the exact one, the worst of five parameters",
            distance=_if_about_right(lambda m, r: worst(log_ratios(m, r))),
            needs=("draws",),
            failed="A half-width of your draws is not that of the posterior.",
        ),
        Criterion(
            "one story",
            points=1,
            compared="the largest R-hat of your four chains, less 1",
            distance=_if_about_right(one_story),
            needs=("draws",),
            failed="Four chains of n_samples draws each should agree, on the right place.",
        ),
        Criterion(
            "own chains",
            points=1,
            compared="chains and warm-ups of two runs, with a key each, that are copies of another one",
            distance=_if_about_right(copies),
            needs=("draws", "steps"),
            failed="Eight chains of two runs should be eight different ones.",
        ),
        Criterion(
            "steps",
            points=2,
            compared="steps of the draws over steps of the early warm-up, all of them whole numbers",
            distance=_if_about_right(steps_off),
            needs=("draws", "steps"),
            failed="The steps are whole numbers, one for each iteration of each chain, with the warm-up first.",
        ),
        Criterion(
            "divergences",
            points=1,
            compared="share of the draws that are marked as divergent",
            distance=_if_about_right(divergences),
            needs=("draws", "diverging"),
            failed="Each draw is marked as divergent or not, and here hardly one is.",
        ),
        Criterion(
            "another model",
            points=1,
            compared="shapes that differ from those asked for, with another model and other numbers of iterations",
            distance=_if_about_right(other_shapes),
            needs=("draws", "shapes"),
            failed="With another model, other data or other numbers of iterations your arrays have the wrong shapes or "
            "names.",
        ),
    ),
    mistakes=(
        Mistake(
            "one key for all",
            hint="Print the first draw of each chain: are there four?",
            looks_like=lambda m, r, d: _whole(m, r) and _all_alike(m["draws"]),
        ),
        Mistake(
            "one chain cut in four",
            hint="In how many places did your chains start?",
            looks_like=lambda m, r, d: (
                _whole(m, r) and not _all_alike(m["draws"]) and _all_alike(m["steps"][..., :WARMUP])
            ),
        ),
        Mistake(
            "steps of the draws only",
            hint="What did the iterations cost that gave no draws?",
            looks_like=lambda m, r, d: _four(m["draws"], DRAWS) and _four(m["steps"], DRAWS),
        ),
        Mistake(
            "draws first",
            hint="In a row of your steps, which part was run first?",
            looks_like=lambda m, r, d: _whole(m, r) and d["steps"] > 0.8 and _draws_first(m),
        ),
        Mistake(
            "short warm-up",
            hint="Take the draws off a row of your steps: how many iterations of warm-up are left?",
            looks_like=lambda m, r, d: (
                _four(m["draws"], DRAWS)
                and m["steps"].shape[1] == CHAINS
                and DRAWS < m["steps"].shape[2] < WARMUP + DRAWS
            ),
        ),
        Mistake(
            "few draws",
            hint="How many draws did each chain make, and how many were asked for?",
            looks_like=lambda m, r, d: (
                m["draws"].shape[2] == CHAINS and m["draws"].shape[3] < DRAWS and m["draws"].shape[3] != DRAWS // CHAINS
            ),
        ),
        Mistake(
            "warm-up among the draws",
            hint="Which of your draws were made before the step size had settled?",
            looks_like=lambda m, r, d: _four(m["draws"], WARMUP + DRAWS),
        ),
        Mistake(
            "chains in one row",
            hint="Can one still see from your draws which chain each came from?",
            looks_like=lambda m, r, d: m["draws"].shape[2:] == (1, CHAINS * DRAWS),
        ),
        Mistake(
            "unconstrained draws",
            hint="May a share be 1.4?",
            looks_like=lambda m, r, d: _unconstrained(m, r),
        ),
        Mistake(
            "divergences of the warm-up",
            hint="How many draws can be divergent at most?",
            looks_like=lambda m, r, d: (
                _whole(m, r) and _four(m["steps"], WARMUP + DRAWS) and _four(m["diverging"], WARMUP + DRAWS)
            ),
        ),
    ),
    near=(
        NearMiss(
            "median",
            unit="exact half-widths in theta",
            sizes=(0.1, 0.2, 0.3, 0.7),
            must=0.7,
            perturb=lambda m, r, size: _moved(m, 0, lambda z: z + size * r["half_width"][0]),
        ),
        NearMiss(
            "width",
            unit="ln of the factor by which the draws of Q are too narrow",
            sizes=(0.1, 0.2, 0.3, 0.7),
            must=0.7,
            perturb=lambda m, r, size: _moved(m, Q, lambda z: np.median(z) + (z - np.median(z)) * np.exp(-size)),
        ),
        NearMiss(
            "one chain elsewhere",
            unit="exact half-widths in theta of one chain of four",
            sizes=(0.2, 0.5, 1.0, 2.0),
            must=2.0,
            perturb=_apart,
        ),
        NearMiss(
            "divergences",
            unit="share of draws",
            sizes=(0.01, 0.03, 0.1),
            must=0.1,
            perturb=lambda m, r, size: _diverged(m, size),
        ),
    ),
    figure=chains_figure,
)
