"""Annealed importance sampling: what a case is, the truth, and how a measurement is judged.

Neal 2001, Statistics and Computing 11, 125: weights w = prod_k pi_k(z_(k-1)) / pi_(k-1)(z_(k-1)) with pi_k not
normalised and z_k from a move that leaves pi_k as it is; then E w = Z, and weighted averages are those of the
posterior. How the log weights scatter follows from betas and moves; the judge's own run in NumPy knows it.
"""

from functools import lru_cache

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, seed, worst

N, ANOTHER_N, BETAS, STEPS = 16384, 40, 11, 3
LOOK = 8192  # points of the runs that a measurement is compared with in search of a hint
LOG_2PI = np.log(2 * np.pi)


#: Betas are k / 10 to this power; hidden ones are so far from the public one that betas can't be written in.
PUBLIC_POWER, HIDDEN_POWERS = 8, (3.7, 4.3)


def draw(rng):
    """Two bumps, one of them far out for q, on which fairly even weights are possible."""
    while True:
        case = _draw(rng, rng.uniform(*HIDDEN_POWERS))
        mean = case["weights"] @ case["centres"]
        # a constant answer must not be right by chance: the mean of z is neither 0, nor 1, nor that of q
        if min(worst(mean), worst(mean - 1), worst(mean - case["loc"])) < 0.3:
            continue
        log_w = anneal(case, 2048, 1)[1]
        w = np.exp(log_w - log_w.max())
        if w.sum() ** 2 / (w**2).sum() / 2048 > 0.35 and abs(log_w.mean()) > 0.7:
            return case


def _draw(rng, power):
    loc, scale = rng.choice([-1, 1], 2) * rng.uniform(0.3, 1, 2), rng.uniform(0.8, 1.5)
    angle = rng.uniform(0, 2 * np.pi, 2)
    radius = np.array([rng.uniform(1.2, 2.2), rng.uniform(0.2, 0.9)])
    share = rng.uniform(0.35, 0.65)
    return {
        "loc": loc,
        "scale": np.float64(scale),
        "centres": loc + scale * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1),
        "sds": scale * rng.uniform(0.4, 0.8, 2),
        "weights": np.array([share, 1 - share]),
        "log_z": np.float64(rng.choice([-1, 1]) * rng.uniform(1.2, 4)),
        "betas": np.linspace(0, 1, BETAS) ** power,
        "step": np.float64(0.8 * scale),
        "seed": seed(rng),
    }


def public():
    return {
        "loc": np.array([0.5, -0.5]),
        "scale": np.float64(1.25),
        "centres": np.array([[2.25, 1.0], [-0.25, -0.75]]),
        "sds": np.array([0.625, 0.75]),
        "weights": np.array([0.5, 0.5]),
        "log_z": np.float64(2.0),
        "betas": np.linspace(0, 1, BETAS) ** PUBLIC_POWER,
        "step": np.float64(1.0),
        "seed": np.array(107),
    }


def _log_q(case, z):
    square = np.sum((z - case["loc"]) ** 2, axis=1) / case["scale"] ** 2
    return -square / 2 - 2 * np.log(case["scale"]) - LOG_2PI


def _log_p(case, z):
    total = 0
    for centre, sd, weight in zip(case["centres"], case["sds"], case["weights"]):
        square = np.sum((z - centre) ** 2, axis=1) / sd**2
        total = total + weight * np.exp(-square / 2) / sd**2
    with np.errstate(divide="ignore"):
        return case["log_z"] - LOG_2PI + np.log(total)


