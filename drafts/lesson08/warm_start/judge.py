"""A fit that starts from an old one: what a case is, the truth, and how a measurement is judged."""

from pathlib import Path

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import line
from ...tools import BLUE, ORANGE, RED, seed, worst

KEYS, N_STEPS, OLD_STEPS = 8, 150, 1500

#: Fits of another model of which only shapes are asked: names of two sites and of the guide, data, and steps.
ELSEWHERE = (
    (("centre", "width", "a"), 3, 40),
    (("rate", "noise", "old"), 5, 25),
    (("mu", "tau", "guide"), 4, 60),
)
ELSEWHERE_PUBLIC = (("place", "spread", "auto"), 6, 30)

#: Where the guide of the line begins of itself: (0, 0, 0, 1, 0.5) in the model's coordinates, sds of 0.1.
COLD = np.zeros(5), 0.1 * np.eye(5)

#: Nats between the old answer and the best one on the new data.
OFF = (2.5, 10.0)


def full_loss(loc, scale, x, e, y, n=512):
    """-ELBO of the normal with mean ``loc`` and covariance scale @ scale.T in unconstrained coordinates, nats."""
    u = loc + line.normals(n) @ scale.T
    entropy = np.linalg.slogdet(scale)[1] + 2.5 * (1 + line.LOG_2PI)
    return -line.log_joint_unconstrained(u, x, e, y)[0].mean() - entropy


def _same_line_again(rng, truth):
    """Another draw of the line: new places and errors, other outliers, the background's mean anew."""
    while True:
        data = line.draw_line(rng, theta=(abs(truth[0]),) * 2, b_perp=(abs(truth[1]),) * 2, signs=(np.sign(truth[0]),))
        if data["truth"][1] * truth[1] > 0:
            return data


def _numbers(data):
    return {name: data[name] for name in ("x", "e", "y")}


def _case(loc, tril, new, elsewhere, seed):
    """The new data, and the best surrogate of the old ones."""
    names, size, n_steps = elsewhere
    return {
        **new,
        "old_loc": loc,
        "old_tril": tril,
        "names": np.array(names, dtype="U16"),
        "size": np.array(size),
        "n_steps": np.array(n_steps),
        "seed": seed,
    }


def draw_warm_case(rng):
    """A line measured twice; the old answer is some nats off on the new data, and a cold start is far off.

    The surrogates, which cost less than the posteriors, choose.
    """
    while True:
        first = line.draw_line(rng)
        old = _numbers(first)
        _, loc, tril = line.best_full(**old, start=first["truth"], n=256)
        for _ in range(3):
            again = _same_line_again(rng, first["truth"])
            new = _numbers(again)
            begin, cold = full_loss(loc, tril, **new), full_loss(*COLD, **new)
            if not cold - begin > 26:
                continue
            best = line.best_full(**new, start=again["truth"], n=256)[0]
            if not (OFF[0] < begin - best < OFF[1] and best > 8):
                continue
            if line.plain(line.rough_posterior(**new)) and line.plain(line.rough_posterior(**old)):
                return _case(loc, tril, new, ELSEWHERE[rng.integers(len(ELSEWHERE))], seed(rng))


def public_warm_case():
    """The two sets of fifteen points of lesson 7."""
    _, loc, tril = line.best_full(**line.FIFTEEN, start=line.through_two_points(**line.FIFTEEN))
    return _case(loc, tril, line.SECOND_FIFTEEN, ELSEWHERE_PUBLIC, np.array(85))


def warm_reference(case):
    """The best loss and those of the old answer and of a cold start, exact ln Z, medians and half-widths."""
    data = {name: np.asarray(case[name], float) for name in ("x", "e", "y")}
    exact = line.posterior(**data)
    best, _, tril = line.best_full(**data, start=exact.median, n=512)
    return {
        **data,
        "log_z": np.float64(exact.log_z),
        "median": exact.median,
        "half_width": exact.half_width,
        "best": np.float64(best),
        "sds": np.sqrt((tril**2).sum(axis=1)),
        "old_loc": np.asarray(case["old_loc"], float),
        "begin": np.float64(full_loss(np.asarray(case["old_loc"]), np.asarray(case["old_tril"]), **data)),
        "cold": np.float64(full_loss(*COLD, **data)),
        "shapes": _shapes(case),
    }


def _shapes(case):
    first, second, guide = (str(name) for name in case["names"])
    lines = sorted(f"{site}_{guide}_{part} ()" for site in (first, second) for part in ("loc", "scale"))
    return np.array([*lines, f"losses ({int(case['n_steps'])},)"], dtype="U80")


# ---------------------------------------------------------------- distances


