"""Lesson 1, grader's half: posterior, evidence, KL divergence, the bound, and which way to measure.

Everything is judged against closed forms in float64, or quadrature where there is none. With
P(f) = prior times likelihood of one sequence of flips and Z its integral over f,

    KL(q || p) = E_q[ln q - ln p] >= 0,    ELBO = E_q[ln P - ln q] = ln Z - KL(q || p)

(Kullback & Leibler 1951; Jordan et al. 1999, *An Introduction to Variational Methods for Graphical Models*).
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln

from autograder.exercises.common import BLUE, ORANGE, worst
from autograder.judging import Criterion, Exercise, Field, KnownWrong, NearMiss
from autograder.references.coin import beta_kl, beta_log_pdf, log_evidence


def _same(got, want, tol):
    """Whether two arrays agree, absolutely and relatively to ``want``; infinities must be the same ones."""
    got, want = np.asarray(got, float), np.asarray(want, float)
    finite = np.isfinite(want)
    return bool(np.all(got[~finite] == want[~finite]) and np.all(np.abs(got[finite] - want[finite]) <= tol * (1 + np.abs(want[finite]))))


def _shifted(field, rows=slice(None), relative_to=None):
    """perturb: entries ``rows`` of a field moved by ``size``, times 1 + |truth| where a truth is named."""

    def perturb(m, r, size):
        values = np.array(m[field], dtype=float)
        values[rows] += size * (1 + np.abs(r[relative_to][rows]) if relative_to else 1.0)
        return {**m, field: values}

    return perturb


# --- the posterior of the coin ------------------------------------------------------------


def _coins(rng, n):
    """n rows of heads, tails (different, 3 to 40) and prior parameters; the prior differs from uniform and from its mirror."""
    flips = np.array([rng.choice(np.arange(3, 41), 2, replace=False) for _ in range(n)])
    a0 = rng.uniform(1.5, 8, n)
    b0 = np.where(rng.random(n) < 0.5, a0 * rng.uniform(0.4, 0.8, n), a0 * rng.uniform(1.25, 2, n)).clip(1.2, 10)
    return {"heads": flips[:, 0], "tails": flips[:, 1], "a0": a0, "b0": b0}


def _with_the_coin_first(case):
    """The lesson's own coin as the first row of a public case."""
    case = {name: column.copy() for name, column in case.items()}
    for name, value in {"heads": 12, "tails": 8, "a0": 1.0, "b0": 1.0}.items():
        case[name][0] = value
    return case


def _floats(case):
    return {name: np.asarray(value, dtype=float) for name, value in case.items()}


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
    axes.set_title("Your Beta density is the posterior" if right else "Your Beta density is not the posterior", fontsize=10)
    axes.set_xlabel("f, probability of heads", fontsize=8)
    axes.set_ylabel("density", fontsize=8)
    axes.legend(fontsize=8)
    verdict = "agree" if right else "differ"
    return f"Your Beta({a:.4g}, {b:.4g}), dashed, over the posterior of the first coin, {coin}. They {verdict}."


_POSTERIOR = "def posterior_coin(heads, tails, a0, b0):\n"

POSTERIOR_COIN = Exercise(
    id="posterior-coin",
    title="The posterior of the coin",
    names={"posterior_coin": "heads, tails, a0, b0"},
    public=lambda: _with_the_coin_first(_coins(np.random.default_rng(1), 16)),
    case=lambda rng: _coins(rng, 16),
    reference=_posterior_reference,
    fields={"parameters": Field((16, 2))},
    criteria=(
        Criterion("a", 1, "your first parameter and the posterior's, 16 coins with their own priors",
                  lambda m, r: worst(m["parameters"][:, 0] - r["parameters"][:, 0]), ("parameters",),
                  "The first parameter of the posterior is off: collect the powers of f from prior and likelihood."),
        Criterion("b", 1, "your second parameter and the posterior's, 16 coins with their own priors",
                  lambda m, r: worst(m["parameters"][:, 1] - r["parameters"][:, 1]), ("parameters",),
                  "The second parameter of the posterior is off: collect the powers of 1 - f from prior and likelihood."),
    ),
    known_wrong=(
        KnownWrong("counts alone", _POSTERIOR + "    return heads, tails\n",
                   "With no flips at all, what should your function return?", _is_pair(lambda h, t, a, b: (h, t))),
        KnownWrong("uniform prior", _POSTERIOR + "    return heads + 1, tails + 1\n",
                   "Change the prior: does your answer move?", _is_pair(lambda h, t, a, b: (h + 1, t + 1))),
        KnownWrong("exponents", _POSTERIOR + "    return a0 + heads - 1, b0 + tails - 1\n",
                   "You gave the exponents of f and 1 - f: which Beta density has those exponents?",
                   _is_pair(lambda h, t, a, b: (a + h - 1, b + t - 1))),
        KnownWrong("swapped", _POSTERIOR + "    return a0 + tails, b0 + heads\n",
                   "Add one more head: does your density move towards f = 1?", _is_pair(lambda h, t, a, b: (a + t, b + h))),
        KnownWrong("all flips as tails", _POSTERIOR + "    return a0 + heads, b0 + heads + tails\n",
                   "Which flips carry a factor of 1 - f: all of them?", _is_pair(lambda h, t, a, b: (a + h, b + h + t))),
    ),
    honest={
        "array": _POSTERIOR + "    return np.array([a0, b0]) + np.array([heads, tails])\n",
        "one flip at a time": _POSTERIOR + "    a, b = a0, b0\n    for _ in range(heads):\n        a = a + 1\n    for _ in range(tails):\n"
        "        b = b + 1\n    return [a, b]\n",
        "float32": _POSTERIOR + "    return np.float32(a0) + np.float32(heads), np.float32(b0) + np.float32(tails)\n",
    },
    near=(
        NearMiss("first parameter", "added to a", (1e-5, 3e-5, 1e-4, 3e-4, 1e-3), 3e-4, _shifted("parameters", np.s_[:, 0])),
        NearMiss("second parameter", "added to b", (1e-5, 3e-5, 1e-4, 3e-4, 1e-3), 3e-4, _shifted("parameters", np.s_[:, 1])),
    ),
    figure=_posterior_figure,
)


# --- the evidence -------------------------------------------------------------------------

_MANY = 4  # rows with hundreds of flips, at the end


def _evidence_case(rng):
    case = _coins(rng, 16 + _MANY)
    case["heads"][16:], case["tails"][16:] = rng.integers(800, 2001, (2, _MANY))
    return case


def _log_choose(h, t):
    return gammaln(h + t + 1) - gammaln(h + 1) - gammaln(t + 1)