def anneal(case, n, number, increment="before", aim="new", path="powers", moves="fresh", betas=None):
    """A run of the judge: end points (n, 2) and log weights (n,); wrong versions by the last arguments.

    Args:
        number: of the run; another number gives other draws.
        increment: weigh a point "before" its move or "after" it.
        aim: beta of the density handed to a move: "new", "old" or "last".
        path: "powers", "reversed" or "sum".
        moves: "fresh", "same" random numbers at each beta, or "none".
        betas: others than those of the case.
    """
    rng = np.random.default_rng([int(case["seed"]), number])
    z = case["loc"] + case["scale"] * rng.normal(size=(n, 2))
    start, log_w = z, np.zeros(n)
    betas = case["betas"] if betas is None else betas
    noise = (rng.normal(size=(STEPS, n, 2)), np.log(rng.random((STEPS, n))))

    def mixed(beta, of_q, of_p):
        if path == "sum":
            with np.errstate(divide="ignore"):
                return np.logaddexp(np.log(1 - beta) + of_q, np.log(beta) + of_p)
        return (1 - beta) * of_q + beta * of_p if path == "powers" else beta * of_q + (1 - beta) * of_p

    of_q, of_p = _log_q(case, z), _log_p(case, z)
    for old, new in zip(betas[:-1], betas[1:]):
        if increment == "before":
            log_w = log_w + mixed(new, of_q, of_p) - mixed(old, of_q, of_p)
        if moves == "fresh":
            noise = (rng.normal(size=(STEPS, n, 2)), np.log(rng.random((STEPS, n))))
        beta = {"new": new, "old": old, "last": 1.0}[aim]
        for step, log_u in zip(*noise) if moves != "none" else ():
            other = z + case["step"] * step
            other_q, other_p = _log_q(case, other), _log_p(case, other)
            accepted = log_u < mixed(beta, other_q, other_p) - mixed(beta, of_q, of_p)
            z = np.where(accepted[:, None], other, z)
            of_q, of_p = np.where(accepted, other_q, of_q), np.where(accepted, other_p, of_p)
        if increment == "after":
            log_w = log_w + mixed(new, of_q, of_p) - mixed(old, of_q, of_p)
    if increment == "ends":
        log_w = of_p - _log_q(case, start)
    if increment == "last point":
        log_w = of_p - of_q
    return z, log_w


def _features(z, log_w):
    """Mean and sd of the log weights, and those of the end points, unweighted: (6,)."""
    z, log_w = z.reshape(-1, 2), log_w.ravel()
    return np.array([log_w.mean(), log_w.std(), *z.mean(axis=0), *z.std(axis=0)])


#: Wrong runs as arguments of ``anneal``.
WRONG = {
    "weighed after the move": {"increment": "after"},
    "move aimed at the last density": {"aim": "old"},
    "move aimed at the target": {"aim": "last"},
    "path reversed": {"path": "reversed"},
    "start and end only": {"increment": "ends"},
    "end only": {"increment": "last point"},
    "same key": {"moves": "same"},
    "no moves": {"moves": "none"},
    "sum of densities": {"path": "sum"},
    "own betas": {"betas": np.linspace(0, 1, BETAS)},
}


def reference(case):
    """ln Z and the mean in closed form, mean of the log weights and ESS / n from a run of the judge."""
    case = {name: np.asarray(value, float) for name, value in case.items()}
    log_w = anneal(case, 2 * N, 0)[1]
    w = np.exp(log_w - log_w.max())
    return {
        **case,
        "mean": case["weights"] @ case["centres"],
        "mean_log_w": log_w.mean(),
        "sd_log_w": log_w.std(),
        "ess": w.sum() ** 2 / (w**2).sum() / len(w),
    }


def evidence_off(m, r):
    return abs(np.mean(np.exp(m["log_w"] - r["log_z"])) - 1)


def law_off(m, r):
    return abs(m["log_w"].mean() - r["mean_log_w"]) / r["sd_log_w"]


def mean_off(m, r):
    """Largest error of the weighted mean of the end points, in sds of q; infinite if all weights are equal."""
    log_w = m["log_w"].ravel()
    if np.ptp(log_w) < 1e-3:
        return np.inf
    w = np.exp(log_w - log_w.max())
    return worst((w / w.sum()) @ m["z"].reshape(-1, 2) - r["mean"]) / r["scale"]


def keys_off(m, r):
    """1 if keys, points or n do not do their work, 0 if they do; infinite where the weights are no weights."""
    if not evidence_off(m, r) < 0.3:
        return np.inf
    distinct = [len(np.unique(part[..., 0] if part.ndim == 2 else part)) for part in (*m["z"], *m["log_w"])]
    same_twice = np.mean(m["z"][0] == m["z"][1]) > 0.01
    n_ignored = list(m["other"]) != [ANOTHER_N, 2, -1, ANOTHER_N]
    return float(min(distinct) < 0.9 * N or same_twice or n_ignored)


