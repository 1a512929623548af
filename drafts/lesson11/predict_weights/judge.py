"""Weights of independent normals on a normal target: what a case is, the truth, and how a measurement is judged.

With A = D^(-1/2) Lambda D^(-1/2), D the diagonal of Lambda, and l its eigenvalues, the target has variance 1/l along
the axes in which the surrogate has variance 1. So ln w = const + sum (1 - l) u**2 / 2 with u standard normal, whose
tail is Pareto with k = 1 - min(l); and E_q[w**2] = prod l / sqrt(prod (2 l - 1)) where min(l) > 1/2, else infinite.
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst

MATRICES, D = 6, 4

#: What a mistake must change in k or in the share of some matrix.
APART = 0.04


def draw(rng):
    """Three matrices with finite variance of the weights and three without, no k near the border."""
    while True:
        case = _draw(rng)
        wrong = reference(case)["wrong"]
        right = wrong["right"]
        apart = {name: np.nan_to_num(np.abs(rows - right), nan=1.0).max() for name, rows in wrong.items()}
        if all(move > APART for name, move in apart.items() if name != "right"):
            return case


def _draw(rng):
    d = np.array([3, 4, 3, 4, 3, 4])
    precision = np.zeros((MATRICES, D, D))
    for i in range(MATRICES):
        low, high = (0.2, 0.44) if i < 3 else (0.56, 0.95)
        while True:
            root = rng.normal(size=(d[i], d[i] + 1 + 3 * (i < 3)))
            unit = np.exp(rng.uniform(-1.2, 1.2, d[i]))
            matrix = unit[:, None] * (root @ root.T) * unit
            k, ess = _of_eigenvalues(np.linalg.eigvalsh(_slices(matrix)))
            if low < k < high and (ess == 0) == (k > 0.5) and ess < 0.95 and not 0 < ess < 0.1:
                break
        precision[i, : d[i], : d[i]] = matrix
    order = rng.permutation(MATRICES)
    return {"precision": precision[order], "d": d[order]}


def _slices(matrix):
    """A matrix scaled to ones on its diagonal."""
    root = np.sqrt(np.diag(matrix))
    return matrix / root / root[:, None]


def _of_eigenvalues(values):
    """(k, limit of ESS / n) where the surrogate has variance 1 and the target 1 / values."""
    ess = np.sqrt(np.prod(2 * values - 1)) / np.prod(values) if values.min() > 0.5 else 0.0
    return 1 - values.min(), ess


def reference(case):
    """k and ESS / n of each matrix, (6, 2), and what mistakes make of them."""
    rows = [_rows(np.asarray(matrix, float)[:d, :d]) for matrix, d in zip(case["precision"], case["d"])]
    wrong = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return {"k": wrong["right"][:, 0], "ess": wrong["right"][:, 1], "wrong": wrong}


def _rows(precision):
    cov = np.linalg.inv(precision)
    values = np.linalg.eigvalsh(_slices(precision))
    k, ess = _of_eigenvalues(values)
    correlation = _slices(cov)
    largest = np.abs(correlation - np.eye(len(cov))).max()
    of_two = np.sqrt(max(0, 1 - 4 * largest**2)) / (1 - largest**2)
    squared_ratios = 1 / np.diag(precision) / np.diag(cov)
    gap = -0.5 * np.sum(np.log(values))
    with np.errstate(all="ignore"):
        return {
            "right": (k, ess),
            "correlation": _of_eigenvalues(np.linalg.eigvalsh(correlation)),
            "Lambda itself": _of_eigenvalues(np.linalg.eigvalsh(precision)),
            "largest correlation": (largest, of_two),
            "other end": (1 - values.max(), ess),
            "best direction": (values.max() - 1, ess),
            "axes only": _of_eigenvalues(squared_ratios),
            "gap": (gap, ess),
            "one minus k": (k, 1 - k),
            "e to the minus KL": (k, np.exp(-gap)),
            "e to the minus two KL": (k, np.exp(-2 * gap)),
            "no root": (k, np.prod(2 * values - 1) / np.prod(values) if values.min() > 0.5 else 0.0),
            "upside down": (k, 1 / ess if ess else np.inf),
            "never zero": (k, np.sqrt(np.prod(2 * values - 1)) / np.prod(values)),
        }


def _k(m, r):
    return worst(m["k"] - r["k"])


def _finite(m, r):
    return worst((m["ess"] - r["ess"])[r["ess"] > 0])


def _zero(m, r):
    """The largest share where it should be 0, where at least the indices are about right."""
    return worst(m["ess"][r["ess"] == 0]) if _k(m, r) < 0.05 else np.nan


def _is(name, part=None):
    """looks_like: both numbers are those of the mistake, or only ``part`` is and the other is right."""

    def looks_like(m, r, d):
        wrong, right = r["wrong"][name], r["wrong"]["right"]
        for i, field in enumerate(("k", "ess")):
            expected = wrong[:, i] if part in (None, field) else right[:, i]
            both = ~np.isfinite(m[field]) & ~np.isfinite(expected)
            if not np.all(both | (np.abs(m[field] - expected) < 2e-3 * (1 + np.abs(expected)))):
                return False
        return True

    return looks_like


def _k_is(*names):
    """looks_like: the indices are those of a mistake; the shares may be right, or go astray in the same way."""
    return lambda m, r, d: any(worst(m["k"] - r["wrong"][name][:, 0]) < 2e-3 for name in names)


def _figure(axes, m, r):
    off = int(np.sum(~((np.abs(m["k"] - r["k"]) <= 0.01) & (np.abs(m["ess"] - r["ess"]) <= 0.01))))
    axes.axvline(0.5, color="grey", linewidth=0.8, linestyle=":")
    axes.plot(r["k"], r["ess"], "o", color="black", fillstyle="none", markersize=9, label="exact")
    axes.plot(np.clip(m["k"], -1, 2), np.clip(np.nan_to_num(m["ess"]), -0.5, 1.5), "x", color=BLUE, label="yours")
    axes.set(xlabel="tail index k", ylabel="ESS / n, in the limit")
    axes.set_title(
        "From k = ½ on nothing is left of the draws" if not off else f"{off} of your 6 pairs are off", fontsize=10
    )
    axes.legend(fontsize=8)
    return (
        "Share of effective draws against the tail index for six targets, exact and yours; the exact ones are 0 to the "
        f"right of k = 0.5. {off} of your pairs are off."
    )


def _moved(field, wanted):
    def perturb(m, r, size):
        values = np.array(m[field], float)
        values[np.flatnonzero(wanted(r))[0]] += size
        return {**m, field: values}

    return perturb


EXERCISE = Exercise(
    title="Predict the weights",
    names={"predict_weights": "precision"},
    public=lambda: draw(np.random.default_rng(113)),
    case=draw,
    reference=reference,
    fields={"k": Field((MATRICES,), allow="inf nan"), "ess": Field((MATRICES,), allow="inf nan")},
    criteria=(
        Criterion(
            "k",
            points=3,
            compared="your tail index and the exact one, the worst of six matrices",
            distance=_k,
            needs=("k",),
            failed="Your k is not the tail index of the weights in the worst direction.",
        ),
        Criterion(
            "finite",
            points=2,
            compared="your share of effective draws and the exact one, the worst matrix with k below ½",
            distance=_finite,
            needs=("ess",),
            failed="Where the weights have a variance, your ESS/n is not one over the mean of their squares.",
        ),
        Criterion(
            "zero",
            points=1,
            compared="your share of effective draws where there is no variance, with k about right, the worst matrix",
            distance=_zero,
            needs=("k", "ess"),
            failed="Where the mean of the squared weights is infinite, ESS/n goes to 0.",
        ),
    ),
    mistakes=(
        Mistake(
            "correlation",
            hint="Which matrix says how wide a slice is, the covariance or its inverse?",
            looks_like=_k_is("correlation"),
        ),
        Mistake(
            "Lambda itself",
            hint="Give one variable in another unit: does your k change, and should it?",
            looks_like=_k_is("Lambda itself"),
        ),
        Mistake(
            "largest correlation",
            hint="With three variables, is the worst direction one in which only two of them change?",
            looks_like=_k_is("largest correlation"),
        ),
        Mistake(
            "other end",
            hint="Which direction does the surrogate miss most: that in which it is too wide, or too narrow?",
            looks_like=_k_is("other end", "best direction"),
        ),
        Mistake("axes only", hint="Must the worst direction be one of the axes?", looks_like=_k_is("axes only")),
        Mistake(
            "gap",
            hint="Is your k a slope of the tail of ln w, or its average?",
            looks_like=_k_is("gap"),
        ),
        Mistake(
            "one minus k",
            hint="Is the share of effective draws decided by the worst direction alone?",
            looks_like=_is("one minus k"),
        ),
        Mistake(
            "e to the minus KL",
            hint="The KL is a mean of ln w: is ESS a matter of that mean?",
            looks_like=lambda m, r, d: _is("e to the minus KL")(m, r, d) or _is("e to the minus two KL")(m, r, d),
        ),
        Mistake(
            "no root",
            hint="In one dimension, what is the integral of exp(-a u²/2)?",
            looks_like=_is("no root"),
        ),
        Mistake(
            "upside down",
            hint="Can n draws be worth more than n draws?",
            looks_like=lambda m, r, d: (
                d["k"] < 2e-3 and worst(1 / m["ess"][r["ess"] > 0] - r["ess"][r["ess"] > 0]) < 2e-3
            ),
        ),
        Mistake(
            "never zero",
            hint="What is the mean of the squared weights when their tail is heavier than k = ½?",
            looks_like=_is("never zero"),
        ),
    ),
    near=(
        NearMiss(
            "k", unit="error of one k", sizes=(0.005, 0.015, 0.04), must=0.04, perturb=_moved("k", lambda r: r["k"] > 0)
        ),
        NearMiss(
            "finite",
            unit="error of one share",
            sizes=(0.005, 0.015, 0.04),
            must=0.04,
            perturb=_moved("ess", lambda r: r["ess"] > 0),
        ),
        NearMiss(
            "zero",
            unit="a share that is not 0",
            sizes=(1e-4, 3e-3, 1e-2),
            must=1e-2,
            perturb=_moved("ess", lambda r: r["ess"] == 0),
        ),
    ),
    figure=_figure,
    equivalent={"if k >= 0.5: => if k > 0.5:": "at k = 1/2 the product under the root is 0"},
)
