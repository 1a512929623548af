"""A group never seen before: what a case is, the truth, and how a measurement is judged.

Given draw i of the hyperparameters a new group's points are jointly normal,

    y_i ~ N(mu_m x + mu_c, sigma_m**2 x x^T + sigma_c**2 1 1^T + diag(noise**2)),

so each row can be whitened with its own draw: five standard normals, whatever the draws are. Moments over all
rows follow by the laws of total expectation and covariance. Each listed mistake is such a conditional normal too.
"""

import numpy as np
from scipy.special import ndtr

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, RED, seed, worst

N, K, N_AGAIN = 16384, 5, 1024
HYPER = ("mu_m", "sigma_m", "mu_c", "sigma_c")


def draw_group_case(rng):
    """Draws of the hyperparameters as a guide would give them, and five points of a group not seen before.

    Kept if averages of the hyperparameters in place of the draws would be too certain at every point.
    """
    while True:
        m, c = np.exp(rng.uniform(np.log(0.8), np.log(2))), np.exp(rng.uniform(np.log(2), np.log(5)))
        hyper = {}
        for name, scale, centre in (("m", m, rng.uniform(1, 3)), ("c", c, rng.uniform(5, 15))):
            spread = scale / np.sqrt(rng.uniform(1.2, 2.2))
            hyper[f"mu_{name}"] = rng.choice([-1, 1]) * centre + spread * rng.normal(size=N)
            hyper[f"sigma_{name}"] = scale * np.exp(rng.uniform(0.55, 0.75) * rng.normal(size=N))
        # sorted, but unevenly spaced, on both sides of zero; a noise near 1 would hide a variance taken for an sd
        x = np.sort(np.array([-2.5, -1.2, 0.3, 1.5, 2.8]) + rng.uniform(-0.5, 0.5, K))
        noise = rng.uniform(*((0.4, 0.8) if rng.uniform() < 0.5 else (1.25, 2.2)), K)
        case = {
            "hyper": {name: hyper[name].astype(np.float32) for name in HYPER},
            "x": x,
            "noise": noise,
            "seed": seed(rng),
        }
        r = group_reference(case)
        if np.all(np.sqrt(np.diag(_covariance(r, *_averages(r)[1::2]))) < 0.85 * r["sd"]):
            return case


def _averages(r):
    return [np.mean(r[name]) for name in HYPER]


def _covariance(r, sigma_m, sigma_c, noise=None):
    """Covariances of a row's points, (..., 5, 5), for given population sds of any shape."""
    sigma_m, sigma_c = (np.asarray(sigma)[..., None, None] for sigma in (sigma_m, sigma_c))
    noise = r["noise"] if noise is None else noise
    return sigma_m**2 * np.outer(r["x"], r["x"]) + sigma_c**2 + np.diag(noise**2)


def _lines(r, mu_m, mu_c):
    return np.asarray(mu_m)[..., None] * r["x"] + np.asarray(mu_c)[..., None]


def group_reference(case):
    """The draws, and exact mean and covariance of a row over all draws."""
    r = {name: np.asarray(case["hyper"][name], float) for name in HYPER}
    r |= {name: np.asarray(case[name], float) for name in ("x", "noise")}
    lines = _lines(r, r["mu_m"], r["mu_c"])
    root_mean_square = [np.sqrt(np.mean(r[name] ** 2)) for name in ("sigma_m", "sigma_c")]
    cov = np.cov(lines.T, bias=True) + _covariance(r, *root_mean_square)
    return r | {"mean": lines.mean(axis=0), "cov": cov, "sd": np.sqrt(np.diag(cov))}


# ---------------------------------------------------------------- distances


def whitened(y, mean, cov):
    """Rows minus their means, made independent and of width one by their covariances."""
    chol = np.broadcast_to(np.linalg.cholesky(cov), (*y.shape, K))
    return np.linalg.solve(chol, (y - mean)[..., None])[..., 0]


