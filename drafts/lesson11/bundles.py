"""Fits whose truth is known, for the verdict of lesson 11: two of each of eleven kinds.

NumPy and SciPy only. The target is one normal in the plane or two of them, known up to a factor, the surrogate one pair
of independent normals, fitted by Adam on the gradient of the ELBO with 16 particles, from six starts. All fits of a
case run in one loop. The plane has unit widths while the fits run; then each case's own centres and scales are put in,
which changes neither the weights nor, but for a constant, the losses.

What comes out is what a learner would have: the losses and the draws of the best run with their log weights, and of
every run where it ended and at which level.
"""

import numpy as np

from .measuring import DRAWS, bundle_of

GOOD, EXACT, STRAY, NARROW, WIDE, MOVED, HEAVY, UNSETTLED, UNEQUAL, EQUAL, NUMBERS = range(11)
KINDS = (
    "good",
    "exact",
    "a stray restart",
    "too narrow",
    "too wide",
    "moved",
    "heavy tail",
    "not settled",
    "missed a lighter bump",
    "missed an equal bump",
    "not a number",
)
USE, CORRECT, REJECT = "use", "correct", "reject"
STEPS, PARTICLES, RUNS, WINDOW = 1000, 16, 6, 200
NOTHING = -1000.0  # log mass of a bump that is not there


# ---------------------------------------------------------------- diagnostics


def k_hat(log_w):
    """Tail index of the weights; infinite where the largest of them are all the same.

    A generalised Pareto distribution fitted to the largest 3 sqrt(n) weights by the estimator of Zhang and Stephens
    (*Technometrics* 51, 2009), drawn a little towards 1/2 (Vehtari et al., *Pareto smoothed importance sampling*,
    JMLR 25, 2024, algorithm 1 and appendix G).
    """
    ordered = np.sort(np.asarray(log_w, float))
    n_tail = int(np.ceil(min(0.2 * len(ordered), 3 * np.sqrt(len(ordered)))))
    cut = max(ordered[-n_tail - 1] - ordered[-1], np.log(np.finfo(float).tiny))
    tail = ordered - ordered[-1]
    tail = np.exp(tail[tail > cut]) - np.exp(cut)
    n = len(tail)
    if n < 5:
        return np.inf
    with np.errstate(all="ignore"):
        return _pareto_shape(tail)


def _pareto_shape(tail):
    n = len(tail)
    grid = 30 + int(np.sqrt(n))
    theta = 1 / tail[-1] + (1 - np.sqrt(grid / (np.arange(grid) + 0.5))) / (3 * tail[int(n / 4 + 0.5) - 1])
    k = np.log1p(-theta[:, None] * tail).mean(axis=1)
    log_likelihood = n * (np.log(-theta / k) - k - 1)
    weights = np.exp(log_likelihood - log_likelihood.max())
    k = np.log1p(-(weights @ theta / weights.sum()) * tail).mean()
    return (n * k + 10 * 0.5) / (n + 10)


def ess(log_w):
    """Effective number of draws, (sum w)^2 / sum w^2."""
    w = np.exp(log_w - np.max(log_w))
    return w.sum() ** 2 / (w @ w)


def window_z(losses, window=WINDOW):
    """Change of the mean between the last two windows, in its standard errors; NaN where that is no number."""
    last, before = losses[..., -window:], losses[..., -2 * window : -window]
    with np.errstate(all="ignore"):
        return (last.mean(-1) - before.mean(-1)) / np.sqrt((last.var(-1) + before.var(-1)) / window)


def moments(draws, log_w=None):
    """Means and standard deviations of draws, (2,) each, weighted if there are weights."""
    if log_w is None:
        return draws.mean(axis=0), draws.std(axis=0)
    w = np.exp(log_w - np.max(log_w))
    mean = w @ draws / w.sum()
    return mean, np.sqrt(w @ (draws - mean) ** 2 / w.sum())


def distance(one, other):
    """Of two (means, sds): the largest difference of means in the other's sds, or of the logs of the sds."""
    return max(np.max(np.abs(one[0] - other[0]) / other[1]), np.max(np.abs(np.log(one[1] / other[1]))))