def _mean_log_likelihood(h, t, a, b):
    """E[h ln f + t ln(1 - f)] under Beta(a, b)."""
    return h * digamma(a) + t * digamma(b) - (h + t) * digamma(a + b)


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


_EVIDENCE = "def log_evidence_coin(heads, tails, a0, b0):\n"
_LOG_RATIO = "special.betaln(a0 + heads, b0 + tails) - special.betaln(a0, b0)"

LOG_EVIDENCE = Exercise(
    id="log-evidence",
    title="The log evidence of a sequence of flips",
    names={"log_evidence_coin": "heads, tails, a0, b0"},
    public=lambda: _with_the_coin_first(_evidence_case(np.random.default_rng(2))),
    case=_evidence_case,
    reference=_evidence_reference,
    fields={"few": Field((16,), allow="inf nan"), "many": Field((_MANY,), allow="inf nan")},
    criteria=(
        Criterion("value", 3, "your log evidence and the exact one, 16 coins with up to 80 flips, nats",
                  lambda m, r: worst(m["few"] - r["few"]), ("few",), "Your log evidence is not the log of the integral of prior times likelihood."),
        Criterion("many flips", 2, "the same for 4 coins with 1,600 to 4,000 flips, nats",
                  lambda m, r: worst(m["many"] - r["many"]), ("many",), "With thousands of flips your log evidence is off, or not finite."),
    ),
    known_wrong=(
        KnownWrong("binomial coefficient", _EVIDENCE
                   + "    choose = special.gammaln(heads + tails + 1) - special.gammaln(heads + 1) - special.gammaln(tails + 1)\n"
                   f"    return choose + {_LOG_RATIO}\n",
                   "Is this the probability of the count, or of this very sequence?",
                   _is_evidence(lambda h, t, a, b: _log_choose(h, t) + log_evidence(h, t, a, b))),
        KnownWrong("prior not normalised", _EVIDENCE + "    return special.betaln(a0 + heads, b0 + tails)\n",
                   "Does the prior that you used integrate to one?", _is_evidence(lambda h, t, a, b: betaln(a + h, b + t))),
        KnownWrong("best f", _EVIDENCE + "    f = heads / (heads + tails)\n    return heads * np.log(f) + tails * np.log(1 - f)\n",
                   "The evidence averages over every f: how many values of f does yours visit?", _is_evidence(_best_log_likelihood)),
        KnownWrong("mean of the log", _EVIDENCE + "    psi = special.digamma\n"
                   "    return heads * psi(a0) + tails * psi(b0) - (heads + tails) * psi(a0 + b0)\n",
                   "You averaged the log of the likelihood: is a mean of logs the log of the mean?", _is_evidence(_mean_log_likelihood)),
        KnownWrong("plain numbers", _EVIDENCE + "    return np.log(special.beta(a0 + heads, b0 + tails) / special.beta(a0, b0))\n",
                   "Try 2,000 flips: which number on the way is rounded to zero?",
                   lambda m, r, d: d["value"] <= 2e-3 and not np.isfinite(m["many"]).any()),
        KnownWrong("minus sign", _EVIDENCE + f"    return -({_LOG_RATIO})\n",
                   "Exponentiate your value: can a probability exceed one?", _is_evidence(lambda h, t, a, b: -log_evidence(h, t, a, b))),
    ),
    honest={
        "gammaln": _EVIDENCE + "    g = special.gammaln\n"
        "    return g(a0 + heads) + g(b0 + tails) - g(a0 + b0 + heads + tails) + g(a0 + b0) - g(a0) - g(b0)\n",
        "betabinom": _EVIDENCE + "    n = heads + tails\n"
        "    choose = special.gammaln(n + 1) - special.gammaln(heads + 1) - special.gammaln(tails + 1)\n"
        "    return stats.betabinom(n, a0, b0).logpmf(heads) - choose\n",
        "flip by flip": _EVIDENCE + "    i, j, n = np.arange(heads), np.arange(tails), np.arange(heads + tails)\n"
        "    return np.log(a0 + i).sum() + np.log(b0 + j).sum() - np.log(a0 + b0 + n).sum()\n",
        "quadrature of logs": _EVIDENCE + "    f = (np.arange(20_000) + 0.5) / 20_000\n"
        "    logs = stats.beta(a0, b0).logpdf(f) + heads * np.log(f) + tails * np.log1p(-f)\n    return special.logsumexp(logs) - np.log(20_000)\n",
        "float32": _EVIDENCE + "    g = lambda x: special.gammaln(np.float32(x))\n"
        "    return g(a0 + heads) + g(b0 + tails) - g(a0 + b0 + heads + tails) + g(a0 + b0) - g(a0) - g(b0)\n",
    },
    near=(
        NearMiss("short sequences", "nats added", (2e-4, 6e-4, 2e-3, 6e-3, 2e-2), 6e-3, _shifted("few")),
        NearMiss("long sequences", "nats added", (5e-3, 1.5e-2, 5e-2, 0.15, 0.5), 0.15, _shifted("many")),
    ),
)


# --- KL of two normal densities -----------------------------------------------------------

_APART = slice(0, 32)  # rows 32 to 35 have q = p


def _kl_normal(m1, s1, m2, s2):
    return np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5


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


_KL_NORMAL = "def kl_normal(m1, s1, m2, s2):\n"

