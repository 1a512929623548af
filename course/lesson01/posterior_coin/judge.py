"""The posterior of the coin: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...coin import beta_log_pdf
from ...tools import BLUE, worst
from ..coins import _coins, _floats, _same, _shifted, _with_the_coin_first


def _posterior_reference(case):
    r = _floats(case)
    return r | {"parameters": np.stack([r["a0"] + r["heads"], r["b0"] + r["tails"]], axis=1)}


def _is_pair(formula):
    """looks_like: every row is (a, b) by this wrong formula of (heads, tails, a0, b0)."""

    def looks_like(m, r, distances):
        want = np.stack(formula(r["heads"], r["tails"], r["a0"], r["b0"]), axis=1)
        return _same(m["parameters"], want, 1e-5)

    return looks_like


def _posterior_figure(axes, m, r):
    f = np.linspace(0.001, 0.999, 400)
    (a, b), (right_a, right_b) = m["parameters"][0], r["parameters"][0]
    coin = f"{r['heads'][0]:.0f} heads and {r['tails'][0]:.0f} tails"
    axes.fill_between(f, np.exp(beta_log_pdf(f, right_a, right_b)), color="0.85", label=f"posterior of {coin}")
    axes.plot(f, np.exp(beta_log_pdf(f, a, b)), color=BLUE, linestyle="--", label=f"yours, Beta({a:.4g}, {b:.4g})")
    right = _same([a, b], [right_a, right_b], 1e-5)
    axes.set_title(
        "Your Beta density is the posterior" if right else "Your Beta density is not the posterior", fontsize=10
    )
    axes.set_xlabel("f, probability of heads", fontsize=8)
    axes.set_ylabel("density", fontsize=8)
    axes.legend(fontsize=8)
    verdict = "agree" if right else "differ"
    return f"Your Beta({a:.4g}, {b:.4g}), dashed, over the posterior of the first coin, {coin}. They {verdict}."


EXERCISE = Exercise(
    title="The posterior of the coin",
    names={"posterior_coin": "heads, tails, a0, b0"},
    public=lambda: _with_the_coin_first(_coins(np.random.default_rng(1), 16)),
    case=lambda rng: _coins(rng, 16),
    reference=_posterior_reference,
    fields={"parameters": Field((16, 2))},
    criteria=(
        Criterion(
            "a",
            points=1,
            compared="your first parameter and the posterior's, 16 coins with their own priors",
            distance=lambda m, r: worst(m["parameters"][:, 0] - r["parameters"][:, 0]),
            needs=("parameters",),
            failed="The first parameter of the posterior is off: collect the powers of f from prior and likelihood.",
        ),
        Criterion(
            "b",
            points=1,
            compared="your second parameter and the posterior's, 16 coins with their own priors",
            distance=lambda m, r: worst(m["parameters"][:, 1] - r["parameters"][:, 1]),
            needs=("parameters",),
            failed="The second parameter of the posterior is off: collect the powers of 1 - f from prior and "
            "likelihood.",
        ),
    ),
    mistakes=(
        Mistake(
            "counts alone",
            hint="With no flips at all, what should your function return?",
            looks_like=_is_pair(lambda h, t, a, b: (h, t)),
        ),
        Mistake(
            "uniform prior",
            hint="Change the prior: does your answer move?",
            looks_like=_is_pair(lambda h, t, a, b: (h + 1, t + 1)),
        ),
        Mistake(
            "exponents",
            hint="You gave the exponents of f and 1 - f: which Beta density has those exponents?",
            looks_like=_is_pair(lambda h, t, a, b: (a + h - 1, b + t - 1)),
        ),
        Mistake(
            "swapped",
            hint="Add one more head: does your density move towards f = 1?",
            looks_like=_is_pair(lambda h, t, a, b: (a + t, b + h)),
        ),
        Mistake(
            "all flips as tails",
            hint="Which flips carry a factor of 1 - f: all of them?",
            looks_like=_is_pair(lambda h, t, a, b: (a + h, b + h + t)),
        ),
    ),
    near=(
        NearMiss(
            "first parameter",
            unit="added to a",
            sizes=(1e-5, 3e-5, 1e-4, 3e-4, 1e-3),
            must=3e-4,
            perturb=_shifted("parameters", np.s_[:, 0]),
        ),
        NearMiss(
            "second parameter",
            unit="added to b",
            sizes=(1e-5, 3e-5, 1e-4, 3e-4, 1e-3),
            must=3e-4,
            perturb=_shifted("parameters", np.s_[:, 1]),
        ),
    ),
    figure=_posterior_figure,
)
