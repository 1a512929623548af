"""The divergence of two normal densities: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import worst
from ..coins import _floats, _kl_normal, _same, _shifted

_APART = slice(0, 32)  # rows 32 to 35 have q = p


def _kl_normal_case(rng):
    m1, m2 = rng.uniform(-3, 3, (2, 36))
    s1 = np.exp(rng.uniform(np.log(0.3), np.log(3), 36))
    s2 = np.exp(rng.uniform(np.log(0.3), np.log(3), 36))
    while (near := np.abs(np.log(s2 / s1)) < np.log(1.3)).any():
        s2[near] = np.exp(rng.uniform(np.log(0.3), np.log(3), near.sum()))
    m2[32:], s2[32:] = m1[32:], s1[32:]
    return {"m1": m1, "s1": s1, "m2": m2, "s2": s2}


def _kl_normal_public():
    case = _kl_normal_case(np.random.default_rng(3))
    for name, pair in {"m1": (0.0, 1.0), "s1": (1.0, 2.0), "m2": (1.0, 0.0), "s2": (2.0, 1.0)}.items():
        case[name][:2] = pair
    return case


def _kl_normal_reference(case):
    r = _floats(case)
    return r | {"kl": _kl_normal(r["m1"], r["s1"], r["m2"], r["s2"])}


def _is_kl_normal(formula):
    """looks_like: all 36 values are those of this wrong formula of (m1, s1, m2, s2)."""
    return lambda m, r, distances: _same(m["values"], formula(r["m1"], r["s1"], r["m2"], r["s2"]), 1e-4)


EXERCISE = Exercise(
    title="The divergence of two normal densities",
    names={"kl_normal": "m1, s1, m2, s2"},
    public=_kl_normal_public,
    case=_kl_normal_case,
    reference=_kl_normal_reference,
    fields={"values": Field((36,), allow="inf nan"), "grid": Field((4, 9), allow="inf nan")},
    criteria=(
        Criterion(
            "value",
            points=3,
            compared="your KL and the closed form for 32 pairs, relative to 1 + KL",
            distance=lambda m, r: worst((m["values"] - r["kl"])[_APART] / (1 + r["kl"][_APART])),
            needs=("values",),
            failed="Your value is not KL(q || p) of these two normal densities.",
        ),
        Criterion(
            "q = p",
            points=1,
            compared="your KL of a density with itself and 0, 4 densities, nats",
            distance=lambda m, r: worst(m["values"][32:]) if np.all(np.abs(m["values"][_APART]) > 1e-4) else np.nan,
            needs=("values",),
            failed="The divergence of a density from itself must be zero, and only that.",
        ),
        Criterion(
            "arrays",
            points=1,
            compared="one call with arrays of shape (4, 9) and 36 calls with numbers, relative to 1 + their size",
            distance=lambda m, r: (
                worst((m["grid"].ravel() - m["values"]) / (1 + np.abs(m["values"])))
                if np.ptp(m["values"]) > 0
                else np.nan
            ),
            needs=("values", "grid"),
            failed="With arrays your function fails, or says something else than with numbers: use NumPy's "
            "functions, element by element.",
        ),
    ),
    mistakes=(
        Mistake(
            "arguments swapped",
            hint="Which of the two densities are you averaging over?",
            looks_like=_is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m2, s2, m1, s1)),
        ),
        Mistake(
            "sd as variance",
            hint="Is the second number of each pair a width or a squared width?",
            looks_like=_is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m1, np.sqrt(s1), m2, np.sqrt(s2))),
        ),
        Mistake(
            "no half",
            hint="What is your divergence of a density from itself?",
            looks_like=_is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m1, s1, m2, s2) + 0.5),
        ),
        Mistake(
            "log ratio flipped",
            hint="Make q very narrow: does your divergence grow, or fall below zero?",
            looks_like=_is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m1, s1, m2, s2) + 2 * np.log(s1 / s2)),
        ),
        Mistake(
            "shift in units of q",
            hint="Whose width decides how surprising a shift is?",
            looks_like=_is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m1, s1, m1, s2) + (m1 - m2) ** 2 / (2 * s1**2)),
        ),
    ),
    near=(
        NearMiss(
            "value",
            unit="relative to 1 + KL",
            sizes=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
            must=3e-3,
            perturb=_shifted("values", _APART, "kl"),
        ),
        NearMiss(
            "q = p",
            unit="nats added",
            sizes=(1e-6, 3e-6, 1e-5, 3e-5, 1e-4),
            must=3e-5,
            perturb=_shifted("values", slice(32, 36)),
        ),
    ),
)
