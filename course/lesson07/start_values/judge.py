"""Start values from the data: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import line
from ...tools import BLUE, RED, seed

POINTS = 25
#: Data sets of a case: steep lines, ordinary lines, and lines of which four points are measured badly.
STEEP, ORDINARY, UNEVEN = range(3)
WANTED = {STEEP: 8, ORDINARY: 2, UNEVEN: 6}
SETS = sum(WANTED.values())

#: Nats above the best loss from which a fit counts as bad. Of fits that settle, bad ones end 3 and more above it.
BAD = 0.5

#: Steps of the rough fits that choose the data sets.
STEPS = 500

ZEROS = np.array([0.0, 0.0, 0.0, 1.0, 0.5])


def _draw(rng, kind):
    """One data set; the badly measured points of an uneven one are never outliers."""
    theta, b_perp = ((0.95, 1.15), (0.3, 0.8)) if kind == STEEP else ((0.3, 0.9), (0.0, 0.8))
    data = line.draw_line(rng, POINTS, theta, b_perp, off=(4, 6))
    if kind == UNEVEN:
        rough = rng.choice(np.flatnonzero(~data["off"]), 4, replace=False)
        angle, distance = data["truth"][:2]
        data["e"][rough] = rng.uniform(8, 25, 4)
        x = data["x"][rough]
        data["y"][rough] = x * np.tan(angle) + distance / np.cos(angle) + data["e"][rough] * rng.normal(size=4)
    order = rng.permutation(POINTS)  # sorted, the places of one data set would do for another
    order = order[np.argsort(~(data["off"][order] & (rng.uniform() < 0.6)), kind="stable")]  # often an outlier is first
    return {name: data[name][order] for name in ("x", "e", "y")}


def as_start(slope, intercept):
    """A line as a start, with a background that has seen nothing."""
    theta = np.arctan(slope)
    return np.array([theta, intercept * np.cos(theta), 0.0, 1.0, 0.5])


def _lines(x, e, y):
    """(slope, intercept) by weighted least squares, by plain least squares, and through the first and last point."""
    ends = (y[-1] - y[0]) / (x[-1] - x[0])
    return line.least_squares(x, e, y), line.least_squares(x, np.ones_like(e), y), (ends, y[0] - ends * x[0])


def _stacked(sets):
    return {name: np.stack([data[name] for data in sets]) for name in ("x", "e", "y")}


def _ends_badly(starts, data, best):
    loc, log_scale = line.descend(starts, **data, n_steps=STEPS, rate=0.03)
    with np.errstate(all="ignore"):
        return ~(line.diagonal_loss(loc, log_scale, **data, n=64) - best < 1.5)


def _some(rng, kinds):
    """Data sets on which the fits end as ``draw_start_case`` says: (sets, their kinds, whether the ends fail)."""
    sets = [_draw(rng, kind) for kind in kinds]
    data = _stacked(sets)
    lines = [_lines(d["x"], d["e"], d["y"]) for d in sets]
    weighted, plain, ends = (np.array([as_start(*three[i]) for three in lines]) for i in range(3))
    other = np.where(kinds[:, None] == UNEVEN, plain, ZEROS)
    through = np.array([line.through_two_points(d["x"], d["e"], d["y"]) for d in sets])
    best = line.diagonal_loss(*line.descend(through, **data, n_steps=STEPS), **data, n=64)
    fit = ~_ends_badly(weighted, data, best) & (_ends_badly(other, data, best) | (kinds == ORDINARY))
    return [sets[i] for i in np.flatnonzero(fit)], kinds[fit], _ends_badly(ends, data, best)[fit]


def draw_start_case(rng):
    """Sixteen data sets of 25 points.

    From (0, 0, 0, 1, 0.5) a fit ends badly on all that are steep, from plain least squares on all that are uneven,
    from the line through the first and the last point on four of either kind of errors, and from weighted least squares
    on none.
    """
    sets, kinds, bad_ends = [], np.array([], int), np.array([], bool)
    while True:
        lacking = [kind for kind, count in WANTED.items() for _ in range(3 * max(0, count - np.sum(kinds == kind)))]
        if lacking:
            more = _some(rng, np.array(lacking))
            sets, kinds, bad_ends = sets + more[0], np.append(kinds, more[1]), np.append(bad_ends, more[2])
            continue
        # those on which the line through the ends fails come first
        order = np.argsort(~bad_ends, kind="stable")
        chosen = np.concatenate([order[kinds[order] == kind][:count] for kind, count in WANTED.items()])
        uneven = kinds[chosen] == UNEVEN
        if max(bad_ends[chosen][uneven].sum(), bad_ends[chosen][~uneven].sum()) >= 4:
            return {**_stacked([sets[i] for i in rng.permutation(chosen)]), "seed": seed(rng)}
        sets, kinds, bad_ends = [], kinds[:0], bad_ends[:0]


def start_reference(case):
    """The best loss of independent normals on each data set, and lines that wrong starts take."""
    data = {name: np.asarray(case[name], float) for name in ("x", "e", "y")}
    best, lines = [], []
    for x, e, y in zip(*data.values()):
        lines.append(_lines(x, e, y))
        starts = (line.through_two_points(x, e, y), as_start(*lines[-1][0]))
        best.append(min(line.best_diagonal(x, e, y, start, 256)[0] for start in starts))
    return {
        **data,
        "best": np.array(best),
        "uneven": data["e"].max(axis=1) > 1,
        "lines": np.array(lines),
    }


def excess(m, r):
    """Nats between each fit that was sent and the best one, (16,): infinite for one that is no fit."""
    with np.errstate(all="ignore"):
        loss = line.diagonal_loss(m["loc"], m["log_scale"], r["x"], r["e"], r["y"], n=512)
    return np.where(np.isfinite(loss), loss - r["best"], np.inf)


def bad(m, r):
    return excess(m, r) > BAD


def legal(starts):
    """Whether each start is five finite numbers that the model allows."""
    theta, _, _, sigma, share = starts.T
    inside = (abs(theta) < np.pi / 2) & (sigma > 0) & (share > 0) & (share < 1)
    return inside & np.isfinite(starts).all(axis=1)


def illegal_starts(m, r):
    """How many starts are illegal; NaN unless half of the fits end well."""
    return float((~legal(m["starts"])).sum()) if bad(m, r).sum() <= SETS / 2 else np.nan


def bad_even(m, r):
    return float(bad(m, r)[~r["uneven"]].sum())


def bad_uneven(m, r):
    """How many fits of uneven data end badly; NaN unless half of all end well."""
    return float(bad(m, r)[r["uneven"]].sum()) if bad(m, r).sum() <= SETS / 2 else np.nan


def start_figure(axes, m, r):
    """Where the sixteen fits end above the best one."""
    far = np.minimum(excess(m, r), 100.0)
    order = np.argsort(r["uneven"], kind="stable")
    wrong = far > BAD
    for uneven, marker, label in ((False, "o", "even errors"), (True, "s", "four bad points")):
        for mask, colour, what in ((~wrong, BLUE, "ends well"), (wrong, RED, "ends badly")):
            chosen = [i for i in range(len(order)) if r["uneven"][order[i]] == uneven and mask[order[i]]]
            if chosen:
                axes.scatter(chosen, far[order][chosen] + 0.01, marker=marker, color=colour, label=f"{label}, {what}")
    axes.axhline(BAD, color="black", linestyle=":", linewidth=1)
    axes.set_yscale("log")
    axes.set(xlabel="data set", ylabel="nats above the best fit + 0.01")
    count = int(wrong.sum())
    axes.set_title(
        "From your starts all fits end well" if not count else f"From your starts {count} of {SETS} fits end badly",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        f"For each of {SETS} data sets how far its fit ends above the best one, on a logarithmic axis; "
        f"{count} lie above the line at {BAD} nats that separates good ends from bad ones."
    )


# ---------------------------------------------------------------- what mistakes look like


def _angles(m):
    return m["starts"][:, 0]


def _are(found, wanted, share=1.0):
    """Whether angles are the wanted ones, all of them or this share."""
    return np.mean(abs(found - wanted) < 1e-3 * (1 + abs(wanted))) >= share


def _slope(r, which):
    return r["lines"][:, which, 0]


def _varies(m):
    return np.isfinite(m["starts"]).all() and np.ptp(_angles(m)) > 0.05


def _blind(m, r):
    """Whether the angles vary without following the lines."""
    angle, wanted = _angles(m), np.arctan(_slope(r, 0))
    return _varies(m) and abs(np.corrcoef(angle, wanted)[0, 1]) < 0.75 and np.mean(abs(angle - wanted) < 0.2) < 0.6


def _sent_away(m, where, count):
    """The measurement with the first fits of a kind moved to another angle."""
    loc = np.array(m["loc"])
    loc[np.flatnonzero(where)[: int(count)], 0] += 3.0
    return {**m, "loc": loc}


EXERCISE = Exercise(
    title="Start values from the data",
    names={"start_values": "x, e, y"},
    public=lambda: draw_start_case(np.random.default_rng(73)),
    case=draw_start_case,
    reference=start_reference,
    fields={
        "starts": Field((SETS, 5), allow="inf nan"),
        "loc": Field((SETS, 5), allow="inf nan"),
        "log_scale": Field((SETS, 5), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "legal",
            points=1,
            compared="starts, of 16, that the model forbids or that are not finite",
            distance=illegal_starts,
            needs=("starts", "loc", "log_scale"),
            failed="A start must be five finite numbers that the model allows, and at least half of the fits from "
            "your starts must end well.",
        ),
        Criterion(
            "even errors",
            points=3,
            compared="fits that end more than 0.5 nats above the best, of 10 data sets",
            distance=bad_even,
            needs=("loc", "log_scale"),
            failed="From your starts several fits end in a bad optimum.",
        ),
        Criterion(
            "uneven errors",
            points=2,
            compared="fits that end more than 0.5 nats above the best, of 6 data sets in which four points have "
            "large errors",
            distance=bad_uneven,
            needs=("loc", "log_scale"),
            failed="Where some points are measured much worse than others, several fits from your starts end in a bad "
            "optimum; or half of all 16 fits do.",
        ),
    ),
    mistakes=(
        Mistake(
            "always the same",
            hint="Give it two data sets: does your answer move?",
            looks_like=lambda m, r, d: np.isfinite(m["starts"]).all() and np.ptp(m["starts"], axis=0).max() < 1e-6,
        ),
        Mistake(
            "first and last point",
            hint="What if one of the two points that you use is an outlier?",
            looks_like=lambda m, r, d: _are(_angles(m), np.arctan(_slope(r, 2))),
        ),
        Mistake(
            "slope for angle",
            hint="May an angle be 1.9?",
            looks_like=lambda m, r, d: (
                _are(_angles(m), _slope(r, 0)) or _are(_angles(m), _slope(r, 1)) and not legal(m["starts"]).all()
            ),
        ),
        Mistake(
            "degrees",
            hint="In which unit does the model take its angle?",
            looks_like=lambda m, r, d: any(_are(_angles(m), np.degrees(np.arctan(_slope(r, i)))) for i in (0, 1)),
        ),
        Mistake(
            "every point counts the same",
            hint="One point is measured to 0.2, another to 20: which says more about the line?",
            looks_like=lambda m, r, d: (
                _are(_angles(m), np.arctan(_slope(r, 1))) and legal(m["starts"]).all() and d["even errors"] <= 2
            ),
        ),
        Mistake(
            "random numbers",
            hint="Where did you look at y?",
            looks_like=lambda m, r, d: (
                legal(m["starts"]).all()
                and _blind(m, r)
                and np.ptp(m["starts"], axis=0).min() > 0.05
                and not any(_are(_angles(m), np.arctan(_slope(r, i)), 0.8) for i in range(3))
            ),
        ),
        Mistake(
            "not a number",
            hint="What is the slope of the line through a point and itself?",
            looks_like=lambda m, r, d: np.isnan(_angles(m)).all(),
        ),
    ),
    near=(
        NearMiss(
            "bad ends",
            unit="fits on even data that end in another place",
            sizes=(1, 2, 3, 5, 8),
            must=8,
            perturb=lambda m, r, size: _sent_away(m, ~r["uneven"], size),
        ),
        NearMiss(
            "bad ends on uneven data",
            unit="fits on uneven data that end in another place",
            sizes=(1, 2, 3, 6),
            must=6,
            perturb=lambda m, r, size: _sent_away(m, r["uneven"], size),
        ),
    ),
    figure=start_figure,
)
