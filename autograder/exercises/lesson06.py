"""Lesson 6, autoguides and the Gaussian limit: what its exercises ask and how they are judged.

With p = N(mean, inverse of precision L) and q = N(m, diag(s**2)),

    KL(q || p) = (sum L_ii s_i**2 - d - sum ln s_i**2 - ln det L) / 2   for m = mean,

least at s_i = L_ii**-1/2, where it is (sum ln L_ii - ln det L) / 2 (Bishop, *Pattern Recognition
and Machine Learning*, section 10.1.2). Laplace's approximation: MacKay, *Information Theory,
Inference, and Learning Algorithms*, chapter 27.
"""

import numpy as np
from scipy.special import expit, gammaln, log_expit, logit, ndtr

from autograder.exercises.common import BLUE, ORANGE, RED, worst
from autograder.judging import Criterion, Exercise, Field, KnownWrong, NearMiss

LOG_2PI = np.log(2 * np.pi)


# ---------------------------------------------------------------- tools of the judges


def same(x, y, tol=2e-3):
    """Whether two arrays agree everywhere to this part of the wanted size."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    return x.shape == y.shape and bool(np.all(np.abs(x - y) <= tol * np.abs(y)))


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


def ellipse(axes, mean, cov, **style):
    """The curve one standard deviation from the mean, in the first two coordinates."""
    angle = np.linspace(0, 2 * np.pi, 200)
    values, vectors = np.linalg.eigh(np.asarray(cov, float)[:2, :2])
    points = vectors @ (np.sqrt(np.clip(values, 0, None))[:, None] * np.stack([np.cos(angle), np.sin(angle)]))
    axes.plot(mean[0] + points[0], mean[1] + points[1], **style)


def random_rotation(rng, d):
    q, r = np.linalg.qr(rng.normal(size=(d, d)))
    return q * np.sign(np.diag(r))


# ---------------------------------------------------------------- 6.1 mean field


def mean_field(precision):
    """(sds, gap) of the best independent normals, for a stack of precision matrices."""
    diagonal = np.diagonal(precision, axis1=-2, axis2=-1)
    return diagonal**-0.5, 0.5 * (np.log(diagonal).sum(-1) - np.linalg.slogdet(precision)[1])


def mean_field_kl(precision, sds):
    """KL of independent normals with these sds and the right means."""
    diagonal = np.diagonal(precision, axis1=-2, axis2=-1)
    return 0.5 * (np.sum(diagonal * sds**2, -1) - sds.shape[-1] - 2 * np.log(sds).sum(-1) - np.linalg.slogdet(precision)[1])


def _tilted(precision):
    """Whether the wrong answers to this matrix are far from the right one."""
    sds, gap = mean_field(precision)
    marginal = np.sqrt(np.diagonal(np.linalg.inv(precision)))
    return (
        np.linalg.cond(precision) <= 50 and gap >= 0.2 and np.max(np.log(marginal / sds)) >= 0.1
        and np.max(np.abs(np.log(sds))) >= 0.1 and abs(np.linalg.slogdet(precision)[1]) >= 0.1
    )


def draw_mean_field_case(rng):
    found = []
    while len(found) < 3:
        rotation = random_rotation(rng, 4)
        precision = rotation @ np.diag(np.exp(rng.uniform(np.log(0.15), np.log(6), 4))) @ rotation.T
        if _tilted(precision):
            found.append((precision + precision.T) / 2)
    return {"precision": np.array(found)}


def mean_field_reference(case):
    precision = np.asarray(case["precision"], float)
    sds, gap = mean_field(precision)
    cov = np.linalg.inv(precision)
    marginal = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    swapped, swapped_gap = mean_field(cov)
    return {"precision": precision, "sds": sds, "gap": gap, "marginal": marginal, "swapped": swapped, "swapped_gap": swapped_gap}


def mean_field_figure(axes, m, r):
    index = np.arange(4)
    right = same(m["sds"][0], r["sds"][0])
    axes.bar(index - 0.2, r["marginal"][0], 0.4, color="black", alpha=0.3, label="posterior, exact")
    axes.bar(index + 0.2, m["sds"][0], 0.4, color=BLUE if right else RED, alpha=0.8, label="independent normals, yours")
    axes.plot(index + 0.2, r["sds"][0], "k_", markersize=18, label="best independent normals")
    axes.set_xticks(index, [f"z{i + 1}" for i in index])
    axes.set_ylabel("standard deviation", fontsize=8)
    axes.set_title("Every independent normal is too narrow" if right else "Your widths are not those of the best independent normals", fontsize=10)
    axes.legend(fontsize=7)
    return "Bars for four variables: the exact standard deviations, and beside each yours, with a mark for the best independent normal. " + (
        "Yours reach the marks and are shorter than the exact ones." if right else "Yours miss the marks."
    )


_HEAD = "\ndef mean_field_gaussian(precision):\n    precision = np.asarray(precision)\n    diagonal = np.diag(precision)\n"
_GAP = "    gap = 0.5 * (np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1])\n"

MEAN_FIELD = Exercise(
    id="mean-field-gaussian",
    title="The best independent normals",
    names={"mean_field_gaussian": "precision"},
    public=lambda: draw_mean_field_case(np.random.default_rng(61)),
    case=draw_mean_field_case,
    reference=mean_field_reference,
    fields={"sds": Field((3, 4), allow="inf nan"), "gap": Field((3,), allow="inf nan")},
    criteria=(
        Criterion("sds", 3, "your sds and those of the best independent normals, relative, for three precision matrices",
                  lambda m, r: worst(m["sds"] / r["sds"] - 1), ("sds",), "Your widths are not those at which the KL is least."),
        Criterion("gap", 3, "your gap and the KL of the best independent normals, relative, for three precision matrices",
                  lambda m, r: worst(m["gap"] / r["gap"] - 1), ("gap",), "Your gap is not the KL that is left at the best widths."),
    ),
    known_wrong=(
        KnownWrong(
            "marginal sds", _HEAD + _GAP + "    return np.sqrt(np.diag(np.linalg.inv(precision))), gap\n",
            "Are those the widths that the optimum has, or the widths that you would like it to have?",
            lambda m, r, d: same(m["sds"], r["marginal"]) and same(m["gap"], r["gap"]),
        ),
        KnownWrong(
            "marginal sds in the gap",
            _HEAD + "    cov = np.linalg.inv(precision)\n    gap = 0.5 * (np.sum(np.log(np.diag(cov))) * -1 - np.linalg.slogdet(precision)[1]\n"
            "                 + np.sum(diagonal * np.diag(cov)) - len(cov))\n    return np.sqrt(np.diag(cov)), gap\n",
            "Are those the widths that the optimum has, or the widths that you would like it to have?",
            lambda m, r, d: same(m["sds"], r["marginal"]) and same(m["gap"], mean_field_kl(r["precision"], r["marginal"])),
        ),
        KnownWrong(
            "variances", _HEAD + _GAP + "    return 1 / diagonal, gap\n", "Is it a width or a squared width?",
            lambda m, r, d: same(m["sds"], r["sds"] ** 2) and same(m["gap"], r["gap"]),
        ),
        KnownWrong(
            "covariance taken for precision", _HEAD + _GAP + "    return np.sqrt(diagonal), gap\n",
            "Double the matrix: should the widths grow or shrink?",
            lambda m, r, d: same(m["sds"], 1 / r["sds"]) and same(m["gap"], r["gap"]),
        ),
        KnownWrong(
            "inverse of what was given",
            "\ndef mean_field_gaussian(precision):\n    precision = np.linalg.inv(precision)\n    diagonal = np.diag(precision)\n" + _GAP
            + "    return diagonal**-0.5, gap\n",
            "Double the matrix: should the widths grow or shrink?",
            lambda m, r, d: same(m["sds"], r["swapped"]) and same(m["gap"], r["swapped_gap"]),
        ),
        KnownWrong(
            "gap without a half", _HEAD + "    return diagonal**-0.5, np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1]\n",
            "Two variables with correlation 0.8: is your gap 0.51 nats?",
            lambda m, r, d: same(m["sds"], r["sds"]) and same(m["gap"], 2 * r["gap"]),
        ),
        KnownWrong(
            "gap below zero", _HEAD + "    return diagonal**-0.5, 0.5 * (np.linalg.slogdet(precision)[1] - np.sum(np.log(diagonal)))\n",
            "Can a KL be below zero?",
            lambda m, r, d: same(m["sds"], r["sds"]) and same(m["gap"], -r["gap"]),
        ),
        KnownWrong(
            "log det lost", _HEAD + "    return diagonal**-0.5, 0.5 * np.sum(np.log(diagonal))\n",
            "Give it a diagonal matrix: is your gap zero?",
            lambda m, r, d: same(m["sds"], r["sds"]) and same(m["gap"], -np.log(r["sds"]).sum(axis=1)),
        ),
    ),
    honest={
        "jax": """
