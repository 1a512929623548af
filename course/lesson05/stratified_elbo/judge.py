"""An ELBO whose weights can learn: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, seed, worst
from ..target import log_normal

K = 3


N_KEYS = 128


_GRID = np.linspace(-22.0, 22.0, 2201)


_STEP = _GRID[1] - _GRID[0]


def _log_p(case, z):
    return float(case["constant"]) + logsumexp(
        np.log(case["weights"]) + log_normal(z[:, None], case["means"], case["sds"]), axis=1
    )


def mixture_value(phi, log_p, weights=softmax, log_q=None, outer=None):
    """sum_k w_k E_k[log p - log q] by the trapezoid rule; wrong versions by the last three arguments.

    Args:
        phi: (9,) logits, loc and log scale.
        log_p: log p on the grid.
        weights: logits -> weights.
        log_q: (own log densities (n, K), log weights (K,)) -> (n, K) to be put in place of log q.
        outer: logits -> weights of the outer sum, where they differ.
    """
    logits, loc, scale = phi[:K], phi[K : 2 * K], np.exp(phi[2 * K :])
    own = log_normal(_GRID[:, None], loc, scale)
    w = weights(logits)
    inner = logsumexp(own + np.log(w), axis=1)[:, None] if log_q is None else log_q(own, np.log(w))
    means = _STEP * np.sum(np.exp(own) * (log_p[:, None] - inner), axis=0)
    return np.sum((w if outer is None else outer(logits)) * means)


def mixture_all(case, **wrong):
    """Value and 9 derivatives at each of the four phis, (4, 10), by central differences."""
    log_p, out = _log_p(case, _GRID), []
    for row in _phis(case):
        steps = 1e-5 * np.eye(3 * K)
        slopes = [
            (mixture_value(row + h, log_p, **wrong) - mixture_value(row - h, log_p, **wrong)) / 2e-5 for h in steps
        ]
        out.append([mixture_value(row, log_p, **wrong), *slopes])
    return np.array(out)


def _phis(case):
    return np.concatenate([np.asarray(case[name], float) for name in ("logits", "loc", "log_scale")], axis=1)


#: Wrong versions of the estimate by their effect on its mean.
WRONG_ELBOS = {
    "own": {"log_q": lambda own, log_w: own},
    "own weighted": {"log_q": lambda own, log_w: own + log_w},
    "plain": {"outer": lambda logits: np.full(K, 1 / K)},
    "not normalised": {"weights": np.exp},
}


def draw_stratified_case(rng):
    """Three bumps that overlap a little; four surrogates, the first two with overlapping components."""
    while True:
        weights = rng.dirichlet([3, 3, 3])
        means = np.sort(rng.uniform(-4, 4, K))
        case = {
            "weights": weights,
            "means": means,
            "sds": rng.uniform(0.7, 1.4, K),
            "constant": np.float64(rng.uniform(-3, 3)),
            "n": np.array(500),
            "seed": seed(rng),
        }
        centres = [
            rng.normal(0, 0.8, K),
            rng.normal(0.5, 1.0, K),
            means + rng.normal(0, 0.4, K),
            rng.permutation(means) + rng.normal(0, 0.3, K),
        ]
        case["loc"] = np.stack(centres)
        case["log_scale"] = np.log(rng.uniform(0.5, 1.3, (4, K)))
        case["logits"] = rng.normal(0, 0.8, (4, K)) + rng.choice([-1, 1], (4, 1)) * rng.uniform(0.5, 1.0, (4, 1))
        case = {name: value if name in ("n", "seed") else np.float64(np.float32(value)) for name, value in case.items()}
        if weights.min() < 0.12 or np.diff(means).min() < 1.0:
            continue
        log_p = _log_p(case, _GRID)
        true = np.array([mixture_value(row, log_p) for row in _phis(case)])
        gaps = [
            worst(np.array([mixture_value(row, log_p, **wrong) for row in _phis(case)]) - true)
            for wrong in WRONG_ELBOS.values()
        ]
        if min(gaps) > 0.25 and np.abs(true).min() > 0.25 and np.abs(true).max() < 12:
            return case


def stratified_noise(case):
    """Standard deviation of the estimate with n draws for each component, (4,)."""
    log_p, out = _log_p(case, _GRID), []
    for row in _phis(case):
        logits, loc, scale = row[:K], row[K : 2 * K], np.exp(row[2 * K :])
        own = log_normal(_GRID[:, None], loc, scale)
        gap = (log_p - logsumexp(own + log_softmax(logits), axis=1))[:, None]
        mean = _STEP * np.sum(np.exp(own) * gap, axis=0)
        variance = _STEP * np.sum(np.exp(own) * gap**2, axis=0) - mean**2
        out.append(np.sqrt(np.sum(softmax(logits) ** 2 * variance) / float(case["n"])))
    return np.array(out)


def stratified_reference(case):
    return {
        **{name: np.asarray(value, float) for name, value in case.items()},
        "truth": mixture_all(case),
        "noise": stratified_noise(case),
    }


def _errors(m, truth, columns=slice(None)):
    """Distance of the means over keys from ``truth``, in their standard errors."""
    out = m["out"][..., columns]
    mcse = np.maximum(out.std(axis=1, ddof=1) / np.sqrt(N_KEYS), 1e-4)
    return worst((out.mean(axis=1) - truth[:, columns]) / mcse)


VALUE, WEIGHTS, BUMPS = slice(0, 1), slice(1, 1 + K), slice(1 + K, 1 + 3 * K)


def noise_ratio(m, r):
    return float(np.max(m["out"][..., 0].std(axis=1, ddof=1) / r["noise"]))


def _is_elbo(name):
    """looks_like: value and slopes are those of this wrong version; the slopes are slow, so the value comes first."""

    def looks_like(m, r, d):
        values = np.array([[mixture_value(row, _log_p(r, _GRID), **WRONG_ELBOS[name])] for row in _phis(r)])
        return _errors(m, values, VALUE) < 8 and _errors(m, mixture_all(r, **WRONG_ELBOS[name])) < 8

    return looks_like


def _no_weights(truth):
    return np.concatenate([truth[:, :1], np.zeros_like(truth[:, WEIGHTS]), truth[:, BUMPS]], axis=1)


def _drawn(m, r, d):
    """Weights without a mean gradient, but with noise in it."""
    return _errors(m, _no_weights(r["truth"])) < 8 and np.min(m["out"][..., WEIGHTS].std(axis=1)) > 0


def _one_draw(m, r, d):
    ratios = m["out"][..., 0].std(axis=1, ddof=1) / r["noise"] / np.sqrt(r["n"])
    return np.max(np.abs(np.log(ratios))) < 0.45 and _errors(m, r["truth"]) < 8


def _held(m, r, d):
    return not np.any(m["out"][..., WEIGHTS]) and _errors(m, _no_weights(r["truth"])) < 8


def stratified_figure(axes, m, r):
    """The learner's mean logit gradients beside the exact ones."""
    mine, exact = m["out"].mean(axis=1)[:, WEIGHTS], r["truth"][:, WEIGHTS]
    right = _errors(m, r["truth"], WEIGHTS) <= 8
    spread = m["out"].std(axis=1, ddof=1)[:, WEIGHTS]
    places = np.arange(4 * K) + np.repeat(np.arange(4), K)
    axes.bar(places, exact.ravel(), color="lightgrey", edgecolor="black", label="exact")
    axes.errorbar(
        places,
        mine.ravel(),
        yerr=spread.ravel(),
        fmt="o",
        color=BLUE,
        markersize=4,
        capsize=2,
        label="yours: mean and sd over 128 keys",
    )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xticks(places.reshape(4, K)[:, 1], [f"phi {i + 1}" for i in range(4)])
    axes.set_ylabel("gradient of the three logits")
    axes.set_title(
        "The weights feel the target" if right else "Your weights do not get the right gradient", fontsize=10
    )
    axes.legend(fontsize=8)
    return (
        "Bars: the exact gradient of the ELBO by three logits, for four phis. Points: the mean of yours over 128 keys. "
        + ("They agree." if right else "They differ.")
    )


