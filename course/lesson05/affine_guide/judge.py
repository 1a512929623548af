"""Stretch, turn and shift a standard normal: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, seed, worst
from ..target import LOG_ROOT_2PI


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
    a = np.array(
        [[[1.0, 0.5, 0.0], [-0.5, 1.5, 1.0], [1.0, 0.0, 1.5]], [[0.5, 1.5, 0.0], [1.0, 0.5, 0.5], [0.0, -1.0, 1.5]]]
    )
    return {"a": a, "m": np.array([[1.0, -2.0, 3.0], [-1.0, 2.0, 0.5]]), "seed": np.array(52)}


def affine_reference(case):
    a = np.asarray(case["a"], float)
    return {
        "a": a,
        "m": np.asarray(case["m"], float),
        "logdet": np.linalg.slogdet(a)[1],
        "sign": np.linalg.slogdet(a)[0],
    }


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
    return (
        moments_error(m["draws"], r["a"], zero) < 8 and worst(m["logq"] - _log_gauss(m["draws"], r["a"], zero)) < 5e-3
    )


def affine_figure(axes, m, r):
    """Claimed against true log density."""
    true, claimed = _log_gauss(m["draws"], r["a"], r["m"])[0][:300], m["logq"][0][:300]
    right = worst(claim_error(m, r)[0]) < 2e-3
    axes.plot(true, claimed, "o", markersize=3, color=BLUE, label="300 of your draws")
    axes.axline((true.min(), true.min()), slope=1, color="black", linewidth=1, label="claimed = true")
    axes.set(xlabel="log density of N(m, A Aᵀ) at your draw", ylabel="log density that your guide claims")
    axes.set_title(
        "Your guide claims what is true" if right else f"Your claims are off by {np.median(claimed - true):+.2f} nats",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        "The log density that your guide claims for its draws against the true one; a line shows where both are equal. "
        + ("The points lie on it." if right else "The points lie off it.")
    )


def _stretched(m, r, size):
    """Draws too wide by a factor 1 + size, honestly claimed."""
    draws = r["m"][:, None] + (m["draws"] - r["m"][:, None]) * (1 + size)
    return {**m, "draws": draws, "logq": m["logq"] - 3 * np.log1p(size)}


EXERCISE = Exercise(
    title="Stretch, turn and shift a standard normal",
    names={"guide_affine": "A, m"},
    public=public_affine_case,
    case=draw_affine_case,
    reference=affine_reference,
    fields={"draws": Field((2, 2048, 3), allow="inf nan"), "logq": Field((2, 2048), allow="inf nan")},
    criteria=(
        Criterion(
            "claim",
            points=3,
            compared="the log density that your guide claims for its draws and that of N(m, A Aᵀ), nats",
            distance=lambda m, r: worst(claim_error(m, r)),
            needs=("draws", "logq"),
            failed="The log densities of your guide's sites do not add up to the density of N(m, A Aᵀ) at its draws.",
        ),
        Criterion(
            "draws",
            points=3,
            compared="mean and covariance of 2048 draws of x and those of N(m, A Aᵀ), in standard errors",
            distance=lambda m, r: moments_error(m["draws"], r["a"], r["m"]),
            needs=("draws",),
            failed="Your draws of x do not have the mean m and the covariance A Aᵀ.",
        ),
    ),
    mistakes=(
        Mistake(
            "no log density", hint="What does A do to a unit of volume?", looks_like=_claims(lambda log, sign: log)
        ),
        Mistake(
            "plus",
            hint="Where the map stretches, do draws get denser or thinner?",
            looks_like=_claims(lambda log, sign: 2 * log),
        ),
        Mistake("no absolute value", hint="What determinant does a mirror have?", looks_like=_no_abs),
        Mistake(
            "event_dim forgotten",
            hint="Print the shape of the site's log density: how many numbers are added up?",
            looks_like=_claims(lambda log, sign: -2 * log),
        ),
        Mistake(
            "transposed",
            hint="Compare the covariance of your draws with A Aᵀ: entry by entry, is it the same?",
            looks_like=_transposed,
        ),
        Mistake(
            "det of A A^T",
            hint="How often have you counted the stretching?",
            looks_like=_claims(lambda log, sign: -log),
        ),
        Mistake(
            "det without log",
            hint="Densities are multiplied by a factor: what happens to their logarithms?",
            looks_like=_claims(lambda log, sign: log - np.exp(log)),
        ),
        Mistake("no shift", hint="Where is the middle of your draws?", looks_like=_not_shifted),
    ),
    near=(
        NearMiss(
            "claim",
            unit="nats added to the claim",
            sizes=(1e-3, 2e-3, 5e-3, 0.01, 0.03),
            must=0.01,
            perturb=lambda m, r, size: {**m, "logq": m["logq"] + size},
        ),
        NearMiss(
            "too wide",
            unit="part of the width, honestly claimed",
            sizes=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
            must=0.1,
            perturb=_stretched,
        ),
    ),
    figure=affine_figure,
)
