"""The ELBO of a Beta surrogate: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betaln, digamma

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...coin import beta_kl, log_evidence
from ...tools import BLUE, worst
from ..coins import _coins, _floats, _mean_log_likelihood, _same, _shifted, _with_the_coin_first

_AT_POSTERIOR = slice(16, 20)


def _elbo_case(rng):
    case = _coins(rng, 20)
    a, b = case["a0"] + case["heads"], case["b0"] + case["tails"]
    factors = rng.uniform(0.6, 1.6, (2, 20))
    factors[:, _AT_POSTERIOR] = 1
    return {"a": a * factors[0], "b": b * factors[1], **case}


def _elbo_public():
    case = _with_the_coin_first(_elbo_case(np.random.default_rng(5)))
    case["a"][0] = case["b"][0] = 10.0
    return case


def _beta_entropy(a, b):
    return betaln(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (a + b - 2) * digamma(a + b)


def _elbo_reference(case):
    r = _floats(case)
    right_a, right_b = r["a0"] + r["heads"], r["b0"] + r["tails"]
    kl = beta_kl(r["a"], r["b"], right_a, right_b)
    log_z = log_evidence(r["heads"], r["tails"], r["a0"], r["b0"])
    mean = r["a"] / (r["a"] + r["b"])
    likelihood = _mean_log_likelihood(r["heads"], r["tails"], r["a"], r["b"])
    prior = _mean_log_likelihood(r["a0"] - 1, r["b0"] - 1, r["a"], r["b"])
    at_mean = (right_a - 1) * np.log(mean) + (right_b - 1) * np.log1p(-mean)
    return {
        "elbo": log_z - kl,
        "kl": kl,
        "log_z": log_z,
        "entropy": _beta_entropy(r["a"], r["b"]),
        "likelihood": likelihood,
        "prior": prior,
        "log_b0": betaln(r["a0"], r["b0"]),
        "at_mean": at_mean,
    }


def _is_elbo(wanted):
    """looks_like: all 20 values are those of this wrong formula, a function of the reference."""
    return lambda m, r, distances: _same(m["values"], wanted(r), 1e-4)


def _elbo_figure(axes, m, r):
    gap = m["values"] - r["log_z"]
    farthest = worst(gap + r["kl"])
    limit = 1.15 * max(r["kl"].max(), 0.1)
    axes.plot([0, limit], [0, -limit], color="black", linewidth=1, label="ELBO = ln Z - KL")
    axes.axhline(0, color="0.5", linestyle="--", linewidth=1, label="the ceiling, ln Z")
    axes.plot(
        r["kl"], np.clip(gap, -1.6 * limit, 0.8 * limit), "o", color=BLUE, markersize=4, label="yours, 20 surrogates"
    )
    axes.set_title(
        "Each of your ELBOs lies below ln Z by its KL" if farthest < 2e-3 else "Your ELBOs are not ln Z less KL",
        fontsize=10,
    )
    axes.set_xlabel("KL(q || posterior), nats", fontsize=8)
    axes.set_ylabel("your ELBO - ln Z, nats", fontsize=8)
    axes.set_ylim(-1.7 * limit, 0.9 * limit)
    axes.legend(fontsize=8, loc="lower left")
    return (
        "Your ELBO less ln Z against the divergence, 20 surrogates: a falling diagonal if right. "
        f"The farthest point is {farthest:.2g} nats off."
    )


EXERCISE = Exercise(
    title="The ELBO of a Beta surrogate",
    names={"elbo_beta_coin": "a, b, heads, tails, a0, b0"},
    public=_elbo_public,
    case=_elbo_case,
    reference=_elbo_reference,
    fields={"values": Field((20,), allow="inf nan")},
    criteria=(
        Criterion(
            "value",
            points=3,
            compared="your ELBO and ln Z - KL, 16 surrogates, nats",
            distance=lambda m, r: worst((m["values"] - r["elbo"])[:16]),
            needs=("values",),
            failed="Your value is not E_q[ln P - ln q].",
        ),
        Criterion(
            "at the posterior",
            points=2,
            compared="your ELBO and ln Z where the surrogate is the posterior, 4 coins, nats",
            distance=lambda m, r: worst((m["values"] - r["log_z"])[_AT_POSTERIOR]),
            needs=("values",),
            failed="Where the surrogate is the posterior, nothing is left between the ELBO and ln Z.",
        ),
        Criterion(
            "bound",
            points=1,
            compared="how far your ELBO rises above ln Z, at most over all 20, nats",
            distance=lambda m, r: float(np.max(m["values"] - r["log_z"])) if np.ptp(m["values"]) > 0 else np.nan,
            needs=("values",),
            failed="No ELBO can lie above ln Z, and it must change with the surrogate.",
        ),
    ),
    mistakes=(
        Mistake(
            "no entropy",
            hint="A surrogate of zero width would win with this one: which term rewards spread?",
            looks_like=_is_elbo(lambda r: r["likelihood"] + r["prior"] - r["log_b0"]),
        ),
        Mistake(
            "entropy with the wrong sign",
            hint="Make the surrogate very narrow: does your value rise or fall?",
            looks_like=_is_elbo(lambda r: r["likelihood"] + r["prior"] - r["log_b0"] - r["entropy"]),
        ),
        Mistake(
            "negated",
            hint="Is yours a bound on the log evidence from below?",
            looks_like=_is_elbo(lambda r: -r["elbo"]),
        ),
        Mistake(
            "no prior",
            hint="Change a0 and b0: does your value move?",
            looks_like=_is_elbo(lambda r: r["likelihood"] + r["entropy"]),
        ),
        Mistake(
            "prior not normalised",
            hint="Does the prior that you used integrate to one?",
            looks_like=_is_elbo(lambda r: r["elbo"] + r["log_b0"]),
        ),
        Mistake(
            "joint at the mean",
            hint="Is the mean of ln f the log of the mean of f?",
            looks_like=_is_elbo(lambda r: r["at_mean"] - r["log_b0"] + r["entropy"]),
        ),
        Mistake(
            "divergence",
            hint="At the posterior your value is 0: what should the bound be there?",
            looks_like=_is_elbo(lambda r: r["kl"]),
        ),
    ),
    near=(
        NearMiss(
            "value", unit="nats added", sizes=(2e-4, 6e-4, 2e-3, 6e-3, 2e-2), must=6e-3, perturb=_shifted("values")
        ),
        NearMiss(
            "at the posterior",
            unit="nats taken away",
            sizes=(2e-4, 6e-4, 2e-3, 6e-3, 2e-2),
            must=6e-3,
            perturb=lambda m, r, size: _shifted("values", _AT_POSTERIOR)(m, r, -size),
        ),
    ),
    figure=_elbo_figure,
)
