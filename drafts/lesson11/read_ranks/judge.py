"""What is wrong with the surrogate: what a case is, the truth, and how a measurement is judged.

A rank among n draws is binomial with probability Phi(X), X normal with mean -shift / ratio and sd 1 / ratio, for a
surrogate that is moved by ``shift`` posterior sds and has ``ratio`` times the posterior's sd (see sbc-ranks). For an
exact one u = (rank + 1/2) / (n + 1) has mean 1/2, variance (1 - 1 / (n + 1)^2) / 12, and (u - 1/2)^2 the variance
1/180, but for terms of order 1 / n^2.
"""

import numpy as np
from scipy.special import ndtr
from scipy.stats import chi2, kstest

from svi_course.exercise import Criterion, Exercise, Field, Mistake

from ...tools import BLUE, GREEN, ORANGE, RED

WORDS = ("fine", "narrow", "wide", "low", "high")
FINE, NARROW, WIDE, LOW, HIGH = range(5)
EACH, RANKS = 4, 400


def uniform(ranks, n_draws):
    """Ranks as numbers between 0 and 1, spread evenly for an exact surrogate: (sets, ranks) and (sets,)."""
    return (np.asarray(ranks, float) + 0.5) / (np.asarray(n_draws, float)[..., None] + 1)


def scores(u):
    """Mean and variance of u, each less that of an exact surrogate, in standard errors: (sets,) each."""
    n = u.shape[-1]
    return (u.mean(-1) - 0.5) * np.sqrt(12 * n), (u.var(-1) - 1 / 12) * np.sqrt(180 * n)


def _quiet(u):
    """Whether nothing in u speaks of a slope: mean, median, tail sums of both sides."""
    n = len(u)
    mean, _ = scores(u)
    below = (np.sum(u < 0.5) - np.sum(u > 0.5)) / np.sqrt(n)
    ends = np.sum(u < 0.1), np.sum(u > 0.9)
    return abs(mean) < 1.5 and abs(below) < 1.8 and abs(ends[0] - ends[1]) < 2.2 * np.sqrt(max(1, sum(ends)))


def _clear(kind, u):
    """Whether a set of ranks leaves no doubt about its kind."""
    mean, variance = scores(u)
    if kind in (LOW, HIGH):
        return (mean if kind == LOW else -mean) > 7
    middle = np.sum(np.abs(u - 0.5) < 0.25) / len(u)
    ends = np.mean(np.abs(u - 0.5) > 0.4)
    if not _quiet(u):
        return False
    if kind == FINE:
        bars = np.histogram(u, np.linspace(0, 1, 11))[0]
        return (
            abs(variance) < 1.5
            and abs(middle - 0.5) < 0.045
            and abs(ends - 0.2) < 0.035
            and chi2(9).sf(np.sum((bars - len(u) / 10) ** 2) / (len(u) / 10)) > 0.1
            and kstest(u, "uniform").pvalue > 0.1
        )
    sign = 1 if kind == NARROW else -1
    return sign * variance > 7 and sign * (0.5 - middle) > 0.12 and sign * (ends - 0.2) > 0.09


def draw(rng):
    """Four sets of 400 ranks of each of five kinds, in random order; each set is drawn until it leaves no doubt."""
    kinds, which = np.repeat(np.arange(5), EACH), np.tile(np.arange(EACH), 5)
    numbers_of_draws = np.concatenate([rng.permutation([19, 39, 99, 199]) for _ in range(5)])
    ranks = np.stack([_draw_ranks(rng, *row) for row in zip(kinds, which, numbers_of_draws)])
    order = rng.permutation(5 * EACH)
    return {"ranks": ranks[order], "n_draws": numbers_of_draws[order]}


def _draw_ranks(rng, kind, which, n_draws):
    """One set; the first two exact ones stray a little, as chance has it, and the first of a slope is steep."""
    while True:
        ratio, shift = 1.0, 0.0
        if kind == NARROW:
            ratio = rng.uniform(0.45, 0.65)
        elif kind == WIDE:
            ratio = rng.uniform(1.6, 2.4)
        elif kind in (LOW, HIGH):
            shift = (-1 if kind == LOW else 1) * (rng.uniform(0.45, 0.9) if which else rng.uniform(0.95, 1.1))
        share = ndtr((rng.normal(size=RANKS) - shift) / ratio)
        ranks = rng.binomial(n_draws, share).astype(np.int16)
        u = uniform(ranks, np.array(n_draws))
        mean, variance = scores(u)
        dull = kind == FINE and which < 2 and abs(mean) < 0.9 or kind in (LOW, HIGH) and not which and variance > -6
        if not dull and _clear(kind, u):
            return ranks


def _by_rule(slope, spread):
    """Words from a verdict on the slope (-1, 0, 1: ranks low, even, high) and one on the spread (-1, 0, 1)."""
    return np.where(
        slope > 0,
        WORDS[LOW],
        np.where(
            slope < 0, WORDS[HIGH], np.where(spread > 0, WORDS[NARROW], np.where(spread < 0, WORDS[WIDE], "fine"))
        ),
    )


def _sign(score, limit):
    return np.sign(score) * (np.abs(score) > limit)


