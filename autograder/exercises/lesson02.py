"""Lesson 2, grader's half: the ELBO by Monte Carlo, and a hand-made loop.

Everything is judged against closed forms and Gauss-Hermite quadrature in float64. With
p(z) = c + A log sigmoid(z) + B log sigmoid(-z) and z = loc + scale * eps, one draw gives

    log weight            w = p(z) + log scale + log(2 pi) / 2 + eps**2 / 2,
    pathwise gradient     (p'(z), p'(z) * scale * eps + 1)

(Kingma & Welling 2014, *Auto-Encoding Variational Bayes*; Kucukelbir et al. 2017, *ADVI*).
"""

import numpy as np
from scipy.special import betaln, expit, log_expit

from autograder.exercises.common import BLUE, GREEN, ORANGE, RED, seed, worst
from autograder.judging import Criterion, Exercise, Field, KnownWrong, NearMiss
from autograder.references.coin import (
    NORMAL_NODES,
    NORMAL_WEIGHTS,
    best_logit_normal,
    beta_log_pdf,
    draw_coin,
    logit_normal_elbo,
    posterior,
    public_coin,
)

HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


# --- the log joint on the real line -------------------------------------------------------

_Z = np.linspace(-8.05, 7.95, 41)  # not 0: some right formulas have a kink in code there
_FAR = np.array([-200.0, -60.0, 60.0, 200.0])


def _line(heads, tails, z, jacobian=1.0):
    """(h + j) log s(z) + (t + j) log s(-z) for each pair, and its slope."""
    h, t = heads[:, None] + jacobian, tails[:, None] + jacobian
    return h * log_expit(z) + t * log_expit(-z), h * expit(-z) - t * expit(z)


def _log_joint_public():
    return {"heads": np.array([12, 3, 25]), "tails": np.array([8, 17, 10]), "z": _Z, "far": _FAR}


def _log_joint_case(rng):
    pairs = np.array([rng.choice(np.arange(3, 41), 2, replace=False) for _ in range(3)])
    return {"heads": pairs[:, 0], "tails": pairs[:, 1], "z": _Z, "far": _FAR}


def _log_joint_reference(case):
    heads, tails = case["heads"].astype(float), case["tails"].astype(float)
    values, slopes = _line(heads, tails, case["z"])
    far_values, far_slopes = _line(heads, tails, case["far"])
    return {"heads": heads, "tails": tails, "z": case["z"], "values": values, "slopes": slopes,
            "far_values": far_values, "far_slopes": far_slopes}


def _offset(m, r):
    return np.median(m["values"] - r["values"], axis=1)


def _log_joint_shape(m, r):
    difference = m["values"] - r["values"]
    return worst((difference - _offset(m, r)[:, None]) / (1 + np.abs(r["values"])))


def _log_joint_tails(m, r):
    values = (m["far_values"] - r["far_values"] - _offset(m, r)[:, None]) / (1 + np.abs(r["far_values"]))
    return worst([values, (m["far_slopes"] - r["far_slopes"]) / (1 + np.abs(r["far_slopes"]))])


def _is_line(jacobian, swapped=False, coefficient=False):
    """looks_like: the values everywhere are those of this wrong formula."""

    def looks_like(m, r, distances):
        heads, tails = (r["tails"], r["heads"]) if swapped else (r["heads"], r["tails"])
        constant = -np.log(heads + tails + 1) - betaln(heads + 1, tails + 1) if coefficient else np.zeros(len(heads))
        near = _line(heads, tails, r["z"], jacobian)[0] + constant[:, None]
        far = _line(heads, tails, _FAR, jacobian)[0] + constant[:, None]
        return all(worst((got - want) / (1 + np.abs(want))) < 2e-4 for got, want in ((m["values"], near), (m["far_values"], far)))

    return looks_like


def _is_overflow(m, r, distances):
    return (
        worst((m["values"] - r["values"]) / (1 + np.abs(r["values"]))) < 2e-3
        and not np.isfinite(m["far_values"][:, _FAR > 0]).any()
    )


def _log_joint_figure(axes, m, r):
    z, i = r["z"], 0
    inside = slice(12, 30)
    axes.plot(z[inside], r["values"][i][inside], color="black", label="reference")
    axes.plot(z[inside], m["values"][i][inside], color=BLUE, linestyle="--", marker="o", markersize=3, label="yours")
    right = worst(m["values"][i] - r["values"][i]) < 0.05
    axes.set_title("Your log joint lies on the reference" if right else "Your log joint is not the reference", fontsize=10)
    axes.set_xlabel("z = logit f", fontsize=8)
    axes.set_ylabel("log joint (nats)", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8)
    peak = z[np.argmax(m["values"][i])]
    return f"The log joint of {r['heads'][i]:.0f} heads and {r['tails'][i]:.0f} tails against z from -3 to 4: reference solid, yours dashed, highest near z = {peak:.1f}."


def _with_excess(m, r, h, t):
    """The measurement of a log joint with h log s(z) + t log s(-z) too much; h and t hold a number for each pair."""
    near, slope = _line(h, t, r["z"], 0)
    far, far_slope = _line(h, t, _FAR, 0)
    return {**m, "values": m["values"] + near, "slopes": m["slopes"] + slope, "far_values": m["far_values"] + far,
        "far_slopes": m["far_slopes"] + far_slope}


def _scaled_slope(m, r, size):
    return {**m, "slopes": m["slopes"] * (1 + size), "far_slopes": m["far_slopes"] * (1 + size)}