@lru_cache(maxsize=4096)
def _simulated(case, wrong):
    """Features of the judge's run, right or with a mistake; ``case`` as items that can be looked up."""
    case = {name: np.reshape(value, shape) for name, value, shape in case}
    return _features(*anneal(case, LOOK, 2, **WRONG.get(wrong, {})))


def _same_law(m, r, wrong="", change=lambda log_w: log_w):
    """Whether means and sds of log weights and end points are those of a run of the judge's, within 7 errors."""
    names = ("loc", "scale", "centres", "sds", "weights", "log_z", "betas", "step", "seed")
    case = tuple((name, tuple(np.ravel(r[name])), np.shape(r[name])) for name in names)
    mine, other = _features(m["z"], change(m["log_w"])), _simulated(case, wrong)
    sds = np.maximum(other[[1, 1, 4, 5, 4, 5]], mine[[1, 1, 4, 5, 4, 5]])
    return bool(np.all(np.abs(mine - other) < 7 * sds * np.sqrt(1 / (2 * N) + 1 / LOOK)))


def _run_like(name):
    """looks_like: the law of weights and end points is that of a wrong run of the judge's."""
    return lambda m, r, d: max(law_off(m, r), mean_off(m, r), evidence_off(m, r)) > 0.05 and _same_law(m, r, name)


def _changed(change):
    """looks_like: a right run whose log weights were changed; ``change`` takes the change back."""
    return lambda m, r, d: _same_law(m, r, change=lambda log_w: change(log_w, r))


def _exponentials(log_w, r):
    return np.log(log_w)


def _normalised_to_one(log_w, r):
    """Weights whose mean is 1 in each run get their mean Z back."""
    if np.abs(np.log(np.mean(np.exp(log_w), axis=1))).max() > 1e-3:
        return np.full_like(log_w, np.nan)
    return log_w + r["log_z"]


def _sum_to_one(log_w, r):
    """Weights whose sum is 1 in each run."""
    if np.abs(np.log(np.sum(np.exp(log_w), axis=1))).max() > 1e-3:
        return np.full_like(log_w, np.nan)
    return log_w + np.log(N) + r["log_z"]


def _averaged(m, r, d):
    """One number for a whole run."""
    log_w = m["log_w"]
    return m["z"].shape == (2, N, 2) and (
        log_w.shape == (2,)
        or log_w.shape == (2, N)
        and np.ptp(log_w, axis=1).max() < 1e-3
        and np.abs(log_w - r["log_z"]).max() < 1
        and np.ptp(m["z"][0]) > 0
    )


def _figure(axes, m, r):
    log_w = m["log_w"].ravel() - r["log_z"]
    if not np.isfinite(log_w).all() or np.ptp(log_w) > 1e3:
        return None
    own = anneal(r, 2 * N, 0)[1] - r["log_z"]
    edges = np.linspace(min(own.min(), np.quantile(log_w, 0.001)), max(own.max(), np.quantile(log_w, 0.999)), 61)
    axes.hist(own, edges, color="lightgrey", edgecolor="grey", label="a right run")
    axes.hist(log_w, edges, histtype="step", color=BLUE, linewidth=1.8, label="yours")
    axes.axvline(0, color="black", linewidth=0.8, label="ln Z")
    mean = np.log(np.mean(np.exp(np.minimum(log_w, 50))))
    axes.axvline(np.clip(mean, edges[0], edges[-1]), color=ORANGE, linestyle="--", label="ln of your mean weight")
    right = evidence_off(m, r) < 0.045
    axes.set(xlabel="log weight less ln Z", ylabel="points")
    axes.set_title(
        "The mean of your weights is Z" if right else "The mean of your weights is not Z",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        "Histogram of your log weights less ln Z over that of a right run. The log of your mean weight lies "
        + ("at" if right else "away from")
        + " ln Z."
    )