def normality(z):
    """Largest Kolmogorov-Smirnov distance of a column of z from the standard normal."""
    below = ndtr(np.sort(z, axis=0))
    steps = np.arange(len(z) + 1)[:, None] / len(z)
    return float(np.maximum(np.max(below - steps[:-1]), np.max(steps[1:] - below)))


def by_own_draw(m, r):
    """Rows whitened with the draw that each belongs to, against the standard normal."""
    mean, cov = _lines(r, r["mu_m"], r["mu_c"]), _covariance(r, r["sigma_m"], r["sigma_c"])
    return normality(whitened(m["y"], mean, cov))


def mean_off(m, r):
    return worst((m["y"].mean(axis=0) - r["mean"]) / r["sd"])


def spread_off(m, r):
    return worst(np.log(m["y"].std(axis=0) / r["sd"]))


def together_off(m, r):
    return worst(np.corrcoef(m["y"].T) - r["cov"] / np.outer(r["sd"], r["sd"]))


def off_the_line(y, x, noise):
    """Three numbers a row that no line contributes to; standard normal where the noise is right."""
    line = np.stack([x, np.ones(K)], axis=1) / noise[:, None]
    rest = np.linalg.qr(line, mode="complete")[0][:, 2:]
    return (y / noise) @ rest


def scatter_off(m, r):
    return worst(np.log(off_the_line(m["y"], r["x"], r["noise"]).std(axis=0)))


def key_off(m, r):
    """How alike the rows of two keys are, and how unlike those of one: 0 right, 1 wrong. NaN for rows of no use."""
    first = slice(N_AGAIN)
    mean = _lines(r, r["mu_m"][first], r["mu_c"][first])
    cov = _covariance(r, r["sigma_m"][first], r["sigma_c"][first])
    a, b, again = (whitened(rows, mean, cov) for rows in (m["y"][first], m["other"], m["again"]))
    if not all(0.3 < np.sqrt(np.mean(z**2)) < 3 for z in (a, b, again)):
        return np.nan
    return max(abs(np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2))), float(worst(a - again) > 1e-3))


# ---------------------------------------------------------------- hints


def drawn_from(model):
    """looks_like: whitened with the mean and covariance that ``model(m, r)`` gives each row, the rows are normal."""

    def looks_like(m, r, d):
        z = whitened(m["y"], *model(m, r))
        together = np.corrcoef(z.T) - np.eye(K)
        return normality(z) < 0.03 and worst(together) < 0.05 and not d["row by row"] < 0.02

    return looks_like


def _drawn(r):
    return _lines(r, r["mu_m"], r["mu_c"]), (r["sigma_m"], r["sigma_c"])


def _plug_in(m, r):
    return r["mean"], _covariance(r, *_averages(r)[1::2])


def _sigma_at_mean(m, r):
    return _drawn(r)[0], _covariance(r, *_averages(r)[1::2])


def _mu_at_mean(m, r):
    return r["mean"], _covariance(r, *_drawn(r)[1])


def _no_spread(m, r):
    return _drawn(r)[0], np.diag(r["noise"] ** 2)


def _redrawn(m, r):
    mean, sigmas = _drawn(r)
    return mean, _covariance(r, *sigmas) * np.eye(K)


def _one_line(m, r):
    return m["y"].mean(axis=0), np.diag(r["noise"] ** 2)


def _noise_variance(m, r):
    mean, sigmas = _drawn(r)
    return mean, _covariance(r, *sigmas, noise=np.sqrt(r["noise"]))


def _sigma_variance(m, r):
    mean, sigmas = _drawn(r)
    return mean, _covariance(r, *map(np.sqrt, sigmas))


def _one_z(m, r):
    mean, (sigma_m, sigma_c) = _drawn(r)
    side = _lines(r, sigma_m, sigma_c)
    return mean, side[:, :, None] * side[:, None, :] + np.diag(r["noise"] ** 2)


def _exchanged(m, r):
    return _lines(r, r["mu_c"], r["mu_m"]), _covariance(r, r["sigma_c"], r["sigma_m"])


def _right_moments(m, r):
    return r["mean"], r["cov"]