LOG_JOINT = Exercise(
    id="log-joint",
    title="The log joint on the real line",
    names={"log_joint_unconstrained": "z, heads, tails"},
    public=_log_joint_public,
    case=_log_joint_case,
    reference=_log_joint_reference,
    fields={
        "values": Field((3, 41), allow="inf nan"),
        "slopes": Field((3, 41), allow="inf nan"),
        "far_values": Field((3, 4), allow="inf nan"),
        "far_slopes": Field((3, 4), allow="inf nan"),
    },
    criteria=(
        Criterion("shape", 2, "your log joint and the exact one for z from -8 to 8, up to a constant, relative to 1 + its size",
                  _log_joint_shape, ("values",), "As a function of z, your log joint has another shape than the one in the text."),
        Criterion("constant", 1, "the constant between your log joint and the exact one, nats",
                  lambda m, r: worst(_offset(m, r)), ("values",), "Your log joint is off by a constant, and the bound on the evidence with it."),
        Criterion("slope", 1, "its derivative in z, relative to 1 + its size",
                  lambda m, r: worst((m["slopes"] - r["slopes"]) / (1 + np.abs(r["slopes"]))), ("slopes",),
                  "The slope of your log joint, which will drive the optimiser, is off."),
        Criterion("far out", 1, "shape and slope at z = -200, -60, 60 and 200, relative to 1 + their size",
                  _log_joint_tails, ("values", "far_values", "far_slopes"), "Far from zero your log joint or its slope is off, or not finite."),
    ),
    known_wrong=(
        KnownWrong("no jacobian", "def log_joint_unconstrained(z, heads, tails):\n"
                   "    return heads * jax.nn.log_sigmoid(z) + tails * jax.nn.log_sigmoid(-z)\n",
                   "With this one, E f lands on the mode of the density of f: what does df/dz contribute?", _is_line(0.0)),
        KnownWrong("jacobian upside down", "def log_joint_unconstrained(z, heads, tails):\n"
                   "    return (heads - 1) * jax.nn.log_sigmoid(z) + (tails - 1) * jax.nn.log_sigmoid(-z)\n",
                   "Which way does the density shrink where a small step in f becomes a long one in z?", _is_line(-1.0)),
        KnownWrong("heads and tails swapped", "def log_joint_unconstrained(z, heads, tails):\n"
                   "    return (tails + 1) * jax.nn.log_sigmoid(z) + (heads + 1) * jax.nn.log_sigmoid(-z)\n",
                   "Send z up: should heads become more likely, or tails?", _is_line(1.0, swapped=True)),
        KnownWrong("log of a rounded number", "def log_joint_unconstrained(z, heads, tails):\n"
                   "    f = jax.nn.sigmoid(z)\n    return (heads + 1) * jnp.log(f) + (tails + 1) * jnp.log(1 - f)\n",
                   "Try z = 200: what does 1 - sigmoid(z) round to?", _is_overflow),
        KnownWrong("binomial coefficient", "def log_joint_unconstrained(z, heads, tails):\n"
                   "    from jax.scipy.special import gammaln\n"
                   "    choose = gammaln(heads + tails + 1.0) - gammaln(heads + 1.0) - gammaln(tails + 1.0)\n"
                   "    return choose + (heads + 1) * jax.nn.log_sigmoid(z) + (tails + 1) * jax.nn.log_sigmoid(-z)\n",
                   "Is yours the probability of the count, or of this very sequence of flips?", _is_line(1.0, coefficient=True)),
    ),
    honest={
        "softplus": "def log_joint_unconstrained(z, heads, tails):\n"
        "    return (heads + 1) * z - (heads + tails + 2) * jax.nn.softplus(z)\n",
        "logaddexp": "def log_joint_unconstrained(z, heads, tails):\n"
        "    log_f, log_1mf = -jnp.logaddexp(0.0, -z), -jnp.logaddexp(0.0, z)\n"
        "    log_jacobian = log_f + log_1mf\n    return heads * log_f + tails * log_1mf + log_jacobian\n",
        "numpyro": "def log_joint_unconstrained(z, heads, tails):\n"
        "    import numpyro.distributions as dist\n"
        "    likelihood = heads * dist.Bernoulli(logits=z).log_prob(1.0) + tails * dist.Bernoulli(logits=z).log_prob(0.0)\n"
        "    return likelihood - jax.nn.softplus(z) - jax.nn.softplus(-z)\n",
    },
    near=(
        NearMiss("constant", "nats", (5e-4, 1e-3, 2e-3, 4e-3, 0.01), 0.01,
                 lambda m, r, size: {**m, "values": m["values"] + size, "far_values": m["far_values"] + size}),
        NearMiss("heads", "heads too many", (3e-4, 1e-3, 2e-3, 3e-3, 0.01), 0.01,
                 lambda m, r, size: _with_excess(m, r, np.full(3, size), np.zeros(3))),
        NearMiss("Jacobian", "part of it that is missing", (1e-4, 3e-4, 6e-4, 1e-3, 3e-3), 3e-3,
                 lambda m, r, size: _with_excess(m, r, np.full(3, -size), np.full(3, -size))),
        NearMiss("slope", "part of it that is too much", (5e-4, 1e-3, 2e-3, 4e-3, 0.01), 0.01, _scaled_slope),
    ),
    figure=_log_joint_figure,
)


# --- the ELBO by Monte Carlo --------------------------------------------------------------

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


def _log_p(r, z):
    return r["c"] + r["a"] * log_expit(z) + r["b"] * log_expit(-z)


def _log_weight(r, loc, log_scale, eps, drawn=None, claimed=None):
    """log p(z) - log q(z) with z drawn at scale ``drawn`` and q of scale ``claimed``; the right one for None."""
    drawn = np.exp(log_scale) if drawn is None else drawn
    claimed = np.exp(log_scale) if claimed is None else claimed
    shift = drawn * eps
    return _log_p(r, loc + shift) + np.log(np.abs(claimed)) + HALF_LOG_2PI + 0.5 * (shift / claimed) ** 2


def _moments(values):
    """Mean and sd over the standard normal nodes, last axis."""
    mean = values @ NORMAL_WEIGHTS
    return mean, np.sqrt(np.maximum((values - mean[..., None]) ** 2 @ NORMAL_WEIGHTS, 0))


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
    seen = np.where(np.abs(eps) < 4.2, NORMAL_WEIGHTS, 0)  # rarer draws carry the variance of the weights, but do not come
    return r | {
        "value": value, "sd": np.maximum(sd, sd_closed), "grad": np.stack([grad_loc, grad_scale], -1),
        "grad_sd": np.stack([sd_loc, sd_scale], -1), "log_z": log_z,
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
            grad = np.stack([
                (expectation(r, f, r["loc"] + h, r["log_scale"])[0] - expectation(r, f, r["loc"] - h, r["log_scale"])[0]) / (2 * h),
                (expectation(r, f, r["loc"], r["log_scale"] + h)[0] - expectation(r, f, r["loc"], r["log_scale"] - h)[0]) / (2 * h),
            ], -1)
            steady = m["values"].std(1) <= 3 * np.maximum(sd, r["sd"]) / np.sqrt(r["n"]) + _floor(r)
            if _agrees(m["values"], mean, 1e-4) and _agrees(m["grads"], grad, 1e-3) and steady.all():
                return True
        return False

    return looks_like


def _is_log_scale_as_scale(m, r, distances):
    """Values of the surrogate of width |log_scale|; where that number is negative they may be NaN."""
    width = np.abs(r["log_scale"])
    mean, sd = _moments(_log_weight(r, r["loc"][:, None], r["log_scale"][:, None], NORMAL_NODES, width[:, None], width[:, None]))
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
        axes.plot(i + jitter, np.clip(deviation[i], -12, 12), ".", color=BLUE, markersize=4, label="your estimates, one a key" if i == 0 else None)
        axes.plot([i - 0.33, i + 0.33], [np.clip(deviation[i].mean(), -12, 12)] * 2, color=RED, linestyle="--",
            label="their mean" if i == 0 else None)
    axes.axhline(0, color="black", linewidth=1, label="quadrature")
    axes.axhspan(-2, 2, color="0.9", zorder=0, label="2 exact standard errors")
    right = _elbo_value(m, r) <= 7
    axes.set_title("Your estimates scatter about the exact ELBO" if right else "Your estimates miss the exact ELBO", fontsize=10)
    axes.set_xticks(range(4), [f"loc {x:.2f}\nscale {np.exp(s):.2f}" for x, s in zip(r["loc"], r["log_scale"])], fontsize=8)
    axes.set_ylabel("estimate - ELBO\n(exact standard errors)", fontsize=8)
    axes.set_ylim(-13, 13)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7, ncols=2, loc="upper right")
    farthest = worst(deviation.mean(1))
    return f"Your estimates for 32 keys at four phis, less the exact ELBO, in exact standard errors. The farthest mean lies {farthest:.1f} from zero."


