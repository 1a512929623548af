"""Lesson 5, guides with structure: what its exercises ask and how they are judged.

Closed forms and quadrature in float64. The target of two bumps, with u1 along the line of
the bumps and u2 across it, is

    f = [exp(-(u1 - b)**2 / (2 s1**2)) + exp(-(u1 + b)**2 / (2 s1**2))] / (1 + (u2 / s2)**2 / 2),

so that the integral of f is 2 s1 sqrt(2 pi) * pi sqrt(2) s2: two normal bumps times a Cauchy
density of scale g = sqrt(2) s2. The best normal surrogate of that Cauchy density has the
scale at which E[g**2 / (g**2 + u2**2)] = 1/2.
"""

from functools import cache

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax

from autograder.exercises.common import BLUE, GREEN, ORANGE, RED, seed, worst
from autograder.judging import Criterion, Exercise, Field, KnownWrong, NearMiss

LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


def _relative(x, y):
    """Largest distance of x from y, relative to 1 + abs(y)."""
    return worst((np.asarray(x) - y) / (1 + np.abs(y)))


def log_normal(x, mean, sd):
    return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - LOG_ROOT_2PI


def turn(x, y, theta):
    """Coordinates along and across a line at the angle theta (radians)."""
    c, s = np.cos(theta), np.sin(theta)
    return c * x + s * y, c * y - s * x


# ---------------------------------------------------------------- 5.1 the target


_FAR_X, _FAR_Y = np.array([20.0, -20.0, 200.0, -200.0]), np.array([-20.0, 20.0, 0.0, 0.0])


def draw_target(rng):
    """b, s1, s2 and theta (radians, well away from 0, 45 and 90 degrees)."""
    degrees = rng.choice([rng.uniform(15, 33), rng.uniform(57, 75)])
    values = {"b": rng.uniform(3.5, 6), "s1": rng.uniform(0.4, 0.7), "s2": rng.uniform(1.2, 2.5), "theta": np.deg2rad(degrees)}
    return {name: np.float64(np.float32(value)) for name, value in values.items()}


PUBLIC_TARGET = {name: np.float64(np.float32(value)) for name, value in {"b": 5, "s1": 0.5, "s2": 2, "theta": np.pi / 6}.items()}


def _with_points(rng, target):
    """64 points near the bumps and along the valley, where no single bump underflows in float32."""
    side = np.tile([1, -1], 32)
    u1 = side * target["b"] + target["s1"] * rng.uniform(-3, 3, 64)
    u2 = np.where(np.arange(64) < 32, rng.uniform(-2, 2, 64), rng.uniform(-8, 8, 64))
    x, y = turn(u1, u2, -target["theta"])
    x, y = (np.float64(np.float32(v)) for v in (x, y))
    return {"x": x, "y": y, "far_x": _FAR_X, "far_y": _FAR_Y, **target}


def _pieces(u1, u2, b, s1, s2):
    """Log of the two bumps and of the factor, with their slopes in u1 and u2."""
    near, other = -0.5 * ((u1 - b) / s1) ** 2, -0.5 * ((u1 + b) / s1) ** 2
    both = np.logaddexp(near, other)
    slope1 = (np.exp(near - both) * (b - u1) - np.exp(other - both) * (b + u1)) / s1**2
    return both - np.log1p(0.5 * (u2 / s2) ** 2), slope1, -u2 / (s2**2 + 0.5 * u2**2)


def target_reference(case):
    out = {name: np.asarray(value, float) for name, value in case.items()}
    c, s = np.cos(out["theta"]), np.sin(out["theta"])
    for far in ("", "far_"):
        u1, u2 = turn(out[f"{far}x"], out[f"{far}y"], out["theta"])
        values, slope1, slope2 = _pieces(u1, u2, out["b"], out["s1"], out["s2"])
        out[f"{far}values"], out[f"{far}slopes"] = values, np.stack([c * slope1 - s * slope2, s * slope1 + c * slope2])
    return out


def log_target(x, y, b, s1, s2, theta):
    return _pieces(*turn(x, y, theta), b, s1, s2)[0]


def _is_target(formula):
    """looks_like: near and far, the values are those of this wrong formula of (x, y, c, s, r)."""

    def looks_like(m, r, d):
        c, s = np.cos(r["theta"]), np.sin(r["theta"])
        near, far = formula(r["x"], r["y"], c, s, r), formula(r["far_x"], r["far_y"], c, s, r)
        return _relative(m["values"], near) < 2e-3 and _relative(m["far_values"], far) < 2e-3

    return looks_like


def _turned(first, second):
    """The target in other coordinates: u1 and u2 as functions of (x, y, c, s)."""
    return _is_target(lambda x, y, c, s, r: _pieces(first(x, y, c, s), second(x, y, c, s), r["b"], r["s1"], r["s2"])[0])


def _one_bump(x, y, c, s, r):
    u1, u2 = c * x + s * y, c * y - s * x
    return -0.5 * ((u1 - r["b"]) / r["s1"]) ** 2 - np.log1p(0.5 * (u2 / r["s2"]) ** 2)


def _no_factor(x, y, c, s, r):
    u1 = c * x + s * y
    return np.logaddexp(-0.5 * ((u1 - r["b"]) / r["s1"]) ** 2, -0.5 * ((u1 + r["b"]) / r["s1"]) ** 2)


def _no_half(x, y, c, s, r):
    return _no_factor(x, y, c, s, r) - np.log1p(((c * y - s * x) / r["s2"]) ** 2)


def _underflows(m, r, d):
    return _relative(m["values"], r["values"]) < 2e-3 and not np.isfinite(m["far_values"][2:]).any()


def _target_source(u1="c * x + s * y", u2="c * y - s * x", value="bumps(u1, b, s1) - jnp.log1p(0.5 * (u2 / s2) ** 2)"):
    return f"""
def bumps(u, b, s):
    return jnp.logaddexp(-0.5 * ((u - b) / s) ** 2, -0.5 * ((u + b) / s) ** 2)


def log_target(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = {u1}, {u2}
    return {value}
"""


def target_figure(axes, m, r):
    """Values against u1, each point a learner's, over the curve of the bumps at its u2."""
    u1, u2 = turn(r["x"], r["y"], r["theta"])
    flat = m["values"] + np.log1p(0.5 * (u2 / r["s2"]) ** 2)
    grid = np.linspace(-r["b"] - 3.5 * r["s1"], r["b"] + 3.5 * r["s1"], 800)
    right = _relative(m["values"], r["values"]) < 1e-3
    axes.plot(grid, _pieces(grid, 0 * grid, r["b"], r["s1"], r["s2"])[0], color="black", label="ln of the two bumps")
    axes.plot(u1, np.clip(flat, -40, 20), "o", markersize=4, color=BLUE, label="your values at 64 points, less the factor's part")
    axes.set(xlabel="u1, along the line of the bumps", ylabel="nats", ylim=(-16, 6))
    axes.set_title("Your target has its two bumps where they belong" if right else "Your points do not lie on the two bumps", fontsize=10)
    axes.legend(fontsize=7, loc="upper center")
    return "The log of two bumps against u1 as a curve; your values at 64 points, freed from the factor along u2, " + (
        "lie on it." if right else "do not lie on it.")