def _no_noise(m, r, d):
    return worst(off_the_line(m["y"], r["x"], r["noise"])) < 1e-3 and m["y"].std(axis=0).min() > 0.1


def _one_noise(m, r, d):
    """The three numbers of a row are one number times a known direction."""
    rest = off_the_line(m["y"], r["x"], r["noise"])
    direction = off_the_line(r["noise"], r["x"], r["noise"])
    along = rest @ direction / (direction @ direction)
    return worst(rest - np.outer(along, direction)) < 1e-3 and abs(np.log(along.std())) < 0.04


def _other_order(m, r, d):
    """All moments right, and no row knows of its own draw."""
    if not (d["mean"] < 0.05 and d["spread"] < 0.1 and d["together"] < 0.1 and d["off the line"] < 0.05):
        return False
    lines = _lines(r, r["mu_m"], r["mu_c"])
    own = [np.corrcoef(m["y"][:, k], lines[:, k])[0, 1] for k in range(K)]
    return worst(own) < 0.05 and not any(drawn_from(model)(m, r, d) for model in (_right_moments, _mu_at_mean))


_SURE = "You used one population: are you sure of it?"
_WIDTH = "Is it a width or a squared width?"
_ON_LINE = "Off its line, does each point of a row go its own way?"


def group_figure(axes, m, r):
    """Mean and spread of the new group's points: yours, the exact ones, and those of the average population."""
    right = mean_off(m, r) < 0.05 and spread_off(m, r) < 0.08
    mean, sd = m["y"].mean(axis=0), m["y"].std(axis=0)
    plug_in = np.sqrt(np.diag(_plug_in(m, r)[1]))
    axes.fill_between(r["x"], r["mean"] - r["sd"], r["mean"] + r["sd"], color="0.85", label="exact, one sd")
    for side in (-1, 1):
        axes.plot(
            r["x"],
            r["mean"] + side * plug_in,
            color=ORANGE,
            linestyle=":",
            linewidth=2,
            label="average population, one sd" if side > 0 else None,
        )
    axes.errorbar(r["x"], mean, sd, fmt="o", color=BLUE if right else RED, capsize=3, label="your rows, one sd")
    axes.set(xlabel="x", ylabel="y of a new group")
    axes.set_title(
        "A new group is less certain than the average population says"
        if right
        else "Your rows do not have the mean and spread of a new group",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        "At five x: the exact mean and sd of a new group's points as a band, a narrower band from averages of the "
        "hyperparameters, and the mean and sd of your rows as bars. "
        + ("The bars fill the wide band." if right else "The bars do not fill the wide band.")
    )


def _moved(m, r, size):
    return {**m, "y": m["y"] + size * r["sd"]}


def _wider(m, r, size):
    return {**m, "y": r["mean"] + (m["y"] - r["mean"]) * (1 + size)}


def _noisier(m, r, size):
    extra = np.random.default_rng(0).normal(size=(N, K)) * r["noise"] * np.sqrt((1 + size) ** 2 - 1)
    return {**m, "y": m["y"] + extra}