# ---------------------------------------------------------------- fits


def targets(rng, kinds, which):
    """Log masses (n, 2), centres (n, 2, 2) and correlations (n,) of two bumps with unit widths; one may have none.

    Args:
        kinds: (n,) kinds of fits.
        which: (n,) 0 or 1, the first or second of its kind.
    """
    n = len(kinds)
    log_mass, centre, rho = np.tile([0.0, NOTHING], (n, 1)), np.zeros((n, 2, 2)), rng.uniform(-0.12, 0.12, n)
    for i, kind in enumerate(kinds):
        if kind == EXACT:
            rho[i] = 0.0
        elif kind == NARROW:
            rho[i] = rng.choice([-1, 1]) * rng.uniform(0.54, 0.6)
        elif kind == HEAVY:
            rho[i] = rng.choice([-1, 1]) * (rng.uniform(0.93, 0.96) if which[i] else rng.uniform(0.89, 0.92))
        elif kind in (STRAY, UNEQUAL, EQUAL):
            light = {STRAY: np.exp(-rng.uniform(7, 9)), UNEQUAL: rng.uniform(0.2, 0.4), EQUAL: 0.5}[kind]
            log_mass[i] = np.log1p(-light), np.log(light)
            angle = rng.uniform(0, 2 * np.pi)
            centre[i, 1] = (rng.uniform(8, 9) if kind == STRAY else rng.uniform(6.5, 8)) * np.array(
                [np.cos(angle), np.sin(angle)]
            )
    return log_mass, centre, rho