TARGET = Exercise(
    id="two-bumps",
    title="A target with two bumps",
    names={"log_target": "x, y, b, s1, s2, theta"},
    public=lambda: _with_points(np.random.default_rng(51), PUBLIC_TARGET),
    case=lambda rng: _with_points(rng, draw_target(rng)),
    reference=target_reference,
    fields={"values": Field((64,), allow="inf nan"), "slopes": Field((2, 64), allow="inf nan"),
            "far_values": Field((4,), allow="inf nan"), "far_slopes": Field((2, 4), allow="inf nan")},
    criteria=(
        Criterion("values", 3, "your log target and the formula's at 64 points near the bumps, relative to 1 + its size",
                  lambda m, r: _relative(m["values"], r["values"]), ("values",), "Near the bumps your values are not those of the formula."),
        Criterion("slopes", 1, "its derivatives in x and y there, relative to 1 + their size",
                  lambda m, r: _relative(m["slopes"], r["slopes"]), ("slopes",),
                      "The slopes of your log target, which will drive the optimiser, are off."),
        Criterion("far out", 2, "value and derivatives at (20, -20), (-20, 20), (200, 0) and (-200, 0), relative to 1 + their size",
                  lambda m, r: float(np.max([_relative(m["far_values"], r["far_values"]), _relative(m["far_slopes"], r["far_slopes"])])),
                  ("far_values", "far_slopes"), "Far from the bumps your log target or its slope is off, or not finite."),
    ),
    known_wrong=(
        KnownWrong("log of a sum of exponentials",
            _target_source(value="jnp.log(jnp.exp(-0.5 * ((u1 - b) / s1) ** 2) + jnp.exp(-0.5 * ((u1 + b) / s1) ** 2))"
                   " - jnp.log1p(0.5 * (u2 / s2) ** 2)"), "Send the point far away: what does each exponential round to?", _underflows),
        KnownWrong("factor without its half", _target_source(value="bumps(u1, b, s1) - jnp.log1p((u2 / s2) ** 2)"),
                   "By what factor should the target have fallen at u2 = s2?", _is_target(_no_half)),
        KnownWrong("two cosines in a row", _target_source("c * x + s * y", "c * x - s * y"),
                   "Are your two axes at right angles, whatever theta is?",
                       _turned(lambda x, y, c, s: c * x + s * y, lambda x, y, c, s: c * x - s * y)),
        KnownWrong("cosines in both rows", _target_source("c * x - s * y", "c * x + s * y"),
                   "Are your two axes at right angles, whatever theta is?",
                       _turned(lambda x, y, c, s: c * x - s * y, lambda x, y, c, s: c * x + s * y)),
        KnownWrong("one bump", _target_source(value="-0.5 * ((u1 - b) / s1) ** 2 - jnp.log1p(0.5 * (u2 / s2) ** 2)"),
                   "Mirror a point at the origin: is your target as high there?", _is_target(_one_bump)),
        KnownWrong("factor forgotten", _target_source(value="bumps(u1, b, s1)"), "Walk along u2: does your target fall?", _is_target(_no_factor)),
        KnownWrong("turned the other way", _target_source("c * x - s * y", "s * x + c * y"),
                   "For a theta of 30 degrees, in which quadrants do your bumps lie?",
                       _turned(lambda x, y, c, s: c * x - s * y, lambda x, y, c, s: s * x + c * y)),
        KnownWrong("axes swapped", _target_source("c * y - s * x", "c * x + s * y"),
                   "At theta = 0, on which axis do your bumps lie?", _turned(lambda x, y, c, s: c * y - s * x, lambda x, y, c, s: c * x + s * y)),
    ),
    honest={
        "library densities": """
def log_target(x, y, b, s1, s2, theta):
    u = jnp.cos(theta) * x + jnp.sin(theta) * y
    v = -jnp.sin(theta) * x + jnp.cos(theta) * y
    scale = jnp.sqrt(2.0) * s2
    log_bumps = jnp.logaddexp(dist.Normal(b, s1).log_prob(u), dist.Normal(-b, s1).log_prob(u)) + jnp.log(s1) + 0.5 * jnp.log(2 * jnp.pi)
    return log_bumps + dist.Cauchy(0.0, scale).log_prob(v) + jnp.log(jnp.pi * scale)
""",
        "logsumexp": """
def log_target(x, y, b, s1, s2, theta):
    u1 = x * jnp.cos(theta) + y * jnp.sin(theta)
    u2 = y * jnp.cos(theta) - x * jnp.sin(theta)
    terms = jnp.stack([-((u1 - b) ** 2) / (2 * s1**2), -((u1 + b) ** 2) / (2 * s1**2)])
    return jax.scipy.special.logsumexp(terms, axis=0) - jnp.log(1 + 0.5 * (u2 / s2) ** 2)
""",
        "rotation matrix": """
def log_target(x, y, b, s1, s2, theta):
    rotation = jnp.array([[jnp.cos(theta), jnp.sin(theta)], [-jnp.sin(theta), jnp.cos(theta)]])
    u1, u2 = jnp.tensordot(rotation, jnp.stack([jnp.asarray(x), jnp.asarray(y)]), axes=1)
    far = jnp.abs(u1)
    return -0.5 * ((far - b) / s1) ** 2 + jnp.log1p(jnp.exp(-2 * b * far / s1**2)) - jnp.log1p(u2**2 / (2 * s2**2))
""",
    },
    near=(
        NearMiss("constant", "nats added to the log target", (3e-4, 1e-3, 3e-3, 0.01, 0.03), 0.03,
                 lambda m, r, size: {**m, "values": m["values"] + size}),
        NearMiss("angle", "degrees added to theta", (0.01, 0.03, 0.1, 0.3, 1.0), 0.3, lambda m, r, size: {
            **m, "values": log_target(r["x"], r["y"], r["b"], r["s1"], r["s2"], r["theta"] + np.deg2rad(size))}),
    ),
    figure=target_figure,
)


# ---------------------------------------------------------------- 5.2 an affine map of a standard normal


def _draw_matrix(rng, sign):
    """3x3, not symmetric, abs(det) in 1.5..4, of the given sign; A A^T clearly not A^T A."""
    while True:
        a = rng.normal(size=(3, 3)) * rng.uniform(0.7, 1.6)
        det, sizes = np.linalg.det(a), np.linalg.svd(a, compute_uv=False)
        if not 1.5 <= sign * det <= 4 or sizes[2] < 0.35:
            continue
        root = np.linalg.inv(a)
        if worst(root @ a.T @ a @ root.T - np.eye(3)) > 1.0:
            return a


def draw_affine_case(rng):
    signs = rng.permutation([1, -1])
    a = np.stack([_draw_matrix(rng, sign) for sign in signs]).astype(np.float32)
    m = (rng.choice([-1, 1], (2, 3)) * rng.uniform(1, 4, (2, 3))).astype(np.float32)
    return {"a": a.astype(float), "m": m.astype(float), "seed": seed(rng)}


def public_affine_case():
    a = np.array([[[1.0, 0.5, 0.0], [-0.5, 1.5, 1.0], [1.0, 0.0, 1.5]], [[0.5, 1.5, 0.0], [1.0, 0.5, 0.5], [0.0, -1.0, 1.5]]])
    return {"a": a, "m": np.array([[1.0, -2.0, 3.0], [-1.0, 2.0, 0.5]]), "seed": np.array(52)}


def affine_reference(case):
    a = np.asarray(case["a"], float)
    return {"a": a, "m": np.asarray(case["m"], float), "logdet": np.linalg.slogdet(a)[1], "sign": np.linalg.slogdet(a)[0]}


