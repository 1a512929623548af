"""A bound from annealed moves that can be differentiated: what a case is, the truth, and how a measurement is judged.

Geffner & Domke 2021, Zhang et al. 2021 (differentiable annealed importance sampling). For a normal q and a normal
target every step is a linear map of the standard normal numbers x = (eps, v_1, ..., v_K), and ln w = x'Qx + g'x + c.
So its mean is tr Q + c and its variance 2 tr Q^2 + |g|^2, exactly. Gradients are central differences of the mean.
"""

from functools import partial

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, seed, worst

PHIS, MOVES, N, KEYS = 4, 3, 500, 64
FEWER_MOVES, MORE_N, FEWER_KEYS = 1, 2000, 16
LOG_2PI = np.log(2 * np.pi)
NAMES = ("loc", "log_scale", "log_step")


class Quadratic:
    """x'Qx + g'x + c, a sum of squares of linear maps of standard normal numbers."""

    def __init__(self, size):
        self.q, self.g, self.c = np.zeros((size, size)), np.zeros(size), 0.0

    def add(self, factor, matrix, offset, whiten=None):
        """Add factor * |whiten (matrix x + offset)|**2."""
        if whiten is not None:
            matrix, offset = whiten @ matrix, whiten @ offset
        self.q += factor * matrix.T @ matrix
        self.g += factor * 2 * matrix.T @ offset
        self.c += factor * offset @ offset

    def mean(self):
        return np.trace(self.q) + self.c

    def sd(self):
        return np.sqrt(2 * np.sum(self.q**2) + self.g @ self.g)


def log_weight(
    row, case, moves=MOVES, kinetic=1.0, last=False, force_at="half", betas=None, one_v=False, cut=False, forces=None
):
    """ln w of ``row`` = (loc, log_scale, log_step) as a Quadratic; wrong versions by the last arguments.

    Args:
        kinetic: factor of the terms of the momenta.
        last: take the density of q at the last point in place of the first.
        force_at: "half" or "start" of a step.
        betas: those of the forces, if not k / K.
        one_v: the same v at each move.
        cut: leave out the last half of each step.
        forces: [] collects (matrix, offset) of each force; a full list is used in place of the forces.
    """
    loc, scale, step = row[:2], np.exp(row[2:4]), np.exp(row[4])
    whiten, mean = np.asarray(case["whiten"], float), np.asarray(case["mean"], float)
    size = 2 + 2 * (1 if one_v else moves)
    unit = np.eye(size)
    z, at = np.zeros((2, size)), loc
    z = z + np.diag(scale) @ unit[:2]
    total = Quadratic(size)

    def log_normals(matrix, offset, sign):
        total.add(-0.5 * sign, matrix, offset - loc, np.diag(1 / scale))
        total.c -= sign * (np.sum(np.log(scale)) + LOG_2PI)

    if not last:
        log_normals(z, at, -1.0)
    use = list(forces) if forces else None
    for k in range(moves):
        beta = (k + 1) / moves if betas is None else betas[k]
        v, v_at = unit[2:4] if one_v else unit[2 + 2 * k : 4 + 2 * k], np.zeros(2)
        half, half_at = z + step / 2 * v, at + step / 2 * v_at
        point, point_at = (half, half_at) if force_at == "half" else (z, at)
        pull = (1 - beta) * np.diag(1 / scale**2) + beta * whiten.T @ whiten
        force = -pull @ point
        force_at_0 = -(1 - beta) * (point_at - loc) / scale**2 - beta * whiten.T @ whiten @ (point_at - mean)
        if use is not None:
            force, force_at_0 = use[k]
        elif forces is not None:
            forces.append((force, force_at_0))
        new, new_at = v + step * force, v_at + step * force_at_0
        total.add(-0.5 * kinetic, new, new_at)
        total.add(0.5 * kinetic, v, v_at)
        z, at = (half, half_at) if cut else (half + step / 2 * new, half_at + step / 2 * new_at)
    if last:
        log_normals(z, at, -1.0)
    total.add(-0.5, z, at - mean, whiten)
    total.c += float(case["log_z"]) + np.log(abs(np.linalg.det(whiten))) - LOG_2PI
    return total