def mean_field_gaussian(precision):
    L = jnp.linalg.cholesky(jnp.asarray(precision))
    diagonal = jnp.diag(jnp.asarray(precision))
    return 1 / jnp.sqrt(diagonal), 0.5 * jnp.sum(jnp.log(diagonal)) - jnp.sum(jnp.log(jnp.diag(L)))
""",
        "put into the KL": """
def mean_field_gaussian(precision):
    d = len(precision)
    sds = [float(precision[i, i]) ** -0.5 for i in range(d)]
    S = np.diag(sds) ** 2
    kl = 0.5 * (np.trace(precision @ S) - d - np.linalg.slogdet(S)[1] - np.log(np.linalg.det(precision)))
    return sds, kl
""",
        "search": """
def mean_field_gaussian(precision):
    d, diagonal = len(precision), np.diag(precision)
    kl = lambda t: 0.5 * (np.sum(diagonal * np.exp(2 * t)) - d - 2 * np.sum(t) - np.linalg.slogdet(precision)[1])
    found = optimize.minimize(kl, np.zeros(d), jac=lambda t: diagonal * np.exp(2 * t) - 1, options={"gtol": 1e-9})
    return np.exp(found.x), found.fun
""",
    },
    near=(
        NearMiss("sds", "part of each sd", (2e-4, 5e-4, 2e-3, 5e-3), 5e-3, lambda m, r, size: {**m, "sds": m["sds"] * (1 + size)}),
        NearMiss("gap", "part of the gap", (2e-4, 5e-4, 2e-3, 5e-3), 5e-3, lambda m, r, size: {**m, "gap": m["gap"] * (1 + size)}),
    ),
    figure=mean_field_figure,
)


# ---------------------------------------------------------------- 6.2 a fit of an autoguide

KINDS = ("normal", "mvn")


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
            continue  # the height of this bump is also its integral, so that Laplace's loss, which is no ELBO, would look like one
        return _autoguide_case(rng.uniform(-3, 3, 3), cov, rng.choice([-1, 1]) * rng.uniform(2, 9), rng.integers(2**31))


def _autoguide_case(loc, cov, log_z, seed):
    """The bump exp(height - |W(z - loc)|**2 / 2) with W' W the inverse of ``cov``, whose integral has the log ``log_z``."""
    whiten = np.linalg.inv(np.linalg.cholesky(cov))
    height = log_z - 1.5 * LOG_2PI - 0.5 * np.linalg.slogdet(cov)[1]
    return {"loc": loc, "whiten": whiten, "height": np.float64(height), "n_steps": np.array(3000), "seed": np.array(seed)}


def public_autoguide_case():
    cov = np.array([[5.0, 4.0, 0.0], [4.0, 5.0, 0.6], [0.0, 0.6, 1.0]])
    return _autoguide_case(np.array([1.0, -1.0, 2.0]), cov, 3.0, 6)


def autoguide_reference(case):
    whiten = np.asarray(case["whiten"], float)
    precision = whiten.T @ whiten
    cov = np.linalg.inv(precision)
    sds, gap = mean_field(precision)
    floor = -(float(case["height"]) + 1.5 * LOG_2PI + 0.5 * np.linalg.slogdet(cov)[1])
    return {"loc": np.asarray(case["loc"], float), "cov": cov, "sds": sds, "gap": gap, "floor": np.float64(floor),
            "n_steps": np.float64(case["n_steps"]), "height": np.float64(case["height"])}


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
        ellipse(axes, draws.mean(axis=0), np.cov(draws.T), color=colour, linewidth=2, linestyle=("-", "--")[i], label=f"your {label}")
    ellipse(axes, r["loc"], r["cov"], color="black", label="target, one sd")
    right = drawn_kl(m, r, "mvn") < 0.05 and abs(drawn_kl(m, r, "normal") - r["gap"]) < 0.05
    axes.set(xlabel="z[0]", ylabel="z[1]")
    axes.set_title('"mvn" leans with the target, "normal" cannot' if right else "These are not the best surrogates of the two families", fontsize=10)
    axes.legend(fontsize=7)
    return "Draws of your two surrogates in the first two coordinates with their one-sd ellipses, over the ellipse of the target. " + (
        "That of mvn lies on the target's, that of normal is upright and smaller." if right else "They are not where they should be."
    )


def _correlated(m, r, kind):
    """Whether the draws of this kind have the target's covariance, roughly."""
    return drawn_kl(m, r, kind) < 0.1


def _upright(m, r, kind):
    return abs(drawn_kl(m, r, kind) - r["gap"]) < 0.05 and worst(np.std(m[f"draws_{kind}"], axis=0) / r["sds"] - 1) < 0.2


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
    return all(abs(np.median(m[f"losses_{kind}"][-500:]) - r["floor"] - gap) < 1 for kind, gap in (("mvn", 0), ("normal", r["gap"]))) and (
        0.01 < drawn_kl(m, r, "mvn") < 2 and np.std(m["losses_mvn"][-500:]) > 0.08 and _leans(m, r, 0.55) and _bell(m["draws_mvn"])
    )


_FIT = """
def fit_autoguide(key, model, kind, n_steps):
    guide = {guide}
    optimizer = {optimizer}
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles={particles}))
    params, losses = run_svi(key, svi, {steps})
    return guide, params, losses
"""


def _fit_source(guide="AutoNormal(model) if kind == 'normal' else AutoMultivariateNormal(model)",
                optimizer="optax.adam(optax.cosine_decay_schedule(0.05, n_steps))", particles=16, steps="n_steps"):
    return _FIT.format(guide=guide, optimizer=optimizer, particles=particles, steps=steps)