def _entropy_part(m, r, size):
    """Without this part of -E log q, the entropy of the surrogate."""
    lost = size * (r["log_scale"] + HALF_LOG_2PI + 0.5)
    return {**m, "values": m["values"] - lost[:, None], "repeat": m["repeat"] - lost, "grads": m["grads"] - [0, size]}


def _less_steady(m, r, size):
    mean = m["values"].mean(1)
    return {**m, "values": mean[:, None] + (1 + size) * (m["values"] - mean[:, None]), "repeat": mean + (1 + size) * (m["repeat"] - mean)}


_ELBO_HEAD = "def elbo_mc(key, phi, log_joint, n):\n"
_DRAW = _ELBO_HEAD + (
    "    scale = jnp.exp(phi['log_scale'])\n    eps = jax.random.normal(key, (n,))\n    z = phi['loc'] + scale * eps\n"
)
_LOG_Q = "    log_q = jax.scipy.stats.norm.logpdf(z, phi['loc'], scale)\n"

ELBO_MC = Exercise(
    id="elbo-mc",
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
        Criterion("value", 2, "mean of 32 estimates and the ELBO by quadrature, at four phis, standard errors",
                  _elbo_value, ("values",), "On average over keys your estimate is not the ELBO of this surrogate."),
        Criterion("gradient", 3, "mean of 32 gradients and the gradient of the ELBO by quadrature, standard errors",
                  _elbo_grad, ("grads",), "On average over keys the gradient of your estimate is not the gradient of the ELBO."),
        Criterion("spread", 1, "spread of your estimates over keys, relative to that of n independent draws",
                  _elbo_spread, ("values",), "Your estimates are not as steady as an average over n draws."),
        Criterion("key", 2, "other keys give other estimates, the same key the same: 0 yes, 1 no",
                  _elbo_key, ("values", "repeat"), "An estimate must change with the key, and come back with the same key."),
    ),
    known_wrong=(
        KnownWrong("negated", _DRAW + _LOG_Q + "    return jnp.mean(log_q - log_joint(z))\n",
                   "Is yours a bound on the log evidence from below?", _is_estimate_of(lambda r, l, s, e: -_log_weight(r, l, s, e))),
        KnownWrong("no log q", _DRAW + "    return jnp.mean(log_joint(z))\n",
                   "A surrogate of zero width would win with this one: which term rewards spread?",
                   _is_estimate_of(lambda r, l, s, e: _log_p(r, l + np.exp(s) * e))),
        KnownWrong("log scale as scale", _ELBO_HEAD + "    scale = phi['log_scale']\n    z = phi['loc'] + scale * jax.random.normal(key, (n,))\n"
                   + _LOG_Q + "    return jnp.mean(log_joint(z) - log_q)\n",
                   "You multiply eps by a number from phi: may that number be negative?", _is_log_scale_as_scale),
        KnownWrong("scale squared", _ELBO_HEAD + "    scale = jnp.exp(phi['log_scale']) ** 2\n    z = phi['loc'] + scale * jax.random.normal(key, (n,))\n"
                   + _LOG_Q + "    return jnp.mean(log_joint(z) - log_q)\n",
                   "What multiplies eps, and what does logpdf take: a width or a squared width?", _is_estimate_of(
                       lambda r, l, s, e: _log_weight(r, l, s, e, np.exp(2 * s), np.exp(2 * s)),
                       lambda r, l, s, e: _log_weight(r, l, s, e, np.exp(s / 2), np.exp(s / 2)),
                       lambda r, l, s, e: _log_weight(r, l, s, e, np.exp(s), np.exp(2 * s)),
                       lambda r, l, s, e: _log_weight(r, l, s, e, np.exp(2 * s), np.exp(s)),
                   )),
        KnownWrong("draws cut off", _DRAW + "    z = jax.lax.stop_gradient(z)\n" + _LOG_Q + "    return jnp.mean(log_joint(z) - log_q)\n",
                   "Move loc a little: do your draws move with it?", _is_stopped),
        KnownWrong("key ignored", _DRAW.replace("normal(key", "normal(jax.random.key(0)") + _LOG_Q + "    return jnp.mean(log_joint(z) - log_q)\n",
                   "Call it with two keys: do you get two numbers?", _is_key_ignored),
        KnownWrong("n ignored", _DRAW.replace("(n,)", "(10,)") + _LOG_Q + "    return jnp.mean(log_joint(z) - log_q)\n",
                   "Ten thousand draws should be steadier than one: are yours?", _is_n_ignored),
        KnownWrong("log mean exp", _DRAW + _LOG_Q + "    return jax.scipy.special.logsumexp(log_joint(z) - log_q) - jnp.log(n)\n",
                   "You averaged the weights and took the log after: that is another, tighter bound, so which mean does the ELBO take?",
                   _is_log_mean_exp),
        KnownWrong("log q of eps", _DRAW + "    log_q = jax.scipy.stats.norm.logpdf(eps)\n    return jnp.mean(log_joint(z) - log_q)\n",
                   "Widen the surrogate: does your log q fall?",
                   _is_estimate_of(lambda r, l, s, e: _log_p(r, l + np.exp(s) * e) + HALF_LOG_2PI + 0.5 * e**2)),
    ),
    honest={
        "closed entropy": _DRAW + "    return jnp.mean(log_joint(z)) + phi['log_scale'] + 0.5 * jnp.log(2 * jnp.pi * jnp.e)\n",
        "antithetic": _ELBO_HEAD + "    eps = jax.random.normal(key, (n // 2,))\n    eps = jnp.concatenate([eps, -eps])\n"
        "    scale = jnp.exp(phi['log_scale'])\n    z = phi['loc'] + scale * eps\n" + _LOG_Q + "    return jnp.mean(log_joint(z) - log_q)\n",
        "a key each": _ELBO_HEAD + "    def one(key):\n        eps = jax.random.normal(key)\n        z = phi['loc'] + jnp.exp(phi['log_scale']) * eps\n"
        "        log_q = -0.5 * eps**2 - phi['log_scale'] - 0.5 * jnp.log(2 * jnp.pi)\n        return log_joint(z) - log_q\n"
        "    return jax.vmap(one)(jax.random.split(key, n)).mean()\n",
        "sticking the landing": _DRAW + "    fixed = jax.tree.map(jax.lax.stop_gradient, phi)\n"
        "    log_q = jax.scipy.stats.norm.logpdf(z, fixed['loc'], jnp.exp(fixed['log_scale']))\n    return jnp.mean(log_joint(z) - log_q)\n",
        "jitted": "from functools import partial\n@partial(jax.jit, static_argnames=('log_joint', 'n'))\n" + _DRAW + _LOG_Q
        + "    return jnp.mean(jax.vmap(log_joint)(z) - log_q)\n",
    },
    near=(
        NearMiss("offset", "nats", (0.01, 0.03, 0.06, 0.1, 0.2, 0.5), 0.5,
                 lambda m, r, size: {**m, "values": m["values"] + size, "repeat": m["repeat"] + size}),
        NearMiss("entropy", "part of it that is missing", (3e-3, 0.01, 0.03, 0.1, 0.2, 0.5), 0.5, _entropy_part),
        NearMiss("gradient", "part of it that is too much", (3e-3, 0.01, 0.03, 0.1, 0.3), 0.3,
                 lambda m, r, size: {**m, "grads": m["grads"] * (1 + size)}),
        NearMiss("spread", "part of the spread over keys that is too much", (0.5, 1, 1.5, 2, 3, 10), 10, _less_steady),
    ),
    figure=_elbo_figure,
)