def _log_gauss(draws, a, m):
    """ln N(x; m, A A^T), (2, n)."""
    u = np.einsum("kij,knj->kni", np.linalg.inv(a), draws - m[:, None])
    return -0.5 * np.sum(u**2, axis=2) - 3 * LOG_ROOT_2PI - np.linalg.slogdet(a)[1][:, None]


def claim_error(m, r):
    """What the guide claims less what is true, (2, n)."""
    return m["logq"] - _log_gauss(m["draws"], r["a"], r["m"])


def moments_error(draws, a, m):
    """Largest error of mean and covariance of the draws, in standard errors, seen in u = A^-1 (x - m)."""
    u = np.einsum("kij,knj->kni", np.linalg.inv(a), draws - m[:, None])
    n = u.shape[1]
    mean = u.mean(axis=1) * np.sqrt(n)
    cov = np.einsum("kni,knj->kij", u, u) / n - np.eye(3)
    return worst(np.append(mean.ravel(), (cov * np.sqrt(n) / (1 + (np.sqrt(2) - 1) * np.eye(3))).ravel()))


def _claims(offset):
    """looks_like: right draws, and a claim that is off by ``offset(logdet, sign)``."""

    def looks_like(m, r, d):
        wanted = offset(r["logdet"], r["sign"])[:, None]
        return d["draws"] < 8 and worst(claim_error(m, r) - wanted) < 5e-3

    return looks_like


def _no_abs(m, r, d):
    error = claim_error(m, r)
    mirrored = r["sign"] < 0
    return d["draws"] < 8 and np.isnan(error[mirrored]).all() and worst(error[~mirrored]) < 5e-3


def _transposed(m, r, d):
    at = np.swapaxes(r["a"], 1, 2)
    return moments_error(m["draws"], at, r["m"]) < 8 and worst(m["logq"] - _log_gauss(m["draws"], at, r["m"])) < 5e-3


def _not_shifted(m, r, d):
    zero = 0 * r["m"]
    return moments_error(m["draws"], r["a"], zero) < 8 and worst(m["logq"] - _log_gauss(m["draws"], r["a"], zero)) < 5e-3


def affine_figure(axes, m, r):
    """Claimed against true log density."""
    true, claimed = _log_gauss(m["draws"], r["a"], r["m"])[0][:300], m["logq"][0][:300]
    right = worst(claim_error(m, r)[0]) < 2e-3
    axes.plot(true, claimed, "o", markersize=3, color=BLUE, label="300 of your draws")
    axes.axline((true.min(), true.min()), slope=1, color="black", linewidth=1, label="claimed = true")
    axes.set(xlabel="log density of N(m, A Aᵀ) at your draw", ylabel="log density that your guide claims")
    axes.set_title("Your guide claims what is true" if right else f"Your claims are off by {np.median(claimed - true):+.2f} nats", fontsize=10)
    axes.legend(fontsize=8)
    return "The log density that your guide claims for its draws against the true one; a line shows where both are equal. " + (
        "The points lie on it." if right else "The points lie off it.")


def _affine_source(value="A @ u + m", log_density="-jnp.linalg.slogdet(A)[1]", event_dim=", event_dim=1"):
    return f"""
def guide_affine(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={{"is_auxiliary": True}})
    numpyro.sample("x", dist.Delta({value}, log_density={log_density}{event_dim}))
"""


def _stretched(m, r, size):
    """Draws too wide by a factor 1 + size, honestly claimed."""
    draws = r["m"][:, None] + (m["draws"] - r["m"][:, None]) * (1 + size)
    return {**m, "draws": draws, "logq": m["logq"] - 3 * np.log1p(size)}


AFFINE = Exercise(
    id="affine-guide",
    title="Stretch, turn and shift a standard normal",
    names={"guide_affine": "A, m"},
    public=public_affine_case,
    case=draw_affine_case,
    reference=affine_reference,
    fields={"draws": Field((2, 2048, 3), allow="inf nan"), "logq": Field((2, 2048), allow="inf nan")},
    criteria=(
        Criterion("claim", 3, "the log density that your guide claims for its draws and that of N(m, A Aᵀ), nats",
                  lambda m, r: worst(claim_error(m, r)), ("draws", "logq"),
                  "The log densities of your guide's sites do not add up to the density of N(m, A Aᵀ) at its draws."),
        Criterion("draws", 3, "mean and covariance of 2048 draws of x and those of N(m, A Aᵀ), in standard errors",
                  lambda m, r: moments_error(m["draws"], r["a"], r["m"]), ("draws",),
                      "Your draws of x do not have the mean m and the covariance A Aᵀ."),
    ),
    known_wrong=(
        KnownWrong("no log density", _affine_source(log_density="0.0"), "What does A do to a unit of volume?", _claims(lambda log, sign: log)),
        KnownWrong("plus", _affine_source(log_density="jnp.linalg.slogdet(A)[1]"), "Where the map stretches, do draws get denser or thinner?",
                   _claims(lambda log, sign: 2 * log)),
        KnownWrong("no absolute value", _affine_source(log_density="-jnp.log(jnp.linalg.det(A))"), "What determinant does a mirror have?", _no_abs),
        KnownWrong("event_dim forgotten", _affine_source(event_dim=""), "Print the shape of the site's log density: how many numbers are added up?",
                   _claims(lambda log, sign: -2 * log)),
        KnownWrong("transposed", _affine_source(value="u @ A + m"), "Compare the covariance of your draws with A Aᵀ: entry by entry, is it the same?",
            _transposed),
        KnownWrong("det of A A^T", _affine_source(log_density="-jnp.linalg.slogdet(A @ A.T)[1]"), "How often have you counted the stretching?",
                   _claims(lambda log, sign: -log)),
        KnownWrong("det without log", _affine_source(log_density="-jnp.abs(jnp.linalg.det(A))"),
            "Densities are multiplied by a factor: what happens to their logarithms?",
                   _claims(lambda log, sign: log - np.exp(log))),
        KnownWrong("no shift", _affine_source(value="A @ u"), "Where is the middle of your draws?", _not_shifted),
    ),
    honest={
        "multivariate normal": """
def guide_affine(A, m):
    numpyro.sample("x", dist.MultivariateNormal(m, A @ A.T))
""",
        "transform": """
def guide_affine(A, m):
    u = numpyro.sample("base", dist.MultivariateNormal(jnp.zeros(3), jnp.eye(3)), infer={"is_auxiliary": True})
    claim = -jnp.log(jnp.abs(jnp.linalg.det(A)))
    numpyro.sample("x", dist.Delta(m + jnp.einsum("ij,j->i", A, u), claim, event_dim=1))
""",
        "plate": """
def guide_affine(A, m):
    with numpyro.plate("axes", 3):
        u = numpyro.sample("u", dist.Normal(0.0, 1.0), infer={"is_auxiliary": True})
    value = u @ A.T + m
    numpyro.sample("x", dist.Delta(value, log_density=-0.5 * jnp.linalg.slogdet(A @ A.T)[1], event_dim=1))
""",
    },
    near=(
        NearMiss("claim", "nats added to the claim", (1e-3, 2e-3, 5e-3, 0.01, 0.03), 0.01, lambda m, r, size: {**m, "logq": m["logq"] + size}),
        NearMiss("too wide", "part of the width, honestly claimed", (0.001, 0.003, 0.01, 0.03, 0.1, 0.3), 0.1, _stretched),
    ),
    figure=affine_figure,
)


