"""Find the outliers: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import expit

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import line
from ...tools import BLUE, RED, seed, worst

POINTS = 15
ZEROS = np.array([0.0, 0.0, 0.0, 1.0, 0.5])


def _three_errors(x, e, y):
    """1 for points more than three errors from the line of least squares, else 0, (15,)."""
    slope, intercept = line.least_squares(x, e, y)
    return (abs(y - slope * x - intercept) > 3 * e).astype(float)


def _by_surrogate(loc, log_scale, x, e, y):
    """Outlier probabilities under independent normals in unconstrained coordinates, (15,)."""
    z = line.constrain(loc + np.exp(log_scale) * line.normals(512))
    on, off = line.log_components(z, x, e, y)
    share = z[:, -1:]
    return expit(np.log(1 / share - 1) + off - on).mean(axis=0)


def _ends_well(start, x, e, y, best):
    """Which of four fits from near a start end at the best loss, (4,)."""
    starts = line.constrain(line.unconstrain(start) + 0.1 * line.normals(4))
    data = {name: np.tile(values, (4, 1)) for name, values in (("x", x), ("e", e), ("y", y))}
    loc, log_scale = line.descend(starts, **data, n_steps=1500, rate=0.03)
    return line.diagonal_loss(loc, log_scale, **data, n=64) < best + 1.5


def _from_least_squares(x, e, y):
    slope, intercept = line.least_squares(x, e, y)
    return np.array([np.arctan(slope), intercept * np.cos(np.arctan(slope)), 0.0, 1.0, 0.5])


def draw_outlier_case(rng):
    """A steep line with a point that is uncertain.

    A fit from (0, 0, 0, 1, 0.5) ends badly on it, one from least squares ends well.
    """
    while True:
        data = line.draw_line(rng, theta=(1.0, 1.2), b_perp=(0.4, 0.9), e=(0.15, 0.35), off=(3, 5))
        x, e, y = (data[name] for name in ("x", "e", "y"))
        if worst(_three_errors(x, e, y) - data["off"]) == 0:
            continue
        loss, loc, log_scale = line.best_diagonal(x, e, y, data["truth"], 256)
        probabilities = _by_surrogate(loc, log_scale, x, e, y)
        if not ((probabilities > 0.25) & (probabilities < 0.75)).any():
            continue
        exact = line.rough_posterior(x, e, y)
        if (
            line.plain(exact)
            and worst(probabilities - exact.outlier) < 0.08
            and ((exact.outlier > 0.25) & (exact.outlier < 0.75)).any()
            and worst(_three_errors(x, e, y) - exact.outlier) > 0.4
            and not _ends_well(ZEROS, x, e, y, loss).any()
            and _ends_well(_from_least_squares(x, e, y), x, e, y, loss).all()
        ):
            return {"x": x, "e": e, "y": y, "seed": seed(rng)}


def outlier_reference(case):
    """Exact outlier probabilities, those of a rule of thumb, and the expected share of outliers."""
    x, e, y = (np.asarray(case[name], float) for name in ("x", "e", "y"))
    exact = line.posterior(x, e, y)
    return {"x": x, "y": y, "e": e, "outlier": exact.outlier, "thumb": _three_errors(x, e, y)}


def error(m, r):
    return worst(m["probabilities"] - r["outlier"])


def probabilities_figure(axes, m, r):
    """The points, filled by the learner's probability, and both probabilities beneath each other."""
    mine, exact = m["probabilities"], r["outlier"]
    far = abs(mine - exact)
    rows = np.arange(POINTS)
    axes.bar(rows - 0.2, exact, width=0.4, color="0.7", label="exact")
    axes.bar(rows + 0.2, np.clip(mine, 0, 1), width=0.4, color=BLUE, label="yours")
    wrong = far > 0.15
    axes.plot(rows[wrong], np.full(wrong.sum(), 1.05), "x", color=RED)
    axes.set(xlabel="point", ylabel="probability of an outlier", ylim=(0, 1.1))
    axes.set_title(
        "Your probabilities are the exact ones to 0.15"
        if not wrong.any()
        else f"{wrong.sum()} of 15 points are misjudged",
        fontsize=10,
    )
    axes.legend(fontsize=7, loc="upper right")
    return (
        f"Two bars for each of 15 points, the exact probability of being an outlier and yours; the largest difference "
        f"is {far.max():.2f}."
    )


