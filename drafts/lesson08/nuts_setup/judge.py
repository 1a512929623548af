"""What a guide can do for NUTS: what a case is, the truth, and how a measurement is judged."""

from pathlib import Path

import numpy as np
from scipy.special import expit

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED, seed, worst

MANY, SITES = 4096, 4
OUTSIDE, INSIDE = slice(0, 1), slice(1, 3)  # calls with a guide set up outside ``jit``, and inside

#: Kinds of support.
INTERVAL, POSITIVE, UNIT, REAL = range(SITES)

#: Ranges of the unconstrained standard deviations by kind: float32 holds 1 - exp(-u) up to u = 10 or so.
SDS = ((0.35, 1.3), (0.25, 1.6), (0.35, 1.3), (0.25, 8.0))

NAMES = ("alpha", "beta", "gamma", "delta", "mu", "nu", "rate", "width", "place", "share", "tau", "zeta")

#: What each mistake in the matrix must change, in the unit of the criterion.
APART = 0.75


def in_sds(matrix, r):
    """Differences of matrices from the covariance, entry by entry in units of both sds."""
    return (matrix - r["cov"]) / np.outer(r["sds"], r["sds"])


def draw_setup_case(rng):
    """A normal in four unconstrained coordinates on which every mistake in the matrix is ``APART`` or farther."""
    while True:
        kinds = rng.permutation(SITES)
        names = rng.choice(NAMES, SITES, replace=False)
        sds = np.exp([rng.uniform(*np.log(SDS[kind])) for kind in kinds])
        a = rng.normal(size=(SITES, SITES))
        correlation = a @ a.T
        correlation /= np.sqrt(np.outer(np.diag(correlation), np.diag(correlation)))
        if abs(correlation[np.triu_indices(SITES, 1)]).max() < 0.6 or np.linalg.eigvalsh(correlation)[0] < 0.1:
            continue
        places = np.sort(rng.uniform(-5, 5, 6))
        if np.ptp(places) < 4:
            continue
        case = {
            "names": np.array(names, dtype="U16"),
            "kinds": kinds,
            "loc": rng.choice([-1, 1], SITES) * rng.uniform(0.4, 1.5, SITES),
            "cov": correlation * np.outer(sds, sds),
            "places": rng.permutation(places),
            "values": rng.normal(0, 2, 5),
            "n_chains": rng.integers(3, 7),
            "seed": seed(rng),
        }
        r = setup_reference(case)
        if all(worst(in_sds(wrong, r)) > APART for wrong in r["wrong"].values()):
            return case


def setup_reference(case):
    """Mean and covariance of the guide in unconstrained coordinates, by name, and the matrices of mistakes."""
    loc, cov = np.asarray(case["loc"], float), np.asarray(case["cov"], float)
    sds, alphabet = np.sqrt(np.diag(cov)), np.argsort(case["names"])
    model_order = np.argsort(alphabet)  # where in the alphabet each site of the model stands
    tril = np.linalg.cholesky(cov)
    lower, upper = np.min(case["places"]), np.max(case["places"])
    eps = np.random.default_rng(0).normal(size=(20_000, SITES))
    z = loc + eps @ tril.T
    maps = {
        INTERVAL: lambda u: lower + (upper - lower) * expit(u),
        POSITIVE: lambda u: np.exp(np.minimum(u, 50)),
        UNIT: expit,
        REAL: lambda u: u,
    }
    constrained = np.stack([maps[int(kind)](z[:, i]) for i, kind in enumerate(case["kinds"])], axis=1)

    def permuted(matrix, order):
        return matrix[np.ix_(order, order)]

    return {
        "loc": loc,
        "cov": cov,
        "sds": sds,
        "tril": tril,
        "median": np.array([maps[int(kind)](loc[i]) for i, kind in enumerate(case["kinds"])]),
        "bounded": np.asarray(case["kinds"]) != POSITIVE,
        "wrong": {
            # the vector of a guide in the model's order, read as if in the alphabet's; and the other way round
            "alphabetical order": permuted(cov, model_order),
            "order of the model": permuted(cov, alphabet),
            "precision": np.linalg.inv(cov),
            "Cholesky factor": tril,
            "constrained covariance": np.cov(constrained.T),
            "variances only": np.diag(sds**2),
            "correlations": cov / np.outer(sds, sds),
        },
    }


# ---------------------------------------------------------------- distances


def centres(m, r):
    """Means of the many starts, standard errors of an exact draw, the worst of four."""
    return worst((m["starts"].mean(axis=0) - r["loc"]) / (r["sds"] / np.sqrt(MANY)))


def spread(m, r):
    """Covariance of the many starts, in sds; NaN where they lie elsewhere."""
    return worst(in_sds(np.cov(m["starts"].T), r)) if centres(m, r) < 30 else np.nan


def near(m, r):
    """Whether the many starts are about right."""
    return centres(m, r) < 30 and spread(m, r) < 0.6