# --- one step -----------------------------------------------------------------------------

_STEPS = 5


def _adam(grad, state, lr):
    """One update of Adam (Kingma & Ba 2015) with the usual constants."""
    m, v, t = state if state is not None else (0.0, 0.0, 0)
    m, v, t = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2, t + 1
    return -lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), (m, v, t)


def _momentum(grad, state, lr):
    trace = grad + 0.9 * (0.0 if state is None else state)
    return -lr * trace, trace


def _walk(r, rule="right"):
    """phi (2, 5, 4) and value (2, 5) of five steps of Adam and of momentum, right or with one mistake."""
    phis, values = [], []
    for update in (_adam, _momentum):
        x, state, path, losses = r["phi0"], None, [], []
        for _ in range(_STEPS):
            loss = r["height"] + 0.5 * (x - r["centre"]) @ r["matrix"] @ (x - r["centre"])
            change, new_state = update(r["matrix"] @ (x - r["centre"]), state, r["lr"])
            x = {"up": x - change, "changes": change}.get(rule, x + change)
            if rule != "forgets":
                state = new_state
            if rule == "late value":
                loss = r["height"] + 0.5 * (x - r["centre"]) @ r["matrix"] @ (x - r["centre"])
            path.append(x)
            losses.append(loss)
        phis.append(path)
        values.append(losses)
    return np.array(phis), np.array(values)


def _svi_step_case(rng):
    turn, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    centre = rng.normal(0, 1, 4)
    return {
        "phi0": centre + rng.choice([-1.0, 1.0], 4) * rng.uniform(0.7, 2, 4),
        "centre": centre,
        "matrix": turn @ np.diag(np.exp(rng.uniform(np.log(0.5), np.log(3), 4))) @ turn.T,
        "height": rng.normal(0, 3),
        "lr": np.exp(rng.uniform(np.log(0.03), np.log(0.15))),
        "seed": seed(rng),
    }


def _svi_step_reference(case):
    r = {name: np.asarray(case[name], dtype=float) for name in ("phi0", "centre", "matrix", "height", "lr")}
    phi, value = _walk(r)
    return r | {"phi": phi, "value": value}


def _relative(got, want):
    return worst((got - want) / (1 + np.abs(want)))


def _svi_step_pure(m, r):
    plain = [_relative(m["plain_phi"], m["phi"][0, 0]), _relative(m["plain_value"], m["value"][0, 0])]
    return worst([*plain, _relative(m["jit_value"], m["value"])])


def _svi_step_key(m, r):
    if not np.isfinite(m["keyed"]).all():
        return np.nan
    one, two, again = m["keyed"]
    return 0.0 if one != two and abs(one - again) <= 1e-5 * (1 + abs(one)) else 1.0


def _is_walk(rule):
    def looks_like(m, r, distances):
        phi, value = _walk(r, rule)
        return _relative(m["phi"], phi) < 2e-4 and _relative(m["value"], value) < 2e-4 and distances["pure"] < 1e-4 and distances["key"] == 0

    return looks_like


def _is_not_jittable(m, r, distances):
    again = worst([_relative(m["plain_phi"], m["phi"][0, 0]), _relative(m["plain_value"], m["value"][0, 0])])
    return bool(np.isnan(m["jit_value"]).all() and worst([again, distances["steps"], distances["value"]]) < 1e-4 and distances["key"] == 0)


def _is_keyless(m, r, distances):
    one, two, again = m["keyed"]
    return bool(one == two == again and worst([distances["steps"], distances["value"], distances["pure"]]) < 1e-4)


def _other_rate(m, r, size):
    """Five steps with the learning rate too large by this part."""
    phi, value = _walk({**r, "lr": r["lr"] * (1 + size)})
    phi, value = phi - r["phi"], value - r["value"]
    return {**m, "phi": m["phi"] + phi, "plain_phi": m["plain_phi"] + phi[0, 0], "value": m["value"] + value, "jit_value": m["jit_value"] + value}


_STEP_HEAD = "def svi_step(key, phi, opt_state, loss, optimizer):\n"
_GRAD = "    value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)\n"
_UPDATE = "    updates, opt_state = optimizer.update(grads, opt_state, phi)\n"