# ---------------------------------------------------------------- 5.3 a guide with two bumps


LOG_BOX = 2 * np.log(200.0)


@cache
def best_normal_of_cauchy():
    """Scale of the normal closest to the standard Cauchy density in KL(normal || Cauchy), and that KL: (1.63398, 0.18276)."""
    eps = np.linspace(-12, 12, 20001)
    weight = np.exp(-0.5 * eps**2 - LOG_ROOT_2PI) * (eps[1] - eps[0])

    def kl(log_scale):
        return np.sum(weight * np.log1p(np.exp(2 * log_scale) * eps**2)) + np.log(np.pi) - log_scale - LOG_ROOT_2PI - 0.5

    found = minimize_scalar(kl, bounds=(-1, 2), method="bounded", options={"xatol": 1e-10})
    return float(np.exp(found.x)), float(found.fun)


def bimodal_reference(case):
    scale, kl = best_normal_of_cauchy()
    out = {name: np.asarray(case[name], float) for name in ("b", "s1", "s2", "theta")}
    best = LOG_BOX - np.log(2 * out["s1"]) - LOG_ROOT_2PI - np.log(np.pi * np.sqrt(2) * out["s2"]) + kl
    return {**out, "best_s2": scale * np.sqrt(2) * out["s2"], "best": best}


def bimodal_loss(m, r):
    """-ELBO of the draws at their claimed density, from the target in float64."""
    x, y = m["draws"].T
    inside = (np.abs(x) <= 100) & (np.abs(y) <= 100)
    log_p = np.where(inside, log_target(x, y, r["b"], r["s1"], r["s2"], r["theta"]) - LOG_BOX, -np.inf)
    return np.mean(m["logq"] - log_p)


def angle_between(theta, other):
    """Degrees between two lines."""
    return abs((np.rad2deg(theta - other) + 90) % 180 - 90)


#: One unit of an error in b, ln s1, ln s2 (or their draws') and theta.
UNITS = {"b": 0.1, "s1": 0.07, "s2": 0.1, "theta": 1.5}


def parameter_error(m, r):
    b, s1, s2, theta = m["params"]
    errors = [(abs(b) - r["b"]) / UNITS["b"], np.log(s1 / r["s1"]) / UNITS["s1"], np.log(s2 / r["best_s2"]) / UNITS["s2"],
              angle_between(theta, r["theta"]) / UNITS["theta"]]
    return worst(errors)


def draws_error(m, r):
    """Middle and width of the draws along and across the line of the bumps, both bumps folded onto one."""
    u1, u2 = turn(*m["draws"].T, r["theta"])
    u1 = np.abs(u1)
    return worst([(u1.mean() - r["b"]) / UNITS["b"], np.log(u1.std() / r["s1"]) / UNITS["s1"],
                   u2.mean() / r["best_s2"] / UNITS["s2"], np.log(u2.std() / r["best_s2"]) / UNITS["s2"]])


def share_error(m, r):
    u1, _ = turn(*m["draws"].T, r["theta"])
    return float(np.where(np.isfinite(u1).all(), abs(np.mean(u1 > 0) - 0.5), np.nan))


def _two_normals(u, b, s):
    return np.logaddexp(log_normal(u, b, s), log_normal(u, -b, s)) - np.log(2)


def _claimed(m, log_q):
    """Whether the claims are these log densities, nearly everywhere."""
    return float(np.quantile(np.abs(m["logq"] - log_q), 0.95)) < 0.05


def _cosines(m, r, d):
    b, s1, s2, theta = m["params"]
    x, y = m["draws"].T
    u1, u2 = (x + y) / (2 * np.cos(theta)), (y - x) / (2 * np.sin(theta))
    return _claimed(m, _two_normals(u1, b, s1) + log_normal(u2, 0, s2)) and d["loss"] > 0.5


def _along_x(m, r, d):
    b, s1, s2, _ = m["params"]
    x, y = m["draws"].T
    return _claimed(m, _two_normals(x, b, s1) + log_normal(y, 0, s2)) and d["loss"] > 0.2


def _single(m, r, d):
    b, s1, s2, theta = m["params"]
    u1, u2 = turn(*m["draws"].T, theta)
    return _claimed(m, log_normal(u1, b, s1) + log_normal(u2, 0, s2)) and abs(np.mean(u1 > 0) - 0.5) > 0.45


def _round(m, r, d):
    b, s1, s2, theta = m["params"]
    u1, u2 = turn(*m["draws"].T, theta)
    one = next((float(s) for s in (s1, s2) if np.isfinite(s)), u2.std())
    return abs(np.abs(u1).std() / u2.std() - 1) < 0.1 and _claimed(m, _two_normals(u1, b, one) + log_normal(u2, 0, one))


def _stuck(m, r, d):
    b, s1, s2, theta = m["params"]
    u1, u2 = turn(*m["draws"].T, np.pi / 4)
    held = np.isnan(theta) or abs(theta - np.pi / 4) < 1e-4
    return held and _claimed(m, _two_normals(u1, b, s1) + log_normal(u2, 0, s2)) and d["loss"] > 0.1


def _named_only(m, d):
    return d["loss"] <= 0.03 and d["draws"] <= 1.15 and d["both bumps"] <= 0.05 and not d["parameters"] <= 1.15


def _other_angle(m, r, d):
    b, s1, s2, theta = m["params"]
    others = parameter_error({"params": np.array([b, s1, s2, r["theta"]])}, r)
    turned = min(angle_between(theta, -r["theta"]), angle_between(theta, np.pi / 2 - r["theta"]), angle_between(theta, np.pi / 2 + r["theta"]))
    return _named_only(m, d) and others <= 1.15 and turned < 1.75


def _squared(m, r, d):
    b, s1, s2, theta = m["params"]
    widths = (s1**2, s2**2), (s1**2, s2), (s1, s2**2), (np.sqrt(s1), np.sqrt(s2))
    errors = [parameter_error({"params": np.array([b, w1, w2, theta])}, r) for w1, w2 in widths]
    return _named_only(m, d) and min(errors) <= 1.15


def _twice(m, r, d):
    b, s1, s2, theta = m["params"]
    u1, u2 = turn(*m["draws"].T, theta)
    return _claimed(m, 2 * (_two_normals(u1, b, s1) + log_normal(u2, 0, s2)))


def _moved_centre(m, r, size):
    """Bumps too far out by ``size``, honestly claimed."""
    c, s = np.cos(r["theta"]), np.sin(r["theta"])
    side = np.sign(turn(*m["draws"].T, r["theta"])[0])
    return {**m, "draws": m["draws"] + size * side[:, None] * np.array([c, s]), "params": m["params"] + np.array([size, 0, 0, 0])}


def _turned_draws(m, r, size):
    """The fitted guide at an angle that is ``size`` degrees off."""
    turned = np.stack(turn(*m["draws"].T, -np.deg2rad(size)), axis=1)
    return {**m, "draws": turned, "params": m["params"] + np.array([0, 0, 0, np.deg2rad(size)])}


def _wider_across(m, r, size):
    """s2 too large by a factor 1 + size, honestly claimed."""
    u1, u2 = turn(*m["draws"].T, r["theta"])
    draws = np.stack(turn(u1, u2 * (1 + size), -r["theta"]), axis=1)
    return {**m, "draws": draws, "logq": m["logq"] - np.log1p(size), "params": m["params"] * np.array([1, 1, 1 + size, 1])}


