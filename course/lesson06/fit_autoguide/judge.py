"""A fit of an autoguide: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, worst
from ..gaussians import KINDS, LOG_2PI, ellipse, mean_field


def gaussian_kl(mean, cov, loc, target):
    """KL(N(mean, cov) || N(loc, target)), nats; infinite where ``cov`` is flat."""
    d = len(loc)
    sign, log_det = np.linalg.slogdet(cov)
    if sign < 0:
        return np.nan
    precision = np.linalg.inv(target)
    shift = mean - loc
    entropy = log_det if sign > 0 and log_det > -60 else -np.inf
    return 0.5 * (np.trace(precision @ cov) + shift @ precision @ shift - d - entropy + np.linalg.slogdet(target)[1])


def draw_autoguide_case(rng):
    while True:
        sds = np.exp(rng.uniform(np.log(0.5), np.log(3), 3))
        a = rng.normal(size=(3, 3))
        correlation = a @ a.T
        correlation /= np.sqrt(np.outer(np.diag(correlation), np.diag(correlation)))
        off = np.abs(correlation[np.triu_indices(3, 1)])
        if not (off.max() > 0.6 and np.linalg.eigvalsh(correlation)[0] > 0.08):
            continue
        cov = correlation * np.outer(sds, sds)
        if abs(1.5 * LOG_2PI + 0.5 * np.linalg.slogdet(cov)[1]) < 0.6:
            # this bump's height is also its integral, so that Laplace's loss, which is no ELBO, would look like one
            continue
        return _autoguide_case(rng.uniform(-3, 3, 3), cov, rng.choice([-1, 1]) * rng.uniform(2, 9), rng.integers(2**31))


def _autoguide_case(loc, cov, log_z, seed):
    """The bump exp(height - |W(z - loc)|**2 / 2) with W' W the inverse of ``cov``; ``log_z`` is ln of its integral."""
    whiten = np.linalg.inv(np.linalg.cholesky(cov))
    height = log_z - 1.5 * LOG_2PI - 0.5 * np.linalg.slogdet(cov)[1]
    return {
        "loc": loc,
        "whiten": whiten,
        "height": np.float64(height),
        "n_steps": np.array(3000),
        "seed": np.array(seed),
    }


def public_autoguide_case():
    cov = np.array([[5.0, 4.0, 0.0], [4.0, 5.0, 0.6], [0.0, 0.6, 1.0]])
    return _autoguide_case(np.array([1.0, -1.0, 2.0]), cov, 3.0, 6)


def autoguide_reference(case):
    whiten = np.asarray(case["whiten"], float)
    precision = whiten.T @ whiten
    cov = np.linalg.inv(precision)
    sds, gap = mean_field(precision)
    floor = -(float(case["height"]) + 1.5 * LOG_2PI + 0.5 * np.linalg.slogdet(cov)[1])
    return {
        "loc": np.asarray(case["loc"], float),
        "cov": cov,
        "sds": sds,
        "gap": gap,
        "floor": np.float64(floor),
        "n_steps": np.float64(case["n_steps"]),
        "height": np.float64(case["height"]),
    }


def drawn_kl(m, r, kind):
    """KL(normal with the mean and covariance of the draws || target), nats."""
    draws = m[f"draws_{kind}"]
    return gaussian_kl(draws.mean(axis=0), np.cov(draws.T), r["loc"], r["cov"])


def independent_off(m, r):
    """KL(draws of kind "normal" as a normal || target) less the least of independent normals, absolute, nats.

    Correlations of independent draws scatter by 1 / sqrt(32768) = 0.0055, which alone would move the KL by up to 0.02:
    those up to 0.03 count as none.
    """
    draws = m["draws_normal"]
    cov = np.cov(draws.T)
    sds = np.sqrt(np.diag(cov))
    if worst((cov / np.outer(sds, sds))[np.triu_indices(3, 1)]) <= 0.03:
        cov = np.diag(sds**2)
    return abs(gaussian_kl(draws.mean(axis=0), cov, r["loc"], r["cov"]) - r["gap"])


def tail(m, kind):
    return np.mean(m[f"losses_{kind}"][-200:])


