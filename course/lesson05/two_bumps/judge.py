"""A target with two bumps: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst
from ..target import PUBLIC_TARGET, _pieces, draw_target, log_target, turn


def _relative(x, y):
    """Largest distance of x from y, relative to 1 + abs(y)."""
    return worst((np.asarray(x) - y) / (1 + np.abs(y)))


_FAR_X, _FAR_Y = np.array([20.0, -20.0, 200.0, -200.0]), np.array([-20.0, 20.0, 0.0, 0.0])


def _with_points(rng, target):
    """64 points near the bumps and along the valley, where no single bump underflows in float32."""
    side = np.tile([1, -1], 32)
    u1 = side * target["b"] + target["s1"] * rng.uniform(-3, 3, 64)
    u2 = np.where(np.arange(64) < 32, rng.uniform(-2, 2, 64), rng.uniform(-8, 8, 64))
    x, y = turn(u1, u2, -target["theta"])
    x, y = (np.float64(np.float32(v)) for v in (x, y))
    return {"x": x, "y": y, "far_x": _FAR_X, "far_y": _FAR_Y, **target}


def target_reference(case):
    out = {name: np.asarray(value, float) for name, value in case.items()}
    c, s = np.cos(out["theta"]), np.sin(out["theta"])
    for far in ("", "far_"):
        u1, u2 = turn(out[f"{far}x"], out[f"{far}y"], out["theta"])
        values, slope1, slope2 = _pieces(u1, u2, out["b"], out["s1"], out["s2"])
        out[f"{far}values"], out[f"{far}slopes"] = values, np.stack([c * slope1 - s * slope2, s * slope1 + c * slope2])
    return out


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


def target_figure(axes, m, r):
    """Values against u1, each point a learner's, over the curve of the bumps at its u2."""
    u1, u2 = turn(r["x"], r["y"], r["theta"])
    flat = m["values"] + np.log1p(0.5 * (u2 / r["s2"]) ** 2)
    grid = np.linspace(-r["b"] - 3.5 * r["s1"], r["b"] + 3.5 * r["s1"], 800)
    right = _relative(m["values"], r["values"]) < 1e-3
    axes.plot(grid, _pieces(grid, 0 * grid, r["b"], r["s1"], r["s2"])[0], color="black", label="ln of the two bumps")
    axes.plot(
        u1,
        np.clip(flat, -40, 20),
        "o",
        markersize=4,
        color=BLUE,
        label="your values at 64 points, less the factor's part",
    )
    axes.set(xlabel="u1, along the line of the bumps", ylabel="nats", ylim=(-16, 6))
    axes.set_title(
        "Your target has its two bumps where they belong" if right else "Your points do not lie on the two bumps",
        fontsize=10,
    )
    axes.legend(fontsize=7, loc="upper center")
    return "The log of two bumps against u1 as a curve; your values at 64 points, freed from the factor along u2, " + (
        "lie on it." if right else "do not lie on it."
    )


EXERCISE = Exercise(
    title="A target with two bumps",
    names={"log_target": "x, y, b, s1, s2, theta"},
    public=lambda: _with_points(np.random.default_rng(51), PUBLIC_TARGET),
    case=lambda rng: _with_points(rng, draw_target(rng)),
    reference=target_reference,
    fields={
        "values": Field((64,), allow="inf nan"),
        "slopes": Field((2, 64), allow="inf nan"),
        "far_values": Field((4,), allow="inf nan"),
        "far_slopes": Field((2, 4), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "values",
            points=3,
            compared="your log target and the formula's at 64 points near the bumps, relative to 1 + its size",
            distance=lambda m, r: _relative(m["values"], r["values"]),
            needs=("values",),
            failed="Near the bumps your values are not those of the formula.",
        ),
        Criterion(
            "slopes",
            points=1,
            compared="its derivatives in x and y there, relative to 1 + their size",
            distance=lambda m, r: _relative(m["slopes"], r["slopes"]),
            needs=("slopes",),
            failed="The slopes of your log target, which will drive the optimiser, are off.",
        ),
        Criterion(
            "far out",
            points=2,
            compared="value and derivatives at (20, -20), (-20, 20), (200, 0) and (-200, 0), relative to 1 + "
            "their size",
            distance=lambda m, r: float(
                np.max([_relative(m["far_values"], r["far_values"]), _relative(m["far_slopes"], r["far_slopes"])])
            ),
            needs=("far_values", "far_slopes"),
            failed="Far from the bumps your log target or its slope is off, or not finite.",
        ),
    ),
    mistakes=(
        Mistake(
            "log of a sum of exponentials",
            hint="Send the point far away: what does each exponential round to?",
            looks_like=_underflows,
        ),
        Mistake(
            "factor without its half",
            hint="By what factor should the target have fallen at u2 = s2?",
            looks_like=_is_target(_no_half),
        ),
        Mistake(
            "two cosines in a row",
            hint="Are your two axes at right angles, whatever theta is?",
            looks_like=_turned(lambda x, y, c, s: c * x + s * y, lambda x, y, c, s: c * x - s * y),
        ),
        Mistake(
            "cosines in both rows",
            hint="Are your two axes at right angles, whatever theta is?",
            looks_like=_turned(lambda x, y, c, s: c * x - s * y, lambda x, y, c, s: c * x + s * y),
        ),
        Mistake(
            "one bump",
            hint="Mirror a point at the origin: is your target as high there?",
            looks_like=_is_target(_one_bump),
        ),
        Mistake("factor forgotten", hint="Walk along u2: does your target fall?", looks_like=_is_target(_no_factor)),
        Mistake(
            "turned the other way",
            hint="For a theta of 30 degrees, in which quadrants do your bumps lie?",
            looks_like=_turned(lambda x, y, c, s: c * x - s * y, lambda x, y, c, s: s * x + c * y),
        ),
        Mistake(
            "axes swapped",
            hint="At theta = 0, on which axis do your bumps lie?",
            looks_like=_turned(lambda x, y, c, s: c * y - s * x, lambda x, y, c, s: c * x + s * y),
        ),
    ),
    near=(
        NearMiss(
            "constant",
            unit="nats added to the log target",
            sizes=(3e-4, 1e-3, 3e-3, 0.01, 0.03),
            must=0.03,
            perturb=lambda m, r, size: {**m, "values": m["values"] + size},
        ),
        NearMiss(
            "angle",
            unit="degrees added to theta",
            sizes=(0.01, 0.03, 0.1, 0.3, 1.0),
            must=0.3,
            perturb=lambda m, r, size: {
                **m,
                "values": log_target(r["x"], r["y"], r["b"], r["s1"], r["s2"], r["theta"] + np.deg2rad(size)),
            },
        ),
    ),
    figure=target_figure,
)