def few_off(m, r):
    """ln of the root mean square distance of the few starts from the centre, which is 1 in the guide's own sds."""
    if not near(m, r) or not m["few"].shape[1]:
        return np.nan
    eps = np.linalg.solve(r["tril"], (m["few"] - r["loc"]).reshape(-1, SITES).T)
    return abs(0.5 * np.log(np.mean(eps**2)))


def copies(m, r):
    """Starts of three calls, with a key each, that are copies of another one."""
    if not near(m, r):
        return np.nan
    rows = np.concatenate([m["starts"], m["few"].reshape(-1, SITES)])
    return float(len(rows) - len(np.unique(rows, axis=0)))


def matrix_off(m, r):
    return worst(in_sds(m["matrix"], r))


def setup_figure(axes, m, r):
    """The starts over the two sites with the strongest correlation, with the ellipses of guide and matrix."""
    correlation = abs(r["cov"] / np.outer(r["sds"], r["sds"]) - np.eye(SITES))
    i, j = np.unravel_index(np.argmax(correlation), correlation.shape)
    pair = np.ix_((i, j), (i, j))
    t = np.linspace(0, 2 * np.pi, 100)
    circle = 2 * np.stack([np.cos(t), np.sin(t)])
    shown = (m["starts"][:600, (i, j)] - r["loc"][[i, j]]) / r["sds"][[i, j]]
    axes.scatter(*np.clip(shown, -8, 8).T, s=4, color="0.7", label="your starts")
    mine = m["matrix"][0][pair] / np.outer(r["sds"][[i, j]], r["sds"][[i, j]])
    values, vectors = np.linalg.eigh(mine)
    if values.min() > 0:
        axes.plot(*np.clip(vectors * np.sqrt(values) @ circle, -8, 8), color=RED, linestyle="--", label="your matrix")
    exact = np.linalg.cholesky(r["cov"][pair] / np.outer(r["sds"][[i, j]], r["sds"][[i, j]]))
    axes.plot(*(exact @ circle), color=BLUE, label="guide, two sds")
    right = matrix_off(m, r) <= EXERCISE.tolerance("matrix") and centres(m, r) <= EXERCISE.tolerance("centres")
    axes.set(xlabel="one site, in its sds", ylabel="another, in its sds")
    axes.set_title(
        "Starts and matrix are those of the guide" if right else "Starts or matrix are not those of the guide",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        "Your starts in the two unconstrained coordinates that lean together most, with the ellipse of the guide and "
        "that of your matrix. " + ("They agree." if right else "They do not all agree.")
    )


# ---------------------------------------------------------------- what mistakes look like


def _matrix_is(m, r, name, calls=slice(None), tolerance=0.3):
    """Whether the matrices of these calls are those of a mistake, in its own units."""
    wrong = r["wrong"][name]
    unit = np.sqrt(np.outer(np.abs(np.diag(wrong)), np.abs(np.diag(wrong))))
    return worst((m["matrix"][calls] - wrong) / unit) < tolerance


def _matrix_right(m, r, calls=slice(None)):
    return worst(in_sds(m["matrix"][calls], r)) < 0.25


def _matrix_mistake(name, tolerance=0.3):
    """looks_like: the starts are right, and the matrix is that of a mistake."""
    return lambda m, r, d: near(m, r) and _matrix_is(m, r, name, tolerance=tolerance)


def _few_cov(m):
    """Covariances of the few starts of both calls, (2, 4, 4)."""
    return np.stack([np.cov(rows.T) for rows in m["few"]])


def _constrained_covariance(m, r):
    """Whether the matrix is that of constrained draws; that of a log-normal site is too noisy to compare."""
    rows = np.ix_(r["bounded"], r["bounded"])
    wrong = r["wrong"]["constrained covariance"][rows]
    sds = np.sqrt(np.diag(wrong))
    return (
        near(m, r)
        and max(worst((matrix[rows] - wrong) / np.outer(sds, sds)) for matrix in m["matrix"]) < 0.2
        and not any(_matrix_is(m, r, name) for name in ("variances only", "correlations"))
    )


def _rows_apart(m, r):
    """Whether the starts are right, and all matrices have their rows in an order that is not that of the names."""
    return near(m, r) and any(_matrix_is(m, r, name) for name in ("alphabetical order", "order of the model"))


def _scaled(m, r, size):
    """The matrix with its first row and column multiplied by the square root of 1 + size."""
    matrix = np.array(m["matrix"])
    matrix[:, 0] *= np.sqrt(1 + size)
    matrix[:, :, 0] *= np.sqrt(1 + size)
    return {**m, "matrix": matrix}