KL_NORMAL = Exercise(
    id="kl-normal",
    title="The divergence of two normal densities",
    names={"kl_normal": "m1, s1, m2, s2"},
    public=_kl_normal_public,
    case=_kl_normal_case,
    reference=_kl_normal_reference,
    fields={"values": Field((36,), allow="inf nan"), "grid": Field((4, 9), allow="inf nan")},
    criteria=(
        Criterion("value", 3, "your KL and the closed form for 32 pairs, relative to 1 + KL",
                  lambda m, r: worst((m["values"] - r["kl"])[_APART] / (1 + r["kl"][_APART])), ("values",),
                  "Your value is not KL(q || p) of these two normal densities."),
        Criterion("q = p", 1, "your KL of a density with itself and 0, 4 densities, nats",
                  lambda m, r: worst(m["values"][32:]) if np.all(np.abs(m["values"][_APART]) > 1e-4) else np.nan, ("values",),
                  "The divergence of a density from itself must be zero, and only that."),
        Criterion("arrays", 1, "one call with arrays of shape (4, 9) and 36 calls with numbers, relative to 1 + their size",
                  lambda m, r: worst((m["grid"].ravel() - m["values"]) / (1 + np.abs(m["values"]))) if np.ptp(m["values"]) > 0 else np.nan,
                  ("values", "grid"),
                  "With arrays your function fails, or says something else than with numbers: use NumPy's functions, element by element."),
    ),
    known_wrong=(
        KnownWrong("arguments swapped", _KL_NORMAL + "    return np.log(s1 / s2) + (s2**2 + (m1 - m2) ** 2) / (2 * s1**2) - 0.5\n",
                   "Which of the two densities are you averaging over?", _is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m2, s2, m1, s1))),
        KnownWrong("sd as variance", _KL_NORMAL + "    return 0.5 * np.log(s2 / s1) + (s1 + (m1 - m2) ** 2) / (2 * s2) - 0.5\n",
                   "Is the second number of each pair a width or a squared width?",
                   _is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m1, np.sqrt(s1), m2, np.sqrt(s2)))),
        KnownWrong("no half", _KL_NORMAL + "    return np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2)\n",
                   "What is your divergence of a density from itself?", _is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m1, s1, m2, s2) + 0.5)),
        KnownWrong("log ratio flipped", _KL_NORMAL + "    return np.log(s1 / s2) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5\n",
                   "Make q very narrow: does your divergence grow, or fall below zero?",
                   _is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m1, s1, m2, s2) + 2 * np.log(s1 / s2))),
        KnownWrong("shift in units of q", _KL_NORMAL + "    return np.log(s2 / s1) + s1**2 / (2 * s2**2) + (m1 - m2) ** 2 / (2 * s1**2) - 0.5\n",
                   "Whose width decides how surprising a shift is?",
                   _is_kl_normal(lambda m1, s1, m2, s2: _kl_normal(m1, s1, m1, s2) + (m1 - m2) ** 2 / (2 * s1**2))),
    ),
    honest={
        "variances": _KL_NORMAL + "    ratio = (s1 / s2) ** 2\n    return 0.5 * (ratio - 1 - np.log(ratio) + ((m1 - m2) / s2) ** 2)\n",
        "quadrature": "def _kl(m1, s1, m2, s2):\n    eps, weight = np.polynomial.hermite_e.hermegauss(20)\n    x = m1 + s1 * eps\n"
        "    return weight @ (stats.norm.logpdf(x, m1, s1) - stats.norm.logpdf(x, m2, s2)) / weight.sum()\nkl_normal = np.vectorize(_kl)\n",
        "float32": _KL_NORMAL + "    m1, s1, m2, s2 = (np.asarray(x, dtype=np.float32) for x in (m1, s1, m2, s2))\n"
        "    return np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - np.float32(0.5)\n",
    },
    near=(
        NearMiss("value", "relative to 1 + KL", (1e-4, 3e-4, 1e-3, 3e-3, 1e-2), 3e-3, _shifted("values", _APART, "kl")),
        NearMiss("q = p", "nats added", (1e-6, 3e-6, 1e-5, 3e-5, 1e-4), 3e-5, _shifted("values", slice(32, 36))),
    ),
)


# --- KL on a grid -------------------------------------------------------------------------
#
# A density is a row of six numbers: (0, w, m1, s1, m2, s2) is a normal mixture with weights
# w and 1 - w, and (1, a, b, low, high, 0) is Beta(a, b) stretched onto (low, high).

_NODES = 1001
_ORDINARY, _TAILS, _ZEROS, _FORBIDDEN = slice(0, 6), slice(6, 8), slice(8, 10), slice(10, 12)


def _log_pdf(density, x):
    kind, a, b, c, d, e = density
    if kind:
        u = (x - c) / (d - c)
        inside = (u > 0) & (u < 1)
        u = np.where(inside, u, 0.5)
        return np.where(inside, beta_log_pdf(u, a, b) - np.log(d - c), -np.inf)
    parts = [-0.5 * ((x - m) / s) ** 2 - np.log(s) for m, s in ((b, c), (d, e))]
    with np.errstate(divide="ignore"):
        return np.logaddexp(np.log(a) + parts[0], np.log1p(-a) + parts[1]) - 0.5 * np.log(2 * np.pi)


def _midpoints(low, high, n=_NODES):
    return low + (np.arange(n) + 0.5) * (high - low) / n


def _normal(m, s):
    return (0.0, 1.0, m, s, m, s)


def _mixture(rng, low, high):
    return (0.0, rng.uniform(0.3, 0.7), rng.uniform(-3, -1), rng.uniform(low, high), rng.uniform(1, 3), rng.uniform(low, high))


def _kl_grid_case(rng):
    pairs, ranges = [], []
    while len(pairs) < 4:  # Beta pairs whose two divergences differ
        a, b, c, d = rng.uniform(2.5, 20, 4)
        there, back = beta_kl(a, b, c, d), beta_kl(c, d, a, b)
        if 0.1 <= there <= 20 and 0.1 <= back <= 20 and abs(there - back) > 0.15 * there:
            pairs.append(((1.0, a, b, 0.0, 1.0, 0.0), (1.0, c, d, 0.0, 1.0, 0.0)))
            ranges.append((0.0, 1.0))
    for _ in range(2):
        pairs.append((_normal(rng.uniform(-2, 2), rng.uniform(0.7, 1.5)), _mixture(rng, 0.7, 1.2)))
        ranges.append((-10.0, 10.0))
    for _ in range(2):  # p is rounded to zero far out, where q is not
        pairs.append((_normal(rng.uniform(-1, 1), rng.uniform(1.6, 2.2)), _mixture(rng, 0.7, 0.9)))
        ranges.append((-40.0, 40.0))
    low, high = rng.uniform(-2.2, -1.2), rng.uniform(1.2, 2.2)
    a, b = rng.uniform(2.5, 4.5), rng.uniform(5, 9)
    pairs.append(((1.0, a, b, low, high, 0.0), (1.0, b, a, low, high, 0.0)))  # both zero outside
    pairs.append(((1.0, b, a, low, high, 0.0), (1.0, a, a, low - 0.5, high + 0.4, 0.0)))  # q ends before p
    pairs.append((_normal(0.5 * (low + high), 0.45 * (high - low)), (1.0, a, b, low, high, 0.0)))  # q goes on, p ends
    pairs.append(((1.0, a, a, low - 0.5, high + 0.4, 0.0), (1.0, b, a, low + 0.5, high - 0.5, 0.0)))
    ranges += [(-3.0, 3.0)] * 4
    x = np.array([_midpoints(*edges) for edges in ranges])
    q, p = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
    logs = {name: np.array([_log_pdf(row, nodes) for row, nodes in zip(rows, x)]) for name, rows in (("log_q", q), ("log_p", p))}
    return {"x": x, "q": q, "p": p, **logs}


_PANEL_NODES, _PANEL_WEIGHTS = np.polynomial.legendre.leggauss(10)


