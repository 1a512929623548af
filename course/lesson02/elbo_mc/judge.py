"""The ELBO by Monte Carlo: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betaln, expit

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...coin import NORMAL_NODES, NORMAL_WEIGHTS, best_logit_normal
from ...tools import BLUE, RED, seed, worst
from ..weights import HALF_LOG_2PI, _log_p, _log_weight, _moments

_N_KEYS = 32


def _elbo_case(a, b, c, loc, scale, seed):
    return {"a": a, "b": b, "c": c, "loc": loc, "log_scale": np.log(scale), "n": np.array(1024), "seed": np.array(seed)}


def _elbo_public():
    loc = best_logit_normal(13.0, 9.0)[0] + np.array([0.5, -0.6, 0.3, -0.9])
    return _elbo_case(np.float64(13), np.float64(9), np.float64(0), loc, np.array([0.15, 0.45, 0.9, 1.3]), 20)


def _elbo_draw(rng):
    a, b = rng.uniform(3, 40, 2)
    loc = best_logit_normal(a, b)[0] + rng.normal(0, 0.7, 4)
    scale = np.array([0.15, 0.45, 0.9, 1.3]) * np.exp(rng.uniform(-0.08, 0.08, 4))
    return _elbo_case(a, b, rng.normal(0, 3), loc, scale, seed(rng))


def _elbo_reference(case):
    r = {name: np.asarray(case[name], dtype=float) for name in ("a", "b", "c", "loc", "log_scale", "n")}
    loc, log_scale, eps = r["loc"][:, None], r["log_scale"][:, None], NORMAL_NODES
    scale = np.exp(log_scale)
    value, sd = _moments(_log_weight(r, loc, log_scale, eps))
    _, sd_closed = _moments(_log_p(r, loc + scale * eps))
    slope = r["a"] - (r["a"] + r["b"]) * expit(loc + scale * eps)
    grad_loc, sd_loc = _moments(slope)
    grad_scale, sd_scale = _moments(slope * scale * eps + 1)
    log_z = r["c"] + betaln(r["a"], r["b"])
    excess = _log_weight(r, loc, log_scale, eps) - log_z
    seen = np.where(
        np.abs(eps) < 4.2, NORMAL_WEIGHTS, 0
    )  # rarer draws carry the variance of the weights, but do not come
    return r | {
        "value": value,
        "sd": np.maximum(sd, sd_closed),
        "grad": np.stack([grad_loc, grad_scale], -1),
        "grad_sd": np.stack([sd_loc, sd_scale], -1),
        "log_z": log_z,
        "weight_var": np.where(np.abs(np.exp(excess) @ seen - 1) < 0.02, np.exp(2 * excess) @ seen - 1, np.inf),
    }


def _floor(r):
    """What float32 rounding may cost, nats."""
    return 2e-5 * (1 + np.abs(r["value"]))


def _elbo_value(m, r):
    exact = r["sd"] / np.sqrt(r["n"])
    error = np.maximum(exact, np.minimum(m["values"].std(1), 2.5 * exact)) / np.sqrt(_N_KEYS)
    return worst((m["values"].mean(1) - r["value"]) / (error + _floor(r)))


def _elbo_grad(m, r):
    error = np.maximum(r["grad_sd"] / np.sqrt(r["n"]), m["grads"].std(1)) / np.sqrt(_N_KEYS)
    return worst((m["grads"].mean(1) - r["grad"]) / (error + 1e-4 * (1 + np.abs(r["grad"]))))


def _elbo_spread(m, r):
    spread = m["values"].std(1)
    return worst(spread / (r["sd"] / np.sqrt(r["n"]) + _floor(r))) if np.all(spread > 0) else np.nan


def _elbo_key(m, r):
    if not np.isfinite(m["values"]).all():
        return np.nan
    varies = all(len(np.unique(row)) > _N_KEYS // 2 for row in m["values"])
    repeats = np.all(np.abs(m["repeat"] - m["values"][:, 0]) <= _floor(r))
    return 0.0 if varies and repeats else 1.0


def _agrees(got, mean, slack):
    """Whether the mean over keys, axis 1, is ``mean`` within 6 of its own standard errors and ``slack``."""
    error = got.std(1) / np.sqrt(_N_KEYS) + slack
    return bool(np.all(np.abs(got.mean(1) - mean) <= 6 * error))


def _is_estimate_of(*integrands):
    """looks_like: value and gradient estimate the expectation of one of these functions of (r, loc, log_scale, eps).

    The gradient is that of the expectation, by central differences. It must move with the
    key and be about as steady as n draws allow: one mistake, not two.
    """

    def expectation(r, f, loc, log_scale):
        return _moments(f(r, loc[:, None], log_scale[:, None], NORMAL_NODES))

    def looks_like(m, r, distances):
        if distances["key"] != 0:
            return False
        h = 1e-4
        for f in integrands:
            mean, sd = expectation(r, f, r["loc"], r["log_scale"])
            grad = np.stack(
                [
                    (
                        expectation(r, f, r["loc"] + h, r["log_scale"])[0]
                        - expectation(r, f, r["loc"] - h, r["log_scale"])[0]
                    )
                    / (2 * h),
                    (
                        expectation(r, f, r["loc"], r["log_scale"] + h)[0]
                        - expectation(r, f, r["loc"], r["log_scale"] - h)[0]
                    )
                    / (2 * h),
                ],
                -1,
            )
            steady = m["values"].std(1) <= 3 * np.maximum(sd, r["sd"]) / np.sqrt(r["n"]) + _floor(r)
            if _agrees(m["values"], mean, 1e-4) and _agrees(m["grads"], grad, 1e-3) and steady.all():
                return True
        return False

    return looks_like


def _is_log_scale_as_scale(m, r, distances):
    """Values of the surrogate of width |log_scale|; where that number is negative they may be NaN."""
    width = np.abs(r["log_scale"])
    mean, sd = _moments(
        _log_weight(r, r["loc"][:, None], r["log_scale"][:, None], NORMAL_NODES, width[:, None], width[:, None])
    )
    negative = r["log_scale"] < 0
    for i in range(len(mean)):
        row = m["values"][i]
        if negative[i] and np.isnan(row).all():
            continue
        spread = row.std()
        if not 0 < spread <= 3 * max(sd[i], r["sd"][i]) / np.sqrt(r["n"]):
            return False
        if not abs(row.mean() - mean[i]) <= 6 * spread / np.sqrt(_N_KEYS) + 1e-3:
            return False
    return True


def _is_stopped(m, r, distances):
    """Right value; the gradient knows log q at most, whose mean slope is 0 (1 for a closed entropy's log_scale)."""
    if distances["key"] != 0 or distances["value"] > 6:
        return False
    return any(_agrees(m["grads"], np.array([0.0, slope]), 1e-3) for slope in (0.0, 1.0))


def _is_key_ignored(m, r, distances):
    """One number for all keys, and what one call with n draws would give."""
    exact = r["sd"] / np.sqrt(r["n"]) + _floor(r)
    return bool(
        all(len(np.unique(row)) == 1 for row in m["values"])
        and np.all(np.abs(m["values"][:, 0] - r["value"]) <= 6 * exact)
        and np.all(np.abs(m["grads"][:, 0] - r["grad"]) <= 8 * (r["grad_sd"] / np.sqrt(r["n"]) + 1e-3))
    )


def _is_n_ignored(m, r, distances):
    return bool(
        distances["key"] == 0
        and distances["spread"] > 2.5
        and _agrees(m["values"], r["value"], 1e-4)
        and _agrees(m["grads"], r["grad"], 1e-3)
    )


def _is_log_mean_exp(m, r, distances):
    """Above the ELBO, below the evidence, and at the evidence where the weights are tame."""
    if distances["key"] != 0:
        return False
    mean = m["values"].mean(1)
    tame = r["weight_var"] < 0.03 * r["n"]
    var = np.where(tame, np.maximum(r["weight_var"], 0), 0)
    bias, error = var / (2 * r["n"]), np.sqrt(var / r["n"] / _N_KEYS)
    return bool(
        tame.any()
        and np.all(np.abs(mean - (r["log_z"] - bias))[tame] <= (6 * error + 3 * bias + 0.01)[tame])
        and np.all(mean <= r["log_z"] + 0.2)
        and np.all(mean >= r["value"] - 0.05)
        and np.any(np.abs(mean - r["value"])[tame] > (12 * error + 6 * bias + 0.03)[tame])
    )


def _elbo_figure(axes, m, r):
    exact = r["sd"] / np.sqrt(r["n"])
    deviation = (m["values"] - r["value"][:, None]) / exact[:, None]
    jitter = np.linspace(-0.25, 0.25, _N_KEYS)
    for i in range(4):
        axes.plot(
            i + jitter,
            np.clip(deviation[i], -12, 12),
            ".",
            color=BLUE,
            markersize=4,
            label="your estimates, one a key" if i == 0 else None,
        )
        axes.plot(
            [i - 0.33, i + 0.33],
            [np.clip(deviation[i].mean(), -12, 12)] * 2,
            color=RED,
            linestyle="--",
            label="their mean" if i == 0 else None,
        )
    axes.axhline(0, color="black", linewidth=1, label="quadrature")
    axes.axhspan(-2, 2, color="0.9", zorder=0, label="2 exact standard errors")
    right = _elbo_value(m, r) <= 7
    axes.set_title(
        "Your estimates scatter about the exact ELBO" if right else "Your estimates miss the exact ELBO", fontsize=10
    )
    axes.set_xticks(
        range(4), [f"loc {x:.2f}\nscale {np.exp(s):.2f}" for x, s in zip(r["loc"], r["log_scale"])], fontsize=8
    )
    axes.set_ylabel("estimate - ELBO\n(exact standard errors)", fontsize=8)
    axes.set_ylim(-13, 13)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7, ncols=2, loc="upper right")
    farthest = worst(deviation.mean(1))
    return (
        "Your estimates for 32 keys at four phis, less the exact ELBO, in exact standard errors. "
        f"The farthest mean lies {farthest:.1f} from zero."
    )