FIT = Exercise(
    id="fit-autoguide",
    title="A fit of an autoguide",
    names={"fit_autoguide": "key, model, kind, n_steps"},
    public=public_autoguide_case,
    case=draw_autoguide_case,
    reference=autoguide_reference,
    fields={f"draws_{kind}": Field((32768, 3)) for kind in KINDS} | {f"losses_{kind}": Field((None,), allow="inf nan") for kind in KINDS},
    criteria=(
        Criterion("full covariance", 2, 'KL(draws of kind "mvn" as a normal ‖ target), nats', lambda m, r: drawn_kl(m, r, "mvn"), ("draws_mvn",),
                  'The surrogate of kind "mvn" does not have the mean and the covariance of the target, though its family can.'),
        Criterion("converged", 2, "the same KL, asked more strictly", lambda m, r: drawn_kl(m, r, "mvn"), ("draws_mvn",),
                  'The surrogate of kind "mvn" is not as close to the target as a settled fit gets.'),
        Criterion("independent", 2, 'KL(draws of kind "normal" as a normal ‖ target) and the gap of exercise 1, nats',
                  independent_off, ("draws_normal",),
                  'The surrogate of kind "normal" is not the best one with independent variables.'),
        Criterion("losses", 2, "mean of the last 200 of n_steps losses and the least loss of each family, nats", losses_off,
                  ("losses_normal", "losses_mvn"), "Your losses should be one for each step, and end at the least loss that the family can reach."),
    ),
    known_wrong=(
        KnownWrong(
            "always normal", _fit_source("AutoNormal(model)"), "Fit both kinds and compare the correlations of their draws: do they differ?",
            lambda m, r, d: _upright(m, r, "normal") and _upright(m, r, "mvn"),
        ),
        KnownWrong(
            "always mvn", _fit_source("AutoMultivariateNormal(model)"), "Fit both kinds and compare the correlations of their draws: do they differ?",
            lambda m, r, d: _correlated(m, r, "normal") and _correlated(m, r, "mvn"),
        ),
        KnownWrong(
            "swapped", _fit_source("AutoMultivariateNormal(model) if kind == 'normal' else AutoNormal(model)"),
            "Which of your two surrogates can lean?",
            lambda m, r, d: _correlated(m, r, "normal") and _upright(m, r, "mvn"),
        ),
        KnownWrong(
            "delta", _fit_source("AutoDelta(model) if kind == 'normal' else AutoMultivariateNormal(model)"),
            "How wide is your surrogate?", lambda m, r, d: _flat(m, "normal") and _correlated(m, r, "mvn"),
        ),
        KnownWrong(
            "laplace", _fit_source("AutoNormal(model) if kind == 'normal' else AutoLaplaceApproximation(model)"),
            "Was the width of your surrogate fitted, or read off somewhere else?",
            lambda m, r, d: _correlated(m, r, "mvn") and _upright(m, r, "normal") and abs(tail(m, "mvn") + r["height"]) < 0.05,
        ),
        KnownWrong(
            "a tenth of the steps", _fit_source(steps="n_steps // 10"), "Count your losses: are they n_steps, and do they still fall?",
            lambda m, r, d: all(len(m[f"losses_{kind}"]) == r["n_steps"] // 10 for kind in KINDS) and _leans(m, r, 0.4),
        ),
        KnownWrong(
            "constant rate and one particle", _fit_source(optimizer="optax.adam(0.1)", particles=1),
            "The losses stopped falling, but do the parameters stand still?", lambda m, r, d: _noisy(m, r),
        ),
        KnownWrong(
            "first parameters",
            """
def fit_autoguide(key, model, kind, n_steps):
    guide = AutoNormal(model) if kind == "normal" else AutoMultivariateNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, n_steps)), Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, n_steps)
    return guide, svi.get_params(svi.init(key)), losses
""",
            "From which state did you read the parameters?",
            lambda m, r, d: d["losses"] < 0.25 and all(worst(np.std(m[f"draws_{kind}"], axis=0) / 0.1 - 1) < 0.1 for kind in KINDS),
        ),
    ),
    honest={
        "another class, more particles": _fit_source(
            "AutoDiagonalNormal(model) if kind == 'normal' else AutoMultivariateNormal(model)",
            "optax.adam(optax.cosine_decay_schedule(0.03, n_steps))", 32
        ),
        "exponential decay": _fit_source(optimizer="optax.adam(optax.exponential_decay(0.1, n_steps // 10, 0.5))", particles=8),
        "svi.run": """
def fit_autoguide(key, model, kind, n_steps):
    guide = AutoMultivariateNormal(model) if kind == "mvn" else AutoNormal(model, init_scale=0.5)
    svi = SVI(model, guide, optax.adamw(optax.linear_schedule(0.05, 0.0, n_steps), weight_decay=0.0), Trace_ELBO(num_particles=16))
    result = svi.run(key, n_steps, progress_bar=False)
    return guide, result.params, result.losses
""",
        "jitted loop in plain Python": """
def fit_autoguide(key, model, kind, n_steps):
    guide = AutoNormal(model) if kind == "normal" else AutoMultivariateNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, n_steps)), Trace_ELBO(num_particles=16))
    state, losses = svi.init(key), []
    update = jax.jit(svi.update)
    for _ in range(n_steps):
        state, loss = update(state)
        losses.append(float(loss))
    return guide, svi.get_params(state), np.array(losses)
""",
    },
    near=(
        NearMiss("covariance of mvn", "part by which all sds of mvn are too small", (0.03, 0.06, 0.12, 0.25), 0.25,
                 lambda m, r, size: {**m, "draws_mvn": r["loc"] + (1 - size) * (m["draws_mvn"] - r["loc"])}),
        NearMiss("centre of mvn", "exact sds in each variable", (0.05, 0.1, 0.3, 0.7), 0.7,
                 lambda m, r, size: {**m, "draws_mvn": m["draws_mvn"] + size * np.sqrt(np.diag(r["cov"]))}),
        NearMiss("width of normal", "part by which all sds of normal are too small", (0.05, 0.1, 0.2, 0.3), 0.3,
                 lambda m, r, size: {**m, "draws_normal": r["loc"] + (1 - size) * (m["draws_normal"] - r["loc"])}),
        NearMiss("losses", "nats added to the losses", (0.05, 0.1, 0.3, 0.6), 0.6,
                 lambda m, r, size: {**m, "losses_mvn": m["losses_mvn"] + size}),
    ),
    figure=autoguide_figure,
)


# ---------------------------------------------------------------- 6.3 principal axes


def axes_of(cov):
    """(sds, angle) of stacks of 2 by 2 covariances: long and short sd, angle of the long axis in [0, 180) degrees."""
    values, vectors = np.linalg.eigh(cov)
    return np.sqrt(values[..., ::-1]), np.degrees(np.arctan2(vectors[..., 1, 1], vectors[..., 0, 1])) % 180


def turned(angle, wanted):
    """Distance of two directions without a sign, degrees."""
    return np.abs((angle - wanted + 90) % 180 - 90)


def draw_axes_case(rng):
    found = []
    while len(found) < 6:
        short = rng.uniform(0.3, 2)
        long, angle = short * rng.uniform(1.5, 5), np.radians(rng.uniform(0, 180))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        tril = np.linalg.cholesky(turn @ np.diag([long**2, short**2]) @ turn.T)
        sds, degrees = axes_of(tril @ tril.T)
        other = axes_of(tril.T @ tril)[1]
        far_from_special = np.min(np.abs((degrees + 22.5) % 45 - 22.5)) >= 8
        if far_from_special and turned(other, degrees) >= 5 and np.max(np.abs(np.log(sds))) >= 0.1:
            found.append(tril)
    return {"scale_tril": np.array(found)}


def axes_reference(case):
    tril = np.asarray(case["scale_tril"], float)
    turned_tril = np.swapaxes(tril, 1, 2)
    sds, angle = axes_of(tril @ turned_tril)
    return {"sds": sds, "angle": angle, "other": axes_of(turned_tril @ tril)[1], "tril": tril}


def angle_distance(m, r):
    return np.max(turned(m["angle"], r["angle"]))


def _angles(m, wanted):
    return bool(np.all(turned(m["angle"], wanted) < 0.1))


def _rows(m, r):
    """The angles are those of rows of a rotation: each mirrored at the x axis or at the diagonal."""
    mirrored, swapped = turned(m["angle"], -r["angle"]) < 0.1, turned(m["angle"], 90 - r["angle"]) < 0.1
    return same(m["sds"], r["sds"]) and bool(np.all(mirrored | swapped)) and not np.all(swapped)


def axes_figure(axes, m, r):
    tril, angle = r["tril"][0], np.radians(m["angle"][0])
    ellipse(axes, (0, 0), tril @ tril.T, color="black", label="one sd around the centre")
    long, short = m["sds"][0]
    for length, direction, colour, label in ((long, angle, BLUE, "your long axis"), (short, angle + np.pi / 2, ORANGE, "your short axis")):
        x, y = length * np.cos(direction), length * np.sin(direction)
        axes.plot([-x, x], [-y, y], color=colour, linewidth=2, label=label)
    axes.set_aspect("equal", adjustable="datalim")
    right = turned(m["angle"][0], r["angle"][0]) < 0.1 and same(m["sds"][0], r["sds"][0])
    axes.set(xlabel="x", ylabel="y")
    axes.set_title("Your axes are those of the ellipse" if right else "Your axes are not those of the ellipse", fontsize=10)
    axes.legend(fontsize=7)
    return "An ellipse with your two axes drawn through its centre. " + ("They end on it." if right else "They do not fit it.")


def _axes_source(cov="scale_tril @ scale_tril.T", vector="vectors[:, -1]", sds="np.sqrt(values[::-1])", angle="np.degrees(np.arctan2(v[1], v[0]))"):
    return (
        f"\ndef principal_axes(scale_tril):\n    scale_tril = np.asarray(scale_tril)\n    cov = {cov}\n    values, vectors = np.linalg.eigh(cov)\n"
        f"    v = {vector}\n    return {sds}, {angle}\n"
    )


AXES = Exercise(
    id="principal-axes",
    title="The axes of a covariance",
    names={"principal_axes": "scale_tril"},
    public=lambda: {"scale_tril": np.concatenate([[[[2.1, 0.0], [0.9, 0.8]]], draw_axes_case(np.random.default_rng(63))["scale_tril"][:5]])},
    case=draw_axes_case,
    reference=axes_reference,
    fields={"sds": Field((6, 2)), "angle": Field((6,))},
    criteria=(
        Criterion("sds", 3, "your two sds and the exact ones, relative, for six scale_trils", lambda m, r: worst(m["sds"] / r["sds"] - 1), ("sds",),
                  "Your standard deviations along the two axes, long one first, are off."),
        Criterion("angle", 3, "your angle and that of the long axis from x, degrees, 180 degrees being no turn at all", angle_distance, ("angle",),
                  "The direction that you give is not that of the long axis."),
    ),
    known_wrong=(
        KnownWrong("transposed product", _axes_source(cov="scale_tril.T @ scale_tril"),
                   "Multiply your matrix out: is its first entry the variance of x?",
                   lambda m, r, d: same(m["sds"], r["sds"]) and _angles(m, r["other"])),
        # rows of a rotation mirror its columns; the eigh of LAPACK hides it, since its matrix is symmetric here
        KnownWrong("row for column",
                   "\ndef principal_axes(scale_tril):\n    values, vectors = np.linalg.eig(scale_tril @ scale_tril.T)\n"
                   "    v = vectors[np.argmax(values)]\n"
                   "    return np.sqrt(np.sort(values)[::-1]), np.degrees(np.arctan2(v[1], v[0]))\n",
                   "The eigenvectors solve C v = λ v: does your v?", lambda m, r, d: _rows(m, r)),
        KnownWrong("unpacked",
                   "\ndef principal_axes(scale_tril):\n    values, vectors = np.linalg.eig(scale_tril @ scale_tril.T)\n    u1, u2 = vectors\n"
                   "    return np.sqrt(np.sort(values)[::-1]), np.degrees(np.arctan(u1[1] / u1[0]))\n",
                   "The eigenvectors solve C v = λ v: does your v?", lambda m, r, d: _rows(m, r)),
        KnownWrong("variances", _axes_source(sds="values[::-1]"), "Is it a width or a squared width?",
                   lambda m, r, d: same(m["sds"], r["sds"] ** 2) and _angles(m, r["angle"])),
        KnownWrong("ascending", _axes_source(sds="np.sqrt(values)"), "Which of your two standard deviations comes first?",
                   lambda m, r, d: same(m["sds"], r["sds"][:, ::-1]) and _angles(m, r["angle"])),
        KnownWrong("short axis", _axes_source(vector="vectors[:, 0]"), "In which direction do the draws vary most?",
                   lambda m, r, d: same(m["sds"], r["sds"]) and _angles(m, r["angle"] + 90)),
        KnownWrong("radians", _axes_source(angle="np.arctan2(v[1], v[0])"), "What is a right angle in your unit?",
                   lambda m, r, d: same(m["sds"], r["sds"]) and _angles({"angle": np.degrees(m["angle"])}, r["angle"])),
        KnownWrong("from y", _axes_source(angle="np.degrees(np.arctan2(v[0], v[1]))"), "From which axis do you measure the angle?",
                   lambda m, r, d: same(m["sds"], r["sds"]) and _angles(m, 90 - r["angle"])),
    ),
    honest={
        "svd": """
def principal_axes(scale_tril):
    U, s, _ = np.linalg.svd(np.asarray(scale_tril))
    return s, np.degrees(np.arctan2(U[1, 0], U[0, 0]))
""",
        "two by two": """
def principal_axes(scale_tril):
    C = jnp.asarray(scale_tril) @ jnp.asarray(scale_tril).T
    middle, radius = (C[0, 0] + C[1, 1]) / 2, jnp.hypot((C[0, 0] - C[1, 1]) / 2, C[0, 1])
    angle = 0.5 * jnp.arctan2(2 * C[0, 1], C[0, 0] - C[1, 1]) * 180 / jnp.pi
    return jnp.sqrt(jnp.array([middle + radius, middle - radius])), angle
""",
        "general eig": """
def principal_axes(scale_tril):
    values, vectors = np.linalg.eig(scale_tril @ scale_tril.T)
    order = np.argsort(values)[::-1]
    x, y = vectors[:, order[0]]
    return tuple(np.sqrt(values[order])), np.rad2deg(np.arctan(y / x)) % 180
""",
    },
    near=(
        NearMiss("sds", "part of each sd", (2e-4, 5e-4, 2e-3, 5e-3), 5e-3, lambda m, r, size: {**m, "sds": m["sds"] * (1 + size)}),
        NearMiss("angle", "degrees", (0.02, 0.05, 0.2, 0.5), 0.5, lambda m, r, size: {**m, "angle": m["angle"] + size}),
    ),
    figure=axes_figure,
)


# ---------------------------------------------------------------- 6.4 draws in the model's coordinates

SITES = ("place", "share", "slopes", "width")
COLUMNS = {"place": 0, "share": 1, "slopes": slice(2, 4), "width": 4}


def draw_constrain_case(rng):
    low = rng.uniform(-20, 10)
    while True:
        tril = np.tril(rng.normal(size=(5, 5)) * 0.5)
        tril[np.diag_indices(5)] = rng.uniform(0.3, 0.8, 5)
        correlation = tril @ tril.T
        sds = np.sqrt(np.diag(correlation))
        correlation = np.abs(correlation / np.outer(sds, sds))[np.triu_indices(5, 1)]
        if correlation.max() > 0.6 and sds.min() > 0.35 and sds.max() < 1.3:
            break
    loc = rng.choice([-1, 1], 5) * rng.uniform(0.4, 1.2, 5)
    return {"low": low, "high": low + rng.uniform(5, 20), "loc": loc, "scale_tril": tril, "seed": rng.integers(2**31)}


def constrain_reference(case):
    tril = np.asarray(case["scale_tril"], float)
    cov = tril @ tril.T
    sds = np.sqrt(np.diag(cov))
    return {"low": np.float64(case["low"]), "high": np.float64(case["high"]), "loc": np.asarray(case["loc"], float), "sds": sds,
            "correlation": cov / np.outer(sds, sds)}


def stacked(m, kind):
    """Draws of all sites, (4096, 5)."""
    return np.column_stack([m[f"{name}_{kind}"] for name in SITES])


def pulled_back(m, r, kind):
    """The draws in unconstrained coordinates: NaN outside the support."""
    x = stacked(m, kind)
    with np.errstate(all="ignore"):
        return np.column_stack([logit((x[:, 0] - r["low"]) / (r["high"] - r["low"])), logit(x[:, 1]), x[:, 2], x[:, 3], np.log(x[:, 4])])


def largest_ks(u, r):
    """Largest Kolmogorov distance of the columns from the normals of the reference; 1 for a column with NaN."""
    n = len(u)
    out = []
    for x, loc, sd in zip(u.T, r["loc"], r["sds"]):
        cdf = ndtr((np.sort(x) - loc) / sd)
        out.append(np.max([np.abs(cdf - np.arange(1, n + 1) / n), np.abs(cdf - np.arange(n) / n)]) if np.isfinite(cdf).all() else 1.0)
    return max(out)


def outside(m, r):
    """Share of the draws outside their support, of the worst site."""
    x = np.concatenate([stacked(m, kind) for kind in KINDS])
    # the ends count as inside: float32 may round onto them
    bad = [(x[:, 0] < r["low"] - 1e-4) | (x[:, 0] > r["high"] + 1e-4), (x[:, 1] < 0) | (x[:, 1] > 1), x[:, 4] < 0]
    return max(share.mean() for share in bad)


def spread(m, r):
    """Largest log ratio of an sd in unconstrained coordinates."""
    return max(worst(np.log(pulled_back(m, r, kind).std(axis=0) / r["sds"])) for kind in KINDS)


def together(m, r):
    """Largest error of a correlation in unconstrained coordinates."""
    wanted = {"normal": np.eye(5), "mvn": r["correlation"]}
    return max(worst(np.corrcoef(pulled_back(m, r, kind).T) - wanted[kind]) for kind in KINDS)


CONSTRAIN_FIELDS = {f"{name}_{kind}": Field((4096, 2) if name == "slopes" else (4096,)) for kind in KINDS for name in SITES}
ALL_SITES = tuple(CONSTRAIN_FIELDS)


def constrain_figure(axes, m, r):
    draws = m["place_mvn"]
    if draws.shape != (4096,) or not np.isfinite(draws).all():
        return None
    low, high = float(r["low"]), float(r["high"])
    x = np.linspace(low, high, 402)[1:-1]
    share = (x - low) / (high - low)
    slope = (high - low) * share * (1 - share)
    density = np.exp(-0.5 * ((logit(share) - r["loc"][0]) / r["sds"][0]) ** 2) / (np.sqrt(2 * np.pi) * r["sds"][0] * slope)
    axes.hist(draws, bins=60, density=True, color=BLUE, alpha=0.6, label="your draws of place")
    axes.plot(x, density, color="black", label="the guide's density")
    for end in (low, high):
        axes.axvline(end, color="black", linestyle=":", linewidth=1)
    right = max(largest_ks(pulled_back(m, r, kind), r) for kind in KINDS) < 0.055
    axes.set(xlabel="place", ylabel="density")
    axes.set_title("Your draws are in the model's coordinates" if right else "Your draws are not those of the guide", fontsize=10)
    axes.legend(fontsize=8)
    return f"Histogram of your draws of place between {draws.min():.1f} and {draws.max():.1f}, over the guide's density. " + (
        "They agree." if right else "They do not agree."
    )


def _unconstrained(m, r):
    return all(largest_ks(stacked(m, kind), r) < 0.06 for kind in KINDS)


def _one_value(m, r):
    if any(m[name].shape != CONSTRAIN_FIELDS[name].shape for name in ALL_SITES):
        return False
    u = np.concatenate([pulled_back(m, r, kind) for kind in KINDS])
    return bool(np.all(np.abs(u - r["loc"]) < 0.01))


def _not_stretched(m, r):
    stretched = {**m, **{f"place_{kind}": r["low"] + (r["high"] - r["low"]) * m[f"place_{kind}"] for kind in KINDS}}
    return all(largest_ks(pulled_back(stretched, r, kind), r) < 0.06 for kind in KINDS)


def _single(m, r):
    return all(m[name].shape == CONSTRAIN_FIELDS[name].shape[1:] for name in ALL_SITES)


def _prior(m, r):
    """Place uniform, share from Beta(2, 2), width half-normal."""
    for kind in KINDS:
        place, share = (np.sort(x) for x in ((m[f"place_{kind}"] - r["low"]) / (r["high"] - r["low"]), m[f"share_{kind}"]))
        grid = (np.arange(4096) + 0.5) / 4096
        if not (worst(place - grid) < 0.05 and worst(share**2 * (3 - 2 * share) - grid) < 0.05):
            return False
    return True


def _gaussian_on_the_site(m, r):
    """Each site normal around the pushed centre, with the width between two pushed quantiles."""
    push = {0: lambda u: r["low"] + (r["high"] - r["low"]) * expit(u), 1: expit, 2: lambda u: u, 3: lambda u: u, 4: np.exp}
    centre = np.array([push[i](r["loc"][i]) for i in range(5)])
    width = np.array([(push[i](r["loc"][i] + r["sds"][i]) - push[i](r["loc"][i] - r["sds"][i])) / 2 for i in range(5)])
    return all(largest_ks(stacked(m, kind), {"loc": centre, "sds": width}) < 0.06 for kind in KINDS)


def _strangers(m, r):
    """No correlation in the mvn guide's draws, but for that within slopes."""
    correlation = np.corrcoef(pulled_back(m, r, "mvn").T)
    return worst(correlation[[0, 0, 0, 0, 1, 1, 1, 2, 3], [1, 2, 3, 4, 2, 3, 4, 4, 4]]) < 0.1


def _moved(m, r, shift=0.0, stretch=1.0):
    """The measurement with the unconstrained draws moved by ``shift`` sds and stretched about their centre."""
    out = dict(m)
    for kind in KINDS:
        u = r["loc"] + stretch * (pulled_back(m, r, kind) - r["loc"]) + shift * r["sds"]
        out |= {f"place_{kind}": r["low"] + (r["high"] - r["low"]) * expit(u[:, 0]), f"share_{kind}": expit(u[:, 1]),
                f"slopes_{kind}": u[:, 2:4], f"width_{kind}": np.exp(u[:, 4])}
    return out


def _loosened(m, r, size):
    """Part ``size`` of the draws of width are dealt out anew, so that width goes its own way there."""
    n = int(size * 4096)
    width = m["width_mvn"].copy()
    share = m["share_mvn"].copy()
    width[:n], share[:n] = np.roll(width[:n], n // 2), np.roll(share[:n], n // 3)
    place = m["place_mvn"].copy()
    place[:n] = np.roll(place[:n], n // 5)
    return {**m, "width_mvn": width, "share_mvn": share, "place_mvn": place}


CONSTRAIN = Exercise(
    id="constrain-draws",
    title="Draws in the model's coordinates",
    names={"constrain_draws": "key, guide, params, n"},
    public=lambda: {"low": -10.0, "high": 10.0, "loc": np.array([0.8, -0.5, 0.6, -1.0, 0.7]),
                    "scale_tril": np.diag([0.5, 0.6, 0.6, 0.5, 0.4]) + np.tril(np.full((5, 5), 0.3), -1), "seed": np.array(64)},
    case=draw_constrain_case,
    reference=constrain_reference,
    fields=CONSTRAIN_FIELDS,
    criteria=(
        Criterion("support", 1, "share of draws outside the range of their site, the worst site", outside, ALL_SITES,
                  "Some draws lie where their site cannot be."),
        Criterion("distribution", 3, "largest distance of distribution functions: each site's draws and the guide, both kinds of guide",
                  lambda m, r: max(largest_ks(pulled_back(m, r, kind), r) for kind in KINDS), ALL_SITES,
                  "The draws of a site are not distributed as the guide says."),
        Criterion("spread", 1, "log ratio of sds, taken in unconstrained coordinates, the worst site", spread, ALL_SITES,
                  "The draws of a site have the wrong spread."),
        Criterion("together", 2, "correlations between the sites in unconstrained coordinates: yours and the guide's", together, ALL_SITES,
                  "Each site for itself may be right, but together they do not vary as the guide says."),
    ),
    known_wrong=(
        KnownWrong(
            "unconstrained",
            """
def constrain_draws(key, guide, params, n):
    if "auto_loc" in params:
        u = dist.MultivariateNormal(params["auto_loc"], scale_tril=params["auto_scale_tril"]).sample(key, (n,))
        return {"place": u[:, 0], "share": u[:, 1], "slopes": u[:, 2:4], "width": u[:, 4]}
    out = {}
    for i, name in enumerate(["place", "share", "slopes", "width"]):
        loc, scale = params[name + "_auto_loc"], params[name + "_auto_scale"]
        out[name] = dist.Normal(loc, scale).sample(jax.random.fold_in(key, i), (n,))
    return out
""",
            "A width must be positive: are all your draws of it?",
            lambda m, r, d: _unconstrained(m, r),
        ),
        KnownWrong(
            "centre only",
            """
def constrain_draws(key, guide, params, n):
    centre = guide.median(params)
    return {name: jnp.broadcast_to(x, (n, *jnp.shape(x))) for name, x in centre.items()}
""",
            "How many different values does a site have in your draws?",
            lambda m, r, d: _one_value(m, r),
        ),
        KnownWrong(
            "not stretched",
            """
def constrain_draws(key, guide, params, n):
    draws = guide.sample_posterior(key, params, sample_shape=(n,))
    low, high = guide.prototype_trace["place"]["fn"].low, guide.prototype_trace["place"]["fn"].high
    return {**draws, "place": (draws["place"] - low) / (high - low)}
""",
            "Between which numbers may `place` lie, and between which do your draws lie?",
            lambda m, r, d: _not_stretched(m, r),
        ),
        KnownWrong(
            "one draw",
            """
def constrain_draws(key, guide, params, n):
    return guide.sample_posterior(key, params)
""",
            "What are the shapes of your arrays, and what is n for?",
            lambda m, r, d: _single(m, r),
        ),
        KnownWrong(
            "prior",
            """
def constrain_draws(key, guide, params, n):
    return Predictive(guide.model, num_samples=n)(key)
""",
            "Where do the fitted parameters enter?",
            lambda m, r, d: _prior(m, r),
        ),
        KnownWrong(
            "normal on the site",
            """
def constrain_draws(key, guide, params, n):
    around = guide.quantiles(params, [0.15866, 0.84134])
    out, centre = {}, guide.median(params)
    for i, name in enumerate(centre):
        sd = (around[name][1] - around[name][0]) / 2
        out[name] = dist.Normal(centre[name], sd).sample(jax.random.fold_in(key, i), (n,))
    return out
""",
            "What happens to a bell when one side of it is stretched and the other squeezed?",
            lambda m, r, d: _gaussian_on_the_site(m, r),
        ),
        KnownWrong(
            "each site for itself",
            """
def constrain_draws(key, guide, params, n):
    names = ["place", "share", "slopes", "width"]
    keys = jax.random.split(key, 4)
    return {name: guide.sample_posterior(k, params, sample_shape=(n,))[name] for name, k in zip(names, keys)}
""",
            "Plot one site's draws against another's: should they be strangers?",
            lambda m, r, d: d["distribution"] < 0.055 and _strangers(m, r),
        ),
    ),
    honest={
        "predictive": """
def constrain_draws(key, guide, params, n):
    return Predictive(guide, params=params, num_samples=n)(key)
""",
        "one key a draw": """
def constrain_draws(key, guide, params, n):
    return jax.vmap(lambda key: guide.sample_posterior(key, params))(jax.random.split(key, n))
""",
        "posterior, then constrain": """
def constrain_draws(key, guide, params, n):
    if isinstance(guide, AutoMultivariateNormal):
        u = guide.get_posterior(params).sample(key, (n,))
        return jax.vmap(guide._unpack_and_constrain, (0, None))(u, params)
    out = {}
    for i, name in enumerate(["place", "share", "slopes", "width"]):
        base = dist.Normal(params[name + "_auto_loc"], params[name + "_auto_scale"])
        to_site = dist.biject_to(guide.prototype_trace[name]["fn"].support)
        out[name] = to_site(base.sample(jax.random.fold_in(key, i), (n,)))
    return out
""",
    },
    near=(
        NearMiss("centre", "sds, in unconstrained coordinates", (0.03, 0.06, 0.15, 0.5), 0.5, lambda m, r, size: _moved(m, r, shift=size)),
        NearMiss("spread", "part of the sd, in unconstrained coordinates", (0.03, 0.06, 0.15, 0.35), 0.35,
                 lambda m, r, size: _moved(m, r, stretch=1 + size)),
        NearMiss("together", "part of the draws in which the sites are unrelated", (0.05, 0.1, 0.3, 1.0), 1.0, _loosened),
    ),
    figure=constrain_figure,
)


# ---------------------------------------------------------------- 6.5 Laplace

TARGETS = {"coin": 1, "pair1": 2, "pair2": 2}


def _coin_target(a, b, constant, offset):
    mode = np.log(a / b)
    return {"coin_a": a, "coin_b": b, "coin_constant": constant, "coin_z0": np.array([mode + offset])}


def _pair_target(name, k, mix, shift, constant, offset):
    return {f"{name}_k": k, f"{name}_unmix": np.linalg.inv(mix), f"{name}_shift": shift, f"{name}_constant": np.float64(constant),
            f"{name}_z0": mix @ (np.log(k) + offset) + shift}


def _draw_pair(rng, name):
    while True:
        k, mix = rng.uniform(1.2, 6, 2), rng.normal(size=(2, 2)) * rng.uniform(0.6, 2, (2, 1))
        cov = mix @ np.diag(1 / k) @ mix.T
        sds = np.sqrt(np.diag(cov))
        rho = cov[0, 1] / np.prod(sds)
        distinct = np.max(np.abs(np.log(sds))) > 0.2 and abs(np.linalg.slogdet(cov)[1]) > 0.3
        if 0.3 < abs(rho) < 0.7 and 0.15 < sds.min() and sds.max() < 3 and distinct:
            offset = rng.choice([-1, 1], 2) * rng.uniform(0.9, 1.4, 2)
            return _pair_target(name, k, mix, rng.uniform(-2, 2, 2), rng.uniform(-5, 5), offset)


def draw_laplace_case(rng):
    while True:
        a, b = rng.uniform(4, 40, 2)
        sd = np.sqrt(1 / a + 1 / b)
        if abs(np.log(a / b)) >= 0.4 and abs(np.log(sd)) > 0.2:
            break
    coin = _coin_target(a, b, rng.uniform(-5, 5), -np.sign(np.log(a / b)) * rng.uniform(1.2, 1.6))
    return coin | _draw_pair(rng, "pair1") | _draw_pair(rng, "pair2")


def public_laplace_case():
    coin = _coin_target(np.float64(13), np.float64(9), np.float64(0), -1.3)
    pair = _pair_target("pair1", np.array([2.0, 5.0]), np.array([[1.5, 0.5], [0.4, 1.2]]), np.array([1.0, -1.0]), 1.0, np.array([-1.1, 1.2]))
    return coin | pair | _draw_pair(np.random.default_rng(65), "pair2")


def laplace_reference(case):
    """Mode, covariance and log evidence estimate; the Newton step from z0 is taken in u, where it is the same step."""
    out = {}
    a, b, z0 = float(case["coin_a"]), float(case["coin_b"]), np.asarray(case["coin_z0"], float)
    mode = np.log(a / b)
    share = expit(z0)
    out |= {
        "coin_loc": np.array([mode]), "coin_cov": np.array([[1 / a + 1 / b]]), "coin_z0": z0,
        "coin_height": a * log_expit(mode) + b * log_expit(-mode) + float(case["coin_constant"]),
        "coin_step": z0 + (a * (1 - share) - b * share) / ((a + b) * share * (1 - share)),
        "coin_cov0": np.array([[1 / ((a + b) * share[0] * (1 - share[0]))]]),
    }
    for name in ("pair1", "pair2"):
        k, shift, z0 = (np.asarray(case[f"{name}_{part}"], float) for part in ("k", "shift", "z0"))
        mix = np.linalg.inv(np.asarray(case[f"{name}_unmix"], float))
        u0 = np.linalg.solve(mix, z0 - shift)
        out |= {
            f"{name}_loc": mix @ np.log(k) + shift, f"{name}_cov": mix @ np.diag(1 / k) @ mix.T, f"{name}_z0": z0,
            f"{name}_height": float(case[f"{name}_constant"]) + np.sum(k * np.log(k) - k),
            f"{name}_step": mix @ (u0 + k * np.exp(-u0) - 1) + shift,
            f"{name}_cov0": mix @ np.diag(np.exp(-u0)) @ mix.T,
        }
    for name, d in TARGETS.items():
        out[f"{name}_log_z"] = out[f"{name}_height"] + 0.5 * d * LOG_2PI + 0.5 * np.linalg.slogdet(out[f"{name}_cov"])[1]
    return out


def over_targets(measure):
    """The worst of a distance (measurement, reference, target name)."""
    return lambda m, r: np.max([measure(m, r, name) for name in TARGETS])


def loc_distance(m, r, name):
    return np.max(np.abs(m[f"{name}_loc"] - r[f"{name}_loc"]) / np.sqrt(np.diag(r[f"{name}_cov"])))


def cov_distance(m, r, name):
    """Largest log ratio of sds over all directions; NaN unless symmetric and positive."""
    cov = m[f"{name}_cov"]
    if worst(cov - cov.T) > 1e-2 * worst(cov):
        return np.nan
    values = np.linalg.eigvals(np.linalg.solve(r[f"{name}_cov"], (cov + cov.T) / 2))
    return 0.5 * worst(np.log(np.where(values.real > 0, values.real, np.nan)))


def log_z_distance(m, r, name):
    return abs(m[f"{name}_log_z"] - r[f"{name}_log_z"])


def _each(test):
    """Whether a test (measurement, reference, target name, dimension) holds for every target."""

    def looks_like(m, r, d):
        return all(bool(test(m, r, name, dim)) for name, dim in TARGETS.items())

    return looks_like


def _cov_is(m, wanted, name):
    return worst(m[f"{name}_cov"] - wanted) < 0.01 * worst(wanted)


def _log_z_is(m, wanted, name):
    return abs(m[f"{name}_log_z"] - wanted) < 0.02


def _loc_right(m, r, name):
    return loc_distance(m, r, name) < 0.02


def _sqrtm(cov):
    values, vectors = np.linalg.eigh(cov)
    return vectors @ np.diag(np.sqrt(values)) @ vectors.T


def _is_sd(m, r, name):
    cov = r[f"{name}_cov"]
    return any(_cov_is(m, wanted, name) for wanted in (np.diag(np.sqrt(np.diag(cov))), _sqrtm(cov), np.linalg.cholesky(cov)))


def laplace_figure(axes, m, r):
    if m["pair1_loc"].shape != (2,) or m["pair1_cov"].shape != (2, 2) or np.linalg.eigvalsh(m["pair1_cov"])[0] <= 0:
        return None
    centre, cov = r["pair1_loc"], r["pair1_cov"]
    ellipse(axes, centre, cov, color="black", label="exact curvature at the peak, one sd")
    ellipse(axes, m["pair1_loc"], m["pair1_cov"], color=BLUE, linestyle="--", linewidth=2, label="yours")
    axes.plot(*r["pair1_z0"], "x", color=RED, label="z0")
    axes.plot(*m["pair1_loc"], "o", color=BLUE, markersize=4)
    right = loc_distance(m, r, "pair1") < 0.02 and cov_distance(m, r, "pair1") < 0.02
    axes.set(xlabel="z[0]", ylabel="z[1]")
    axes.set_title("Your ellipse sits on the peak and has its curvature" if right else "Your ellipse is not that of the peak", fontsize=10)
    axes.legend(fontsize=7)
    return "The one-sd ellipse of the peak's curvature, your ellipse, and the starting point. " + (
        "The ellipses agree." if right else "The ellipses do not agree."
    )


_NEWTON = """
def laplace(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range({steps}):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = {cov}
    log_z = {log_z}
    return z, {out}, log_z
"""


def _laplace_source(steps=30, cov="jnp.linalg.inv(precision)", out="cov",
                    log_z="log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) - 0.5 * jnp.linalg.slogdet(precision)[1]"):
    return _NEWTON.format(steps=steps, cov=cov, log_z=log_z, out=out)


_KNOWN_INTEGRAL = "Give it the log density of a normal with sd 10: do you get log_z = 0?"

LAPLACE = Exercise(
    id="laplace",
    title="Laplace's approximation",
    names={"laplace": "log_joint, z0"},
    public=public_laplace_case,
    case=draw_laplace_case,
    reference=laplace_reference,
    fields={f"{name}_{part}": Field(shape, allow="inf nan") for name, d in TARGETS.items()
            for part, shape in (("loc", (d,)), ("cov", (d, d)), ("log_z", ()))},
    criteria=(
        Criterion("loc", 2, "your loc and the exact peak of three targets, sds", over_targets(loc_distance), tuple(f"{n}_loc" for n in TARGETS),
                  "Your loc is not where the log joint is highest."),
        Criterion("cov", 3, "log ratio of your sd and the exact one, in the worst direction, three targets", over_targets(cov_distance),
                  tuple(f"{n}_cov" for n in TARGETS), "Your covariance is not that of the normal with the same curvature at the peak."),
        Criterion("log_z", 2, "your log_z and the log integral of the exact approximation, nats, three targets", over_targets(log_z_distance),
                  tuple(f"{n}_log_z" for n in TARGETS), "Your log_z is not the log of the integral under the approximation."),
    ),
    known_wrong=(
        KnownWrong("curvature for covariance", _laplace_source(out="precision"), "The sharper the peak, the wider or the narrower?",
                   _each(lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, np.linalg.inv(r[f"{n}_cov"]), n))),
        KnownWrong("sign of the Hessian", _laplace_source(cov="jnp.linalg.inv(hessian(z))"), "Is your covariance positive?",
                   _each(lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, -r[f"{n}_cov"], n))),
        KnownWrong("2 pi lost", _laplace_source(log_z="log_joint(z) - 0.5 * jnp.linalg.slogdet(precision)[1]"), _KNOWN_INTEGRAL,
                   _each(lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, r[f"{n}_cov"], n)
                         and _log_z_is(m, r[f"{n}_log_z"] - 0.5 * d * LOG_2PI, n))),
        KnownWrong("sign of the log det",
                   _laplace_source(log_z="log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) + 0.5 * jnp.linalg.slogdet(precision)[1]"),
                   _KNOWN_INTEGRAL,
                   _each(lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, r[f"{n}_cov"], n)
                         and _log_z_is(m, r[f"{n}_log_z"] - np.linalg.slogdet(r[f"{n}_cov"])[1], n))),
        KnownWrong("height for area", _laplace_source(log_z="log_joint(z)"), "Two peaks of one height, one of them wide: which holds more?",
                   _each(lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, r[f"{n}_cov"], n) and _log_z_is(m, r[f"{n}_height"], n))),
        KnownWrong("sd for covariance", _laplace_source(out="jnp.diag(jnp.sqrt(jnp.diag(cov)))"), "What are the units of a covariance?",
                   _each(lambda m, r, n, d: _loc_right(m, r, n) and _is_sd(m, r, n))),
        KnownWrong("variances only", _laplace_source(out="jnp.diag(jnp.diag(cov))"), "Does your approximation lean where the target leans?",
                   lambda m, r, d: all(_loc_right(m, r, n) and _cov_is(m, np.diag(np.diag(r[f"{n}_cov"])), n) for n in TARGETS)),
        KnownWrong("inverse of each entry", _laplace_source(out="1 / precision"), "Is the inverse of a matrix the inverse of its entries?",
                   _each(lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, 1 / np.linalg.inv(r[f"{n}_cov"]), n))),
        KnownWrong("one Newton step", _laplace_source(steps=1), "Is the gradient zero where you stopped?",
                   _each(lambda m, r, n, d: np.max(np.abs(m[f"{n}_loc"] - r[f"{n}_step"]) / np.sqrt(np.diag(r[f"{n}_cov"]))) < 0.01)),
        KnownWrong("no search", _laplace_source(steps=0), "Is the gradient zero where you stopped?",
                   _each(lambda m, r, n, d: worst(m[f"{n}_loc"] - r[f"{n}_z0"]) < 1e-4 and _cov_is(m, r[f"{n}_cov0"], n))),
    ),
    honest={
        "scipy": """
def laplace(log_joint, z0):
    gradient = jax.grad(log_joint)
    slope = lambda z: -np.asarray(gradient(jnp.asarray(z)), dtype=float)
    found = optimize.minimize(lambda z: -float(log_joint(jnp.asarray(z))), np.asarray(z0), jac=slope)
    hessian = np.asarray(jax.hessian(log_joint)(jnp.asarray(found.x)), dtype=np.float64)
    cov = np.linalg.inv(-hessian)
    return found.x, cov, -found.fun + 0.5 * np.log(np.linalg.det(2 * np.pi * cov))
""",
        "adam": """
def laplace(log_joint, z0):
    optimizer = optax.adam(optax.cosine_decay_schedule(0.1, 2000))
    def step(carry, _):
        z, state = carry
        updates, state = optimizer.update(jax.grad(lambda z: -log_joint(z))(z), state)
        return (optax.apply_updates(z, updates), state), None
    z0 = jnp.asarray(z0, jnp.float32)
    (z, _), _ = jax.lax.scan(step, (z0, optimizer.init(z0)), None, length=2000)
    cov = jnp.linalg.inv(-jax.hessian(log_joint)(z))
    normal = dist.MultivariateNormal(z, covariance_matrix=cov)
    return z, cov, log_joint(z) - normal.log_prob(z)
""",
        "damped newton": """
def laplace(log_joint, z0):
    grad, hess = jax.grad(log_joint), jax.jacfwd(jax.grad(log_joint))
    z = jax.lax.fori_loop(0, 60, lambda _, z: z - 0.7 * jnp.linalg.solve(hess(z), grad(z)), jnp.asarray(z0))
    L = jnp.linalg.cholesky(-hess(z))
    cov = jax.scipy.linalg.cho_solve((L, True), jnp.eye(z.size))
    return z, cov, log_joint(z) + z.size * 0.5 * jnp.log(2 * jnp.pi) - jnp.log(jnp.diag(L)).sum()
""",
    },
    near=(
        NearMiss("loc", "exact sds", (5e-3, 0.01, 0.03, 0.1), 0.1,
                 lambda m, r, size: {**m, "pair1_loc": m["pair1_loc"] + size * np.sqrt(np.diag(r["pair1_cov"]))}),
        NearMiss("cov", "part of each sd", (5e-3, 0.01, 0.03, 0.1), 0.1, lambda m, r, size: {**m, "coin_cov": m["coin_cov"] * (1 + size) ** 2}),
        NearMiss("log_z", "nats", (5e-3, 0.01, 0.03, 0.1), 0.1, lambda m, r, size: {**m, "pair2_log_z": np.asarray(m["pair2_log_z"] + size)}),
    ),
    figure=laplace_figure,
)