def losses_sent(m, r):
    """-ELBO of the surrogates that were sent, nats, (8,); NaN for what is no normal in five dimensions."""
    if m["scale"].shape[1] != 25:
        return np.full(KEYS, np.nan)
    pairs = zip(m["loc"], m["scale"].reshape(KEYS, 5, 5))
    return np.array([full_loss(loc, scale, r["x"], r["e"], r["y"]) for loc, scale in pairs])


def excess(m, r):
    """How far the surrogates end above the best one, mean of eight keys, nats."""
    return abs(np.mean(losses_sent(m, r)) - r["best"])


def learned(m, r):
    """Whether the surrogates have come nearer to the best one, by far."""
    return excess(m, r) < 0.5


def _if_learned(distance):
    """A distance that means nothing where nothing was fitted: NaN there."""
    return lambda m, r: distance(m, r) if learned(m, r) else np.nan


def begin_off(m, r):
    """First losses, mean of eight keys, and the loss of the old answer; NaN below the best loss that there is."""
    if m["losses"].shape[1] < 2:
        return np.nan
    first = m["losses"][:, 0].mean()
    return abs(first - r["begin"]) if first > r["best"] - 2 else np.nan


def medians_off(m, r):
    return worst((line.constrain(m["loc"]).mean(axis=0) - r["median"]) / r["half_width"])


def losses_off(m, r):
    """Mean of the last twenty losses and that of the surrogates sent, nats; NaN unless each step has its loss."""
    if m["losses"].shape[1] != N_STEPS:
        return np.nan
    return abs(m["losses"][:, -20:].mean() - losses_sent(m, r).mean())


def copies(m, r):
    """Rows of losses that are copies of another one."""
    return float(KEYS - len(np.unique(m["losses"], axis=0)))


def other_shapes(m, r):
    """Lines in which the shapes asked for and those found differ."""
    return float(len(set(m["shapes"]) ^ set(r["shapes"])))