def losses_off(m, r):
    """The worse distance of a tail from its optimum, nats; none unless there is a loss for each step."""
    if any(len(m[f"losses_{kind}"]) != r["n_steps"] for kind in KINDS):
        return np.nan
    return max(abs(tail(m, "mvn") - r["floor"]), abs(tail(m, "normal") - r["floor"] - r["gap"]))


def autoguide_figure(axes, m, r):
    for i, (kind, colour, label) in enumerate((("normal", ORANGE, '"normal"'), ("mvn", BLUE, '"mvn"'))):
        draws = m[f"draws_{kind}"]
        if draws.shape != (32768, 3):
            return None
        axes.scatter(*draws[:700, :2].T, s=3, color=colour, alpha=0.35)
        ellipse(
            axes,
            draws.mean(axis=0),
            np.cov(draws.T),
            color=colour,
            linewidth=2,
            linestyle=("-", "--")[i],
            label=f"your {label}",
        )
    ellipse(axes, r["loc"], r["cov"], color="black", label="target, one sd")
    right = drawn_kl(m, r, "mvn") < 0.05 and abs(drawn_kl(m, r, "normal") - r["gap"]) < 0.05
    axes.set(xlabel="z[0]", ylabel="z[1]")
    axes.set_title(
        '"mvn" leans with the target, "normal" cannot'
        if right
        else "These are not the best surrogates of the two families",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        "Draws of your two surrogates in the first two coordinates with their one-sd ellipses, over the "
        "ellipse of the target. "
        + (
            "That of mvn lies on the target's, that of normal is upright and smaller."
            if right
            else "They are not where they should be."
        )
    )


def _correlated(m, r, kind):
    """Whether the draws of this kind have the target's covariance, roughly."""
    return drawn_kl(m, r, kind) < 0.1


def _upright(m, r, kind):
    return (
        abs(drawn_kl(m, r, kind) - r["gap"]) < 0.05 and worst(np.std(m[f"draws_{kind}"], axis=0) / r["sds"] - 1) < 0.2
    )


def _flat(m, kind):
    return bool(np.all(np.ptp(m[f"draws_{kind}"], axis=0) < 1e-6))


def _bell(draws):
    """Whether each column has the skewness and the tails of a normal."""
    x = (draws - draws.mean(axis=0)) / draws.std(axis=0)
    return worst(np.mean(x**3, axis=0)) < 0.15 and worst(np.mean(x**4, axis=0) - 3) < 0.3


def _leans(m, r, tol):
    """Whether the draws of mvn have the target's correlations, roughly."""
    sds = np.sqrt(np.diag(r["cov"]))
    return worst(np.corrcoef(m["draws_mvn"].T) - r["cov"] / np.outer(sds, sds)) < tol


def _noisy(m, r):
    """The right family, settled but shaken: the losses are many, end well, and are noisy."""
    n = int(r["n_steps"])
    if len(m["losses_mvn"]) != n or len(m["losses_normal"]) != n:
        return False
    return all(
        abs(np.median(m[f"losses_{kind}"][-500:]) - r["floor"] - gap) < 1
        for kind, gap in (("mvn", 0), ("normal", r["gap"]))
    ) and (
        0.01 < drawn_kl(m, r, "mvn") < 2
        and np.std(m["losses_mvn"][-500:]) > 0.08
        and _leans(m, r, 0.55)
        and _bell(m["draws_mvn"])
    )