# ---------------------------------------------------------------- 6.6 the whole task

_U = np.linspace(-6, 6, 24001)


def rate_posterior(log_density):
    """(mean, sd, ln of the integral) of the rate e**u, from an unnormalised log density in u on the grid."""
    top = np.max(log_density)
    weights = np.exp(log_density - top)
    total = weights.sum()
    rate = np.exp(_U)
    mean = weights @ rate / total
    return mean, np.sqrt(weights @ (rate - mean) ** 2 / total), top + np.log(total * (_U[1] - _U[0]))


def draw_counts_case(rng):
    while True:
        rate, sigma0 = rng.uniform(2, 9), rng.uniform(0.15, 0.4)
        mu0 = np.log(rate) + rng.choice([-1, 1]) * rng.uniform(1, 2.5) * sigma0
        case = {"counts": rng.poisson(rate, 12).astype(float), "mu0": mu0, "sigma0": sigma0, "seed": rng.integers(2**31)}
        if case["counts"].sum() >= 12 and abs(mu0) >= 0.2 and _telling(counts_reference(case)):
            return case


def _log_normal(u, centre, width):
    return -0.5 * ((u - centre) / width) ** 2 - np.log(width) - 0.5 * LOG_2PI


def log_joint_counts(counts, mu0, sigma0):
    """Log joint density of 12 counts and the log rate, on the grid of log rates."""
    return _log_normal(_U, mu0, sigma0) + counts.sum() * _U - 12 * np.exp(_U) - gammaln(counts + 1).sum()