def bimodal_figure(axes, m, r):
    """A few draws over the target's contours."""
    reach = r["b"] + 8
    x, y = np.meshgrid(np.linspace(-1.8 * reach, 1.8 * reach, 241), np.linspace(-reach, reach, 161))
    axes.contour(x, y, log_target(x, y, r["b"], r["s1"], r["s2"], r["theta"]), levels=[-4, -3, -2, -1], colors="black", linewidths=0.8,
        linestyles="solid")
    draws = m["draws"][:1500]
    axes.plot(*draws.T, ".", markersize=2, color=BLUE, alpha=0.5)
    excess = bimodal_loss(m, r) - r["best"]
    axes.set(xlim=(-1.8 * reach, 1.8 * reach), ylim=(-reach, reach), xlabel="x", ylabel="y", aspect="equal")
    axes.set_title("Your draws fill both ridges" if abs(excess) < 0.03 else f"Your loss is {excess:+.2f} nats from the best of the family",
        fontsize=10)
    return (
        "Contours of the target, two long parallel ridges, and 1500 of your draws as dots. "
        f"Your loss is {excess:+.3f} nats from the best possible."
    )


def _bimodal_source(
    u1="dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1))",
    u2="dist.Normal(0.0, s2)", x="dist.Delta(c * u1 - s * u2)", y="dist.Delta(s * u1 + c * u2)",
    s2='numpyro.param("s2", 1.0, constraint=constraints.positive)', theta='numpyro.param("theta", 0.8)',
):
    return f"""
def guide_bimodal():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = {s2}
    theta = {theta}
    c, s = jnp.cos(theta), jnp.sin(theta)
    d1, d2 = {u1}, {u2}
    u1 = numpyro.sample("u1", d1, infer={{"is_auxiliary": True}})
    u2 = numpyro.sample("u2", d2, infer={{"is_auxiliary": True}})
    numpyro.sample("x", {x})
    numpyro.sample("y", {y})
"""


BIMODAL = Exercise(
    id="bimodal-guide",
    title="A guide with two bumps at an angle",
    names={"guide_bimodal": ""},
    public=lambda: {**PUBLIC_TARGET, "seed": np.array(53)},
    case=lambda rng: {**draw_target(rng), "seed": seed(rng)},
    reference=bimodal_reference,
    fields={"losses": Field((2000,), allow="inf nan"), "draws": Field((32768, 2), allow="inf nan"),
            "logq": Field((32768,), allow="inf nan"), "params": Field((4,), allow="inf nan")},
    criteria=(
        Criterion("loss", 3, "the loss of your guide, from 32,768 draws and the log densities it claims, and the smallest possible; nats, both ways",
                  lambda m, r: abs(bimodal_loss(m, r) - r["best"]), ("draws", "logq"),
                  "The loss of your fitted guide is not that of the best guide of this family."),
        Criterion("draws", 2, "middle and width of your draws along and across the ridges; errors in units of 0.1, 7 % and 10 %",
                  draws_error, ("draws",), "Your draws do not have the right middle and width along the line of the bumps and across it."),
        Criterion("both bumps", 1, "the share of your draws on one side, and one half", share_error, ("draws",),
            "One side of the target gets more draws than the other."),
        Criterion("parameters", 2, "your b, s1, s2 and theta and the best ones; errors in units of 0.1, 7 %, 10 % and 1.5 degrees",
                  parameter_error, ("params",), "The fitted parameters b, s1, s2 and theta are not those of the best guide, or have other names."),
    ),
    known_wrong=(
        KnownWrong("two cosines in a row", _bimodal_source(x="dist.Delta(c * u1 - s * u2)", y="dist.Delta(c * u1 + s * u2)"),
                   "If this is better than possible, what does your map from (u1, u2) to (x, y) do to areas?", _cosines),
        KnownWrong("no rotation", _bimodal_source(x="dist.Delta(u1)", y="dist.Delta(u2)"), "Along which line do your draws lie?", _along_x),
        KnownWrong("one bump", _bimodal_source(u1="dist.Normal(b, s1)"), "Which half of the target is empty?", _single),
        KnownWrong("both on one side",
            _bimodal_source(u1="dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, b]), s1))"),
                   "Which half of the target is empty?", _single),
        KnownWrong("one scale for both", _bimodal_source(s2="s1"), "The ridges are long and thin: how many widths does your guide have?", _round),
        KnownWrong("angle fixed", _bimodal_source(theta="jnp.pi / 4"), "What can the optimiser turn?", _stuck),
        KnownWrong("angle the other way", _bimodal_source(x="dist.Delta(c * u1 + s * u2)", y="dist.Delta(c * u2 - s * u1)"),
                   "For a small positive theta, on which line through the origin do your bumps lie?", _other_angle),
        KnownWrong("squared widths",
            _bimodal_source(u1="dist.MixtureSameFamily(dist.Categorical(probs=jnp.ones(2) / 2), dist.Normal(jnp.stack([b, -b]), s1**2))",
                   u2="dist.Normal(0.0, s2**2)"), "Is the second argument of a normal a width or a squared width?", _squared),
        KnownWrong("density twice",
            _bimodal_source(x="dist.Delta(c * u1 - s * u2, log_density=d1.log_prob(u1))",
                y="dist.Delta(s * u1 + c * u2, log_density=d2.log_prob(u2))"),
                   "Which of your sites carry the density of u1 and u2, and how often is it counted?", _twice),
    ),
    honest={
        "mixture of two sites": """
def guide_bimodal():
    b = numpyro.param("b", 2.0)
    s1, s2 = (numpyro.param(name, 2.0, constraint=constraints.positive) for name in ("s1", "s2"))
    theta = numpyro.param("theta", 0.5)
    ends = [dist.Normal(b, s1), dist.Normal(-b, s1)]
    u1 = numpyro.sample("along", dist.MixtureGeneral(dist.Categorical(logits=jnp.zeros(2)), ends), infer={"is_auxiliary": True})
    u2 = numpyro.sample("across", dist.Normal(0.0, 1.0), infer={"is_auxiliary": True})
    x = jnp.cos(theta) * u1 - jnp.sin(theta) * s2 * u2
    y = jnp.sin(theta) * u1 + jnp.cos(theta) * s2 * u2
    numpyro.sample("x", dist.Delta(x, log_density=-jnp.log(s2)))
    numpyro.sample("y", dist.Delta(y))
""",
        "a drawn side": """
def guide_bimodal():
    b = numpyro.param("b", 4.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 0.5, constraint=constraints.softplus_positive)
    s2 = numpyro.param("s2", 3.0, constraint=constraints.softplus_positive)
    theta = numpyro.param("theta", 1.0)
    side = numpyro.sample("side", dist.Bernoulli(0.5), infer={"is_auxiliary": True})
    u = numpyro.sample("u", dist.Normal(jnp.stack([(2 * side - 1) * b, 0.0]), jnp.stack([s1, s2])).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(u[0] * jnp.cos(theta) - u[1] * jnp.sin(theta)))
    numpyro.sample("y", dist.Delta(u[0] * jnp.sin(theta) + u[1] * jnp.cos(theta)))
""",
        "two normals in the plane": """
def guide_bimodal():
    b = numpyro.param("b", 1.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", 0.0)
    R = jnp.array([[jnp.cos(theta), -jnp.sin(theta)], [jnp.sin(theta), jnp.cos(theta)]])
    centres = b * jnp.array([[1.0, 0.0], [-1.0, 0.0]])
    bumps = dist.MultivariateNormal(centres, scale_tril=jnp.diag(jnp.stack([s1, s2])))
    v = numpyro.sample("v", dist.MixtureSameFamily(dist.Categorical(probs=jnp.full(2, 0.5)), bumps), infer={"is_auxiliary": True})
    x = R @ v
    numpyro.sample("x", dist.Delta(x[0]))
    numpyro.sample("y", dist.Delta(x[1]))
""",
    },
    near=(
        NearMiss("claim", "nats added to the claimed log density", (0.01, 0.03, 0.1, 0.3), 0.1, lambda m, r, size: {**m, "logq": m["logq"] + size}),
        NearMiss("bumps too far out", "distance", (0.03, 0.1, 0.2, 0.35, 0.5), 0.35, _moved_centre),
        NearMiss("angle", "degrees", (0.5, 1.5, 3.0, 5.5, 9.0), 5.5, _turned_draws),
        NearMiss("too wide across", "part of s2", (0.03, 0.1, 0.2, 0.45, 0.6), 0.45, _wider_across),
    ),
    figure=bimodal_figure,
)