EXERCISE = Exercise(
    title="A group never seen before",
    names={"new_group": "key, hyper, x, noise"},
    public=lambda: draw_group_case(np.random.default_rng(97)),
    case=draw_group_case,
    reference=group_reference,
    fields={
        "y": Field((N, K), allow="inf nan"),
        "again": Field((N_AGAIN, K), allow="inf nan"),
        "other": Field((N_AGAIN, K), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "mean",
            points=1,
            compared="mean of your rows and the exact mean, in exact sds, at the worst of five x",
            distance=mean_off,
            needs=("y",),
            failed="On average your rows are not where a new group is.",
        ),
        Criterion(
            "spread",
            points=1,
            compared="log ratio of the sd of your rows and the exact sd, at the worst of five x",
            distance=spread_off,
            needs=("y",),
            failed="Your rows do not spread as a new group does.",
        ),
        Criterion(
            "together",
            points=1,
            compared="correlation of two columns of your rows and the exact one, the worst pair",
            distance=together_off,
            needs=("y",),
            failed="The five points of a row do not vary together as points of one group do.",
        ),
        Criterion(
            "off the line",
            points=1,
            compared="log ratio of the scatter of your points off the best line of their row and the exact one",
            distance=scatter_off,
            needs=("y",),
            failed="The points of a row do not scatter about their line as `noise` says.",
        ),
        Criterion(
            "row by row",
            points=2,
            compared="largest gap between two cumulative distributions: row i freed from what draw i "
            "says, and the standard normal",
            distance=by_own_draw,
            needs=("y",),
            failed="Row i is not a new group of the population of draw i.",
        ),
        Criterion(
            "key",
            points=1,
            compared="correlation of the rows of two keys, freed from what the draws say; 1 if the same key gives "
            "other rows",
            distance=key_off,
            needs=("y", "again", "other"),
            failed="Another key must give other rows, and the same key the same ones.",
        ),
    ),
    mistakes=(
        Mistake("plug-in", hint=_SURE, looks_like=drawn_from(_plug_in)),
        Mistake("sigma at its mean", hint=_SURE, looks_like=drawn_from(_sigma_at_mean)),
        Mistake("mu at its mean", hint=_SURE, looks_like=drawn_from(_mu_at_mean)),
        Mistake("no spread of groups", hint="Is the new group the average one?", looks_like=drawn_from(_no_spread)),
        Mistake(
            "line redrawn",
            hint="Look at row 1 without its noise: is it a straight line?",
            looks_like=drawn_from(_redrawn),
        ),
        Mistake("one line", hint="How many new groups did you make?", looks_like=drawn_from(_one_line)),
        Mistake("no noise", hint="Are points that will be measured exactly on a line?", looks_like=_no_noise),
        Mistake("one noise a row", hint=_ON_LINE, looks_like=_one_noise),
        Mistake("noise as variance", hint=_WIDTH, looks_like=drawn_from(_noise_variance)),
        Mistake("sigma as variance", hint=_WIDTH, looks_like=drawn_from(_sigma_variance)),
        Mistake("one z", hint="Does a group with a steep line always lie high as well?", looks_like=drawn_from(_one_z)),
        Mistake("slope and intercept exchanged", hint="Which of the two meets x?", looks_like=drawn_from(_exchanged)),
        Mistake("draws shuffled", hint="Which draw made row i?", looks_like=_other_order),
        Mistake(
            "one normal",
            hint="Mean and sd are right: is a mixture of narrow and wide populations a normal?",
            looks_like=drawn_from(_right_moments),
        ),
        Mistake(
            "own key",
            hint="Call it with two keys: do you get two sets of rows?",
            looks_like=lambda m, r, d: (
                d["row by row"] < 0.03 and d["key"] > 0.9 and worst(m["again"] - m["other"]) == 0
            ),
        ),
    ),
    near=(
        NearMiss("mean", unit="exact sds", sizes=(0.03, 0.05, 0.1, 0.2), must=0.2, perturb=_moved),
        NearMiss("spread", unit="part of the sd", sizes=(0.03, 0.06, 0.12, 0.25), must=0.25, perturb=_wider),
        NearMiss("noise", unit="part of the noise", sizes=(0.02, 0.04, 0.08, 0.15), must=0.15, perturb=_noisier),
    ),
    equivalent=dict.fromkeys(
        (
            "m = hyper['mu_m'] + hyper['sigma_m'] * jax.random.normal(key_m, (n,)) => "
            "m = hyper['mu_m'] - hyper['sigma_m'] * jax.random.normal(key_m, (n,))",
            "c = hyper['mu_c'] + hyper['sigma_c'] * jax.random.normal(key_c, (n,)) => "
            "c = hyper['mu_c'] - hyper['sigma_c'] * jax.random.normal(key_c, (n,))",
            "return m[:, None] * x + c[:, None] + noise * jax.random.normal(key_y, (n, len(x))) => "
            "return m[:, None] * x + c[:, None] - noise * jax.random.normal(key_y, (n, len(x)))",
        ),
        "a normal number around 0 has the same distribution with the other sign",
    ),
    figure=group_figure,
)