SVI_STEP = Exercise(
    id="svi-step",
    title="One step of stochastic gradient descent",
    names={"svi_step": "key, phi, opt_state, loss, optimizer"},
    public=lambda: _svi_step_case(np.random.default_rng(2)),
    case=_svi_step_case,
    reference=_svi_step_reference,
    fields={
        "phi": Field((2, _STEPS, 4), allow="inf nan"),
        "value": Field((2, _STEPS), allow="inf nan"),
        "jit_value": Field((2, _STEPS), allow="inf nan"),
        "plain_phi": Field((2, 4), allow="inf nan"),
        "plain_value": Field((2,), allow="inf nan"),
        "keyed": Field((3,), allow="inf nan"),
    },
    criteria=(
        Criterion("steps", 2, "phi after each of five steps, of Adam and of momentum, and optax's, relative to 1 + its size",
                  lambda m, r: _relative(m["phi"], r["phi"]), ("phi",), "Your five steps do not lead where the optimiser leads."),
        Criterion("value", 2, "the value returned at each step and the loss of the phi that went in, relative to 1 + its size",
                  lambda m, r: _relative(m["value"], r["value"]), ("value",), "The value you return is not the loss along those steps."),
        Criterion("pure", 1, "the first step inside jax.jit, outside it, and once more, relative to 1 + its size",
                  _svi_step_pure, ("phi", "value", "jit_value", "plain_phi", "plain_value"),
                  "The same arguments must give the same results, inside `jax.jit` too, and stay as they were."),
        Criterion("key", 1, "with a noisy loss two keys give two values and one key one: 0 yes, 1 no",
                  _svi_step_key, ("keyed",), "With a loss that draws, your value must follow the key that you were given."),
    ),
    known_wrong=(
        KnownWrong("uphill", _STEP_HEAD + _GRAD + _UPDATE + "    return jax.tree.map(lambda p, u: p - u, phi, updates), opt_state, value\n",
                   "Take five steps: did the loss fall or rise?", _is_walk("up")),
        KnownWrong("returns the changes", _STEP_HEAD + _GRAD + _UPDATE + "    return updates, opt_state, value\n",
                   "What you return first: are these parameters, or changes of parameters?", _is_walk("changes")),
        KnownWrong("old state", _STEP_HEAD + _GRAD + "    updates, _ = optimizer.update(grads, opt_state, phi)\n"
                   "    return optax.apply_updates(phi, updates), opt_state, value\n",
                   "Your first step is right and the second is not: what does Adam remember?", _is_walk("forgets")),
        KnownWrong("late value", _STEP_HEAD + _GRAD + _UPDATE + "    phi = optax.apply_updates(phi, updates)\n    return phi, opt_state, loss(key, phi)\n",
                   "Return the loss of the parameters that you were given: are those the ones you evaluate?", _is_walk("late value")),
        KnownWrong("float", _STEP_HEAD + _GRAD + _UPDATE + "    return optax.apply_updates(phi, updates), opt_state, float(value)\n",
                   "This must run inside jit: which line asks for a number that is not there yet?", _is_not_jittable),
        KnownWrong("own key", _STEP_HEAD + _GRAD.replace("loss(key", "loss(jax.random.key(0)") + _UPDATE
                   + "    return optax.apply_updates(phi, updates), opt_state, value\n",
                   "Call it with two keys: why is it the same number?", _is_keyless),
    ),
    honest={
        "grad and value apart": _STEP_HEAD + "    value = loss(key, phi)\n    grads = jax.grad(loss, argnums=1)(key, phi)\n"
        "    updates, opt_state = optimizer.update(grads, opt_state)\n    return optax.apply_updates(phi, updates), opt_state, value\n",
        "argnums and tree map": _STEP_HEAD + "    value, grads = jax.value_and_grad(loss, argnums=1)(key, phi)\n" + _UPDATE
        + "    phi = jax.tree.map(jnp.add, phi, updates)\n    return phi, opt_state, value\n",
        "jitted inside": _STEP_HEAD + "    @jax.jit\n    def step(key, phi, opt_state):\n        value, grads = jax.value_and_grad(loss, argnums=1)(key, phi)\n"
        "        updates, opt_state = optimizer.update(grads, opt_state, phi)\n        return optax.apply_updates(phi, updates), opt_state, value\n"
        "    return step(key, phi, opt_state)\n",
    },
    near=(
        NearMiss("rate", "part of the learning rate", (3e-5, 1e-4, 2e-4, 4e-4, 1e-3, 3e-3), 3e-3, _other_rate),
        NearMiss("value", "part of 1 + its size", (3e-5, 1e-4, 3e-4, 1e-3), 1e-3, lambda m, r, size: {
            **m, **{name: m[name] + size * (1 + np.abs(m[name])) for name in ("value", "jit_value", "plain_value")}}),
    ),
)


# --- the loop -----------------------------------------------------------------------------


def _fit_case(coin, seed):
    a, b = posterior(coin)
    loc = best_logit_normal(a, b)[0]
    return {
        "a": np.float64(a), "b": np.float64(b), "constant": np.float64(-betaln(coin["a0"], coin["b0"])),
        "phi0": np.array([-5 * np.sign(loc), 0.5]), "particles": np.array(1024), "n_steps": np.array(3000),
        "lr": np.float64(0.01), "seed": np.array(seed),
    }


def _fit_draw(rng):
    while True:
        coin = draw_coin(rng)
        if abs(best_logit_normal(*posterior(coin))[0]) <= 2.5:
            return _fit_case(coin, seed(rng))


def _fit_reference(case):
    a, b, constant = float(case["a"]), float(case["b"]), float(case["constant"])
    loc, scale, kl = best_logit_normal(a, b)
    z = loc + scale * NORMAL_NODES
    _, sd = _moments(a * log_expit(z) + b * log_expit(-z))
    phi0 = np.asarray(case["phi0"], dtype=float)
    return {
        "a": a, "b": b, "loc": loc, "scale": scale, "constant": constant, "phi0": phi0, "floor": -betaln(a, b) - constant,
        "best": kl - betaln(a, b) - constant, "start": -logit_normal_elbo(phi0[0], np.exp(phi0[1]), a, b) - constant,
        "noise": sd / np.sqrt(float(case["particles"])), "n_steps": float(case["n_steps"]), "lr": float(case["lr"]),
    }


def _fit_excess(m, r):
    losses = [-logit_normal_elbo(loc, np.exp(log_scale), r["a"], r["b"]) - r["constant"] for loc, log_scale in m["phi"]]
    return float(np.max(losses) - r["best"]) if np.isfinite(losses).all() else np.nan