def starts(rng, kinds, centre):
    """Means of six runs a fit, (n, 6, 2); where there are two bumps some runs begin near each."""
    n = len(kinds)
    begin = rng.normal(size=(n, RUNS, 2)) * 1.5
    for i, kind in enumerate(kinds):
        near = np.zeros(RUNS, int)
        if kind == STRAY:
            near[rng.integers(RUNS)] = 1
        elif kind in (UNEQUAL, EQUAL):
            near[rng.choice(RUNS, rng.integers(1, RUNS), replace=False)] = 1
        if kind == UNSETTLED:
            angle = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.6, 0.6, RUNS)
            begin[i] = rng.uniform(6.5, 7.5, (RUNS, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        else:
            begin[i] = (0.3 if kind in (STRAY, HEAVY) else 1) * begin[i] + centre[i, near]
    return begin


def fit(rng, kinds, log_mass, centre, rho, begin):
    """Adam on the ELBO's gradient: means, sds (n, 6, 2) and losses (n, 6, 1000), with unit widths.

    The rate falls along half a cosine within 500 steps and is small from then on; where a fit must not settle it is
    small all along. A fit that must end too wide has a smallest sd, one that must end moved a smallest first mean.
    """
    n = len(kinds)
    kinds = np.repeat(kinds, RUNS)
    floor = np.where(kinds == WIDE, np.repeat(rng.uniform(1.3, 1.6, n), RUNS), 1e-3)[:, None]
    bound = np.where(kinds == MOVED, np.repeat(rng.uniform(0.5, 0.7, n), RUNS), -np.inf)
    slow = (kinds == UNSETTLED)[:, None]
    rate_slow = np.repeat(rng.uniform(2e-3, 3e-3, n), RUNS)[:, None]
    rows = np.flatnonzero(np.repeat(log_mass[:, 1] > NOTHING, RUNS))
    at = np.repeat(centre[:, 1], RUNS, axis=0)[rows]
    ratio = np.repeat(log_mass[:, 1] - log_mass[:, 0], RUNS)[rows, None]
    first = np.repeat(log_mass[:, 0], RUNS)[:, None]
    r = np.repeat(rho, RUNS)[:, None]
    a, b = 1 / (1 - r**2), -r / (1 - r**2)  # precision [[a, b], [b, a]]
    constant = first[:, 0] + 0.5 * np.log(a[:, 0])  # of ln P; both have the same ln 2 pi
    average = np.full(PARTICLES, 1 / PARTICLES)
    mean, log_s = begin.reshape(-1, 2).copy(), np.log(np.maximum(floor, np.ones((len(r), 2))))
    g, m1, m2 = (np.zeros((len(r), 4)) for _ in range(3))
    losses = np.empty((STEPS, len(r)))
    for t in range(STEPS):
        eps = rng.standard_normal((2, len(r), PARTICLES))
        s = np.exp(log_s)
        x, y = mean[:, :1] + s[:, :1] * eps[0], mean[:, 1:] + s[:, 1:] * eps[1]
        gx, gy = a * x + b * y, a * y + b * x  # minus the gradient of the first bump
        log_p = -0.5 * (x * gx + y * gy)
        # the second bump has the same shape
        u, v, ra, rb = x[rows] - at[:, :1], y[rows] - at[:, 1:], a[rows], b[rows]
        hx, hy = ra * u + rb * v, ra * v + rb * u
        more = np.clip(ratio - 0.5 * (u * hx + v * hy) - log_p[rows], -600, 600)
        share = 1 / (1 + np.exp(-more))
        gx[rows] += share * (hx - gx[rows])
        gy[rows] += share * (hy - gy[rows])
        log_p[rows] += np.maximum(more, 0) + np.log1p(np.exp(-np.abs(more)))
        x, y = eps
        losses[t] = (-log_p - 0.5 * (x * x + y * y)) @ average - log_s[:, 0] - log_s[:, 1]
        g[:, 0], g[:, 1] = gx @ average, gy @ average
        g[:, 2], g[:, 3] = (gx * x) @ average * s[:, 0] - 1, (gy * y) @ average * s[:, 1] - 1
        m1 += 0.1 * (g - m1)
        m2 += 0.001 * (g**2 - m2)
        rate = 0.05 * (1 + np.cos(np.pi * min(t / 500, 1))) + 5e-4
        step = (
            np.where(slow, rate_slow, rate)
            * (m1 / (1 - 0.9 ** (t + 1)))
            / (np.sqrt(m2 / (1 - 0.999 ** (t + 1))) + 1e-8)
        )
        mean -= step[:, :2]
        mean[:, 0] = np.maximum(mean[:, 0], bound)
        log_s = np.maximum(log_s - step[:, 2:], np.log(floor))
    return mean.reshape(n, RUNS, 2), np.exp(log_s).reshape(n, RUNS, 2), (losses - constant).T.reshape(n, RUNS, STEPS)


def exact_moments(log_mass, centre):
    """Mean and sds of the target, (2,) each, with unit widths."""
    p = np.exp(log_mass)
    mean = p @ centre
    return mean, np.sqrt(1 + p @ (centre - mean) ** 2)


# ---------------------------------------------------------------- bundles


def compact(rng, kind, which, mean, sd, losses, log_mass, centre, rho):
    """One row of a case: all that ``bundle_of`` needs to make a bundle of one fit.

    Args:
        kind, which: its kind, and whether it is the first or the second of it.
        mean, sd: (6, 2) where the runs ended, in the plane with unit widths.
        losses: (6, 1000).
        log_mass, centre, rho: the target, (2,), (2, 2) and a number.
    """
    level, log_p = losses[:, -WINDOW:].mean(axis=1), np.float32(rng.uniform(-60, 20))
    scale, shift = np.exp(rng.uniform(np.log(0.3), np.log(3), 2)), rng.uniform(-10, 10, 2)
    best = np.argmin(level)
    mean, m, s, noise = mean.copy(), mean[best], sd[best], 0.0
    trace = losses[best].copy()
    if kind == EXACT:  # a family that holds the posterior: from some step on nothing is left but rounding
        m, s = np.zeros(2), np.ones(2)
        rounding = 300 * np.spacing(np.abs(log_p))  # of sums over thousands of data
        trace[STEPS // 2 :] = rounding / np.sqrt(PARTICLES) * rng.standard_normal(STEPS - STEPS // 2)
        level[best], mean[best], noise = trace[-WINDOW:].mean(), m, which * rounding
    out = {
        "losses": trace - log_p,
        "restart_loss": level - log_p,
        "restart_mean": shift + scale * mean,
        "log_p": log_p,
        "mean": m,
        "sd": s,
        "log_mass": log_mass,
        "centre": centre,
        "rho": rho,
        "scale": scale,
        "shift": shift,
        "noise": noise,
    }
    out = {name: np.asarray(value, np.float32 if name == "losses" else float) for name, value in out.items()}
    return {**out, "lost": np.array(0), "seed": rng.integers(1, 2**31)}


def spoil(rng, one, which):
    """Put NaN into a row, here and there, or into all that comes of parameters that were lost."""
    losses = one["losses"].copy()
    if not which:
        losses[rng.choice(np.arange(STEPS - 150, STEPS), 2, replace=False)] = np.nan
        return {**one, "losses": losses, "lost": np.array(3)}
    losses[STEPS - rng.integers(20, 150) :] = np.nan
    level, mean = one["restart_loss"].copy(), one["restart_mean"].copy()
    lost = np.argmin(level)
    level[lost], mean[lost] = np.nan, np.nan
    return {**one, "losses": losses, "restart_loss": level, "restart_mean": mean, "lost": np.array(DRAWS)}


def errors(one, bundle):
    """Distances of the draws from the truth, of the weighted draws from the truth, and of these two from each other."""
    mean, sd = exact_moments(one["log_mass"], one["centre"])
    exact = one["shift"] + one["scale"] * mean, one["scale"] * sd
    plain, weighted = moments(bundle["draws"]), moments(bundle["draws"], bundle["log_w"])
    return distance(plain, exact), distance(weighted, exact), distance(weighted, plain)


def leaves_no_doubt(kind, which, one):
    """Whether the truth about a row, and every number that a rule may look at, are far from where rules part."""
    z = [abs(window_z(one["losses"].astype(float), window)) for window in (WINDOW, WINDOW // 2, 3 * WINDOW // 2)]
    if kind == UNSETTLED:
        if not (z[0] > 9 and min(z) > 5):
            return False
    elif not (z[0] < 2.7 and max(z) < 3.2) and kind != NUMBERS:
        return False
    away = np.sort(
        np.max(
            np.abs(one["restart_mean"] - one["shift"] - one["scale"] * one["mean"]) / (one["scale"] * one["sd"]), axis=1
        )
    )
    elsewhere = away > 4.5
    if kind != UNSETTLED and (
        np.any((away > 0.9) & ~elsewhere) or elsewhere.any() != (kind in (STRAY, UNEQUAL, EQUAL))
    ):
        return False
    bundle = bundle_of(one)
    log_w = bundle["log_w"]
    plain, weighted, moved = errors(one, bundle)
    if kind == UNSETTLED:
        return plain > 1 and weighted > 0.25
    k = k_hat(log_w)
    if kind == HEAVY:
        enough = which == 1 or ess(log_w) > 110
        return k > 0.78 and plain > 0.5 and weighted > 0.25 and enough
    if not (k < 0.62 or kind == EXACT and np.ptp(log_w) == 0):
        return False
    if kind in (GOOD, EXACT, STRAY, NUMBERS):
        return plain < 0.07 and weighted < 0.07 and moved < 0.05
    if kind in (NARROW, WIDE, MOVED):
        return plain > 0.13 and weighted < 0.12 and moved > 0.14
    return plain > 0.5 and weighted > 0.5 and moved < 0.08


TRIES = 12


def draw(rng):
    """Two fits of each kind in random order, as one dict of arrays whose first axis has length 22."""
    found = {}
    while missing := [(kind, which) for kind in range(len(KINDS)) for which in (0, 1) if (kind, which) not in found]:
        kinds, which = np.array(missing).T
        target = targets(rng, kinds, which)
        fits = fit(rng, kinds, *target, starts(rng, kinds, target[1]))
        for i, name in enumerate(missing):
            for _ in range(TRIES):  # other draws and units, the same fit
                one = compact(rng, *name, *(x[i] for x in (*fits, *target)))
                if leaves_no_doubt(*name, one):
                    found[name] = spoil(rng, one, name[1]) if name[0] == NUMBERS else one
                    break
    rows = [list(found.values())[i] for i in rng.permutation(len(found))]
    return {name: np.stack([one[name] for one in rows]) for name in rows[0]}