# ---------------------------------------------------------------- 5.4 the stratified ELBO


K = 3
N_KEYS = 128
_GRID = np.linspace(-22.0, 22.0, 2201)
_STEP = _GRID[1] - _GRID[0]


def _log_p(case, z):
    return float(case["constant"]) + logsumexp(np.log(case["weights"]) + log_normal(z[:, None], case["means"], case["sds"]), axis=1)


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
        slopes = [(mixture_value(row + h, log_p, **wrong) - mixture_value(row - h, log_p, **wrong)) / 2e-5 for h in steps]
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
        case = {"weights": weights, "means": means, "sds": rng.uniform(0.7, 1.4, K), "constant": np.float64(rng.uniform(-3, 3)), "n": np.array(500),
            "seed": seed(rng)}
        centres = [rng.normal(0, 0.8, K), rng.normal(0.5, 1.0, K), means + rng.normal(0, 0.4, K), rng.permutation(means) + rng.normal(0, 0.3, K)]
        case["loc"] = np.stack(centres)
        case["log_scale"] = np.log(rng.uniform(0.5, 1.3, (4, K)))
        case["logits"] = rng.normal(0, 0.8, (4, K)) + rng.choice([-1, 1], (4, 1)) * rng.uniform(0.5, 1.0, (4, 1))
        case = {name: value if name in ("n", "seed") else np.float64(np.float32(value)) for name, value in case.items()}
        if weights.min() < 0.12 or np.diff(means).min() < 1.0:
            continue
        log_p = _log_p(case, _GRID)
        true = np.array([mixture_value(row, log_p) for row in _phis(case)])
        gaps = [worst(np.array([mixture_value(row, log_p, **wrong) for row in _phis(case)]) - true) for wrong in WRONG_ELBOS.values()]
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
    return {**{name: np.asarray(value, float) for name, value in case.items()}, "truth": mixture_all(case), "noise": stratified_noise(case)}


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
    axes.errorbar(places, mine.ravel(), yerr=spread.ravel(), fmt="o", color=BLUE, markersize=4, capsize=2, label="yours: mean and sd over 128 keys")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xticks(places.reshape(4, K)[:, 1], [f"phi {i + 1}" for i in range(4)])
    axes.set_ylabel("gradient of the three logits")
    axes.set_title("The weights feel the target" if right else "Your weights do not get the right gradient", fontsize=10)
    axes.legend(fontsize=8)
    return "Bars: the exact gradient of the ELBO by three logits, for four phis. Points: the mean of yours over 128 keys. " + (
        "They agree." if right else "They differ.")


def _stratified_source(w="jax.nn.softmax(phi['logits'])", log_w="jax.nn.log_softmax(phi['logits'])", inner="log_q", draws="n",
    result="jnp.sum(w * jnp.mean(log_p(z) - INNER, axis=0))"):
    return f"""
def stratified_elbo(key, phi, log_p, n):
    w, log_w = {w}, {log_w}
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, ({draws}, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return {result.replace("INNER", inner)}
"""


def _damped(m, r, size):
    """Logit gradients smaller by a factor 1 - size."""
    out = m["out"].copy()
    out[..., WEIGHTS] *= 1 - size
    return {**m, "out": out}


STRATIFIED = Exercise(
    id="stratified-elbo",
    title="An ELBO whose weights can learn",
    names={"stratified_elbo": "key, phi, log_p, n"},
    public=lambda: draw_stratified_case(np.random.default_rng(54)),
    case=draw_stratified_case,
    reference=stratified_reference,
    fields={"out": Field((4, N_KEYS, 1 + 3 * K), allow="inf nan")},
    criteria=(
        Criterion("value", 2, "the mean of your estimate over 128 keys and the exact ELBO at four phis, in standard errors",
                  lambda m, r: _errors(m, r["truth"], VALUE), ("out",), "The mean of your estimate is not the ELBO of the mixture."),
        Criterion("gradient of the bumps", 1, "the mean of its gradient by loc and log_scale and the exact one, in standard errors",
                  lambda m, r: _errors(m, r["truth"], BUMPS), ("out",), "The gradient by loc and log_scale is off."),
        Criterion("gradient of the weights", 3, "the mean of its gradient by the logits and the exact one, in standard errors",
                  lambda m, r: _errors(m, r["truth"], WEIGHTS), ("out",),
                      "The gradient by the logits is not that of the ELBO: the weights would not learn."),
        Criterion("noise", 1, "the spread of your estimate over keys, as a multiple of what n draws for each component give",
                  noise_ratio, ("out",), "Your estimate is noisier than n draws for each component allow."),
    ),
    known_wrong=(
        KnownWrong("drawn index", """
def stratified_elbo(key, phi, log_p, n):
    key_index, key_eps = jax.random.split(key)
    k = jax.random.categorical(key_index, phi["logits"], shape=(n,))
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"][k] + scale[k] * jax.random.normal(key_eps, (n,))
    each = jax.scipy.stats.norm.logpdf(z[:, None], phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(jax.nn.log_softmax(phi["logits"]) + each, axis=-1)
    return jnp.mean(log_p(z) - log_q)
""", "Freeze all but the weights and move the target: do yours follow?", _drawn),
        KnownWrong("outer weights held", _stratified_source(result="jnp.sum(jax.lax.stop_gradient(w) * jnp.mean(log_p(z) - INNER, axis=0))"),
                   "Freeze all but the weights and move the target: do yours follow?", _drawn),
        KnownWrong("weights held",
            _stratified_source("jax.lax.stop_gradient(jax.nn.softmax(phi['logits']))", "jax.lax.stop_gradient(jax.nn.log_softmax(phi['logits']))"),
                   "Print the gradient by the logits: which derivative is exactly zero?", _held),
        KnownWrong("own component", _stratified_source(inner="own"), "Where two bumps overlap, from which of them may a point have come?",
            _is_elbo("own")),
        KnownWrong("own component with its weight", _stratified_source(inner="(log_w + own)"),
            "Where two bumps overlap, from which of them may a point have come?", _is_elbo("own weighted")),
        KnownWrong("plain average", _stratified_source(result="jnp.mean(log_p(z) - INNER)"),
            "Give one component almost no weight: does it still count as much?", _is_elbo("plain")),
        KnownWrong("weights not normalised", _stratified_source("jnp.exp(phi['logits'])", "phi['logits']"),
            "Add 1 to every logit: does your value change?", _is_elbo("not normalised")),
        KnownWrong("one draw", _stratified_source(draws="1"), "What happens to your noise when n grows?",
                   _one_draw),
        KnownWrong("loss", _stratified_source(result="-jnp.sum(w * jnp.mean(log_p(z) - INNER, axis=0))"),
            "Is your number to be made larger or smaller?",
                   lambda m, r, d: _errors(m, -r["truth"]) < 8),
    ),
    honest={
        "a loop over components": """
def stratified_elbo(key, phi, log_p, n):
    log_w = phi["logits"] - jax.scipy.special.logsumexp(phi["logits"])
    total = 0.0
    for k, key_k in enumerate(jax.random.split(key, len(phi["loc"]))):
        z = phi["loc"][k] + jnp.exp(phi["log_scale"][k]) * jax.random.normal(key_k, (n,))
        log_q = jax.scipy.special.logsumexp(log_w + dist.Normal(phi["loc"], jnp.exp(phi["log_scale"])).log_prob(z[:, None]), axis=1)
        total += jnp.exp(log_w[k]) * jnp.mean(log_p(z) - log_q)
    return total
""",
        "the same draws for all": """
def stratified_elbo(key, phi, log_p, n):
    q = dist.MixtureSameFamily(dist.Categorical(logits=phi["logits"]), dist.Normal(phi["loc"], jnp.exp(phi["log_scale"])))
    eps = jax.random.normal(key, (n,))
    def mean_of(loc, log_scale):
        z = loc + jnp.exp(log_scale) * eps
        return jnp.mean(log_p(z) - q.log_prob(z))
    return jnp.dot(jax.nn.softmax(phi["logits"]), jax.vmap(mean_of)(phi["loc"], phi["log_scale"]))
""",
        "mirrored draws": """
def stratified_elbo(key, phi, log_p, n):
    half = jax.random.normal(key, (len(phi["loc"]), n // 2))
    eps = jnp.concatenate([half, -half], axis=1)
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"][:, None] + scale[:, None] * eps
    q = dist.MixtureSameFamily(dist.Categorical(logits=phi["logits"]), dist.Normal(phi["loc"], scale))
    return jnp.sum(jax.nn.softmax(phi["logits"]) * (log_p(z) - q.log_prob(z)).mean(axis=1))
""",
    },
    near=(
        NearMiss("value", "nats added to the value", (0.003, 0.01, 0.03, 0.1, 0.3), 0.3,
                 lambda m, r, size: {**m, "out": m["out"] + size * (np.arange(10) == 0)}),
        NearMiss("weights learn too slowly", "part of their gradient that is lost", (0.02, 0.05, 0.1, 0.2, 0.5, 1.0), 1.0, _damped),
    ),
    figure=stratified_figure,
)


