"""The noise of the gradient: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import expit

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...coin import NORMAL_NODES, best_logit_normal, draw_coin, posterior
from ...tools import BLUE, seed, worst
from ..weights import _log_weight, _moments


def _grad_variance_case(a, b, phi, seed):
    return {
        "a": np.float64(a),
        "b": np.float64(b),
        "phi": phi,
        "particles": np.array([1, 8]),
        "n": np.array(16000),
        "seed": np.array(seed),
    }


def _grad_variance_public():
    return _grad_variance_case(13, 9, np.array([0.6, np.log(0.3)]), 20)


def _grad_variance_draw(rng):
    """A phi where the two variances differ, so that one can't stand for both, and the mean gradient is not near 0."""
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
    return r | {
        "variances": variances,
        "loss": loss,
        "phi": case["phi"],
        "particles": particles,
        "means": np.array([mean_loc[0], mean_scale[0]]),
    }


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
    axes.set_title(
        "Eight particles divide the variance by eight" if right else "Your variances are not those of the gradient",
        fontsize=10,
    )
    axes.set_ylabel("variance of the gradient", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.margins(x=0.15, y=0.2)
    axes.legend(fontsize=8)
    return (
        "Your variances and the exact ones: "
        + "; ".join(f"{name.replace(chr(10), ', ')}: {y:.3g} and {e:.3g}" for name, y, e in zip(labels, yours, exact))
        + "."
    )


EXERCISE = Exercise(
    title="The noise of the gradient",
    names={"grad_variance": "key, loss, phi, n"},
    public=_grad_variance_public,
    case=_grad_variance_draw,
    reference=_grad_variance_reference,
    fields={"variances": Field((2, 2), allow="inf nan")},
    criteria=(
        Criterion(
            "loc",
            points=2,
            compared="your variance for loc and the exact one, 1 and 8 particles, log ratio",
            distance=_log_ratio(0),
            needs=("variances",),
            failed="That is not the variance of the gradient with respect to loc.",
        ),
        Criterion(
            "log_scale",
            points=2,
            compared="your variance for log_scale and the exact one, 1 and 8 particles, log ratio",
            distance=_log_ratio(1),
            needs=("variances",),
            failed="That is not the variance of the gradient with respect to log_scale.",
        ),
        Criterion(
            "particles",
            points=1,
            compared="variance with 1 particle over variance with 8, and 8, log ratio",
            distance=_particles_ratio,
            needs=("variances",),
            failed="Eight particles should divide the variance by eight.",
        ),
    ),
    mistakes=(
        Mistake(
            "sd",
            hint="Is your number a width or a squared width?",
            looks_like=_is_variance_like(lambda r: np.sqrt(r["variances"]), 0.15),
        ),
        Mistake(
            "one key",
            hint="How many different gradients did you look at?",
            looks_like=lambda m, r, d: bool(
                np.all(m["variances"] >= 0) and np.all(m["variances"] < 1e-6 * r["variances"])
            ),
        ),
        Mistake(
            "variance of the loss",
            hint="You measured how the loss scatters: what must you do to it before?",
            looks_like=lambda m, r, d: bool(
                np.allclose(m["variances"][:, 0], m["variances"][:, 1], rtol=1e-4)
                and worst(np.log(m["variances"][:, 0] / r["loss"])) < 0.3
            ),
        ),
        Mistake(
            "variance of the mean",
            hint="More keys should not make it smaller: did you measure the spread of one gradient, or how "
            "well you know the mean?",
            looks_like=_is_variance_like(lambda r: r["variances"] / r["n"]),
        ),
        Mistake(
            "one number for both",
            hint="Has each parameter its own noise, or must they share one number?",
            looks_like=_is_one_number,
        ),
    ),
    near=(
        NearMiss(
            "variance",
            unit="part of the variance that is too much",
            sizes=(0.05, 0.1, 0.15, 0.2, 0.3, 0.75),
            must=0.75,
            perturb=lambda m, r, size: {**m, "variances": m["variances"] * (1 + size)},
        ),
        NearMiss(
            "one parameter",
            unit="part of the variance for log_scale that is too much",
            sizes=(0.05, 0.1, 0.15, 0.2, 0.3, 0.75),
            must=0.75,
            perturb=lambda m, r, size: {**m, "variances": m["variances"] * [1, 1 + size]},
        ),
        NearMiss(
            "particles",
            unit="part of the variance with 8 particles that is too much",
            sizes=(0.05, 0.1, 0.15, 0.2, 0.3, 0.85),
            must=0.85,
            perturb=lambda m, r, size: {**m, "variances": m["variances"] * np.array([[1], [1 + size]])},
        ),
    ),
    figure=_grad_variance_figure,
)