def reference(case):
    """The right words, the scores, and the words that wrong rules give, with limits of 3, 4 and 5 errors."""
    u = uniform(case["ranks"], case["n_draws"])
    mean, variance = scores(u)
    words = _by_rule(_sign(mean, 4), _sign(variance, 4))
    about_half = (np.mean((u - 0.5) ** 2, axis=-1) - 1 / 12) * np.sqrt(180 * RANKS)
    limits = (3, 4, 5)
    none = np.zeros(len(words))
    rejected = np.array([kstest(row, "uniform").pvalue < 1e-3 for row in u])
    scaled = [scores((np.asarray(case["ranks"], float) + half) / of) for half, of in ((0.5, 100), (0, 100), (0, 99))]
    largest = scores(np.asarray(case["ranks"], float) / np.max(case["ranks"], axis=-1)[:, None])
    return {
        "words": words,
        "scores": np.stack([mean, variance]),
        "rules": {
            "mean only": np.stack([_by_rule(_sign(mean, c), none) for c in limits]),
            "variance only": np.stack([_by_rule(none, _sign(x, c)) for x in (variance, about_half) for c in limits]),
            "variance first": np.stack(
                [
                    np.where(_sign(x, c) != 0, _by_rule(none, _sign(x, c)), _by_rule(_sign(mean, c), none))
                    for x in (variance, about_half)
                    for c in limits
                ]
            ),
            "U read as wide": _by_rule(_sign(mean, 4), -_sign(variance, 4))[None],
            "low and high swapped": _by_rule(-_sign(mean, 4), _sign(variance, 4))[None],
            "a hundredth off": np.stack(
                [_by_rule(_sign(u.mean(-1) - 0.5, c), _sign(variance, 4)) for c in (0.005, 0.01, 0.015)]
            ),
            "any misfit is a shift": _by_rule(np.where(rejected, np.sign(mean), 0), none)[None],
            "own number of draws": np.stack(
                [_by_rule(_sign(x, c), _sign(y, c)) for x, y in (*scaled, largest) for c in limits]
            ),
        },
    }


def _wrong(kind):
    """Distance: sets of this kind that get another word, and other sets that get this word."""
    word = WORDS[kind]
    return lambda m, r: float(np.sum((m["words"] == word) != (r["words"] == word)))


def _is_rule(name):
    """looks_like: the words are those of a wrong rule, set by set."""
    return lambda m, r, d: any(np.array_equal(m["words"], words) for words in r["rules"][name])


def _figure(axes, m, r):
    """Each set of ranks at its mean and variance, marked by the learner's word."""
    mean, variance = r["scores"]
    right = m["words"] == r["words"]
    shown = (
        ("fine", "o", "black"),
        ("narrow", "s", BLUE),
        ("wide", "D", ORANGE),
        ("low", "^", GREEN),
        ("high", "v", RED),
    )
    for word, marker, colour in shown:
        chosen = m["words"] == word
        axes.scatter(mean[chosen], variance[chosen], marker=marker, color=colour, s=24, label=f'you say "{word}"')
    axes.scatter(mean[~right], variance[~right], facecolors="none", edgecolors="black", s=90, label="wrong")
    axes.axvspan(-4, 4, color="0.92", zorder=0)
    axes.set_xlabel("mean of the ranks less the one expected, standard errors", fontsize=8)
    axes.set_ylabel("variance, likewise", fontsize=8)
    axes.set_title(
        "Slope, U and hill: you read each set of ranks"
        if right.all()
        else f"{int((~right).sum())} of 20 sets of ranks are misread",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        "Each of 20 sets of ranks as a mark at its mean and variance, in standard errors from those of an exact "
        f"surrogate. {int((~right).sum())} are misread."
    )


def _criterion(kind, failed):
    word = WORDS[kind]
    return Criterion(
        word,
        points=1,
        compared=f'of 20 sets of ranks: those that are "{word}" and get another word, and others that get this one',
        distance=_wrong(kind),
        needs=("words",),
        failed=failed,
    )


EXERCISE = Exercise(
    title="What is wrong with the surrogate?",
    names={"read_ranks": "ranks, n_draws"},
    public=lambda: draw(np.random.default_rng(117)),
    case=draw,
    reference=reference,
    fields={"words": Field((5 * EACH,), text=True)},
    criteria=(
        _criterion(FINE, "An even histogram is not recognised through its noise, or an uneven one passes as even."),
        _criterion(NARROW, 'A surrogate that is too narrow is not called "narrow", or another one is.'),
        _criterion(WIDE, 'A surrogate that is too wide is not called "wide", or another one is.'),
        _criterion(LOW, 'A surrogate that lies too low is not called "low", or another one is.'),
        _criterion(HIGH, 'A surrogate that lies too high is not called "high", or another one is.'),
    ),
    mistakes=(
        Mistake(
            "mean only",
            hint="Fold the histogram at its middle: can you still tell a U from an even one?",
            looks_like=_is_rule("mean only"),
        ),
        Mistake(
            "variance only",
            hint="What does a slope do to the variance of the ranks?",
            looks_like=_is_rule("variance only"),
        ),
        Mistake(
            "variance first",
            hint="What does a slope do to the variance of the ranks?",
            looks_like=_is_rule("variance first"),
        ),
        Mistake(
            "U read as wide",
            hint="The truth lies beyond all draws too often: are these draws spread too far or too little?",
            looks_like=_is_rule("U read as wide"),
        ),
        Mistake(
            "low and high swapped",
            hint="Most draws lie below the truth: where does the surrogate lie?",
            looks_like=_is_rule("low and high swapped"),
        ),
        Mistake(
            "a hundredth off",
            hint="How far does the mean of 400 even ranks stray by chance?",
            looks_like=_is_rule("a hundredth off"),
        ),
        Mistake(
            "any misfit is a shift",
            hint="Is every histogram that is not even also lopsided?",
            looks_like=_is_rule("any misfit is a shift"),
        ),
        Mistake(
            "own number of draws",
            hint="From 0 up to which number can these ranks go?",
            looks_like=_is_rule("own number of draws"),
        ),
    ),
    figure=_figure,
)
