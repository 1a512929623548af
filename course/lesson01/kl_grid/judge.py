"""The divergence as a sum over a grid: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...coin import beta_kl, beta_log_pdf
from ...tools import worst
from ..coins import _same, _shifted

_NODES = 1001


_ORDINARY, _TAILS, _ZEROS, _FORBIDDEN = slice(0, 6), slice(6, 8), slice(8, 10), slice(10, 12)


def _log_pdf(density, x):
    kind, a, b, c, d, e = density
    if kind:
        u = (x - c) / (d - c)
        inside = (u > 0) & (u < 1)
        u = np.where(inside, u, 0.5)
        return np.where(inside, beta_log_pdf(u, a, b) - np.log(d - c), -np.inf)
    parts = [-0.5 * ((x - m) / s) ** 2 - np.log(s) for m, s in ((b, c), (d, e))]
    with np.errstate(divide="ignore"):
        return np.logaddexp(np.log(a) + parts[0], np.log1p(-a) + parts[1]) - 0.5 * np.log(2 * np.pi)


def _midpoints(low, high, n=_NODES):
    return low + (np.arange(n) + 0.5) * (high - low) / n


def _normal(m, s):
    return (0.0, 1.0, m, s, m, s)


def _mixture(rng, low, high):
    return (
        0.0,
        rng.uniform(0.3, 0.7),
        rng.uniform(-3, -1),
        rng.uniform(low, high),
        rng.uniform(1, 3),
        rng.uniform(low, high),
    )


def _kl_grid_case(rng):
    pairs, ranges = [], []
    while len(pairs) < 4:  # Beta pairs whose two divergences differ
        a, b, c, d = rng.uniform(2.5, 20, 4)
        there, back = beta_kl(a, b, c, d), beta_kl(c, d, a, b)
        if 0.1 <= there <= 20 and 0.1 <= back <= 20 and abs(there - back) > 0.15 * there:
            pairs.append(((1.0, a, b, 0.0, 1.0, 0.0), (1.0, c, d, 0.0, 1.0, 0.0)))
            ranges.append((0.0, 1.0))
    for _ in range(2):
        pairs.append((_normal(rng.uniform(-2, 2), rng.uniform(0.7, 1.5)), _mixture(rng, 0.7, 1.2)))
        ranges.append((-10.0, 10.0))
    for _ in range(2):  # p is rounded to zero far out, where q is not
        pairs.append((_normal(rng.uniform(-1, 1), rng.uniform(1.6, 2.2)), _mixture(rng, 0.7, 0.9)))
        ranges.append((-40.0, 40.0))
    low, high = rng.uniform(-2.2, -1.2), rng.uniform(1.2, 2.2)
    a, b = rng.uniform(2.5, 4.5), rng.uniform(5, 9)
    pairs.append(((1.0, a, b, low, high, 0.0), (1.0, b, a, low, high, 0.0)))  # both zero outside
    pairs.append(((1.0, b, a, low, high, 0.0), (1.0, a, a, low - 0.5, high + 0.4, 0.0)))  # q ends before p
    pairs.append((_normal(0.5 * (low + high), 0.45 * (high - low)), (1.0, a, b, low, high, 0.0)))  # q goes on, p ends
    pairs.append(((1.0, a, a, low - 0.5, high + 0.4, 0.0), (1.0, b, a, low + 0.5, high - 0.5, 0.0)))
    ranges += [(-3.0, 3.0)] * 4
    x = np.array([_midpoints(*edges) for edges in ranges])
    q, p = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
    logs = {
        name: np.array([_log_pdf(row, nodes) for row, nodes in zip(rows, x)])
        for name, rows in (("log_q", q), ("log_p", p))
    }
    return {"x": x, "q": q, "p": p, **logs}


_PANEL_NODES, _PANEL_WEIGHTS = np.polynomial.legendre.leggauss(10)


def _kl_quadrature(q, p, low, high):
    """KL(q || p) by composite Gauss-Legendre over the support of q in (low, high); infinite where p ends before q."""
    low, high = (max(low, q[3]), min(high, q[4])) if q[0] else (low, high)
    if p[0] and (p[3] > low or p[4] < high):
        return np.inf
    edges = np.linspace(low, high, 401)
    half = np.diff(edges)[:, None] / 2
    x = edges[:-1, None] + half * (1 + _PANEL_NODES)
    log_q, log_p = _log_pdf(q, x), _log_pdf(p, x)
    return float(np.sum(half * _PANEL_WEIGHTS * np.exp(log_q) * (log_q - log_p)))


def _kl_grid_reference(case):
    r = {name: np.asarray(case[name], dtype=float) for name in ("x", "q", "p", "log_q", "log_p")}
    step = r["x"][:, 1] - r["x"][:, 0]
    edges = np.stack([r["x"][:, 0] - step / 2, r["x"][:, -1] + step / 2], axis=1)
    kl = np.array([_kl_quadrature(q, p, *edge) for q, p, edge in zip(r["q"], r["p"], edges)])
    swapped = np.array([_kl_quadrature(p, q, *edge) for q, p, edge in zip(r["q"], r["p"], edges)])
    with np.errstate(invalid="ignore"):
        log_ratio = r["log_q"] - r["log_p"]
        absolute = np.sum(np.exp(r["log_q"]) * np.abs(log_ratio), axis=1) * step
        average = log_ratio.mean(axis=1)
    return {"kl": kl, "swapped": swapped, "absolute": absolute, "average": average, "step": step}


def _finite_rows(rows):
    return lambda m, r: worst((m["values"] - r["kl"])[rows] / (1 + r["kl"][rows]))


_BOTH = slice(0, 8)  # rows without zeros


def _is_grid_sum(wanted):
    """looks_like: the rows without zeros are those of this wrong sum, a function of the reference."""
    return lambda m, r, distances: _same(m["values"][_BOTH], wanted(r)[_BOTH], 2e-3)


def _is_swapped_sum(m, r, distances):
    """KL(p || q) wherever it is finite."""
    rows = np.isfinite(r["swapped"])
    return _same(m["values"][rows], r["swapped"][rows], 2e-3)


def _is_finite_price(m, r, distances):
    return bool(
        all(distances[name] <= 2e-3 for name in ("ordinary", "far tails", "shared zeros"))
        and np.isfinite(m["values"][_FORBIDDEN]).any()
    )


EXERCISE = Exercise(
    title="The divergence as a sum over a grid",
    names={"kl_grid": "log_q, log_p, x"},
    public=lambda: _kl_grid_case(np.random.default_rng(4)),
    case=_kl_grid_case,
    reference=_kl_grid_reference,
    fields={"values": Field((12,), allow="inf nan")},
    criteria=(
        Criterion(
            "ordinary",
            points=3,
            compared="your sum and KL by quadrature, 4 Beta pairs and 2 normals against mixtures, relative to 1 + KL",
            distance=_finite_rows(_ORDINARY),
            needs=("values",),
            failed="Where both densities are positive, your sum is not KL(q || p).",
        ),
        Criterion(
            "far tails",
            points=1,
            compared="the same for 2 pairs where exp(log_p) is rounded to zero far out, relative to 1 + KL",
            distance=_finite_rows(_TAILS),
            needs=("values",),
            failed="On a wide grid, where log_p falls below -800, your sum is off or not finite.",
        ),
        Criterion(
            "shared zeros",
            points=2,
            compared="the same for 2 pairs where q, or q and p, are zero on part of the grid, relative to 1 + KL",
            distance=_finite_rows(_ZEROS),
            needs=("values",),
            failed="Where q is zero, a node must contribute nothing.",
        ),
        Criterion(
            "forbidden",
            points=1,
            compared="your sum is +infinity for 2 pairs where p is zero and q is not, and finite for the "
            "ordinary ones: 0 yes, 1 no",
            distance=lambda m, r: float(
                not (np.all(np.isposinf(m["values"][_FORBIDDEN])) and np.isfinite(m["values"][_ORDINARY]).all())
            ),
            needs=("values",),
            failed="Where q is positive and p is zero, KL(q || p) is +infinity.",
        ),
    ),
    mistakes=(
        Mistake("swapped", hint="Which of the two densities are you averaging over?", looks_like=_is_swapped_sum),
        Mistake(
            "zero times infinity",
            hint="What is 0 ln 0, and what does NumPy make of it?",
            looks_like=lambda m, r, d: (
                d["ordinary"] <= 2e-3 and d["far tails"] <= 2e-3 and np.isnan(m["values"][_ZEROS]).all()
            ),
        ),
        Mistake(
            "finite price",
            hint="Your surrogate visits a place that the target forbids: should the price be finite?",
            looks_like=_is_finite_price,
        ),
        Mistake(
            "plain average",
            hint="Every node counts the same in your average: where should most of the weight lie?",
            looks_like=_is_grid_sum(lambda r: r["average"]),
        ),
        Mistake(
            "no spacing",
            hint="Halve the spacing of the grid: does your value change?",
            looks_like=_is_grid_sum(lambda r: r["kl"] / r["step"]),
        ),
        Mistake(
            "absolute value",
            hint="KL is never negative: does that go for the log ratio at each node too?",
            looks_like=_is_grid_sum(lambda r: r["absolute"]),
        ),
        Mistake(
            "ratio of rounded numbers",
            hint="What is exp(-800) in floating point, and do you need it?",
            looks_like=lambda m, r, d: d["ordinary"] <= 2e-3 and not np.isfinite(m["values"][_TAILS]).any(),
        ),
    ),
    near=(
        NearMiss(
            "finite rows",
            unit="relative to 1 + KL",
            sizes=(2e-4, 6e-4, 2e-3, 6e-3, 2e-2),
            must=6e-3,
            perturb=_shifted("values", slice(0, 10), "kl"),
        ),
        NearMiss(
            "rows with zeros",
            unit="relative to 1 + KL",
            sizes=(2e-4, 6e-4, 2e-3, 6e-3, 2e-2),
            must=6e-3,
            perturb=_shifted("values", _ZEROS, "kl"),
        ),
    ),
)