EXERCISE = Exercise(
    title="Annealed importance sampling",
    names={"ais": "key, draw, log_q, log_p, betas, move, n"},
    public=public,
    case=draw,
    reference=reference,
    fields={
        "z": Field((2, N, 2), allow="inf nan"),
        "log_w": Field((2, N), allow="inf nan"),
        "other": Field((None,)),
    },
    criteria=(
        Criterion(
            "evidence",
            points=3,
            compared="mean of your weights over 32768 points, divided by Z, and 1",
            distance=evidence_off,
            needs=("log_w",),
            failed="The mean of your weights is not Z.",
        ),
        Criterion(
            "log weights",
            points=2,
            compared="mean of your log weights and of those of a right run with these betas, in their sds",
            distance=law_off,
            needs=("log_w",),
            failed="Your log weights do not scatter as those of a right run with these betas and moves.",
        ),
        Criterion(
            "weighted mean",
            points=2,
            compared="weighted mean of your end points and the posterior's mean, in standard deviations of q",
            distance=mean_off,
            needs=("z", "log_w"),
            failed="The average of the end points with your weights is not the mean of the posterior.",
        ),
        Criterion(
            "keys and n",
            points=1,
            compared="each point and each key has its own numbers, and there are n of them: 0 yes, 1 no",
            distance=keys_off,
            needs=("z", "log_w", "other"),
            failed="Each of the n points must go its own way, and another key must give other points.",
        ),
    ),
    mistakes=(
        Mistake(
            "weighed after the move",
            hint="Which density was the point drawn from when you weighed it?",
            looks_like=_run_like("weighed after the move"),
        ),
        Mistake(
            "move aimed at the last density",
            hint="You have weighed a point for the density of the new beta: which density must its move leave alone?",
            looks_like=_run_like("move aimed at the last density"),
        ),
        Mistake(
            "move aimed at the target",
            hint="Which density belongs to the beta of this step?",
            looks_like=_run_like("move aimed at the target"),
        ),
        Mistake(
            "path reversed",
            hint="Which density is at beta = 1?",
            looks_like=_run_like("path reversed"),
        ),
        Mistake(
            "start and end only",
            hint="How many factors has your weight, and how many bridges did the point cross?",
            looks_like=_run_like("start and end only"),
        ),
        Mistake(
            "end only",
            hint="How many factors has your weight, and how many bridges did the point cross?",
            looks_like=_run_like("end only"),
        ),
        Mistake(
            "same key",
            hint="How many different proposals does one point see on its way?",
            looks_like=_run_like("same key"),
        ),
        Mistake(
            "no moves", hint="Where did your points end, and where did they start?", looks_like=_run_like("no moves")
        ),
        Mistake(
            "sum of densities",
            hint="At beta = 0.5, is your density a product of powers or a sum?",
            looks_like=_run_like("sum of densities"),
        ),
        Mistake(
            "own betas",
            hint="Hand in other betas: do your log weights change?",
            looks_like=_run_like("own betas"),
        ),
        Mistake(
            "weights instead of logs",
            hint="Is it the weight that you return, or its logarithm?",
            looks_like=_changed(_exponentials),
        ),
        Mistake(
            "mean weight 1",
            hint="Multiply P by 1000: does your mean weight follow?",
            looks_like=_changed(_normalised_to_one),
        ),
        Mistake(
            "sum of weights 1",
            hint="Multiply P by 1000: does your mean weight follow?",
            looks_like=_changed(_sum_to_one),
        ),
        Mistake(
            "averaged inside",
            hint="How many log weights belong to n points?",
            looks_like=_averaged,
        ),
    ),
    near=(
        NearMiss(
            "weights",
            unit="part by which all weights are too large",
            sizes=(0.02, 0.05, 0.1, 0.2),
            must=0.2,
            perturb=lambda m, r, size: {**m, "log_w": m["log_w"] + np.log1p(size)},
        ),
        NearMiss(
            "end points",
            unit="sds of q by which all end points are moved",
            sizes=(0.03, 0.08, 0.15, 0.35),
            must=0.35,
            perturb=lambda m, r, size: {**m, "z": m["z"] + size * r["scale"]},
        ),
        NearMiss(
            "evenness",
            unit="part of the variance of the log weights that is added, their mean weight unchanged",
            sizes=(0.05, 0.1, 0.3, 0.8),
            must=0.8,
            perturb=lambda m, r, size: {**m, "log_w": _wider(m["log_w"], size)},
        ),
    ),
    figure=_figure,
)


def _wider(log_w, size):
    """Log weights with a larger variance and the same mean weight."""
    wide = log_w.mean() + np.sqrt(1 + size) * (log_w - log_w.mean())
    return wide + np.log(np.mean(np.exp(log_w - log_w.max()))) - np.log(np.mean(np.exp(wide - log_w.max())))