def _entropy_part(m, r, size):
    """Without this part of -E log q, the entropy of the surrogate."""
    lost = size * (r["log_scale"] + HALF_LOG_2PI + 0.5)
    return {**m, "values": m["values"] - lost[:, None], "repeat": m["repeat"] - lost, "grads": m["grads"] - [0, size]}


def _less_steady(m, r, size):
    mean = m["values"].mean(1)
    return {
        **m,
        "values": mean[:, None] + (1 + size) * (m["values"] - mean[:, None]),
        "repeat": mean + (1 + size) * (m["repeat"] - mean),
    }


EXERCISE = Exercise(
    title="The ELBO by Monte Carlo",
    names={"elbo_mc": "key, phi, log_joint, n"},
    public=_elbo_public,
    case=_elbo_draw,
    reference=_elbo_reference,
    fields={
        "values": Field((4, _N_KEYS), allow="inf nan"),
        "grads": Field((4, _N_KEYS, 2), allow="inf nan"),
        "repeat": Field((4,), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "value",
            points=2,
            compared="mean of 32 estimates and the ELBO by quadrature, at four phis, standard errors",
            distance=_elbo_value,
            needs=("values",),
            failed="On average over keys your estimate is not the ELBO of this surrogate.",
        ),
        Criterion(
            "gradient",
            points=3,
            compared="mean of 32 gradients and the gradient of the ELBO by quadrature, standard errors",
            distance=_elbo_grad,
            needs=("grads",),
            failed="On average over keys the gradient of your estimate is not the gradient of the ELBO.",
        ),
        Criterion(
            "spread",
            points=1,
            compared="spread of your estimates over keys, relative to that of n independent draws",
            distance=_elbo_spread,
            needs=("values",),
            failed="Your estimates are not as steady as an average over n draws.",
        ),
        Criterion(
            "key",
            points=2,
            compared="other keys give other estimates, the same key the same: 0 yes, 1 no",
            distance=_elbo_key,
            needs=("values", "repeat"),
            failed="An estimate must change with the key, and come back with the same key.",
        ),
    ),
    mistakes=(
        Mistake(
            "negated",
            hint="Is yours a bound on the log evidence from below?",
            looks_like=_is_estimate_of(lambda r, l, s, e: -_log_weight(r, l, s, e)),
        ),
        Mistake(
            "no log q",
            hint="A surrogate of zero width would win with this one: which term rewards spread?",
            looks_like=_is_estimate_of(lambda r, l, s, e: _log_p(r, l + np.exp(s) * e)),
        ),
        Mistake(
            "log scale as scale",
            hint="You multiply eps by a number from phi: may that number be negative?",
            looks_like=_is_log_scale_as_scale,
        ),
        Mistake(
            "scale squared",
            hint="What multiplies eps, and what does logpdf take: a width or a squared width?",
            looks_like=_is_estimate_of(
                lambda r, l, s, e: _log_weight(r, l, s, e, np.exp(2 * s), np.exp(2 * s)),
                lambda r, l, s, e: _log_weight(r, l, s, e, np.exp(s / 2), np.exp(s / 2)),
                lambda r, l, s, e: _log_weight(r, l, s, e, np.exp(s), np.exp(2 * s)),
                lambda r, l, s, e: _log_weight(r, l, s, e, np.exp(2 * s), np.exp(s)),
            ),
        ),
        Mistake("draws cut off", hint="Move loc a little: do your draws move with it?", looks_like=_is_stopped),
        Mistake("key ignored", hint="Call it with two keys: do you get two numbers?", looks_like=_is_key_ignored),
        Mistake(
            "n ignored", hint="Ten thousand draws should be steadier than one: are yours?", looks_like=_is_n_ignored
        ),
        Mistake(
            "log mean exp",
            hint="You averaged the weights and took the log after: that is another, tighter bound, so which "
            "mean does the ELBO take?",
            looks_like=_is_log_mean_exp,
        ),
        Mistake(
            "log q of eps",
            hint="Widen the surrogate: does your log q fall?",
            looks_like=_is_estimate_of(lambda r, l, s, e: _log_p(r, l + np.exp(s) * e) + HALF_LOG_2PI + 0.5 * e**2),
        ),
    ),
    near=(
        NearMiss(
            "offset",
            unit="nats",
            sizes=(0.01, 0.03, 0.06, 0.1, 0.2, 0.5),
            must=0.5,
            perturb=lambda m, r, size: {**m, "values": m["values"] + size, "repeat": m["repeat"] + size},
        ),
        NearMiss(
            "entropy",
            unit="part of it that is missing",
            sizes=(3e-3, 0.01, 0.03, 0.1, 0.2, 0.5),
            must=0.5,
            perturb=_entropy_part,
        ),
        NearMiss(
            "gradient",
            unit="part of it that is too much",
            sizes=(3e-3, 0.01, 0.03, 0.1, 0.3),
            must=0.3,
            perturb=lambda m, r, size: {**m, "grads": m["grads"] * (1 + size)},
        ),
        NearMiss(
            "spread",
            unit="part of the spread over keys that is too much",
            sizes=(0.5, 1, 1.5, 2, 3, 10),
            must=10,
            perturb=_less_steady,
        ),
    ),
    figure=_elbo_figure,
)
