"""The log evidence of a sequence of flips: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betaln, gammaln

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...coin import log_evidence
from ...tools import worst
from ..coins import _coins, _floats, _mean_log_likelihood, _same, _shifted, _with_the_coin_first

_MANY = 4  # rows with hundreds of flips, at the end


def _evidence_case(rng):
    case = _coins(rng, 16 + _MANY)
    case["heads"][16:], case["tails"][16:] = rng.integers(800, 2001, (2, _MANY))
    return case


def _log_choose(h, t):
    return gammaln(h + t + 1) - gammaln(h + 1) - gammaln(t + 1)


def _best_log_likelihood(h, t, a, b):
    return h * np.log(h / (h + t)) + t * np.log(t / (h + t))


def _evidence_reference(case):
    r = _floats(case)
    values = log_evidence(r["heads"], r["tails"], r["a0"], r["b0"])
    return r | {"few": values[:16], "many": values[16:]}


def _is_evidence(formula):
    """looks_like: short and long sequences are those of this wrong formula of (heads, tails, a0, b0)."""

    def looks_like(m, r, distances):
        want = formula(r["heads"], r["tails"], r["a0"], r["b0"])
        return _same(m["few"], want[:16], 1e-4) and _same(m["many"], want[16:], 1e-4)

    return looks_like


EXERCISE = Exercise(
    title="The log evidence of a sequence of flips",
    names={"log_evidence_coin": "heads, tails, a0, b0"},
    public=lambda: _with_the_coin_first(_evidence_case(np.random.default_rng(2))),
    case=_evidence_case,
    reference=_evidence_reference,
    fields={"few": Field((16,), allow="inf nan"), "many": Field((_MANY,), allow="inf nan")},
    criteria=(
        Criterion(
            "value",
            points=3,
            compared="your log evidence and the exact one, 16 coins with up to 80 flips, nats",
            distance=lambda m, r: worst(m["few"] - r["few"]),
            needs=("few",),
            failed="Your log evidence is not the log of the integral of prior times likelihood.",
        ),
        Criterion(
            "many flips",
            points=2,
            compared="the same for 4 coins with 1,600 to 4,000 flips, nats",
            distance=lambda m, r: worst(m["many"] - r["many"]),
            needs=("many",),
            failed="With thousands of flips your log evidence is off, or not finite.",
        ),
    ),
    mistakes=(
        Mistake(
            "binomial coefficient",
            hint="Is this the probability of the count, or of this very sequence?",
            looks_like=_is_evidence(lambda h, t, a, b: _log_choose(h, t) + log_evidence(h, t, a, b)),
        ),
        Mistake(
            "prior not normalised",
            hint="Does the prior that you used integrate to one?",
            looks_like=_is_evidence(lambda h, t, a, b: betaln(a + h, b + t)),
        ),
        Mistake(
            "best f",
            hint="The evidence averages over every f: how many values of f does yours visit?",
            looks_like=_is_evidence(_best_log_likelihood),
        ),
        Mistake(
            "mean of the log",
            hint="You averaged the log of the likelihood: is a mean of logs the log of the mean?",
            looks_like=_is_evidence(_mean_log_likelihood),
        ),
        Mistake(
            "plain numbers",
            hint="Try 2,000 flips: which number on the way is rounded to zero?",
            looks_like=lambda m, r, d: d["value"] <= 2e-3 and not np.isfinite(m["many"]).any(),
        ),
        Mistake(
            "minus sign",
            hint="Exponentiate your value: can a probability exceed one?",
            looks_like=_is_evidence(lambda h, t, a, b: -log_evidence(h, t, a, b)),
        ),
    ),
    near=(
        NearMiss(
            "short sequences",
            unit="nats added",
            sizes=(2e-4, 6e-4, 2e-3, 6e-3, 2e-2),
            must=6e-3,
            perturb=_shifted("few"),
        ),
        NearMiss(
            "long sequences",
            unit="nats added",
            sizes=(5e-3, 1.5e-2, 5e-2, 0.15, 0.5),
            must=0.15,
            perturb=_shifted("many"),
        ),
    ),
)
