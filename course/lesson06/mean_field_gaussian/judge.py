"""The best independent normals: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED, worst
from ..gaussians import mean_field, same


def random_rotation(rng, d):
    q, r = np.linalg.qr(rng.normal(size=(d, d)))
    return q * np.sign(np.diag(r))


def mean_field_kl(precision, sds):
    """KL of independent normals with these sds and the right means."""
    diagonal = np.diagonal(precision, axis1=-2, axis2=-1)
    return 0.5 * (
        np.sum(diagonal * sds**2, -1) - sds.shape[-1] - 2 * np.log(sds).sum(-1) - np.linalg.slogdet(precision)[1]
    )


def _tilted(precision):
    """Whether the wrong answers to this matrix are far from the right one."""
    sds, gap = mean_field(precision)
    marginal = np.sqrt(np.diagonal(np.linalg.inv(precision)))
    return (
        np.linalg.cond(precision) <= 50
        and gap >= 0.2
        and np.max(np.log(marginal / sds)) >= 0.1
        and np.max(np.abs(np.log(sds))) >= 0.1
        and abs(np.linalg.slogdet(precision)[1]) >= 0.1
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
    return {
        "precision": precision,
        "sds": sds,
        "gap": gap,
        "marginal": marginal,
        "swapped": swapped,
        "swapped_gap": swapped_gap,
    }


def mean_field_figure(axes, m, r):
    index = np.arange(4)
    right = same(m["sds"][0], r["sds"][0])
    axes.bar(index - 0.2, r["marginal"][0], 0.4, color="black", alpha=0.3, label="posterior, exact")
    axes.bar(index + 0.2, m["sds"][0], 0.4, color=BLUE if right else RED, alpha=0.8, label="independent normals, yours")
    axes.plot(index + 0.2, r["sds"][0], "k_", markersize=18, label="best independent normals")
    axes.set_xticks(index, [f"z{i + 1}" for i in index])
    axes.set_ylabel("standard deviation", fontsize=8)
    axes.set_title(
        "Every independent normal is too narrow"
        if right
        else "Your widths are not those of the best independent normals",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        "Bars for four variables: the exact standard deviations, and beside each yours, with a mark for the "
        "best independent normal. "
        + ("Yours reach the marks and are shorter than the exact ones." if right else "Yours miss the marks.")
    )


EXERCISE = Exercise(
    title="The best independent normals",
    names={"mean_field_gaussian": "precision"},
    public=lambda: draw_mean_field_case(np.random.default_rng(61)),
    case=draw_mean_field_case,
    reference=mean_field_reference,
    fields={"sds": Field((3, 4), allow="inf nan"), "gap": Field((3,), allow="inf nan")},
    criteria=(
        Criterion(
            "sds",
            points=3,
            compared="your sds and those of the best independent normals, relative, for three precision matrices",
            distance=lambda m, r: worst(m["sds"] / r["sds"] - 1),
            needs=("sds",),
            failed="Your widths are not those at which the KL is least.",
        ),
        Criterion(
            "gap",
            points=3,
            compared="your gap and the KL of the best independent normals, relative, for three precision matrices",
            distance=lambda m, r: worst(m["gap"] / r["gap"] - 1),
            needs=("gap",),
            failed="Your gap is not the KL that is left at the best widths.",
        ),
    ),
    mistakes=(
        Mistake(
            "marginal sds",
            hint="Are those the widths that the optimum has, or the widths that you would like it to have?",
            looks_like=lambda m, r, d: same(m["sds"], r["marginal"]) and same(m["gap"], r["gap"]),
        ),
        Mistake(
            "marginal sds in the gap",
            hint="Are those the widths that the optimum has, or the widths that you would like it to have?",
            looks_like=lambda m, r, d: (
                same(m["sds"], r["marginal"]) and same(m["gap"], mean_field_kl(r["precision"], r["marginal"]))
            ),
        ),
        Mistake(
            "variances",
            hint="Is it a width or a squared width?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"] ** 2) and same(m["gap"], r["gap"]),
        ),
        Mistake(
            "covariance taken for precision",
            hint="Double the matrix: should the widths grow or shrink?",
            looks_like=lambda m, r, d: same(m["sds"], 1 / r["sds"]) and same(m["gap"], r["gap"]),
        ),
        Mistake(
            "inverse of what was given",
            hint="Double the matrix: should the widths grow or shrink?",
            looks_like=lambda m, r, d: same(m["sds"], r["swapped"]) and same(m["gap"], r["swapped_gap"]),
        ),
        Mistake(
            "gap without a half",
            hint="Two variables with correlation 0.8: is your gap 0.51 nats?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"]) and same(m["gap"], 2 * r["gap"]),
        ),
        Mistake(
            "gap below zero",
            hint="Can a KL be below zero?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"]) and same(m["gap"], -r["gap"]),
        ),
        Mistake(
            "log det lost",
            hint="Give it a diagonal matrix: is your gap zero?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"]) and same(m["gap"], -np.log(r["sds"]).sum(axis=1)),
        ),
    ),
    near=(
        NearMiss(
            "sds",
            unit="part of each sd",
            sizes=(2e-4, 5e-4, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "sds": m["sds"] * (1 + size)},
        ),
        NearMiss(
            "gap",
            unit="part of the gap",
            sizes=(2e-4, 5e-4, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "gap": m["gap"] * (1 + size)},
        ),
    ),
    figure=mean_field_figure,
)