def _fit_curve(m, r):
    if m["losses"].shape[1] != r["n_steps"]:
        return np.nan
    drop = m["losses"][:, 0] - m["losses"][:, -200:].mean(1)
    return worst(drop / (r["start"] - r["best"]) - 1)


def _fit_noise(m, r):
    steps = np.diff(m["losses"][:, -500:], axis=1)
    return float(np.log(np.sqrt(2) * r["noise"] / steps.std(1).min()))


def _fit_keys(m, r):
    losses = m["losses"]
    if not np.isfinite(losses).all():
        return np.nan
    return 0.0 if all(np.any(losses[i] != losses[j]) for i, j in ((0, 1), (0, 2), (1, 2))) else 1.0


def _falls(losses):
    return bool(np.all(losses[:, 0] > losses[:, -1]))


def _is_one_key_for_all(m, r, distances):
    return bool(distances["noise"] > 3 and distances["optimum"] < 0.1 and distances["curve"] < 0.2 and distances["two keys"] == 0)


def _is_own_key(m, r, distances):
    return bool(distances["two keys"] == 1 and distances["noise"] < 1.2 and distances["optimum"] < 0.02 and distances["curve"] < 0.2)


def _is_short(m, r, distances):
    n = m["losses"].shape[1]
    reach = r["lr"] * n
    moved = np.abs(m["phi"][:, 0] - r["phi0"][0])
    noisy = np.diff(m["losses"], axis=1).std(1) > 0
    return bool(10 <= n <= 0.5 * r["n_steps"] and _falls(m["losses"]) and noisy.all() and distances["optimum"] > 0.02
                and distances["two keys"] == 0 and np.all(moved > 0.3 * reach) and np.all(moved < 1.5 * reach))


def _is_slow(m, r, distances):
    """As many losses as steps, still falling at the end, and a path of a tenth of the length that lr allows."""
    losses = m["losses"]
    if losses.shape[1] != r["n_steps"]:
        return False
    moved = (m["phi"][:, 0] - r["phi0"][0]) * -np.sign(r["phi0"][0])
    reach = r["lr"] * r["n_steps"]
    started = np.abs(losses[:, 0] - r["start"]) < 0.15 * (r["start"] - r["best"])
    return bool(np.all(moved > 0.02 * reach) and np.all(moved < 0.13 * reach) and started.all() and distances["two keys"] == 0
                and np.all(losses[:, -300:-200].mean(1) > losses[:, -100:].mean(1)) and distances["noise"] < 1.2)


def _is_start_returned(m, r, distances):
    return bool(worst(m["phi"] - r["phi0"]) < 1e-5 and distances["curve"] < 0.2 and distances["noise"] < 1.2 and distances["two keys"] == 0)


def _is_last_loss_only(m, r, distances):
    return bool(m["losses"].shape == (3,) and np.all(np.abs(m["losses"] - r["best"]) < 10 * r["noise"] + 0.1)
                and len(np.unique(m["losses"])) == 3 and distances["optimum"] < 0.02)


def _is_ascent(m, r, distances):
    losses, moved = m["losses"], (m["phi"][:, 0] - r["phi0"][0]) * np.sign(r["phi0"][0])
    started = np.abs(losses[:, 0] - r["start"]) < 0.5 * (r["start"] - r["best"])
    return bool(losses.shape[1] == r["n_steps"] and started.all() and not np.any(losses[:, -100:].mean(1) < 1.5 * losses[:, 0])
                and not np.any(np.abs(m["phi"] - r["phi0"]) < 1) and np.isfinite(moved).all())


def _fit_figure(axes, m, r):
    f = np.linspace(0.002, 0.998, 400)
    z = np.log(f / (1 - f))
    axes.fill_between(f, np.exp(beta_log_pdf(f, r["a"], r["b"])), color="0.85", label="posterior")
    for i, (loc, log_scale) in enumerate(m["phi"]):
        q = np.exp(-0.5 * ((z - loc) / np.exp(log_scale)) ** 2 - log_scale - HALF_LOG_2PI) / (f * (1 - f))
        axes.plot(f, q, color=(BLUE, ORANGE, GREEN)[i], linestyle=("-", "--", ":")[i], label=f"your surrogate, key {i + 1}")
    excess = _fit_excess(m, r)
    axes.set_title("Your surrogate lies on the posterior" if excess <= 0.007 else "Your surrogate does not lie on the posterior", fontsize=10)
    axes.set_xlabel("f", fontsize=8)
    axes.set_ylabel("density", fontsize=8)
    axes.set_ylim(0, 1.4 * np.exp(beta_log_pdf(f, r["a"], r["b"])).max())
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8)
    return f"The posterior of f and your surrogate for three keys. Your loss ends {excess:.2g} nats above the lowest that a logit-normal can have."


_FIT_HEAD = "def fit(key, loss, phi0, n_steps, lr):\n    optimizer = optax.adam(lr)\n"
_FIT_STEP = (
    "    def step(carry, key):\n        phi, opt_state = carry\n        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)\n"
    "        updates, opt_state = optimizer.update(grads, opt_state)\n        return (optax.apply_updates(phi, updates), opt_state), value\n"
)
_FIT_SCAN = "    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))\n"
_FIT = _FIT_HEAD + _FIT_STEP + _FIT_SCAN + "    return phi, losses\n"