def warm_figure(axes, m, r):
    """The losses of the eight fits between the levels that count."""
    if m["losses"].shape[1] < 2 or not np.isfinite(m["losses"]).all() or abs(m["losses"]).max() > 1e6:
        return None
    for row in m["losses"]:
        axes.plot(row, color="0.8", linewidth=0.7)
    axes.plot(m["losses"].mean(axis=0), color=BLUE, label="yours, mean of eight keys")
    axes.axhline(r["begin"], color=ORANGE, linestyle="--", linewidth=1, label="old answer on the new data")
    axes.axhline(r["best"], color="black", linewidth=1, label="best surrogate")
    axes.axhline(-r["log_z"], color="black", linestyle=":", linewidth=1, label="-ln Z, exact")
    axes.set(xlabel="step", ylabel="loss, nats")
    steps, end = m["losses"].shape[1], excess(m, r)
    right = end <= EXERCISE.tolerance("excess")
    axes.set_title(
        f"After {steps} steps from the old answer the new one is there"
        if right
        else f"After {steps} steps the surrogate is still {end:.2g} nats from the best one",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    if not right:
        axes.plot([steps - 1], [r["best"] + min(end, 1e6)], "x", color=RED)
    return (
        f"Losses of eight fits of the new data, {m['losses'][:, 0].mean():.1f} nats at first and "
        f"{m['losses'][:, -1].mean():.1f} at last. The old answer has {r['begin']:.1f} nats on the new data, the best "
        f"surrogate {r['best']:.1f}. The surrogates sent lie {end:.2g} nats from the best one."
    )


# ---------------------------------------------------------------- what mistakes look like


def _at_the_old_answer(m, r):
    """Whether the centres sent are those of the old answer."""
    return worst((m["loc"] - r["old_loc"]) / r["sds"]) < 1e-3


def _falls(m, r):
    """Whether the losses end at the best one."""
    return abs(m["losses"][:, -20:].mean() - r["best"]) < 1


def _stays(m, r):
    """Whether neither parameters nor losses move away from the old answer."""
    return _at_the_old_answer(m, r) and abs(m["losses"].mean() - r["begin"]) < 1


def _still_shaken(m, r):
    """Whether each step was made, from the old answer, and the surrogates are near the best one but not at rest."""
    return (
        m["losses"].shape[1] == N_STEPS
        and EXERCISE.tolerance("excess") < excess(m, r) < 2
        and begin_off(m, r) <= EXERCISE.tolerance("begin")
        and losses_off(m, r) < 1
        and copies(m, r) == 0
    )


def _wider(m, size):
    return {**m, "scale": m["scale"] * np.exp(size)}


EXERCISE = Exercise(
    folder=Path(__file__).parent,  # hints and the figure ask for tolerances
    title="A fit that starts from an old one",
    names={"warm_start": "key, make_svi, previous, n_steps, *args"},
    public=public_warm_case,
    case=draw_warm_case,
    reference=warm_reference,
    routes="line_routes",
    fields={
        "loc": Field((KEYS, 5)),
        "scale": Field((KEYS, None)),
        "losses": Field((KEYS, None), allow="inf nan"),
        "shapes": Field((None,), text=True),
    },
    criteria=(
        Criterion(
            "excess",
            points=3,
            compared="loss of the surrogates that you returned and that of the best one, nats, mean of eight keys",
            distance=excess,
            needs=("loc", "scale"),
            failed="The surrogate that you return is not the best one for the new data.",
        ),
        Criterion(
            "begin",
            points=2,
            compared="your first loss and that of the old answer on the new data, nats, mean of eight keys",
            distance=begin_off,
            needs=("losses",),
            failed="The fit does not begin at the old answer.",
        ),
        Criterion(
            "medians",
            points=1,
            compared="medians of your surrogates and of the exact posterior, exact half-widths, the worst of five",
            distance=medians_off,
            needs=("loc",),
            failed="A median of your surrogate is not that of the exact posterior of the new data.",
        ),
        Criterion(
            "losses",
            points=1,
            compared="mean of the last 20 of n_steps losses and the loss of the surrogates that you returned, nats",
            distance=losses_off,
            needs=("loc", "scale", "losses"),
            failed="Each of n_steps steps has its loss, and the last ones are those of the surrogate that you return.",
        ),
        Criterion(
            "keys",
            points=1,
            compared="fits with eight keys that are copies of another one",
            distance=_if_learned(copies),
            needs=("loc", "scale", "losses"),
            failed="Another key should give another fit.",
        ),
        Criterion(
            "another model",
            points=1,
            compared="shapes that differ from those asked for, with another model and another number of steps",
            distance=_if_learned(other_shapes),
            needs=("loc", "scale", "shapes"),
            failed="With another model or another number of steps your parameters or losses have the wrong names or "
            "shapes.",
        ),
    ),
    mistakes=(
        Mistake(
            "old state",
            hint="Which learning rate does the old state remember?",
            looks_like=lambda m, r, d: _stays(m, r) and m["losses"].shape[1] == N_STEPS,
        ),
        Mistake(
            "old state in a new SVI",
            hint="Which learning rate does the old state remember?",
            looks_like=lambda m, r, d: _stays(m, r) and m["losses"].shape[1] == N_STEPS,
        ),
        Mistake(
            "cold start",
            hint="Where did your fit begin?",
            looks_like=lambda m, r, d: (
                m["losses"].shape[1] == N_STEPS
                and abs(m["losses"][:, 0].mean() - r["cold"]) < 0.2 * abs(r["cold"])
                and m["losses"][:, 0].mean() - r["begin"] > EXERCISE.tolerance("begin")
            ),
        ),
        Mistake(
            "old schedule",
            hint="After how many steps is the rate of your SVI zero, and how many steps does it make?",
            looks_like=lambda m, r, d: _still_shaken(m, r),
        ),
        Mistake(
            "old parameters",
            hint="From which state did you read the parameters that you return?",
            looks_like=lambda m, r, d: _at_the_old_answer(m, r) and _falls(m, r),
        ),
        Mistake(
            "unconstrained parameters",
            hint="In which coordinates does the optimiser keep its parameters?",
            looks_like=lambda m, r, d: m["scale"].shape[1] == 15 and _falls(m, r),
        ),
        Mistake(
            "as many steps as before",
            hint="How many losses did you return, and how many steps were asked for?",
            looks_like=lambda m, r, d: m["losses"].shape[1] == OLD_STEPS and learned(m, r),
        ),
        Mistake(
            "own key",
            hint="Call it with two keys: do the losses differ?",
            looks_like=lambda m, r, d: np.ptp(m["losses"], axis=0).max() == 0 and learned(m, r),
        ),
    ),
    near=(
        NearMiss(
            "centre",
            unit="sds of the best surrogate, in all five coordinates",
            sizes=(0.05, 0.1, 0.2, 0.4, 0.8),
            must=0.8,
            perturb=lambda m, r, size: {**m, "loc": m["loc"] + size * r["sds"]},
        ),
        NearMiss(
            "width",
            unit="ln of the factor by which all widths are too large",
            sizes=(0.05, 0.1, 0.2, 0.4),
            must=0.4,
            perturb=lambda m, r, size: _wider(m, size),
        ),
        NearMiss(
            "losses",
            unit="nats added to all losses",
            sizes=(0.1, 0.3, 0.6, 1.0),
            must=1.0,
            perturb=lambda m, r, size: {**m, "losses": m["losses"] + size},
        ),
        NearMiss(
            "begin",
            unit="nats added to the first losses",
            sizes=(5, 10, 20, 45),
            must=45,
            perturb=lambda m, r, size: {**m, "losses": m["losses"] + size * (np.arange(m["losses"].shape[1]) == 0)},
        ),
    ),
    figure=warm_figure,
)
