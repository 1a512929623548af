"""Is this loss too good to be true?: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED

#: Kinds of traces; the verdict is True for the last two.
LOOSE, TIGHT, EXACT, INFINITE, NARROW, WIDE = range(6)


def draw_trace(rng, kind, heavy):
    """1000 losses of one kind and ln Z; noise is normal, or Student with 5 degrees of freedom."""
    n = 1000
    # ln Z away from zero, so that its sign matters
    log_z = rng.choice([-1, 1], p=[0.75, 0.25]) * rng.uniform(4, 30)
    floor = -log_z
    noise = rng.standard_t(5, n) if heavy else rng.normal(size=n)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    root = np.sqrt(n)
    if kind == LOOSE:
        sd = np.exp(rng.uniform(np.log(0.05), np.log(1.0)))
        shift = rng.uniform(0.05, 1.0) + 8 * sd / root
    elif kind == TIGHT:
        sd = rng.uniform(0.4, 2.0)
        shift = -rng.uniform(0.5, 1.2) * sd / root
    elif kind == EXACT:
        sd, shift = 0.0, rng.uniform(-3e-6, 2e-6)
    elif kind == INFINITE:
        sd = rng.uniform(0.1, 0.5)
        shift = rng.uniform(0.05, 0.5)
    elif kind == NARROW:
        sd = np.exp(rng.uniform(np.log(0.1), np.log(2.0)))
        shift = -max(rng.uniform(9, 16) * sd / root, 0.02)
    else:
        sd = rng.uniform(0.05, 0.3)
        shift = -rng.uniform(0.5, 3.0) - 5 * sd
    losses = floor + shift + sd * noise
    if kind == INFINITE:
        losses[rng.choice(n, rng.integers(1, 20), replace=False)] = np.inf
    return losses, log_z


def draw_bound_case(rng):
    """24 traces, four of each kind in random order, half of them with heavy tails."""
    while True:
        kinds = rng.permutation(np.repeat(np.arange(6), 4))
        heavy = rng.permutation(np.repeat([False, True], 12))
        pairs = [draw_trace(rng, kind, tails) for kind, tails in zip(kinds, heavy)]
        case = {"losses": np.stack([losses for losses, _ in pairs]), "log_z": np.array([log_z for _, log_z in pairs])}
        below = np.mean(case["losses"], axis=1) + case["log_z"] < -5e-7
        if np.array_equal(kinds_of(case), kinds) and below[kinds == EXACT].sum() >= 1:
            return case


def z_score(case):
    """(mean - floor) in standard errors of the mean, for each trace."""
    with np.errstate(all="ignore"):
        losses = np.asarray(case["losses"], float)
        return (losses.mean(axis=1) + case["log_z"]) / (losses.std(axis=1, ddof=1) / np.sqrt(losses.shape[1]))


def kinds_of(case):
    """The kind of each trace, read from its numbers: the case holds no answer."""
    losses = np.asarray(case["losses"], float)
    finite = np.isfinite(losses).all(axis=1)
    with np.errstate(all="ignore"):
        sd, z = losses.std(axis=1, ddof=1), z_score(case)
    kinds = np.where(
        z > 5,
        LOOSE,
        np.where(np.abs(z) < 2, TIGHT, np.where((z < -8.5) & (z > -40), NARROW, np.where(z < -100, WIDE, -1))),
    )
    return np.where(~finite, INFINITE, np.where(sd < 1e-5, EXACT, kinds))


def bound_reference(case):
    kinds = kinds_of(case)
    losses = np.asarray(case["losses"], float)
    log_z = np.asarray(case["log_z"], float)
    finite = np.isfinite(losses).all(axis=1)
    with np.errstate(all="ignore"):
        mean, sd = losses.mean(axis=1), losses.std(axis=1, ddof=1)
        mcse = sd / np.sqrt(losses.shape[1])
        wrong = {
            "any": (losses < -log_z[:, None]).any(axis=1),
            "mean": mean < -log_z,
            "median": np.median(losses, axis=1) < -log_z,
            "last": losses[:, -1] < -log_z,
            "one_sd": mean < -log_z - sd,
            "exact": np.where(kinds == EXACT, mean < -log_z, kinds >= NARROW),
        }
        sign = [(mean < log_z - k * mcse) for k in (3, 4, 5, 6)]
    return {
        "kinds": kinds,
        "broken": kinds >= NARROW,
        "z": np.where(finite, z_score(case), np.inf),
        "sign": np.stack(sign),
        **{f"wrong_{name}": value for name, value in wrong.items()},
    }


def wrongs(*kinds):
    """Distance: how many traces of these kinds are judged wrongly."""

    def count(m, r):
        asked = np.isin(r["kinds"], kinds)
        return float(np.sum((m["broken"] != r["broken"])[asked]))

    return count


def _same(m, answers):
    return np.array_equal(m["broken"], np.asarray(answers, float))


def bound_figure(axes, m, r):
    """Each trace at its distance from the floor, marked by the learner's verdict."""
    z = np.where(r["kinds"] == EXACT, 0, np.clip(np.nan_to_num(r["z"], posinf=1e3), -1e3, 1e3))
    right = m["broken"] == r["broken"]
    rows = r["kinds"] + np.linspace(-0.25, 0.25, len(z))
    for says, marker, colour, label in ((1, "v", RED, "you say broken"), (0, "o", BLUE, "you say not broken")):
        chosen = m["broken"] == says
        axes.scatter(z[chosen], rows[chosen], marker=marker, color=colour, s=26, label=label)
    axes.scatter(
        z[~right], rows[~right], marker="o", facecolors="none", edgecolors="black", s=110, label="judged wrongly"
    )
    axes.set_xscale("symlog", linthresh=1)
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(
        range(6),
        [
            "far above",
            "on the floor, noisy",
            "on the floor, no noise",
            "some infinite",
            "broken, a little",
            "broken, by far",
        ],
        fontsize=8,
    )
    axes.invert_yaxis()
    axes.set_xlabel("mean of the trace less the floor, in standard errors (log scale beyond 1)", fontsize=8)
    axes.set_title(
        "You told noise from a broken bound"
        if right.all()
        else f"{int((~right).sum())} of 24 traces are judged wrongly",
        fontsize=10,
    )
    axes.legend(fontsize=7, loc="upper center", ncol=3, bbox_to_anchor=(0.4, -0.2))
    return (
        "Each of 24 traces as a mark, sorted into six kinds; to the right of zero its mean lies above the "
        "floor, to the left below. "
        f"{int((~right).sum())} are judged wrongly."
    )