def counts_reference(case):
    """The posterior by quadrature on a grid of log rates, and those of some wrong models."""
    counts, mu0, sigma0 = np.asarray(case["counts"], float), float(case["mu0"]), float(case["sigma0"])
    rate = np.exp(_U)

    def likelihood(total, n):
        return total * _U - n * rate

    log_normal = _log_normal(_U, mu0, sigma0)
    posteriors = {
        "true": log_joint_counts(counts, mu0, sigma0),
        "flat": likelihood(counts.sum(), 12) + _U,
        "rate_prior": _log_normal(rate, mu0, sigma0) + _U + likelihood(counts.sum(), 12),
        "shifted": _log_normal(_U, np.exp(mu0), sigma0) + likelihood(counts.sum(), 12),
        "first": log_normal + likelihood(counts[0], 1),
        "average": log_normal + likelihood(counts.mean(), 1),
        "prior": log_normal,
    }
    out = {"data": counts, "mu0": np.float64(mu0), "sigma0": np.float64(sigma0)}
    for name, log_density in posteriors.items():
        mean, sd, log_z = rate_posterior(log_density)
        out |= {f"{name}_mean": mean, f"{name}_sd": sd, f"{name}_log_z": log_z}
    return out


def _telling(r):
    """Whether wrong models give a posterior that is clearly another one."""
    off = {name: abs(r[f"{name}_mean"] - r["true_mean"]) / r["true_sd"] for name in ("flat", "rate_prior", "shifted", "first", "average", "prior")}
    wide = {name: abs(np.log(r[f"{name}_sd"] / r["true_sd"])) for name in off}
    return min(max(off[name] / 0.5, wide[name] / 0.25) for name in off) > 1