# ---------------------------------------------------------------- 5.5 restarts


RUNS, STEPS = 10, 400
BEST, LUCKY, LAST, NAN, LATE_NAN, FAST, START, POOR, WORST, HIGH = range(RUNS)


def draw_restart_case(rng):
    """Ten runs, each with its own temptation, in random order; the best is neither the first nor the last."""
    while True:
        order = rng.permutation(RUNS)  # order[i]: what run i is
        if BEST in (order[0], order[-1]) or order[0] in (NAN, LATE_NAN, WORST):
            continue
        window = int(rng.integers(30, 120))
        floor = rng.uniform(5, 20)
        level = np.array([0.0, 0.6, 0.5, -1.0, -0.7, 0.45, 0.8, 1.5, 7.0, 3.0])
        level[[LUCKY, LAST, START, POOR, WORST, HIGH]] += rng.uniform(0, 0.3, 6)
        pace = rng.uniform(25, 45, RUNS)
        pace[FAST] = 6
        steps = np.arange(STEPS)
        losses = floor + level[:, None] + 12 * np.exp(-steps / pace[:, None]) + 0.2 * rng.normal(size=(RUNS, STEPS))
        losses[LUCKY, STEPS - rng.integers(2, window // 2)] -= 4
        losses[LAST, -1] -= 2.5
        losses[NAN, rng.integers(150, 250) :] = np.nan
        losses[LATE_NAN, -rng.integers(2, 8) :] = np.nan
        losses[[BEST, START], rng.integers(0, 20, 2)] = np.inf
        losses[START, : 2 * window] = np.where(np.isinf(losses[START, : 2 * window]), np.inf, losses[START, : 2 * window])
        loc, scale = rng.uniform(-5, 5, RUNS), rng.uniform(0.2, 3, RUNS)
        case = {"losses": losses[order].astype(np.float32).astype(float), "loc": np.float64(np.float32(loc)), "scale": np.float64(np.float32(scale)),
                "window": np.array(window), "seed": seed(rng)}
        picks = list(_picks(case).values())
        best = int(np.nanargmin(_scores(case)))
        if order[best] == BEST and best not in picks and np.diff(np.sort(loc)).min() > 0.02:
            return case


def _scores(case):
    losses, window = np.asarray(case["losses"], float), int(case["window"])
    return losses[:, -window:].mean(axis=1)


def _picks(case):
    """The run that each mistake would choose."""
    losses, window = np.asarray(case["losses"], float), int(case["window"])
    scores = _scores(case)
    start = np.where(np.isfinite(losses[:, :window].sum(axis=1)), losses[:, :window].mean(axis=1), np.inf)
    tail = losses[:, -window:]
    counts = np.maximum(np.sum(np.isfinite(tail), axis=1), 1)
    partial = np.where(np.isfinite(tail).any(axis=1), np.where(np.isfinite(tail), tail, 0).sum(axis=1) / counts, np.inf)
    return {
        "nan": int(np.argmin(scores)), "highest": int(np.nanargmax(scores)),
            "single": int(np.nanargmin(np.where(np.isnan(scores), np.inf, tail.min(axis=1)))),
        "first": 0, "last loss": int(np.nanargmin(losses[:, -1])), "start": int(np.argmin(start)), "nanmean": int(np.argmin(partial)),
        "whole": int(np.argmin(np.where(np.isfinite(losses.mean(axis=1)), losses.mean(axis=1), np.inf))),
    }


def restart_reference(case):
    scores = _scores(case)
    losses, window = np.asarray(case["losses"], float), int(case["window"])
    return {"losses": losses, "window": np.float64(window), "scores": scores, "phis": np.stack([case["loc"], case["scale"]], axis=1).astype(float),
            "best": np.float64(np.nanargmin(scores))}


def score_error(m, scores):
    """Largest relative error; infinite where NaN and numbers are in other places."""
    if not np.array_equal(np.isnan(m["scores"]), np.isnan(scores)):
        return np.inf
    there = ~np.isnan(scores)
    same = m["scores"][there] == scores[there]  # so that inf equals inf
    return worst(np.where(same, 0, (m["scores"][there] - scores[there]) / (1 + np.abs(scores[there]))))


def _chose(m, r, run):
    return worst(m["phi"] - r["phis"][int(run)]) < 1e-3


def _case_of(r):
    return {"losses": r["losses"], "window": r["window"]}


def _picked(name):
    """looks_like: right scores, and the run that this mistake picks."""
    return lambda m, r, d: d["scores"] < 1e-4 and _chose(m, r, _picks(_case_of(r))[name])


def _scored(scores, name):
    """looks_like: these wrong scores, and the run that they lead to."""
    return lambda m, r, d: score_error(m, scores(r["losses"], int(r["window"]))) < 1e-3 and _chose(m, r, _picks(_case_of(r))[name])


def _zeros(m, r, d):
    return score_error(m, np.where(np.isnan(r["scores"]), 0, r["scores"])) < 1e-3 and _chose(m, r, _picks(_case_of(r))["nan"])


def _partial(m, r, d):
    return d["scores"] > 1e-3 and _chose(m, r, _picks(_case_of(r))["nanmean"]) and np.sum(np.isnan(m["scores"])) == 1


def restart_figure(axes, m, r):
    """All runs, the chosen one and the best one."""
    losses, best, window = r["losses"], int(r["best"]), int(r["window"])
    smooth = [np.convolve(row, np.ones(15) / 15, "valid") for row in np.where(np.isinf(losses), np.nan, losses)]
    chosen = int(np.argmin(np.sum((r["phis"] - m["phi"]) ** 2, axis=1))) if np.isfinite(m["phi"]).all() else -1
    for i, row in enumerate(smooth):
        broken = np.isnan(r["scores"][i])
        colour, width = (GREEN, 2.5) if i == best else (RED, 2) if i == chosen else (ORANGE, 1.2) if broken else ("grey", 0.8)
        axes.plot(np.arange(len(row)), row, color=colour, linewidth=width,
            linestyle="-" if i == best else "--" if i == chosen else ":" if broken else "-")
    axes.plot([], [], color=ORANGE, linestyle=":", label="runs that end in NaN")
    axes.plot([], [], color=GREEN, linewidth=2.5, label="the best run" + (", and yours" if chosen == best else ""))
    if chosen != best:
        axes.plot([], [], color=RED, linestyle="--", linewidth=2, label="the run you chose")
    axes.axvspan(STEPS - window - 15, STEPS - 15, color="0.9", zorder=0)
    axes.set(xlabel="step", ylabel="loss, mean of 15", ylim=(np.nanmin(losses) - 1, np.nanmedian(losses) + 8))
    axes.set_title("You chose the run that ends best" if chosen == best else "You chose another run than the one that ends best", fontsize=10)
    axes.legend(fontsize=8)
    verdict = "Your choice is the best run." if chosen == best else "Your choice is another run than the best."
    return f"The smoothed losses of ten runs against the step, two of which end in NaN, the window at the end shaded. {verdict}"


def _restart_source(pick="np.nanargmin(scores)", scores="losses[:, -window:].mean(axis=1)", returned="scores"):
    return f"""
def best_of_restarts(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = {scores}
    best = {pick}
    return jax.tree.map(lambda leaf: leaf[best], phis), {returned}
"""


RESTART = Exercise(
    id="best-restart",
    title="The best of several runs",
    names={"best_of_restarts": "fit, keys, window"},
    public=lambda: draw_restart_case(np.random.default_rng(55)),
    case=draw_restart_case,
    reference=restart_reference,
    fields={"phi": Field((2,), allow="inf nan"), "scores": Field((RUNS,), allow="inf nan")},
    criteria=(
        Criterion("phi", 3, "your phi and that of the run that ends best; largest difference",
                  lambda m, r: worst(m["phi"] - r["phis"][int(r["best"])]), ("phi",),
                  "The parameters you return are not those of the run that ends best."),
        Criterion("scores", 2, "your ten scores and the means over the last window, relative to 1 + their size; NaN where a run ended in NaN",
                  lambda m, r: score_error(m, r["scores"]), ("scores",), "The scores are not the means over the last window, one for each run."),
    ),
    known_wrong=(
        KnownWrong("NaN wins", _restart_source("int(np.argmin(scores))"), "What is the result when you compare anything with NaN?", _picked("nan")),
        KnownWrong("highest score", _restart_source("np.nanargmax(scores)"), "Are these numbers losses or ELBOs?", _picked("highest")),
        KnownWrong("scores as ELBOs", _restart_source(returned="-scores"), "Are these numbers losses or ELBOs?",
                   lambda m, r, d: score_error(m, -r["scores"]) < 1e-3 and d["phi"] < 1e-3),
        KnownWrong("lowest single loss", _restart_source(scores="losses[:, -window:].min(axis=1)"),
            "Is it the luckiest step that you want, or the best run?",
                   _scored(lambda losses, window: losses[:, -window:].min(axis=1), "single")),
        KnownWrong("first run", _restart_source("0"), "What did the other runs tell you?", _picked("first")),
        KnownWrong("one key for all", """
def best_of_restarts(fit, keys, window):
    runs = [fit(keys[0]) for _ in range(len(keys))]
    scores = np.array([np.asarray(losses)[-window:].mean() for _, losses in runs])
    return runs[0][0], scores
""", "Are your scores all equal?", lambda m, r, d: score_error(m, np.full(RUNS, r["scores"][0])) < 1e-3 and _chose(m, r, 0)),
        KnownWrong("NaN counted as zero", _restart_source("int(np.argmin(scores))", "np.nan_to_num(losses[:, -window:].mean(axis=1))"),
            "Is 0 a good loss for a run that failed?", _zeros),
        KnownWrong("NaN steps left out",
            _restart_source(scores="np.array([row[np.isfinite(row)].mean() if np.isfinite(row).any() else np.nan for row in losses[:, -window:]])"),
                   "A run that ended in NaN has no usable parameters: what is its score?", _partial),
        KnownWrong("the last loss", _restart_source(scores="losses[:, -1]"), "How sure are you of one loss?",
            _scored(lambda losses, window: losses[:, -1], "last loss")),
        KnownWrong("the first window",
            _restart_source(scores="losses[:, :window].mean(axis=1)", pick="int(np.argmin(np.where(np.isfinite(scores), scores, np.inf)))"),
                   "Which end of a run says where it arrived?", _scored(lambda losses, window: losses[:, :window].mean(axis=1), "start")),
        KnownWrong("the whole run",
            _restart_source(scores="losses.mean(axis=1)", pick="int(np.argmin(np.where(np.isfinite(scores), scores, np.inf)))"),
                   "Does the way down belong to the score?", _scored(lambda losses, window: losses.mean(axis=1), "whole")),
    ),
    honest={
        "python loop": """
def best_of_restarts(fit, keys, window):
    runs = [fit(key) for key in keys]
    scores = [float(np.mean(np.asarray(losses)[-window:])) for _, losses in runs]
    best = min((i for i, score in enumerate(scores) if score == score), key=lambda i: scores[i])
    return runs[best][0], scores
""",
        "jax all through": """
def best_of_restarts(fit, keys, window):
    phis, losses = jax.lax.map(fit, keys)
    scores = jnp.mean(losses[:, -window:], axis=1)
    best = jnp.argmin(jnp.where(jnp.isnan(scores), jnp.inf, scores))
    return {name: value[best] for name, value in phis.items()}, scores
""",
    },
    near=(
        NearMiss("scores", "relative error of one score", (3e-5, 1e-4, 3e-4, 1e-3), 1e-3,
                 lambda m, r, size: {**m, "scores": m["scores"] + size * (1 + np.abs(m["scores"]))}),
        NearMiss("phi", "error of phi", (3e-4, 1e-3, 3e-3, 0.01), 0.01, lambda m, r, size: {**m, "phi": m["phi"] + size}),
    ),
    figure=restart_figure,
)

EXERCISES = (TARGET, AFFINE, BIMODAL, STRATIFIED, RESTART)