def _threshold(m, r, errors):
    """The verdicts of somebody who asks for this many standard errors; digits that float32 lacks are left alone."""
    return {**m, "broken": np.where(r["kinds"] == EXACT, 0.0, r["z"] < -errors)}


EXERCISE = Exercise(
    title="Is this loss too good to be true?",
    names={"breaks_the_bound": "losses, log_z"},
    public=lambda: draw_bound_case(np.random.default_rng(37)),
    case=draw_bound_case,
    reference=bound_reference,
    fields={"broken": Field((24,), allow="nan")},
    criteria=(
        Criterion(
            "close calls",
            points=3,
            compared="wrong verdicts on 8 traces: four true fits whose mean fell just below the floor by "
            "chance, and four narrow breaks",
            distance=wrongs(TIGHT, NARROW),
            needs=("broken",),
            failed="Some traces a little below the floor are noise and some are breaks: yours does not tell "
            "them apart.",
        ),
        Criterion(
            "clear calls",
            points=1,
            compared="wrong verdicts on 8 traces: four far above the floor and four far below",
            distance=wrongs(LOOSE, WIDE),
            needs=("broken",),
            failed="A trace far above or far below the floor is judged wrongly.",
        ),
        Criterion(
            "seventh digit",
            points=1,
            compared="wrong verdicts on four traces without noise, within 0.000003 nats of the floor",
            distance=wrongs(EXACT),
            needs=("broken",),
            failed="A perfect guide's loss without noise, a few millionths off the floor, is called broken.",
        ),
        Criterion(
            "infinite losses",
            points=1,
            compared="wrong verdicts on four traces with some infinite losses",
            distance=wrongs(INFINITE),
            needs=("broken",),
            failed="A trace with infinite losses and no mean below the floor is called broken, or got no verdict.",
        ),
    ),
    mistakes=(
        Mistake(
            "any loss",
            hint="Honest noise dips below the floor too: which number of a trace must not?",
            looks_like=lambda m, r, d: _same(m, r["wrong_any"]),
        ),
        Mistake(
            "mean",
            hint="How sure are you of that mean?",
            looks_like=lambda m, r, d: _same(m, r["wrong_mean"]),
        ),
        Mistake(
            "median",
            hint="How sure are you of that mean?",
            looks_like=lambda m, r, d: _same(m, r["wrong_median"]),
        ),
        Mistake(
            "last loss",
            hint="How sure are you of one loss?",
            looks_like=lambda m, r, d: _same(m, r["wrong_last"]),
        ),
        Mistake(
            "sign of ln Z",
            hint="The losses are -ELBO: is their floor ln Z or something else?",
            looks_like=lambda m, r, d: any(_same(m, answers) for answers in r["sign"]),
        ),
        Mistake(
            "one sd",
            hint="Which is steadier, one loss or the mean of 1000?",
            looks_like=lambda m, r, d: (
                _same(m, r["wrong_one_sd"]) or _same(m, r["wrong_one_sd"] & (r["kinds"] != EXACT))
            ),
        ),
        Mistake(
            "seventh digit",
            hint="In which digit does float32 end?",
            looks_like=lambda m, r, d: _same(m, r["wrong_exact"]),
        ),
    ),
    near=(
        NearMiss(
            "too strict",
            unit="standard errors below 3 that are asked for",
            sizes=(1, 1.5, 2, 2.25, 2.6, 3),
            must=2.6,
            perturb=lambda m, r, size: _threshold(m, r, 3 - size),
        ),
        NearMiss(
            "too lax",
            unit="standard errors above 6 that are asked for",
            sizes=(1, 3, 5, 8, 10.5, 20),
            must=10.5,
            perturb=lambda m, r, size: _threshold(m, r, 6 + size),
        ),
    ),
    figure=bound_figure,
)