def _damped(m, r, size):
    """Logit gradients smaller by a factor 1 - size."""
    out = m["out"].copy()
    out[..., WEIGHTS] *= 1 - size
    return {**m, "out": out}


EXERCISE = Exercise(
    title="An ELBO whose weights can learn",
    names={"stratified_elbo": "key, phi, log_p, n"},
    public=lambda: draw_stratified_case(np.random.default_rng(54)),
    case=draw_stratified_case,
    reference=stratified_reference,
    fields={"out": Field((4, N_KEYS, 1 + 3 * K), allow="inf nan")},
    criteria=(
        Criterion(
            "value",
            points=2,
            compared="the mean of your estimate over 128 keys and the exact ELBO at four phis, in standard errors",
            distance=lambda m, r: _errors(m, r["truth"], VALUE),
            needs=("out",),
            failed="The mean of your estimate is not the ELBO of the mixture.",
        ),
        Criterion(
            "gradient of the bumps",
            points=1,
            compared="the mean of its gradient by loc and log_scale and the exact one, in standard errors",
            distance=lambda m, r: _errors(m, r["truth"], BUMPS),
            needs=("out",),
            failed="The gradient by loc and log_scale is off.",
        ),
        Criterion(
            "gradient of the weights",
            points=3,
            compared="the mean of its gradient by the logits and the exact one, in standard errors",
            distance=lambda m, r: _errors(m, r["truth"], WEIGHTS),
            needs=("out",),
            failed="The gradient by the logits is not that of the ELBO: the weights would not learn.",
        ),
        Criterion(
            "noise",
            points=1,
            compared="the spread of your estimate over keys, as a multiple of what n draws for each component give",
            distance=noise_ratio,
            needs=("out",),
            failed="Your estimate is noisier than n draws for each component allow.",
        ),
    ),
    mistakes=(
        Mistake(
            "drawn index", hint="Freeze all but the weights and move the target: do yours follow?", looks_like=_drawn
        ),
        Mistake(
            "outer weights held",
            hint="Freeze all but the weights and move the target: do yours follow?",
            looks_like=_drawn,
        ),
        Mistake(
            "weights held", hint="Print the gradient by the logits: which derivative is exactly zero?", looks_like=_held
        ),
        Mistake(
            "own component",
            hint="Where two bumps overlap, from which of them may a point have come?",
            looks_like=_is_elbo("own"),
        ),
        Mistake(
            "own component with its weight",
            hint="Where two bumps overlap, from which of them may a point have come?",
            looks_like=_is_elbo("own weighted"),
        ),
        Mistake(
            "plain average",
            hint="Give one component almost no weight: does it still count as much?",
            looks_like=_is_elbo("plain"),
        ),
        Mistake(
            "weights not normalised",
            hint="Add 1 to every logit: does your value change?",
            looks_like=_is_elbo("not normalised"),
        ),
        Mistake("one draw", hint="What happens to your noise when n grows?", looks_like=_one_draw),
        Mistake(
            "loss",
            hint="Is your number to be made larger or smaller?",
            looks_like=lambda m, r, d: _errors(m, -r["truth"]) < 8,
        ),
    ),
    near=(
        NearMiss(
            "value",
            unit="nats added to the value",
            sizes=(0.003, 0.01, 0.03, 0.1, 0.3),
            must=0.3,
            perturb=lambda m, r, size: {**m, "out": m["out"] + size * (np.arange(10) == 0)},
        ),
        NearMiss(
            "weights learn too slowly",
            unit="part of their gradient that is lost",
            sizes=(0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            must=1.0,
            perturb=_damped,
        ),
    ),
    figure=stratified_figure,
)