def _rows(case):
    """The four phis as rows (loc, log_scale, log_step), (4, 5)."""
    phi = {name: np.asarray(case["phi"][name], float) for name in NAMES}
    return np.concatenate([phi["loc"], phi["log_scale"], phi["log_step"][:, None]], axis=1)


def _mean(row, case, **wrong):
    return log_weight(row, case, **wrong).mean()


def value_and_slopes(case, value=_mean):
    """``value(row, case)`` and its 5 derivatives at the four phis, (4, 6)."""
    steps = 1e-5 * np.eye(5)
    return np.array(
        [
            [value(row, case), *((value(row + h, case) - value(row - h, case)) / 2e-5 for h in steps)]
            for row in _rows(case)
        ]
    )


def _force_held(case):
    """The forces are numbers for the gradient: the value is right, the slopes are not."""
    out = []
    for row in _rows(case):
        held = []
        log_weight(row, case, forces=held)
        fixed = partial(_mean, case=case, forces=held)
        out.append([fixed(row), *((fixed(row + h) - fixed(row - h)) / 2e-5 for h in 1e-5 * np.eye(5))])
    return np.array(out)


_HALVES = [k / MOVES for k in range(MOVES)]

#: Wrong estimates: case -> mean of value and slopes, (4, 6).
WRONG = {
    "no momentum in the weight": partial(value_and_slopes, value=partial(_mean, kinetic=0.0)),
    "sign of the momentum": partial(value_and_slopes, value=partial(_mean, kinetic=-1.0)),
    "q at the last point": partial(value_and_slopes, value=partial(_mean, last=True)),
    "force held": _force_held,
    "q held": lambda case: value_and_slopes(case) - np.array([0, 0, 0, 1.0, 1.0, 0]),
    "force at the start": partial(value_and_slopes, value=partial(_mean, force_at="start")),
    "betas from 0": partial(value_and_slopes, value=partial(_mean, betas=_HALVES)),
    "path reversed": partial(value_and_slopes, value=partial(_mean, betas=_HALVES[::-1])),
    "same momentum": partial(value_and_slopes, value=partial(_mean, one_v=True)),
    "no second half": partial(value_and_slopes, value=partial(_mean, cut=True)),
    "plain ELBO": partial(value_and_slopes, value=partial(_mean, moves=0)),
    "loss": lambda case: -value_and_slopes(case),
}


def draw(rng):
    """A leaning normal, and four phis near the best independent normals."""
    while True:
        case = _draw(rng)
        rows = _rows(case)
        three, one = (np.array([_mean(row, case, moves=k) for row in rows]) for k in (MOVES, FEWER_MOVES))
        if np.abs(three).max() > 1.2 and np.abs(three).min() > 0.4 and np.abs(three - one).max() > 0.08:
            return case


def _draw(rng):
    sds = np.exp(rng.uniform(np.log(0.6), np.log(2), 2))
    lean = rng.choice([-1, 1]) * rng.uniform(0.6, 0.9)
    cov = np.array([[1, lean], [lean, 1]]) * np.outer(sds, sds)
    mean, widths = rng.uniform(-3, 3, 2), sds * np.sqrt(1 - lean**2)
    log_scale = np.log(widths) + rng.uniform(-0.3, 0.3, (PHIS, 2))
    step = rng.uniform(0.3, 0.8, PHIS) * np.exp(log_scale.min(axis=1))
    return {
        "mean": mean,
        "whiten": np.linalg.inv(np.linalg.cholesky(cov)),
        "log_z": np.float64(rng.choice([-1, 1]) * rng.uniform(1, 4)),
        "phi": {
            "loc": mean + 0.4 * widths * rng.normal(size=(PHIS, 2)),
            "log_scale": log_scale,
            "log_step": np.log(step),
        },
        "seed": seed(rng),
    }