EXERCISE = Exercise(
    slow={"jitted loop in plain Python": 60, "svi run": 60},
    title="A fit of an autoguide",
    names={"fit_autoguide": "key, model, kind, n_steps"},
    public=public_autoguide_case,
    case=draw_autoguide_case,
    reference=autoguide_reference,
    fields={f"draws_{kind}": Field((32768, 3)) for kind in KINDS}
    | {f"losses_{kind}": Field((None,), allow="inf nan") for kind in KINDS},
    criteria=(
        Criterion(
            "full covariance",
            points=2,
            compared='KL(draws of kind "mvn" as a normal ‖ target), nats',
            distance=lambda m, r: drawn_kl(m, r, "mvn"),
            needs=("draws_mvn",),
            failed=(
                'The surrogate of kind "mvn" does not have the mean and the covariance of the target, '
                "though its family can."
            ),
        ),
        Criterion(
            "converged",
            points=2,
            compared="the same KL, asked more strictly",
            distance=lambda m, r: drawn_kl(m, r, "mvn"),
            needs=("draws_mvn",),
            failed='The surrogate of kind "mvn" is not as close to the target as a settled fit gets.',
        ),
        Criterion(
            "independent",
            points=2,
            compared='KL(draws of kind "normal" as a normal ‖ target) and the gap of exercise 1, nats',
            distance=independent_off,
            needs=("draws_normal",),
            failed='The surrogate of kind "normal" is not the best one with independent variables.',
        ),
        Criterion(
            "losses",
            points=2,
            compared="mean of the last 200 of n_steps losses and the least loss of each family, nats",
            distance=losses_off,
            needs=("losses_normal", "losses_mvn"),
            failed="Your losses should be one for each step, and end at the least loss that the family can reach.",
        ),
    ),
    mistakes=(
        Mistake(
            "always normal",
            hint="Fit both kinds and compare the correlations of their draws: do they differ?",
            looks_like=lambda m, r, d: _upright(m, r, "normal") and _upright(m, r, "mvn"),
        ),
        Mistake(
            "always mvn",
            hint="Fit both kinds and compare the correlations of their draws: do they differ?",
            looks_like=lambda m, r, d: _correlated(m, r, "normal") and _correlated(m, r, "mvn"),
        ),
        Mistake(
            "swapped",
            hint="Which of your two surrogates can lean?",
            looks_like=lambda m, r, d: _correlated(m, r, "normal") and _upright(m, r, "mvn"),
        ),
        Mistake(
            "delta",
            hint="How wide is your surrogate?",
            looks_like=lambda m, r, d: _flat(m, "normal") and _correlated(m, r, "mvn"),
        ),
        Mistake(
            "laplace",
            hint="Was the width of your surrogate fitted, or read off somewhere else?",
            looks_like=lambda m, r, d: (
                _correlated(m, r, "mvn") and _upright(m, r, "normal") and abs(tail(m, "mvn") + r["height"]) < 0.05
            ),
        ),
        Mistake(
            "a tenth of the steps",
            hint="Count your losses: are they n_steps, and do they still fall?",
            looks_like=lambda m, r, d: (
                all(len(m[f"losses_{kind}"]) == r["n_steps"] // 10 for kind in KINDS) and _leans(m, r, 0.4)
            ),
        ),
        Mistake(
            "constant rate and one particle",
            hint="The losses stopped falling, but do the parameters stand still?",
            looks_like=lambda m, r, d: _noisy(m, r),
        ),
        Mistake(
            "first parameters",
            hint="From which state did you read the parameters?",
            looks_like=lambda m, r, d: (
                d["losses"] < 0.25 and all(worst(np.std(m[f"draws_{kind}"], axis=0) / 0.1 - 1) < 0.1 for kind in KINDS)
            ),
        ),
    ),
    near=(
        NearMiss(
            "covariance of mvn",
            unit="part by which all sds of mvn are too small",
            sizes=(0.03, 0.06, 0.12, 0.25),
            must=0.25,
            perturb=lambda m, r, size: {**m, "draws_mvn": r["loc"] + (1 - size) * (m["draws_mvn"] - r["loc"])},
        ),
        NearMiss(
            "centre of mvn",
            unit="exact sds in each variable",
            sizes=(0.05, 0.1, 0.3, 0.7),
            must=0.7,
            perturb=lambda m, r, size: {**m, "draws_mvn": m["draws_mvn"] + size * np.sqrt(np.diag(r["cov"]))},
        ),
        NearMiss(
            "width of normal",
            unit="part by which all sds of normal are too small",
            sizes=(0.05, 0.1, 0.2, 0.3),
            must=0.3,
            perturb=lambda m, r, size: {**m, "draws_normal": r["loc"] + (1 - size) * (m["draws_normal"] - r["loc"])},
        ),
        NearMiss(
            "losses",
            unit="nats added to the losses",
            sizes=(0.05, 0.1, 0.3, 0.6),
            must=0.6,
            perturb=lambda m, r, size: {**m, "losses_mvn": m["losses_mvn"] + size},
        ),
    ),
    figure=autoguide_figure,
)