FIT = Exercise(
    id="fit",
    title="The whole loop",
    names={"fit": "key, loss, phi0, n_steps, lr"},
    public=lambda: _fit_case(public_coin(), 20),
    case=_fit_draw,
    reference=_fit_reference,
    fields={"phi": Field((3, 2), allow="inf nan"), "losses": Field((3, None), allow="inf nan")},
    criteria=(
        Criterion("optimum", 3, "the loss at your phi less the lowest loss of any logit-normal, by quadrature, nats",
                  _fit_excess, ("phi",), "The phi that you return is not where the loss is lowest."),
        Criterion("curve", 1, "fall of your losses from first to last, relative to the fall to the optimum, less 1",
                  _fit_curve, ("losses",), "Your losses are not n_steps long, or do not fall from the start's loss to the optimum's."),
        Criterion("noise", 2, "log ratio of the jitter that the draws must give to the jitter of your late losses",
                  _fit_noise, ("losses",), "Your late losses jitter less than fresh draws at each step must make them."),
        Criterion("two keys", 1, "other keys give other losses: 0 yes, 1 no",
                  _fit_keys, ("losses",), "Your losses must change with the key."),
    ),
    known_wrong=(
        KnownWrong("one key for all steps", _FIT.replace("loss(key, p)", "loss(fixed, p)").replace("    optimizer =",
            "    fixed = key\n    optimizer ="),
                   "Is your loss too quiet, as if each step saw the same draws?", _is_one_key_for_all),
        KnownWrong("own key", _FIT.replace("split(key,", "split(jax.random.key(0),"), "Call it with two keys: why are the losses the same?",
            _is_own_key),
        KnownWrong("too few steps", _FIT.replace("split(key, n_steps)", "split(key, n_steps // 10)"),
                   "Count your losses: are there n_steps of them, and do they still fall?", _is_short),
        KnownWrong("small rate", _FIT.replace("adam(lr)", "adam(lr / 10)"), "How far can Adam travel in n_steps steps of about lr each?", _is_slow),
        KnownWrong("start returned", _FIT.replace("return phi, losses", "return phi0, losses"),
                   "Your losses fell, yet phi has not moved: did the result of the scan leave the function?", _is_start_returned),
        KnownWrong("last loss only", _FIT.replace("return phi, losses", "return phi, losses[-1]"),
                   "A curve has n_steps points: how many have you?", _is_last_loss_only),
        KnownWrong("uphill", _FIT.replace("optax.apply_updates(phi, updates)", "jax.tree.map(lambda p, u: p - u, phi, updates)"),
                   "Which way did your loss go?", _is_ascent),
    ),
    honest={
        "jit around all": "from functools import partial\n@partial(jax.jit, static_argnames=('loss', 'n_steps'))\n" + _FIT,
        "key in the carry": _FIT_HEAD + "    def step(carry, _):\n        key, phi, opt_state = carry\n        key, sub = jax.random.split(key)\n"
        "        value, grads = jax.value_and_grad(loss, argnums=1)(sub, phi)\n        updates, opt_state = optimizer.update(grads, opt_state, phi)\n"
        "        return (key, optax.apply_updates(phi, updates), opt_state), value\n"
        "    (_, phi, _), losses = jax.lax.scan(step, (key, phi0, optimizer.init(phi0)), length=n_steps)\n    return phi, losses\n",
        "fold in": _FIT_HEAD + "    def step(carry, i):\n        phi, opt_state = carry\n        value, grads = jax.value_and_grad(loss, argnums=1)(jax.random.fold_in(key, i), phi)\n"
        "        updates, opt_state = optimizer.update(grads, opt_state, phi)\n        return (optax.apply_updates(phi, updates), opt_state), value\n"
        "    (phi, _), losses = jax.jit(lambda c: jax.lax.scan(step, c, jnp.arange(n_steps)))((phi0, optimizer.init(phi0)))\n    return phi, losses\n",
        "python loop": _FIT_HEAD + "    @jax.jit\n    def step(key, phi, opt_state):\n        value, grads = jax.value_and_grad(loss, argnums=1)(key, phi)\n"
        "        updates, opt_state = optimizer.update(grads, opt_state, phi)\n        return optax.apply_updates(phi, updates), opt_state, value\n"
        "    phi, opt_state, losses = phi0, optimizer.init(phi0), []\n    for k in jax.random.split(key, n_steps):\n"
        "        phi, opt_state, value = step(k, phi, opt_state)\n        losses.append(value)\n    return phi, jnp.array([float(v) for v in losses])\n",
        "rmsprop": _FIT.replace("optax.adam(lr)", "optax.rmsprop(lr)"),
        "momentum": _FIT.replace("optax.adam(lr)", "optax.chain(optax.clip_by_global_norm(5.0), optax.sgd(lr, momentum=0.9))"),
    },
    near=(
        NearMiss("sd too large", "part of the sd", (0.02, 0.05, 0.075, 0.1, 0.15, 0.3), 0.15,
                 lambda m, r, size: {**m, "phi": m["phi"] + [0, np.log1p(size)]}),
        NearMiss("sd too small", "part of the sd", (0.02, 0.05, 0.075, 0.1, 0.15, 0.3), 0.15,
                 lambda m, r, size: {**m, "phi": m["phi"] + [0, np.log1p(-size)]}),
        NearMiss("loc", "sds", (0.03, 0.06, 0.1, 0.15, 0.25, 0.5), 0.25, lambda m, r, size: {**m, "phi": m["phi"] + [size * r["scale"], 0]}),
        NearMiss("curve", "part of the fall that is missing", (0.02, 0.05, 0.1, 0.15, 0.3, 0.6), 0.6,
                 lambda m, r, size: {**m, "losses": (1 - size) * m["losses"] + size * m["losses"][:, :1]}),
    ),
    figure=_fit_figure,
)


# --- the noise of the gradient ------------------------------------------------------------


def _grad_variance_case(a, b, phi, seed):
    return {"a": np.float64(a), "b": np.float64(b), "phi": phi, "particles": np.array([1, 8]), "n": np.array(16000), "seed": np.array(seed)}


def _grad_variance_public():
    return _grad_variance_case(13, 9, np.array([0.6, np.log(0.3)]), 20)


def _grad_variance_draw(rng):
    """A phi where the two variances differ, so that one number can't stand for both, and the mean gradient is not near 0."""
    while True:
        a, b = posterior(draw_coin(rng))
        phi = np.array([best_logit_normal(a, b)[0] + rng.normal(0, 0.3), np.log(rng.uniform(0.15, 0.9))])
        case = _grad_variance_case(a, b, phi, seed(rng))
        r = _grad_variance_reference(case)
        loc, log_scale = r["variances"][0]
        if abs(np.log(loc / log_scale)) >= 1 and np.max(r["means"] ** 2 / r["variances"][0]) >= 0.1:
            return case


def _grad_variance_reference(case):
    r = {"a": float(case["a"]), "b": float(case["b"]), "c": 0.0, "n": float(case["n"])}
    loc, log_scale = case["phi"]
    scale, eps, particles = np.exp(log_scale), NORMAL_NODES, case["particles"].astype(float)
    slope = r["a"] - (r["a"] + r["b"]) * expit(loc + scale * eps)
    mean_loc, sd_loc = _moments(slope[None])
    mean_scale, sd_scale = _moments((slope * scale * eps + 1)[None])
    variances = np.array([sd_loc[0] ** 2, sd_scale[0] ** 2]) / particles[:, None]
    loss = _moments(_log_weight(r, np.array([loc]), np.array([log_scale]), eps)[None])[1][0] ** 2 / particles
    return r | {"variances": variances, "loss": loss, "phi": case["phi"], "particles": particles,
                "means": np.array([mean_loc[0], mean_scale[0]])}


def _log_ratio(column):
    return lambda m, r: worst(np.log(m["variances"][:, column] / r["variances"][:, column]))