def reference(case):
    """Exact value and slopes (4, 6), exact value with one move (4,), and the sd of one ln w in both (4,)."""
    case = {
        "mean": np.asarray(case["mean"], float),
        "whiten": np.asarray(case["whiten"], float),
        "log_z": np.float64(case["log_z"]),
        "phi": {name: np.asarray(case["phi"][name], float) for name in NAMES},
    }
    weights = [(log_weight(row, case), log_weight(row, case, moves=FEWER_MOVES)) for row in _rows(case)]
    return {
        **case,
        "truth": value_and_slopes(case),
        "sd": np.array([three.sd() for three, _ in weights]),
        "other": np.array([one.mean() for _, one in weights]),
        "other_sd": np.array([one.sd() for _, one in weights]),
    }


def value_off(m, r, truth=None):
    """Distance of the mean values from ``truth``, in their exact standard errors."""
    truth = r["truth"] if truth is None else truth
    mcse = np.maximum(r["sd"] / np.sqrt(KEYS * N), 1e-4)
    return worst((m["out"][..., 0].mean(axis=1) - truth[:, 0]) / mcse)


def slopes_off(m, r, columns, truth=None):
    """Distance of the mean slopes from ``truth``, in their observed standard errors."""
    truth = r["truth"] if truth is None else truth
    out = m["out"][..., columns]
    mcse = np.maximum(out.std(axis=1, ddof=1) / np.sqrt(KEYS), 1e-4)
    return worst((out.mean(axis=1) - truth[:, columns]) / mcse)


def other_off(m, r):
    """Distance of the values with one move from the exact ones, in exact standard errors of the right n.

    Their scatter counts too: above 1.5 times that of n draws, or below a third of it, they are infinitely far.
    """
    error = r["other_sd"] / np.sqrt(MORE_N)
    scatter = np.sqrt(np.mean((m["other"].std(axis=1, ddof=1) / error) ** 2))
    if not 1 / 3 < scatter < 1.5:
        return np.inf
    return worst((m["other"].mean(axis=1) - r["other"]) / error * np.sqrt(FEWER_KEYS))


BASE, STEP, ALL = slice(1, 5), slice(5, 6), slice(1, 6)


def _is(name):
    """looks_like: value and slopes are those of this wrong version."""

    def looks_like(m, r, d):
        wrong = WRONG[name](r)
        mcse = np.maximum(m["out"][..., 0].std(axis=1, ddof=1) / np.sqrt(KEYS), 1e-4)
        near = worst((m["out"][..., 0].mean(axis=1) - wrong[:, 0]) / mcse) < 8
        return near and slopes_off(m, r, ALL, wrong) < 8

    return looks_like


def _log_of_mean(m, r, d):
    """Values close under ln Z: of the gap that the right ones leave little is left."""
    gap, right = r["log_z"] - m["out"][..., 0].mean(axis=1), r["log_z"] - r["truth"][:, 0]
    return bool(np.all(gap < 0.5 * right) and np.all(gap > -0.03))