def _kl_quadrature(q, p, low, high):
    """KL(q || p) by composite Gauss-Legendre over the support of q within (low, high); infinite where p ends before q."""
    low, high = (max(low, q[3]), min(high, q[4])) if q[0] else (low, high)
    if p[0] and (p[3] > low or p[4] < high):
        return np.inf
    edges = np.linspace(low, high, 401)
    half = np.diff(edges)[:, None] / 2
    x = edges[:-1, None] + half * (1 + _PANEL_NODES)
    log_q, log_p = _log_pdf(q, x), _log_pdf(p, x)
    return float(np.sum(half * _PANEL_WEIGHTS * np.exp(log_q) * (log_q - log_p)))


def _kl_grid_reference(case):
    r = {name: np.asarray(case[name], dtype=float) for name in ("x", "q", "p", "log_q", "log_p")}
    step = r["x"][:, 1] - r["x"][:, 0]
    edges = np.stack([r["x"][:, 0] - step / 2, r["x"][:, -1] + step / 2], axis=1)
    kl = np.array([_kl_quadrature(q, p, *edge) for q, p, edge in zip(r["q"], r["p"], edges)])
    swapped = np.array([_kl_quadrature(p, q, *edge) for q, p, edge in zip(r["q"], r["p"], edges)])
    with np.errstate(invalid="ignore"):
        log_ratio = r["log_q"] - r["log_p"]
        absolute = np.sum(np.exp(r["log_q"]) * np.abs(log_ratio), axis=1) * step
        average = log_ratio.mean(axis=1)
    return {"kl": kl, "swapped": swapped, "absolute": absolute, "average": average, "step": step}


def _finite_rows(rows):
    return lambda m, r: worst((m["values"] - r["kl"])[rows] / (1 + r["kl"][rows]))


_BOTH = slice(0, 8)  # rows without zeros


def _is_grid_sum(wanted):
    """looks_like: the rows without zeros are those of this wrong sum, a function of the reference."""
    return lambda m, r, distances: _same(m["values"][_BOTH], wanted(r)[_BOTH], 2e-3)


def _is_swapped_sum(m, r, distances):
    """KL(p || q) wherever it is finite."""
    rows = np.isfinite(r["swapped"])
    return _same(m["values"][rows], r["swapped"][rows], 2e-3)


def _is_finite_price(m, r, distances):
    return bool(
        all(distances[name] <= 2e-3 for name in ("ordinary", "far tails", "shared zeros"))
        and np.isfinite(m["values"][_FORBIDDEN]).any()
    )


_GRID = "def kl_grid(log_q, log_p, x):\n    dx = x[1] - x[0]\n"
_KEEP = "    keep = np.exp(log_q) > 0\n    log_q, log_p = log_q[keep], log_p[keep]\n    q = np.exp(log_q)\n"

KL_GRID = Exercise(
    id="kl-grid",
    title="The divergence as a sum over a grid",
    names={"kl_grid": "log_q, log_p, x"},
    public=lambda: _kl_grid_case(np.random.default_rng(4)),
    case=_kl_grid_case,
    reference=_kl_grid_reference,
    fields={"values": Field((12,), allow="inf nan")},
    criteria=(
        Criterion("ordinary", 3, "your sum and KL by quadrature, 4 Beta pairs and 2 normals against mixtures, relative to 1 + KL",
                  _finite_rows(_ORDINARY), ("values",), "Where both densities are positive, your sum is not KL(q || p)."),
        Criterion("far tails", 1, "the same for 2 pairs where exp(log_p) is rounded to zero far out, relative to 1 + KL",
                  _finite_rows(_TAILS), ("values",), "On a wide grid, where log_p falls below -800, your sum is off or not finite."),
        Criterion("shared zeros", 2, "the same for 2 pairs where q, or q and p, are zero on part of the grid, relative to 1 + KL",
                  _finite_rows(_ZEROS), ("values",), "Where q is zero, a node must contribute nothing."),
        Criterion("forbidden", 1, "your sum is +infinity for 2 pairs where p is zero and q is not, and finite for the ordinary ones: 0 yes, 1 no",
                  lambda m, r: float(not (np.all(np.isposinf(m["values"][_FORBIDDEN])) and np.isfinite(m["values"][_ORDINARY]).all())), ("values",),
                  "Where q is positive and p is zero, KL(q || p) is +infinity."),
    ),
    known_wrong=(
        KnownWrong("swapped", "def kl_grid(log_q, log_p, x):\n    p = np.exp(log_p)\n    keep = p > 0\n"
                   "    return np.sum(p[keep] * (log_p[keep] - log_q[keep])) * (x[1] - x[0])\n",
                   "Which of the two densities are you averaging over?", _is_swapped_sum),
        KnownWrong("zero times infinity", _GRID + "    return np.sum(np.exp(log_q) * (log_q - log_p)) * dx\n",
                   "What is 0 ln 0, and what does NumPy make of it?",
                   lambda m, r, d: d["ordinary"] <= 2e-3 and d["far tails"] <= 2e-3 and np.isnan(m["values"][_ZEROS]).all()),
        KnownWrong("finite price", _GRID + _KEEP + "    return np.sum(q * (log_q - np.maximum(log_p, -1000.0))) * dx\n",
                   "Your surrogate visits a place that the target forbids: should the price be finite?", _is_finite_price),
        KnownWrong("plain average", "def kl_grid(log_q, log_p, x):\n    keep = np.isfinite(log_q) & np.isfinite(log_p)\n"
                   "    return np.mean(log_q[keep] - log_p[keep])\n",
                   "Every node counts the same in your average: where should most of the weight lie?", _is_grid_sum(lambda r: r["average"])),
        KnownWrong("no spacing", "def kl_grid(log_q, log_p, x):\n" + _KEEP + "    return np.sum(q * (log_q - log_p))\n",
                   "Halve the spacing of the grid: does your value change?", _is_grid_sum(lambda r: r["kl"] / r["step"])),
        KnownWrong("absolute value", _GRID + _KEEP + "    return np.sum(q * np.abs(log_q - log_p)) * dx\n",
                   "KL is never negative: does that go for the log ratio at each node too?", _is_grid_sum(lambda r: r["absolute"])),
        KnownWrong("ratio of rounded numbers", _GRID + "    q, p = np.exp(log_q), np.exp(log_p)\n    keep = q > 0\n"
                   "    return np.sum(q[keep] * np.log(q[keep] / p[keep])) * dx\n",
                   "What is exp(-800) in floating point, and do you need it?",
                   lambda m, r, d: d["ordinary"] <= 2e-3 and not np.isfinite(m["values"][_TAILS]).any()),
    ),
    honest={
        "where": _GRID + "    q = np.exp(log_q)\n    with np.errstate(invalid='ignore'):\n"
        "        terms = np.where(q > 0, q * (log_q - log_p), 0.0)\n    return terms.sum() * dx\n",
        "trapezoid": "def kl_grid(log_q, log_p, x):\n    terms = np.zeros_like(x)\n    inside = np.isfinite(log_q)\n"
        "    terms[inside] = np.exp(log_q[inside]) * (log_q[inside] - log_p[inside])\n    return np.trapezoid(terms, x)\n",
        "loop": _GRID + "    total = 0.0\n    for lq, lp in zip(log_q, log_p):\n        if lq == -np.inf or np.exp(lq) == 0:\n            continue\n"
        "        if lp == -np.inf:\n            return np.inf\n        total += np.exp(lq) * (lq - lp) * dx\n    return total\n",
        "float32": "def kl_grid(log_q, log_p, x):\n    log_q, log_p, x = (np.asarray(v, dtype=np.float32) for v in (log_q, log_p, x))\n"
        "    keep = np.isfinite(log_q)\n    log_q, log_p = log_q[keep], log_p[keep]\n"
        "    return np.sum(np.exp(log_q) * (log_q - log_p)) * (x[1] - x[0])\n",
        "nansum": _GRID + "    with np.errstate(invalid='ignore'):\n        return np.nansum(np.exp(log_q) * (log_q - log_p)) * dx\n",
        "normalised": _GRID + "    q = np.exp(log_q - special.logsumexp(log_q))\n"
        "    return sum(w * (a - b) for w, a, b in zip(q, log_q, log_p) if w > 0)\n",
    },
    near=(
        NearMiss("finite rows", "relative to 1 + KL", (2e-4, 6e-4, 2e-3, 6e-3, 2e-2), 6e-3, _shifted("values", slice(0, 10), "kl")),
        NearMiss("rows with zeros", "relative to 1 + KL", (2e-4, 6e-4, 2e-3, 6e-3, 2e-2), 6e-3, _shifted("values", _ZEROS, "kl")),
    ),
)