def _particles_ratio(m, r):
    return worst(np.log(m["variances"][0] / m["variances"][1] / (r["particles"][1] / r["particles"][0])))


def _is_variance_like(prediction, slack=0.25):
    def looks_like(m, r, distances):
        return worst(np.log(m["variances"] / prediction(r))) < slack

    return looks_like


def _is_one_number(m, r, distances):
    """Both parameters get one number: the variance of all the gradients together, the mean or the sum of the two."""
    v = m["variances"]
    exact, apart = r["variances"], (r["means"][0] - r["means"][1]) ** 2 / 4
    if not (np.all(v > 0) and np.allclose(v[:, 0], v[:, 1], rtol=1e-4)):
        return False
    return any(worst(np.log(v[:, 0] / want)) < 0.25 for want in (exact.mean(1) + apart, exact.mean(1), exact.sum(1)))


def _grad_variance_figure(axes, m, r):
    labels = ["loc\n1 particle", "log_scale\n1 particle", "loc\n8 particles", "log_scale\n8 particles"]
    yours, exact = m["variances"].ravel(), r["variances"].ravel()
    axes.hlines(exact, np.arange(4) - 0.2, np.arange(4) + 0.2, color="black", linewidth=2, label="exact")
    axes.semilogy(range(4), yours, "o", color=BLUE, markersize=6, label="yours")
    axes.set_xticks(range(4), labels, fontsize=8)
    right = np.all(np.abs(np.log(yours / exact)) < 0.18)
    axes.set_title("Eight particles divide the variance by eight" if right else "Your variances are not those of the gradient", fontsize=10)
    axes.set_ylabel("variance of the gradient", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.margins(x=0.15, y=0.2)
    axes.legend(fontsize=8)
    return "Your variances and the exact ones: " + "; ".join(f"{name.replace(chr(10), ', ')}: {y:.3g} and {e:.3g}" for name, y,
        e in zip(labels, yours, exact)) + "."


_VAR_HEAD = "def grad_variance(key, loss, phi, n):\n"
_GRADS = "    grads = jax.vmap(lambda k: jax.grad(loss, argnums=1)(k, phi))(jax.random.split(key, n))\n"

GRAD_VARIANCE = Exercise(
    id="grad-variance",
    title="The noise of the gradient",
    names={"grad_variance": "key, loss, phi, n"},
    public=_grad_variance_public,
    case=_grad_variance_draw,
    reference=_grad_variance_reference,
    fields={"variances": Field((2, 2), allow="inf nan")},
    criteria=(
        Criterion("loc", 2, "your variance for loc and the exact one, 1 and 8 particles, log ratio",
                  _log_ratio(0), ("variances",), "That is not the variance of the gradient with respect to loc."),
        Criterion("log_scale", 2, "your variance for log_scale and the exact one, 1 and 8 particles, log ratio",
                  _log_ratio(1), ("variances",), "That is not the variance of the gradient with respect to log_scale."),
        Criterion("particles", 1, "variance with 1 particle over variance with 8, and 8, log ratio",
                  _particles_ratio, ("variances",), "Eight particles should divide the variance by eight."),
    ),
    known_wrong=(
        KnownWrong("sd", _VAR_HEAD + _GRADS + "    return jax.tree.map(lambda g: g.std(axis=0), grads)\n",
                   "Is your number a width or a squared width?", _is_variance_like(lambda r: np.sqrt(r["variances"]), 0.15)),
        KnownWrong("one key", _VAR_HEAD + _GRADS.replace("(k, phi)", "(key, phi)") + "    return jax.tree.map(lambda g: g.var(axis=0), grads)\n",
                   "How many different gradients did you look at?",
                   lambda m, r, d: bool(np.all(m["variances"] >= 0) and np.all(m["variances"] < 1e-6 * r["variances"]))),
        KnownWrong("variance of the loss", _VAR_HEAD + "    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(key, n))\n"
                   "    return jax.tree.map(lambda p: values.var(), phi)\n",
                   "You measured how the loss scatters: what must you do to it before?",
                   lambda m, r, d: bool(np.allclose(m["variances"][:, 0], m["variances"][:, 1],
                       rtol=1e-4) and worst(np.log(m["variances"][:, 0] / r["loss"])) < 0.3)),
        KnownWrong("variance of the mean", _VAR_HEAD + _GRADS + "    return jax.tree.map(lambda g: g.var(axis=0) / n, grads)\n",
                   "More keys should not make it smaller: did you measure the spread of one gradient, or how well you know the mean?",
                   _is_variance_like(lambda r: r["variances"] / r["n"])),
        KnownWrong("one number for both", _VAR_HEAD + _GRADS + "    both = jnp.stack([g for g in jax.tree.leaves(grads)])\n"
                   "    return jax.tree.map(lambda p: both.var(), phi)\n",
                   "Has each parameter its own noise, or must they share one number?", _is_one_number),
    ),
    honest={
        "unbiased": _VAR_HEAD + _GRADS + "    return {name: jnp.var(g, axis=0, ddof=1) for name, g in grads.items()}\n",
        "two moments": _VAR_HEAD + "    g = jax.vmap(jax.grad(loss, argnums=1), in_axes=(0, None))(jax.random.split(key, n), phi)\n"
        "    centre = jax.tree.map(lambda x: x.mean(0), g)\n    return jax.tree.map(lambda x, c: ((x - c) ** 2).mean(0), g, centre)\n",
        "lax map": _VAR_HEAD + "    grads = jax.lax.map(lambda k: jax.grad(lambda p: loss(k, p))(phi), jax.random.split(key, n))\n"
        "    return jax.tree.map(lambda g: jnp.var(g, axis=0), grads)\n",
    },
    near=(
        NearMiss("variance", "part of the variance that is too much", (0.05, 0.1, 0.15, 0.2, 0.3, 0.75), 0.75,
                 lambda m, r, size: {**m, "variances": m["variances"] * (1 + size)}),
        NearMiss("one parameter", "part of the variance for log_scale that is too much", (0.05, 0.1, 0.15, 0.2, 0.3, 0.75), 0.75,
                 lambda m, r, size: {**m, "variances": m["variances"] * [1, 1 + size]}),
        NearMiss("particles", "part of the variance with 8 particles that is too much", (0.05, 0.1, 0.15, 0.2, 0.3, 0.85), 0.85,
                 lambda m, r, size: {**m, "variances": m["variances"] * np.array([[1], [1 + size]])}),
    ),
    figure=_grad_variance_figure,
)

EXERCISES = (LOG_JOINT, ELBO_MC, SVI_STEP, FIT, GRAD_VARIANCE)
