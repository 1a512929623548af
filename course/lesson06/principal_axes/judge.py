"""The axes of a covariance: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, worst
from ..gaussians import ellipse, same


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
    for length, direction, colour, label in (
        (long, angle, BLUE, "your long axis"),
        (short, angle + np.pi / 2, ORANGE, "your short axis"),
    ):
        x, y = length * np.cos(direction), length * np.sin(direction)
        axes.plot([-x, x], [-y, y], color=colour, linewidth=2, label=label)
    axes.set_aspect("equal", adjustable="datalim")
    right = turned(m["angle"][0], r["angle"][0]) < 0.1 and same(m["sds"][0], r["sds"][0])
    axes.set(xlabel="x", ylabel="y")
    axes.set_title(
        "Your axes are those of the ellipse" if right else "Your axes are not those of the ellipse", fontsize=10
    )
    axes.legend(fontsize=7)
    return "An ellipse with your two axes drawn through its centre. " + (
        "They end on it." if right else "They do not fit it."
    )


EXERCISE = Exercise(
    title="The axes of a covariance",
    names={"principal_axes": "scale_tril"},
    public=lambda: {
        "scale_tril": np.concatenate(
            [[[[2.1, 0.0], [0.9, 0.8]]], draw_axes_case(np.random.default_rng(63))["scale_tril"][:5]]
        )
    },
    case=draw_axes_case,
    reference=axes_reference,
    fields={"sds": Field((6, 2)), "angle": Field((6,))},
    criteria=(
        Criterion(
            "sds",
            points=3,
            compared="your two sds and the exact ones, relative, for six scale_trils",
            distance=lambda m, r: worst(m["sds"] / r["sds"] - 1),
            needs=("sds",),
            failed="Your standard deviations along the two axes, long one first, are off.",
        ),
        Criterion(
            "angle",
            points=3,
            compared="your angle and that of the long axis from x, degrees, 180 degrees being no turn at all",
            distance=angle_distance,
            needs=("angle",),
            failed="The direction that you give is not that of the long axis.",
        ),
    ),
    mistakes=(
        Mistake(
            "transposed product",
            hint="Multiply your matrix out: is its first entry the variance of x?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"]) and _angles(m, r["other"]),
        ),
        # rows of a rotation mirror its columns; the eigh of LAPACK hides it, since its matrix is symmetric here
        Mistake(
            "row for column",
            hint="The eigenvectors solve C v = λ v: does your v?",
            looks_like=lambda m, r, d: _rows(m, r),
        ),
        Mistake(
            "unpacked", hint="The eigenvectors solve C v = λ v: does your v?", looks_like=lambda m, r, d: _rows(m, r)
        ),
        Mistake(
            "variances",
            hint="Is it a width or a squared width?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"] ** 2) and _angles(m, r["angle"]),
        ),
        Mistake(
            "ascending",
            hint="Which of your two standard deviations comes first?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"][:, ::-1]) and _angles(m, r["angle"]),
        ),
        Mistake(
            "short axis",
            hint="In which direction do the draws vary most?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"]) and _angles(m, r["angle"] + 90),
        ),
        Mistake(
            "radians",
            hint="What is a right angle in your unit?",
            looks_like=lambda m, r, d: (
                same(m["sds"], r["sds"]) and _angles({"angle": np.degrees(m["angle"])}, r["angle"])
            ),
        ),
        Mistake(
            "from y",
            hint="From which axis do you measure the angle?",
            looks_like=lambda m, r, d: same(m["sds"], r["sds"]) and _angles(m, 90 - r["angle"]),
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
            "angle",
            unit="degrees",
            sizes=(0.02, 0.05, 0.2, 0.5),
            must=0.5,
            perturb=lambda m, r, size: {**m, "angle": m["angle"] + size},
        ),
    ),
    figure=axes_figure,
)