def right_points(m, r):
    """How many points that are all but certain, one way or the other, are put on the wrong side."""
    sure = abs(r["outlier"] - 0.5) > 0.4
    wrong = (m["probabilities"] > 0.5) != (r["outlier"] > 0.5)
    inside = (m["probabilities"] >= -1e-6) & (m["probabilities"] <= 1 + 1e-6)
    return float((wrong & sure).sum()) if inside.all() and np.ptp(m["probabilities"]) > 0.5 else np.nan


def _is(m, wanted, tolerance):
    return worst(m["probabilities"] - wanted) < tolerance


def _pushed(m, r, size):
    """The probabilities, the most uncertain one moved away from one half."""
    p, i = np.array(m["probabilities"]), np.argmin(abs(r["outlier"] - 0.5))
    p[i] += size if p[i] > 0.5 else -size
    return p


def _turned(m, r, count):
    """The probabilities, those of the surest points turned round."""
    p = np.array(m["probabilities"])
    surest = np.argsort(-abs(r["outlier"] - 0.5))[: int(count)]
    p[surest] = 1 - p[surest]
    return p


EXERCISE = Exercise(
    title="Find the outliers",
    names={"find_outliers": "key, x, e, y"},
    public=lambda: draw_outlier_case(np.random.default_rng(78)),
    case=draw_outlier_case,
    reference=outlier_reference,
    n_hidden=2,
    unused={"key": "the probabilities are numbers, the same for every key"},
    fields={"probabilities": Field((POINTS,), allow="nan")},
    criteria=(
        Criterion(
            "sides",
            points=2,
            compared="points, surely on the line or surely not, whose probability is on the wrong side of one half",
            distance=right_points,
            needs=("probabilities",),
            failed="Points that are outliers beyond doubt must be told from those that are not, by probabilities "
            "between 0 and 1.",
        ),
        Criterion(
            "probabilities",
            points=4,
            compared="largest difference between your probabilities and the exact ones",
            distance=error,
            needs=("probabilities",),
            failed="At least one of your probabilities is not that of the posterior.",
        ),
    ),
    mistakes=(
        Mistake(
            "inlier probability",
            hint="Take the point that is farthest from every line: is its number near 0 or near 1?",
            looks_like=lambda m, r, d: _is(m, 1 - r["outlier"], 0.15),
        ),
        Mistake(
            "least squares and three errors",
            hint="Which points drew the line from which you measure?",
            looks_like=lambda m, r, d: _is(m, r["thumb"], 1e-6),
        ),
        Mistake(
            "one share for all",
            hint="Does the number of a point depend on where that point lies?",
            looks_like=lambda m, r, d: np.ptp(m["probabilities"]) < 1e-4 and 0 < m["probabilities"][0] < 1,
        ),
        Mistake(
            "verdicts",
            hint="Is every point certain?",
            looks_like=lambda m, r, d: (
                set(np.unique(m["probabilities"])) == {0.0, 1.0} and not _is(m, r["thumb"], 1e-6) and d["sides"] == 0
            ),
        ),
        Mistake(
            "bad optimum",
            hint="Draw the line that you found through the points: is that where they lie?",
            looks_like=lambda m, r, d: (
                d["sides"] != 0
                and not _is(m, 1 - r["outlier"], 0.15)
                and not np.isin(m["probabilities"], (0.0, 1.0)).all()
                and m["probabilities"].min() >= 0
                and m["probabilities"].max() <= 1
                and np.ptp(m["probabilities"]) > 1e-3
                and m["probabilities"][r["outlier"] < 0.1].mean() > 0.4
            ),
        ),
    ),
    near=(
        NearMiss(
            "one point",
            unit="added to one probability of the uncertain ones",
            sizes=(0.05, 0.1, 0.2, 0.5),
            must=0.5,
            perturb=lambda m, r, size: {**m, "probabilities": _pushed(m, r, size)},
        ),
        NearMiss(
            "sides",
            unit="sure points that change sides",
            sizes=(1, 2, 3),
            must=1,
            perturb=lambda m, r, size: {**m, "probabilities": _turned(m, r, size)},
        ),
    ),
    figure=probabilities_figure,
)