def _figure(axes, m, r):
    mine = m["out"].mean(axis=1)
    if not np.isfinite(mine).all() or np.abs(mine).max() > 1e4:
        return None
    right = value_off(m, r) < 8 and slopes_off(m, r, ALL) < 8
    places = np.arange(PHIS)
    for offset, column, marker, label in ((-0.15, 0, "o", "value less ln Z"), (0.15, 5, "s", "slope by log_step")):
        shift = float(r["log_z"]) if column == 0 else 0.0
        axes.plot(places + offset, r["truth"][:, column] - shift, "_", color="black", markersize=22)
        axes.plot(places + offset, mine[:, column] - shift, marker, color=BLUE, fillstyle="none", label=label)
    axes.plot([], [], "_", color="black", markersize=12, label="exact")
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set_xticks(places, [f"phi {i + 1}" for i in places])
    axes.set_title(
        "Your bound lies under ln Z, and its step can learn" if right else "Your bound or its slopes are off",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return "Your value less ln Z and your slope by the log of the step for four phis, beside the exact ones. They " + (
        "agree." if right else "or other slopes differ."
    )


def _moved(columns):
    def perturb(m, r, size):
        out = m["out"].copy()
        out[..., columns] += size
        return {**m, "out": out}

    return perturb


EXERCISE = Exercise(
    title="A bound from annealed moves",
    names={"annealed_elbo": "key, phi, log_p, n_moves, n"},
    public=lambda: draw(np.random.default_rng(108)),
    case=draw,
    reference=reference,
    fields={
        "out": Field((PHIS, KEYS, 6), allow="inf nan"),
        "other": Field((PHIS, FEWER_KEYS), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "value",
            points=2,
            compared="mean of your estimate over 64 keys and the exact one at four phis, standard errors",
            distance=value_off,
            needs=("out",),
            failed="The mean of your estimate is not the mean of ln w.",
        ),
        Criterion(
            "gradient of q",
            points=1,
            compared="mean of its gradient by loc and log_scale and the exact one, standard errors",
            distance=lambda m, r: slopes_off(m, r, BASE),
            needs=("out",),
            failed="The gradient by loc and log_scale is off.",
        ),
        Criterion(
            "gradient of the step",
            points=2,
            compared="mean of its gradient by log_step and the exact one, standard errors",
            distance=lambda m, r: slopes_off(m, r, STEP),
            needs=("out",),
            failed="The gradient by log_step is off: the step would not learn what it should.",
        ),
        Criterion(
            "moves and n",
            points=1,
            compared="mean of your estimate with one move and more draws and the exact one, standard errors",
            distance=other_off,
            needs=("other",),
            failed="With one move and 2000 draws your estimate is another than it should be, or scatters differently.",
        ),
    ),
    mistakes=(
        Mistake(
            "no momentum in the weight",
            hint="Is your bound above ln Z?",
            looks_like=_is("no momentum in the weight"),
        ),
        Mistake(
            "sign of the momentum",
            hint="Which of the two momenta was drawn, and which belongs to the target?",
            looks_like=_is("sign of the momentum"),
        ),
        Mistake(
            "q at the last point",
            hint="Which point was drawn from q?",
            looks_like=_is("q at the last point"),
        ),
        Mistake(
            "force held",
            hint="Nudge log_step by hand: does your value follow as your gradient says?",
            looks_like=_is("force held"),
        ),
        Mistake(
            "q held",
            hint="Nudge log_scale by hand: does your value follow as your gradient says?",
            looks_like=_is("q held"),
        ),
        Mistake(
            "force at the start",
            hint="At which point is the force taken?",
            looks_like=_is("force at the start"),
        ),
        Mistake(
            "betas from 0",
            hint="At the last move, whose force is it?",
            looks_like=_is("betas from 0"),
        ),
        Mistake(
            "path reversed",
            hint="Whose force does the first move feel most?",
            looks_like=_is("path reversed"),
        ),
        Mistake(
            "same momentum",
            hint="How many different momenta does one point get on its way?",
            looks_like=_is("same momentum"),
        ),
        Mistake(
            "no second half",
            hint="Where does the point stand when a move ends?",
            looks_like=_is("no second half"),
        ),
        Mistake(
            "plain ELBO",
            hint="Does your value change with log_step?",
            looks_like=_is("plain ELBO"),
        ),
        Mistake(
            "log of the mean weight",
            hint="Which comes first here, the logarithm or the average?",
            looks_like=_log_of_mean,
        ),
        Mistake(
            "loss",
            hint="Is your number to be made larger or smaller?",
            looks_like=_is("loss"),
        ),
    ),
    near=(
        NearMiss(
            "value",
            unit="nats added to the value",
            sizes=(0.01, 0.03, 0.1, 0.3),
            must=0.3,
            perturb=_moved(slice(0, 1)),
        ),
        NearMiss(
            "slope by log_step",
            unit="added to the slope",
            sizes=(0.03, 0.1, 0.3, 0.8),
            must=0.8,
            perturb=_moved(STEP),
        ),
    ),
    figure=_figure,
)