# --- the bound ----------------------------------------------------------------------------

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
    return {"elbo": log_z - kl, "kl": kl, "log_z": log_z, "entropy": _beta_entropy(r["a"], r["b"]), "likelihood": likelihood,
            "prior": prior, "log_b0": betaln(r["a0"], r["b0"]), "at_mean": at_mean}


def _is_elbo(wanted):
    """looks_like: all 20 values are those of this wrong formula, a function of the reference."""
    return lambda m, r, distances: _same(m["values"], wanted(r), 1e-4)


def _elbo_figure(axes, m, r):
    gap = m["values"] - r["log_z"]
    farthest = worst(gap + r["kl"])
    limit = 1.15 * max(r["kl"].max(), 0.1)
    axes.plot([0, limit], [0, -limit], color="black", linewidth=1, label="ELBO = ln Z - KL")
    axes.axhline(0, color="0.5", linestyle="--", linewidth=1, label="the ceiling, ln Z")
    axes.plot(r["kl"], np.clip(gap, -1.6 * limit, 0.8 * limit), "o", color=BLUE, markersize=4, label="yours, 20 surrogates")
    axes.set_title("Each of your ELBOs lies below ln Z by its KL" if farthest < 2e-3 else "Your ELBOs are not ln Z less KL", fontsize=10)
    axes.set_xlabel("KL(q || posterior), nats", fontsize=8)
    axes.set_ylabel("your ELBO - ln Z, nats", fontsize=8)
    axes.set_ylim(-1.7 * limit, 0.9 * limit)
    axes.legend(fontsize=8, loc="lower left")
    return f"Your ELBO less ln Z against the divergence, 20 surrogates: a falling diagonal if right. The farthest point is {farthest:.2g} nats off."


_ELBO_HEAD = "def elbo_beta_coin(a, b, heads, tails, a0, b0):\n"
_ELBO = _ELBO_HEAD + (
    "    mean_log_f = special.digamma(a) - special.digamma(a + b)\n    mean_log_1mf = special.digamma(b) - special.digamma(a + b)\n"
)
_LIKELIHOOD = "    log_likelihood = heads * mean_log_f + tails * mean_log_1mf\n"
_PRIOR = "    log_prior = (a0 - 1) * mean_log_f + (b0 - 1) * mean_log_1mf - special.betaln(a0, b0)\n"
_LOG_Q = "    log_q = (a - 1) * mean_log_f + (b - 1) * mean_log_1mf - special.betaln(a, b)\n"

