"""The log joint on the real line: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betaln, expit, log_expit

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst

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
    return {
        "heads": heads,
        "tails": tails,
        "z": case["z"],
        "values": values,
        "slopes": slopes,
        "far_values": far_values,
        "far_slopes": far_slopes,
    }


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
        return all(
            worst((got - want) / (1 + np.abs(want))) < 2e-4
            for got, want in ((m["values"], near), (m["far_values"], far))
        )

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
    axes.set_title(
        "Your log joint lies on the reference" if right else "Your log joint is not the reference", fontsize=10
    )
    axes.set_xlabel("z = logit f", fontsize=8)
    axes.set_ylabel("log joint (nats)", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8)
    peak = z[np.argmax(m["values"][i])]
    return (
        f"The log joint of {r['heads'][i]:.0f} heads and {r['tails'][i]:.0f} tails against z from -3 to 4: "
        f"reference solid, yours dashed, highest near z = {peak:.1f}."
    )


def _with_excess(m, r, h, t):
    """The measurement of a log joint with h log s(z) + t log s(-z) too much; h and t hold a number for each pair."""
    near, slope = _line(h, t, r["z"], 0)
    far, far_slope = _line(h, t, _FAR, 0)
    return {
        **m,
        "values": m["values"] + near,
        "slopes": m["slopes"] + slope,
        "far_values": m["far_values"] + far,
        "far_slopes": m["far_slopes"] + far_slope,
    }


def _scaled_slope(m, r, size):
    return {**m, "slopes": m["slopes"] * (1 + size), "far_slopes": m["far_slopes"] * (1 + size)}


EXERCISE = Exercise(
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
        Criterion(
            "shape",
            points=2,
            compared="your log joint and the exact one for z from -8 to 8, up to a constant, relative to 1 + its size",
            distance=_log_joint_shape,
            needs=("values",),
            failed="As a function of z, your log joint has another shape than the one in the text.",
        ),
        Criterion(
            "constant",
            points=1,
            compared="the constant between your log joint and the exact one, nats",
            distance=lambda m, r: worst(_offset(m, r)),
            needs=("values",),
            failed="Your log joint is off by a constant, and the bound on the evidence with it.",
        ),
        Criterion(
            "slope",
            points=1,
            compared="its derivative in z, relative to 1 + its size",
            distance=lambda m, r: worst((m["slopes"] - r["slopes"]) / (1 + np.abs(r["slopes"]))),
            needs=("slopes",),
            failed="The slope of your log joint, which will drive the optimiser, is off.",
        ),
        Criterion(
            "far out",
            points=1,
            compared="shape and slope at z = -200, -60, 60 and 200, relative to 1 + their size",
            distance=_log_joint_tails,
            needs=("values", "far_values", "far_slopes"),
            failed="Far from zero your log joint or its slope is off, or not finite.",
        ),
    ),
    mistakes=(
        Mistake(
            "no jacobian",
            hint="With this one, E f lands on the mode of the density of f: what does df/dz contribute?",
            looks_like=_is_line(0.0),
        ),
        Mistake(
            "jacobian upside down",
            hint="Which way does the density shrink where a small step in f becomes a long one in z?",
            looks_like=_is_line(-1.0),
        ),
        Mistake(
            "heads and tails swapped",
            hint="Send z up: should heads become more likely, or tails?",
            looks_like=_is_line(1.0, swapped=True),
        ),
        Mistake(
            "log of a rounded number", hint="Try z = 200: what does 1 - sigmoid(z) round to?", looks_like=_is_overflow
        ),
        Mistake(
            "binomial coefficient",
            hint="Is yours the probability of the count, or of this very sequence of flips?",
            looks_like=_is_line(1.0, coefficient=True),
        ),
    ),
    near=(
        NearMiss(
            "constant",
            unit="nats",
            sizes=(5e-4, 1e-3, 2e-3, 4e-3, 0.01),
            must=0.01,
            perturb=lambda m, r, size: {**m, "values": m["values"] + size, "far_values": m["far_values"] + size},
        ),
        NearMiss(
            "heads",
            unit="heads too many",
            sizes=(3e-4, 1e-3, 2e-3, 3e-3, 0.01),
            must=0.01,
            perturb=lambda m, r, size: _with_excess(m, r, np.full(3, size), np.zeros(3)),
        ),
        NearMiss(
            "Jacobian",
            unit="part of it that is missing",
            sizes=(1e-4, 3e-4, 6e-4, 1e-3, 3e-3),
            must=3e-3,
            perturb=lambda m, r, size: _with_excess(m, r, np.full(3, -size), np.full(3, -size)),
        ),
        NearMiss(
            "slope",
            unit="part of it that is too much",
            sizes=(5e-4, 1e-3, 2e-3, 4e-3, 0.01),
            must=0.01,
            perturb=_scaled_slope,
        ),
    ),
    figure=_log_joint_figure,
)