def mean_off(m, r):
    return abs(m["draws"].mean() - r["true_mean"]) / r["true_sd"]


def sd_off(m, r):
    return abs(np.log(m["draws"].std() / r["true_sd"]))


def counts_tail(m):
    return np.mean(m["losses"][-max(len(m["losses"]) // 10, 1):])


def bound_off(m, r):
    """How far the mean of the last tenth of at least 500 losses is from -ln Z."""
    return abs(counts_tail(m) + r["true_log_z"]) if len(m["losses"]) >= 500 else np.nan


#: Wrong models whose posteriors are known, in groups with one hint.
_GROUPS = (("true",), ("rate_prior", "shifted"), ("flat",), ("first", "average"), ("prior",))


def _posterior_is(name):
    """looks_like: mean and sd of the draws are those of this model, and nearer to them than to another group's."""

    def distance(m, r, other):
        mean, sd = r[f"{other}_mean"], r[f"{other}_sd"]
        return np.hypot((np.mean(m["draws"], dtype=float) - mean) / (0.2 * sd), np.log(np.std(m["draws"], dtype=float) / sd) / 0.15)

    def looks_like(m, r, d):
        if m["draws"].shape != (4096,) or not np.min(m["draws"]) > 0:
            return False
        own = next(group for group in _GROUPS if name in group)
        nearest = min(distance(m, r, other) for group in _GROUPS if group is not own for other in group)
        mine = distance(m, r, name)
        without_data = abs(counts_tail(m)) < 0.02  # prior and surrogate alone: the loss ends at zero
        return mine < 1 and without_data == (name == "prior") and (mine < nearest or without_data)

    return looks_like


def counts_figure(axes, m, r):
    draws = m["draws"]
    if draws.shape != (4096,) or not np.isfinite(draws).all() or np.ptp(draws) == 0:
        return None
    rate = np.exp(_U)
    density = np.exp(log_joint_counts(r["data"], r["mu0"], r["sigma0"]) - r["true_log_z"]) / rate
    prior = np.exp(_log_normal(_U, r["mu0"], r["sigma0"])) / rate
    axes.hist(draws, bins=60, density=True, color=BLUE, alpha=0.6, label="your draws")
    axes.plot(rate, density, color="black", label="exact posterior")
    axes.plot(rate, prior, color=ORANGE, linestyle=":", label="prior")
    shown = [r["true_mean"] - 6 * r["true_sd"], r["true_mean"] + 6 * r["true_sd"]]
    axes.set(xlim=(max(0, shown[0]), shown[1]), xlabel="rate", ylabel="density")
    right = mean_off(m, r) < 0.25 and sd_off(m, r) < 0.1
    axes.set_title("Your surrogate is the posterior of the rate" if right else "Your draws are not from the posterior", fontsize=10)
    axes.legend(fontsize=8)
    return f"Histogram of your draws of the rate, with mean {draws.mean():.2f}, over the exact posterior with mean {r['true_mean']:.2f}. " + (
        "They agree." if right else "They do not agree."
    )


_COUNTS = """
def counts_posterior(key, counts, mu0, sigma0):
    def model():
        {prior}
        with numpyro.plate("counts", 12):
            numpyro.sample("obs", dist.Poisson(rate), obs=counts)
    guide = {guide}(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    key_fit, key_draws = jax.random.split(key)
    params, losses = run_svi(key_fit, svi, 2000)
    draws = guide.sample_posterior(key_draws, params, sample_shape=(4096,))
    return {out}
"""


_LIKELIHOOD = 'numpyro.sample("obs", dist.Poisson(rate), obs=counts)'
_PLATE = 'with numpyro.plate("counts", 12):'


def _counts_source(prior='rate = numpyro.sample("rate", dist.LogNormal(mu0, sigma0))', guide="AutoNormal", out='draws["rate"], losses',
                   likelihood=_LIKELIHOOD, plate=_PLATE):
    return _COUNTS.format(prior=prior, guide=guide, out=out).replace(_LIKELIHOOD, likelihood).replace(_PLATE, plate)


COUNTS = Exercise(
    id="counts-posterior",
    title="A whole analysis",
    names={"counts_posterior": "key, counts, mu0, sigma0"},
    public=lambda: {"counts": np.array([4.0, 7.0, 3.0, 5.0, 6.0, 2.0, 5.0, 8.0, 4.0, 6.0, 3.0, 5.0]),
                    "mu0": np.float64(1.1), "sigma0": np.float64(0.3), "seed": np.array(66)},
    case=draw_counts_case,
    reference=counts_reference,
    fields={"draws": Field((4096,)), "losses": Field((None,), allow="inf nan")},
    criteria=(
        Criterion("mean", 2, "mean of your 4096 draws and of the exact posterior, sds of the posterior", mean_off, ("draws",),
                  "The centre of your draws is not that of the posterior of the rate."),
        Criterion("sd", 2, "log ratio of the sd of your draws and the exact one", sd_off, ("draws",),
                  "The spread of your draws is not that of the posterior."),
        Criterion("support", 1, "share of draws that no rate can be", lambda m, r: np.mean(m["draws"] <= 0), ("draws",),
                  "A rate is positive; some of your draws are not."),
        Criterion("bound", 2, "mean of the last tenth of your losses and -ln Z, nats", bound_off, ("losses",),
                  "Your losses, at least 500, should settle a hair above -ln Z of the model that is described."),
    ),
    known_wrong=(
        KnownWrong("prior on the rate", _counts_source('rate = numpyro.sample("rate", dist.TruncatedNormal(mu0, sigma0, low=0.0))'),
                   "Simulate from your prior alone: do the logarithms of the rates have mean mu0?", _posterior_is("rate_prior")),
        KnownWrong("exp of mu0", _counts_source('rate = numpyro.sample("rate", dist.LogNormal(jnp.exp(mu0), sigma0))'),
                   "Simulate from your prior alone: do the logarithms of the rates have mean mu0?", _posterior_is("shifted")),
        KnownWrong("flat prior", _counts_source('rate = numpyro.sample("rate", dist.ImproperUniform(dist.constraints.positive, (), ()))'),
                   "Change mu0: does your posterior move?", _posterior_is("flat")),
        KnownWrong("one count", _counts_source(likelihood='numpyro.sample("obs", dist.Poisson(rate), obs=counts[0])', plate="if True:"),
                   "How many observations does your posterior believe in?", _posterior_is("first")),
        KnownWrong("average likelihood",
                   _counts_source(likelihood='numpyro.factor("data", jnp.mean(dist.Poisson(rate).log_prob(counts)))', plate="if True:"),
                   "How many observations does your posterior believe in?", _posterior_is("average")),
        KnownWrong("no data", _counts_source(likelihood="pass"), "Where do the counts enter?", _posterior_is("prior")),
        KnownWrong("log rate",
                   _counts_source('log_rate = numpyro.sample("log_rate", dist.Normal(mu0, sigma0)); rate = jnp.exp(log_rate)',
                                  out='draws["log_rate"], losses'),
                   "Are these rates or their logarithms?",
                   lambda m, r, d: d["bound"] < 0.1 and _posterior_is("true")({**m, "draws": np.exp(m["draws"])}, r, d)),
        KnownWrong("loss negated", _counts_source(out='draws["rate"], -losses'), "Which of the two falls during a fit, the ELBO or the loss?",
                   lambda m, r, d: d["mean"] < 0.25 and d["sd"] < 0.1 and abs(counts_tail(m) - r["true_log_z"]) < 0.1),
        KnownWrong("peak only", _counts_source(guide="AutoDelta"), "How wide is your surrogate?",
                   lambda m, r, d: np.ptp(m["draws"]) < 1e-6 and d["mean"] < 1),
    ),
    honest={
        "log rate": _counts_source('rate = jnp.exp(numpyro.sample("log_rate", dist.Normal(mu0, sigma0)))', "AutoMultivariateNormal",
                                   'jnp.exp(draws["log_rate"]), losses'),
        "own guide": """
def counts_posterior(key, counts, mu0, sigma0):
    def model():
        rate = numpyro.sample("rate", dist.LogNormal(mu0, sigma0))
        with numpyro.plate("n", len(counts)):
            numpyro.sample("counts", dist.Poisson(rate), obs=counts)
    def guide():
        a = numpyro.param("a", 10.0, constraint=dist.constraints.positive)
        b = numpyro.param("b", 2.0, constraint=dist.constraints.positive)
        numpyro.sample("rate", dist.LogNormal(jnp.log(a / b), a**-0.5))
    svi = SVI(model, guide, optax.adam(optax.linear_schedule(0.05, 0.0, 3000)), Trace_ELBO(num_particles=32))
    params, losses = run_svi(key, svi, 3000)
    draws = Predictive(guide, params=params, num_samples=4096)(jax.random.fold_in(key, 1))
    return draws["rate"], losses
""",
        "standard normal inside": """
def counts_posterior(key, counts, mu0, sigma0):
    def model(counts):
        z = numpyro.sample("z", dist.Normal(0.0, 1.0))
        rate = numpyro.deterministic("rate", jnp.exp(mu0 + sigma0 * z))
        numpyro.sample("counts", dist.Poisson(rate).expand([12]).to_event(1), obs=counts)
    guide = AutoNormal(model)
    rate = optax.piecewise_constant_schedule(0.02, {1500: 0.2, 3000: 0.2})
    svi = SVI(model, guide, optax.adam(rate), Trace_ELBO(num_particles=16))
    params, losses = run_svi(key, svi, 4000, counts)
    z = guide.sample_posterior(jax.random.fold_in(key, 1), params, sample_shape=(4096,))["z"]
    return jnp.exp(mu0 + sigma0 * z), losses
""",
    },
    near=(
        NearMiss("mean", "sds of the posterior", (0.1, 0.2, 0.4, 0.9), 0.9, lambda m, r, size: {**m, "draws": m["draws"] + size * r["true_sd"]}),
        NearMiss("sd", "part of the sd", (0.03, 0.06, 0.15, 0.4), 0.4,
                 lambda m, r, size: {**m, "draws": np.abs(r["true_mean"] + (1 + size) * (m["draws"] - r["true_mean"]))}),
        NearMiss("losses", "nats added to the losses", (0.02, 0.05, 0.15, 0.4), 0.4, lambda m, r, size: {**m, "losses": m["losses"] + size}),
    ),
    figure=counts_figure,
)

EXERCISES = (MEAN_FIELD, FIT, AXES, CONSTRAIN, LAPLACE, COUNTS)