ELBO_COIN = Exercise(
    id="elbo-coin",
    title="The ELBO of a Beta surrogate",
    names={"elbo_beta_coin": "a, b, heads, tails, a0, b0"},
    public=_elbo_public,
    case=_elbo_case,
    reference=_elbo_reference,
    fields={"values": Field((20,), allow="inf nan")},
    criteria=(
        Criterion("value", 3, "your ELBO and ln Z - KL, 16 surrogates, nats",
                  lambda m, r: worst((m["values"] - r["elbo"])[:16]), ("values",), "Your value is not E_q[ln P - ln q]."),
        Criterion("at the posterior", 2, "your ELBO and ln Z where the surrogate is the posterior, 4 coins, nats",
                  lambda m, r: worst((m["values"] - r["log_z"])[_AT_POSTERIOR]), ("values",),
                  "Where the surrogate is the posterior, nothing is left between the ELBO and ln Z."),
        Criterion("bound", 1, "how far your ELBO rises above ln Z, at most over all 20, nats",
                  lambda m, r: float(np.max(m["values"] - r["log_z"])) if np.ptp(m["values"]) > 0 else np.nan, ("values",),
                  "No ELBO can lie above ln Z, and it must change with the surrogate."),
    ),
    known_wrong=(
        KnownWrong("no entropy", _ELBO + _LIKELIHOOD + _PRIOR + "    return log_likelihood + log_prior\n",
                   "A surrogate of zero width would win with this one: which term rewards spread?",
                   _is_elbo(lambda r: r["likelihood"] + r["prior"] - r["log_b0"])),
        KnownWrong("entropy with the wrong sign", _ELBO + _LIKELIHOOD + _PRIOR + _LOG_Q + "    return log_likelihood + log_prior + log_q\n",
                   "Make the surrogate very narrow: does your value rise or fall?",
                   _is_elbo(lambda r: r["likelihood"] + r["prior"] - r["log_b0"] - r["entropy"])),
        KnownWrong("negated", _ELBO + _LIKELIHOOD + _PRIOR + _LOG_Q + "    return log_q - log_likelihood - log_prior\n",
                   "Is yours a bound on the log evidence from below?", _is_elbo(lambda r: -r["elbo"])),
        KnownWrong("no prior", _ELBO + _LIKELIHOOD + _LOG_Q + "    return log_likelihood - log_q\n",
                   "Change a0 and b0: does your value move?", _is_elbo(lambda r: r["likelihood"] + r["entropy"])),
        KnownWrong("prior not normalised", _ELBO + _LIKELIHOOD + _PRIOR.replace(" - special.betaln(a0, b0)", "") + _LOG_Q
                   + "    return log_likelihood + log_prior - log_q\n",
                   "Does the prior that you used integrate to one?", _is_elbo(lambda r: r["elbo"] + r["log_b0"])),
        KnownWrong("joint at the mean", _ELBO + _LOG_Q + "    f = a / (a + b)\n"
                   "    log_joint = (a0 + heads - 1) * np.log(f) + (b0 + tails - 1) * np.log(1 - f) - special.betaln(a0, b0)\n"
                   "    return log_joint - log_q\n",
                   "Is the mean of ln f the log of the mean of f?", _is_elbo(lambda r: r["at_mean"] - r["log_b0"] + r["entropy"])),
        KnownWrong("divergence", _ELBO + _LOG_Q + "    c, d = a0 + heads, b0 + tails\n"
                   "    return log_q - (c - 1) * mean_log_f - (d - 1) * mean_log_1mf + special.betaln(c, d)\n",
                   "At the posterior your value is 0: what should the bound be there?", _is_elbo(lambda r: r["kl"])),
    ),
    honest={
        "identity": _ELBO_HEAD + "    c, d = a0 + heads, b0 + tails\n    psi = special.digamma\n"
        "    kl = special.betaln(c, d) - special.betaln(a, b) + (a - c) * psi(a) + (b - d) * psi(b) + (c - a + d - b) * psi(a + b)\n"
        "    return special.betaln(c, d) - special.betaln(a0, b0) - kl\n",
        "scipy's entropy": _ELBO + _LIKELIHOOD + _PRIOR + "    return log_likelihood + log_prior + stats.beta(a, b).entropy()\n",
        "quadrature": _ELBO_HEAD + "    f = (np.arange(20_000) + 0.5) / 20_000\n    log_q = stats.beta(a, b).logpdf(f)\n"
        "    log_joint = stats.beta(a0, b0).logpdf(f) + heads * np.log(f) + tails * np.log1p(-f)\n"
        "    return np.mean(np.exp(log_q) * (log_joint - log_q))\n",
        "float32": _ELBO_HEAD + "    a, b, c, d, a0, b0 = np.float32([a, b, a0 + heads, b0 + tails, a0, b0])\n"
        "    psi, total = special.digamma, np.float32(a + b)\n"
        "    gaps = (c - a) * (psi(a) - psi(total)) + (d - b) * (psi(b) - psi(total))\n"
        "    return gaps + special.betaln(a, b) - special.betaln(a0, b0)\n",
    },
    near=(
        NearMiss("value", "nats added", (2e-4, 6e-4, 2e-3, 6e-3, 2e-2), 6e-3, _shifted("values")),
        NearMiss("at the posterior", "nats taken away", (2e-4, 6e-4, 2e-3, 6e-3, 2e-2), 6e-3,
                 lambda m, r, size: _shifted("values", _AT_POSTERIOR)(m, r, -size)),
    ),
    figure=_elbo_figure,
)


# --- which way to measure -----------------------------------------------------------------

_X = np.linspace(-14, 14, 2801)
_OFFSET = -2000.0


def _log_two(two, x):
    """Two normal modes: weight, centre and sd of the heavy wide one, centre and sd of the light narrow one."""
    w, c1, s1, c2, s2 = two
    parts = [-0.5 * ((x - c) / s) ** 2 - np.log(s) for c, s in ((c1, s1), (c2, s2))]
    return np.logaddexp(np.log(w) + parts[0], np.log1p(-w) + parts[1]) - 0.5 * np.log(2 * np.pi)


def _log_skewed(skewed, x):
    """u = sign * (x - shift) / scale is the log of a Gamma(k, 1) draw."""
    k, shift, scale, sign = skewed
    u = sign * (x - shift) / scale
    return k * u - np.exp(u) - gammaln(k) - np.log(scale)


def _gaussian_case(rng):
    while True:
        weight, heavy, light = rng.uniform(0.62, 0.75), rng.uniform(1.25, 1.6), rng.uniform(0.25, 0.35)
        if (1 - weight) / light >= 1.25 * weight / heavy:  # the lighter mode has the higher peak
            break
    side = rng.choice([-1.0, 1.0])
    shift = rng.uniform(-1.5, 1.5)
    two = np.array([weight, side * rng.uniform(3.2, 4.2) + shift, heavy, -side * rng.uniform(3.2, 4.2) + shift, light])
    skewed = np.array([rng.uniform(1.2, 2.2), rng.uniform(-1, 1), rng.uniform(0.8, 1.2), rng.choice([-1.0, 1.0])])
    constants = rng.uniform(-4, -2, 2)  # an unnormalised density; negative, so that an empty sum looks good
    logp = np.stack([_log_two(two, _X) + constants[0], _log_skewed(skewed, _X) + constants[1], _log_two(two, _X) + constants[0] + _OFFSET])
    return {"x": _X, "logp": logp, "two": two, "skewed": skewed}


_EPS = np.linspace(-12, 12, 4001)
_EPS_WEIGHTS = np.exp(-0.5 * _EPS**2) / np.exp(-0.5 * _EPS**2).sum()


def _reverse_kl(log_p, mean, sd):
    """KL(N(mean, sd^2) || p), nats, for the known log density: trapezoid over 12 sd each way."""
    if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
        return np.nan
    return float(-np.log(sd) - 0.5 * np.log(2 * np.pi * np.e) - _EPS_WEIGHTS @ log_p(mean + sd * _EPS))