EXERCISE = Exercise(
    folder=Path(__file__).parent,  # the figure asks for tolerances
    title="What a guide can do for NUTS",
    names={"nuts_setup": "key, model, guide, params, n_chains, *args"},
    public=lambda: draw_setup_case(np.random.default_rng(86)),
    case=draw_setup_case,
    reference=setup_reference,
    fields={
        "starts": Field((MANY, SITES), allow="inf nan"),
        "few": Field((2, None, SITES), allow="inf nan"),
        "matrix": Field((3, SITES, SITES), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "centres",
            points=2,
            compared="means of 4096 starts and those of the guide, in unconstrained coordinates, standard errors",
            distance=centres,
            needs=("starts",),
            failed="On average your starts are not at the guide's centre, in unconstrained coordinates.",
        ),
        Criterion(
            "spread",
            points=1,
            compared="covariance of 4096 starts and that of the guide, in the guide's sds",
            distance=spread,
            needs=("starts",),
            failed="Your starts are not spread as the guide's draws are.",
        ),
        Criterion(
            "few chains",
            points=1,
            compared="ln of the mean distance of a few starts from the centre, which is 1 in the guide's sds",
            distance=few_off,
            needs=("starts", "few"),
            failed="With another guide and a few chains your starts are too far from the guide's centre, or too near.",
        ),
        Criterion(
            "own starts",
            points=1,
            compared="starts of three calls, with a key each, that are copies of another one",
            distance=copies,
            needs=("starts", "few"),
            failed="Each chain needs a start of its own, and another key gives other starts.",
        ),
        Criterion(
            "matrix",
            points=3,
            compared="your matrix and the guide's covariance, in the guide's sds, the worst entry of three calls",
            distance=matrix_off,
            needs=("matrix",),
            failed="Your inverse mass matrix is not the guide's covariance in unconstrained coordinates.",
        ),
    ),
    mistakes=(
        Mistake(
            "constrained starts",
            hint="May an unconstrained start be stuck between 0 and 1?",
            looks_like=lambda m, r, d: (
                _matrix_right(m, r)
                and worst((np.median(m["starts"], axis=0) - r["median"]) / (1 + abs(r["median"]))) < 0.1
            ),
        ),
        Mistake(
            "alphabetical order",
            hint="Name by name: is the first entry of the guide's vector the site that you take it for?",
            looks_like=lambda m, r, d: _matrix_right(m, r, INSIDE) and _matrix_is(m, r, "alphabetical order", OUTSIDE),
        ),
        Mistake(
            "order of the model",
            hint="Name by name: is the first entry of the guide's vector the site that you take it for?",
            looks_like=lambda m, r, d: _matrix_right(m, r, OUTSIDE) and _matrix_is(m, r, "order of the model", INSIDE),
        ),
        Mistake(
            "precision",
            hint="In a direction in which the posterior is wide, is your entry large or small?",
            looks_like=_matrix_mistake("precision"),
        ),
        Mistake(
            "Cholesky factor",
            hint="What must a scale_tril be multiplied by to give a covariance?",
            looks_like=lambda m, r, d: near(m, r) and worst((m["matrix"] - r["tril"]) / r["sds"][:, None]) < 0.1,
        ),
        Mistake(
            "constrained covariance",
            hint="In whose coordinates does NUTS move?",
            looks_like=lambda m, r, d: _constrained_covariance(m, r),
        ),
        Mistake(
            "variances only",
            hint="Two sites lean together: which entry of your matrix says so?",
            looks_like=_matrix_mistake("variances only", 0.25),
        ),
        Mistake(
            "correlations",
            hint="One site is ten times as wide as another: where does your matrix say so?",
            looks_like=_matrix_mistake("correlations", 0.25),
        ),
        Mistake(
            "names and rows apart",
            hint="Which row of your matrix belongs to the first of your names?",
            looks_like=lambda m, r, d: _rows_apart(m, r),
        ),
        Mistake(
            "all at the centre",
            hint="What can R-hat find out about chains that begin at one point?",
            looks_like=lambda m, r, d: (
                np.ptp(m["starts"], axis=0).max() < 1e-3 and d["centres"] < 60 and _matrix_right(m, r)
            ),
        ),
        Mistake(
            "covariance of the starts",
            hint="How many draws does it take to make a covariance?",
            looks_like=lambda m, r, d: (
                near(m, r)
                and _matrix_right(m, r, OUTSIDE)
                and worst(in_sds(m["matrix"][INSIDE] - _few_cov(m) + r["cov"], r)) < 0.05
            ),
        ),
    ),
    near=(
        NearMiss(
            "centre",
            unit="sds of the guide, added to the starts of one site",
            sizes=(0.05, 0.1, 0.2, 0.45),
            must=0.45,
            perturb=lambda m, r, size: {**m, "starts": m["starts"] + size * r["sds"] * np.eye(SITES)[0]},
        ),
        NearMiss(
            "spread",
            unit="part by which all starts are too far from the centre",
            sizes=(0.05, 0.1, 0.2, 0.4),
            must=0.4,
            perturb=lambda m, r, size: {**m, "starts": r["loc"] + (1 + size) * (m["starts"] - r["loc"])},
        ),
        NearMiss(
            "matrix",
            unit="part by which one variance is too large",
            sizes=(0.1, 0.2, 0.3, 0.7),
            must=0.7,
            perturb=_scaled,
        ),
    ),
    figure=setup_figure,
)