def _gaussian_reference(case):
    two, skewed = (np.asarray(case[name], dtype=float) for name in ("two", "skewed"))
    w, c1, s1, c2, s2 = two
    k, shift, scale, sign = skewed
    mean = w * c1 + (1 - w) * c2
    sd = np.sqrt(w * (s1**2 + c1**2) + (1 - w) * (s2**2 + c2**2) - mean**2)
    found = []
    for start in ((c1, s1), (c2, s2), (mean, sd)):
        fit = minimize(lambda t: _reverse_kl(lambda x: _log_two(two, x), t[0], np.exp(t[1])), [start[0], np.log(start[1])],
                       method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
        found.append((fit.fun, fit.x[0], np.exp(fit.x[1])))
    found.sort()
    # ln Gamma(k, 1) has mean digamma(k) and variance trigamma(k); its best reverse fit solves exp(m + s^2/2) = k, s^2 = 1/k
    trigamma = (digamma(k + 1e-5) - digamma(k - 1e-5)) / 2e-5
    reverse = (shift + sign * scale * (np.log(k) - 1 / (2 * k)), scale / np.sqrt(k))
    forward = (shift + sign * scale * digamma(k), scale * np.sqrt(trigamma))
    best = np.array([[found[0][1:], (mean, sd)], [reverse, forward], [found[0][1:], (mean, sd)]])
    laplace = np.array([(c2, s2), (shift + sign * scale * np.log(k), scale / np.sqrt(k))])
    return {"two": two, "skewed": skewed, "best": best, "laplace": laplace,
            "floor": np.array([found[0][0], _reverse_kl(lambda x: _log_skewed(skewed, x), *reverse)])}


def _excess(r, fits, directions=(0, 1)):
    """Divergence of fits (3, 2, 2) over the best, nats, (3, 2): rows targets, columns reverse and forward.

    ``directions[j]`` is the direction in which column j is judged.
    """
    densities = [lambda x: _log_two(r["two"], x), lambda x: _log_skewed(r["skewed"], x)]
    out = np.full((3, 2), np.nan)
    for i in range(3):
        for j, direction in enumerate(directions):
            mean, sd = fits[i, j]
            if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
                continue
            if direction == 0:
                out[i, j] = _reverse_kl(densities[i % 2], mean, sd) - r["floor"][i % 2]
            else:  # E_p[-ln q] knows p by its mean and sd alone
                out[i, j] = _kl_normal(*r["best"][i, 1], mean, sd)
    return out


_LIMITS = np.array([0.02, 0.005, 0.02])[:, None]  # for the hints; those of the verdict are in the table


def _right_fits(r, fits, rows=(0, 1, 2), columns=(0, 1), directions=(0, 1)):
    return bool(np.all((_excess(r, fits, directions) <= _LIMITS)[np.ix_(rows, columns)]))


def _off_grid(fits):
    """Reverse fits that have left the grid, or hide between two of its nodes; (3,) bool."""
    mean, sd = fits[:, 0, 0], np.abs(fits[:, 0, 1])
    return (sd < 0.012) | (sd > 28) | (np.abs(mean) > 14)


def _is_highest_peak(m, r, distances):
    """Mode and curvature at the highest peak of both targets, at least where the reverse fit was asked for."""
    fits = m["fits"][:2, 0]
    close = np.abs(fits - r["laplace"]) <= 0.05 * r["laplace"][:, 1:]
    return bool(close.all())


def _is_wrong_mode(m, r, distances):
    """All right, but the reverse fit to two modes sits on the lighter one."""
    fits = m["fits"]
    rest = _right_fits(r, fits, rows=(1,)) and _right_fits(r, fits, rows=(0, 2), columns=(1,))
    narrow = np.abs(fits[[0, 2], 0, 0] - r["two"][3]) < r["two"][4]
    return bool(rest and narrow.all() and np.all(fits[[0, 2], 0, 1] < 2 * r["two"][4]))


def _is_variance(m, r, distances):
    fits = m["fits"].copy()
    fits[..., 1] = np.sqrt(fits[..., 1])
    return _right_fits(r, fits)


def _is_swapped_direction(m, r, distances):
    return _right_fits(r, m["fits"][:, ::-1]) and _excess(r, m["fits"])[0].min() > 0.1


def _gaussian_figure(axes, m, r):
    x = np.linspace(-9, 9, 900)
    target = np.exp(_log_two(r["two"], x))
    axes.fill_between(x, target, color="0.85", label="target")
    for j, (colour, style, label) in enumerate(((BLUE, "--", "your reverse fit"), (ORANGE, "-.", "your forward fit"))):
        mean, sd = m["fits"][0, j]
        axes.plot(x, np.exp(-0.5 * ((x - mean) / sd) ** 2) / (abs(sd) * np.sqrt(2 * np.pi)), color=colour, linestyle=style,
                  linewidth=2, label=f"{label}: {mean:.2f}, {sd:.2f}")
    right = _right_fits(r, m["fits"], rows=(0,))
    axes.set_title("Reverse takes the heavier mode, forward spans both" if right else "At least one of your fits can be bettered", fontsize=10)
    axes.set_ylim(0, 1.25 * target.max())
    axes.set_xlabel("x", fontsize=8)
    axes.set_ylabel("density", fontsize=8)
    axes.legend(fontsize=8)
    (a, b), (c, d) = m["fits"][0]
    fits = f"your reverse fit has mean {a:.2f} and sd {b:.2f}, your forward fit {c:.2f} and {d:.2f}."
    return f"A target with a wide heavy mode and a narrow light one; {fits}"


_FIT = "def best_gaussian(logp_grid, x, direction):\n"
_MOMENTS = "    p = p / p.sum()\n    mean = np.sum(p * x)\n    sd = np.sqrt(np.sum(p * (x - mean) ** 2))\n"
_WEIGHTS = "    p = np.exp(logp_grid - logp_grid.max())\n" + _MOMENTS
_SEARCH = (
    "    def divergence(t):\n        log_q = -0.5 * ((x - t[0]) / np.exp(t[1])) ** 2\n        log_q = log_q - special.logsumexp(log_q)\n"
    "        return np.sum(np.exp(log_q) * (log_q - logp_grid))\n"
    "    def search(starts):\n        fits = [optimize.minimize(divergence, [start, 0.0], method='Nelder-Mead') for start in starts]\n"
    "        best = min(fits, key=lambda fit: fit.fun)\n        return best.x[0], np.exp(best.x[1])\n"
)
_STARTS = "np.linspace(-6, 6, 5)"

BEST_GAUSSIAN = Exercise(
    id="best-gaussian",
    title="The best normal density, in both directions",
    names={"best_gaussian": "logp_grid, x, direction"},
    public=lambda: _gaussian_case(np.random.default_rng(6)),
    case=_gaussian_case,
    reference=_gaussian_reference,
    fields={"fits": Field((3, 2, 2), allow="inf nan")},
    criteria=(
        Criterion("reverse, two modes", 3, "KL(your normal || target) and the least possible, nats",
                  lambda m, r: _excess(r, m["fits"])[0, 0], ("fits",),
                  "A target with two modes has a normal density with a smaller KL(q || p) than yours."),
        Criterion("forward, two modes", 2, "KL(target || your normal) and the least possible, nats",
                  lambda m, r: _excess(r, m["fits"])[0, 1], ("fits",),
                  "A target with two modes has a normal density with a smaller KL(p || q) than yours."),
        Criterion("skewed", 2, "the same for a skewed target, the worse of both directions, nats",
                  lambda m, r: np.max(_excess(r, m["fits"])[1]), ("fits",), "On a target with one lopsided mode, one of your fits can be bettered."),
        Criterion("offset", 1, "the same for the first target with 2000 taken from logp_grid, the worse of both directions, nats",
                  lambda m, r: np.max(_excess(r, m["fits"])[2]), ("fits",), "A constant added to logp_grid must not change your answer."),
    ),
    known_wrong=(
        KnownWrong("directions swapped", _FIT + _WEIGHTS + "    if direction == 'reverse':\n"
                   "        return mean, sd\n" + _SEARCH + f"    return search({_STARTS})\n",
                   "One direction averages over p, the other over q: which of them forbids gaps?", _is_swapped_direction),
        KnownWrong("highest peak", _FIT + _WEIGHTS + "    if direction == 'forward':\n        return mean, sd\n"
                   "    i, dx = np.argmax(logp_grid), x[1] - x[0]\n"
                   "    curvature = (logp_grid[i - 1] - 2 * logp_grid[i] + logp_grid[i + 1]) / dx**2\n    return x[i], np.sqrt(-1 / curvature)\n",
                   "Your fit knows the target at its highest point alone: is the highest peak the heaviest?", _is_highest_peak),
        KnownWrong("one start", _FIT + _WEIGHTS + "    if direction == 'forward':\n"
                   "        return mean, sd\n" + _SEARCH + "    return search([x[np.argmax(logp_grid)]])\n",
                   "Begin the search elsewhere: does it end in the same place?", _is_wrong_mode),
        KnownWrong("variance", _FIT + _WEIGHTS + "    if direction == 'forward':\n        return mean, sd**2\n" + _SEARCH
                   + f"    mean, sd = search({_STARTS})\n    return mean, sd**2\n",
                   "Is your second number a width or a squared width?", _is_variance),
        KnownWrong("exp of a large number", _FIT + "    p = np.exp(logp_grid)\n" + _MOMENTS
                   + "    if direction == 'forward':\n        return mean, sd\n" + _SEARCH + f"    return search({_STARTS})\n",
                   "Add a constant to logp_grid: should your answer change?",
                   lambda m, r, d: _right_fits(r, m["fits"], rows=(0, 1)) and not d["offset"] <= 0.02 and not _off_grid(m["fits"])[2]),
        KnownWrong("weights ignored", _FIT + "    return x.mean(), x.std()\n",
                   "Would your answer change if logp_grid did?", lambda m, r, d: _same(m["fits"], np.full((3, 2, 2), [0.0, _X.std()]), 1e-2)),
        KnownWrong("off the grid", _FIT + _WEIGHTS + "    if direction == 'forward':\n        return mean, sd\n    best = (np.inf, 0.0, 1.0)\n"
                   "    for m in np.linspace(-13.975, 13.975, 60):\n        for s in np.geomspace(1e-3, 20, 40):\n"
                   "            log_q = -0.5 * ((x - m) / s) ** 2 - np.log(s) - 0.5 * np.log(2 * np.pi)\n"
                   "            best = min(best, (np.sum(np.exp(log_q) * (log_q - logp_grid)) * (x[1] - x[0]), m, s))\n    return best[1], best[2]\n",
                   "Does your surrogate still lie on the grid, with several nodes under it?",
                   lambda m, r, d: bool(_off_grid(m["fits"]).any()) and _right_fits(r, m["fits"], columns=(1,))),
    ),
    honest={
        "brute force": _FIT + "    logp = logp_grid - special.logsumexp(logp_grid)\n    best = (np.inf, 0.0, 1.0)\n"
        "    keep = slice(None, None, 4)\n    grid, logp = x[keep], logp[keep]\n"
        "    p = np.exp(logp - special.logsumexp(logp))\n"
        "    for m in np.linspace(-8, 8, 81):\n        for s in np.geomspace(0.2, 6, 70):\n"
        "            log_q = -0.5 * ((grid - m) / s) ** 2\n            log_q = log_q - np.log(np.exp(log_q).sum())\n"
        "            value = np.sum(np.exp(log_q) * (log_q - logp)) if direction == 'reverse' else -p @ log_q\n"
        "            best = min(best, (value, m, s))\n"
        "    start = np.array(best[1:])\n"
        "    def objective(t):\n        log_q = -0.5 * ((x - t[0]) / t[1]) ** 2\n        log_q = log_q - special.logsumexp(log_q)\n"
        "        full = logp_grid - special.logsumexp(logp_grid)\n"
        "        return np.sum(np.exp(log_q) * (log_q - full)) if direction == 'reverse' else -np.exp(full) @ log_q\n"
        "    return optimize.minimize(objective, start, method='Nelder-Mead').x\n",
        "ELBO and BFGS": _FIT + _WEIGHTS + "    if direction == 'forward':\n        return mean, sd\n"
        "    eps, weight = np.polynomial.hermite_e.hermegauss(40)\n    weight = weight / weight.sum()\n"
        "    logp = logp_grid - logp_grid.max()\n"
        "    loss = lambda t: -weight @ np.interp(t[0] + np.exp(t[1]) * eps, x, logp) - t[1]\n"
        "    fits = [optimize.minimize(loss, [m, 0.0], method='L-BFGS-B', bounds=[(-10, 10), (-2, 1.2)]) for m in np.linspace(-6, 6, 7)]\n"
        "    best = min(fits, key=lambda fit: fit.fun)\n    return best.x[0], np.exp(best.x[1])\n",
        "Powell, both searched": _FIT + "    logp = logp_grid - logp_grid.max()\n    log_p = logp - np.log(np.exp(logp).sum())\n"
        "    def objective(t):\n        log_q = stats.norm.logpdf(x, t[0], np.exp(t[1]))\n        log_q = log_q - special.logsumexp(log_q)\n"
        "        top, bottom = (log_q, log_p) if direction == 'reverse' else (log_p, log_q)\n        return np.sum(np.exp(top) * (top - bottom))\n"
        "    fits = [optimize.minimize(objective, [m, 0.3], method='Powell', bounds=[(-14, 14), (-3, 3)]) for m in (-4.0, -1.5, 1.5, 4.0)]\n"
        "    best = min(fits, key=lambda fit: fit.fun)\n    return best.x[0], np.exp(best.x[1])\n",
    },
    near=(
        NearMiss("mean", "standard deviations of the best fit", (0.02, 0.05, 0.1, 0.2, 0.4), 0.4,
                 lambda m, r, size: {**m, "fits": m["fits"] + size * r["best"][..., 1:] * np.array([1.0, 0.0])}),
        NearMiss("sd", "relative, made wider", (0.02, 0.05, 0.1, 0.2, 0.4), 0.4,
                 lambda m, r, size: {**m, "fits": m["fits"] * np.array([1.0, 1 + size])}),
    ),
    figure=_gaussian_figure,
)

EXERCISES = (POSTERIOR_COIN, LOG_EVIDENCE, KL_NORMAL, KL_GRID, ELBO_COIN, BEST_GAUSSIAN)
