"""Do guide and chains agree?: what a case is, the truth, and how a measurement is judged.

The draws are made so that the answer leaves no doubt (``measure.draws_of``): the difference of the means is 0 to 2.2 or
8 and more of its standard errors, the widths are equal or clearly not, and R-hat is near 1 or far above.
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake

from ...tools import BLUE, ORANGE, RED
from .measure import CHAINS, LENGTH, ROWS, draws_of

AGREE, DIFFER, NO_REFERENCE = "agree", "differ", "no reference"
SAME, SLOW, FEW, LARGE, SMALL, WIDER, NARROWER, STUCK = range(8)
KINDS = (
    "the same",
    "sticky chains",
    "few guide draws",
    "means far apart",
    "means apart by little",
    "guide too wide",
    "guide too narrow",
    "a chain elsewhere",
)


def standard_errors(stickiness, n_guide):
    """Of the difference of the means and of the log ratio of the widths, in units of the chains' sd.

    An autoregressive chain of n draws is worth n (1 - a) / (1 + a) independent ones for the mean, and as much with
    a**2 for the squares (Priestley, *Spectral Analysis and Time Series*, section 5.3).
    """
    worth = CHAINS * LENGTH * (1 - stickiness) / (1 + stickiness)
    squares = CHAINS * LENGTH * (1 - stickiness**2) / (1 + stickiness**2)
    return np.sqrt(1 / n_guide + 1 / worth), np.sqrt(0.5 / n_guide + 0.5 / squares)


def split_r_hat(chains):
    """R-hat of half chains (Gelman et al., *Bayesian Data Analysis*, section 11.4)."""
    halves = chains.reshape(2 * CHAINS, -1)
    within = halves.var(axis=1, ddof=1).mean()
    n = halves.shape[1]
    return np.sqrt((n - 1) / n + halves.mean(axis=1).var(ddof=1) / within)


def _draw_row(rng, kind, which):
    """One row of a kind; ``which`` of its three, so that both signs come up."""
    sign = (1, -1, rng.choice([-1, 1]))[which]
    # one width of three that is only just wrong for certain, for 400 draws of the guide
    close = kind in (WIDER, NARROWER) and which == 0
    n_guide = 400 if kind == FEW or close else 20000
    stickiness = rng.uniform(0, 0.6)
    if kind == SLOW:
        stickiness = rng.uniform(0.78, 0.82)
    elif kind == FEW or close:
        stickiness = rng.uniform(-0.1, 0.1)
    elif kind == SMALL:
        stickiness = rng.uniform(-0.55, -0.5)
    error, log_error = standard_errors(stickiness, n_guide)
    z = sign * (rng.uniform(1.9, 2.2) if kind in (SLOW, FEW) else rng.uniform(0, 1.5))
    z_log = rng.choice([-1, 1]) * rng.uniform(1.9, 2.2) if kind == FEW else rng.uniform(-1, 1)
    shift, log_ratio, stuck = z * error, z_log * log_error, 0.0
    if kind == LARGE:
        shift = sign * rng.uniform(1, 3)
    elif kind == SMALL:
        shift = sign * rng.uniform(8, 8.6) * error
    elif kind in (WIDER, NARROWER):
        size = rng.uniform(8.5, 9.5) * log_error if close else rng.uniform(0.35, 0.7)
        log_ratio = size if kind == WIDER else -size
    elif kind == STUCK:
        stuck = sign * rng.uniform(2, 4)
        shift += (0, 5, 0)[which]
    # far from zero in units of the spread, or near it: one part in a hundred of the mean is nothing, or much
    far = rng.uniform(300, 1000) if kind == SMALL else rng.uniform(0, 0.5) if kind == SAME else rng.uniform(0, 30)
    scale = np.exp(rng.uniform(np.log(0.01), np.log(100)))
    return {
        "shift": shift,
        "log_ratio": log_ratio,
        "stickiness": stickiness,
        "stuck": stuck,
        "n_guide": n_guide,
        "level": rng.choice([-1, 1]) * far * scale,
        "scale": scale,
    }


def draw_compare_case(rng):
    """Three rows of each of eight kinds, in random order; seeds are drawn until R-hat leaves no doubt."""
    rows = []
    for kind in range(8):
        for which in range(3):
            row = _draw_row(rng, kind, which)
            while True:
                row["seed"] = rng.integers(1, 2**31)
                r_hat = split_r_hat(draws_of({name: [value] for name, value in row.items()}, 0)[1])
                if r_hat > 1.2 if row["stuck"] else r_hat < 1.015:
                    break
            rows.append(row)
    rows = [rows[i] for i in rng.permutation(ROWS)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _kind_of(z, z_log, shift, log_ratio, stickiness, n_guide, stuck):
    """The kind of a row, read from its numbers, so that a case need not hold the answer."""
    if stuck != 0:
        return STUCK
    if abs(z) > 5:
        return LARGE if abs(shift) > 0.5 else SMALL
    if abs(z_log) > 5:
        return WIDER if log_ratio > 0 else NARROWER
    return FEW if n_guide < 1000 else SLOW if stickiness > 0.7 else SAME


def compare_reference(case):
    """Right answers, kinds, and the answers of wrong rules; these follow from the exact means and widths."""
    numbers = {name: np.asarray(value, float) for name, value in case.items()}
    shift, log_ratio, a, n_guide = (numbers[name] for name in ("shift", "log_ratio", "stickiness", "n_guide"))
    error, log_error = standard_errors(a, n_guide)
    z, z_log = shift / error, log_ratio / log_error
    kinds = np.array([_kind_of(*row) for row in zip(z, z_log, shift, log_ratio, a, n_guide, numbers["stuck"])])
    answers = np.where(kinds == STUCK, NO_REFERENCE, np.where(kinds <= FEW, AGREE, DIFFER))
    alike = np.abs(z_log) < 5

    def rule(near, widths=alike):
        return np.where(kinds == STUCK, NO_REFERENCE, np.where(near & widths, AGREE, DIFFER))

    rules = {
        "n for ESS": rule(np.abs(shift) < 4 * standard_errors(0.0, n_guide)[0]),
        "means only": rule(np.abs(z) < 4, True),
        "within a tenth of an sd": rule(np.abs(shift) < 0.1),
        "within one sd": rule(np.abs(shift) < 1),
        "within a hundredth of the mean": rule(np.abs(shift) * numbers["scale"] < 0.01 * np.abs(numbers["level"])),
        "guide's error forgotten": rule(np.abs(shift) < 4 * np.sqrt(error**2 - 1 / n_guide)),
    }
    return {"answers": answers, "kinds": kinds, "z": z, "z_log": z_log, "rules": rules}


def wrong(*kinds):
    """Distance: how many rows of these kinds are answered wrongly."""
    return lambda m, r: float(np.sum((m["answers"] != r["answers"])[np.isin(r["kinds"], kinds)]))


def is_rule(name):
    """looks_like: the answers are those of a wrong rule, row by row."""
    return lambda m, r, d: np.array_equal(m["answers"], r["rules"][name])


def _blind_to_chains(m, r, d):
    """All right but for the rows with a chain elsewhere, which all get another answer."""
    stuck = r["kinds"] == STUCK
    right = m["answers"] == r["answers"]
    return right[~stuck].all() and np.isin(m["answers"][stuck], (AGREE, DIFFER)).all()


def compare_figure(axes, m, r):
    """Each row at the difference of its means, in standard errors, marked by the learner's answer."""
    z = np.clip(r["z"], -12, 12)
    rank = r["kinds"] + np.zeros(ROWS)
    for kind in range(8):
        rank[r["kinds"] == kind] += np.linspace(-0.2, 0.2, 3)
    right = m["answers"] == r["answers"]
    shown = ((AGREE, "o", BLUE), (DIFFER, "v", RED), (NO_REFERENCE, "s", ORANGE))
    for answer, marker, colour in shown:
        chosen = m["answers"] == answer
        axes.scatter(z[chosen], rank[chosen], marker=marker, color=colour, s=24, label=f'you say "{answer}"')
    axes.scatter(z[~right], rank[~right], facecolors="none", edgecolors="black", s=90, label="answered wrongly")
    axes.axvspan(-4, 4, color="0.92", zorder=0)
    axes.set_yticks(range(8), KINDS, fontsize=7)
    axes.set_xticks([-12, -4, 0, 4, 12], ["-12 or less", "-4", "0", "4", "12 or more"], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("difference of the means, in standard errors", fontsize=8)
    axes.set_title(
        "You told agreement from difference, and both from no answer"
        if right.all()
        else f"{int((~right).sum())} of {ROWS} comparisons are answered wrongly",
        fontsize=10,
    )
    axes.legend(fontsize=7, loc="upper left")
    return (
        "Each of 24 comparisons as a mark in eight rows, one for each kind, at the difference of its means in standard "
        f"errors. {int((~right).sum())} are answered wrongly."
    )


_EDGE = "no number ever lies exactly on the line"
_SYMMETRIC = "exchanged they give the same error where the widths agree, and where these differ it does not count"
_SIZE = "only the size of the difference counts"
_LINE = "the line may be drawn anywhere between 3 and 5 standard errors"
_WIDTH = "one part of the error is off by a root of 2 or less, and only a rough error is asked for"

#: Changes of the solution that are right as well.
EQUIVALENT = {
    **dict.fromkeys(
        (
            "if split_gelman_rubin(chains) > 1.05: => if split_gelman_rubin(chains) >= 1.05:",
            "if abs(guide_draws.mean() - chains.mean()) > 4 * mean_error: => "
            "if abs(guide_draws.mean() - chains.mean()) >= 4 * mean_error:",
            "if abs(np.log(guide_draws.std() / chains.std())) > 4 * log_sd_error: => "
            "if abs(np.log(guide_draws.std() / chains.std())) >= 4 * log_sd_error:",
        ),
        _EDGE,
    ),
    **dict.fromkeys(
        (
            "n, ess = (len(guide_draws), effective_sample_size(chains)) => "
            "n, ess = (effective_sample_size(chains), len(guide_draws))",
        ),
        _SYMMETRIC,
    ),
    **dict.fromkeys(
        (
            "if abs(guide_draws.mean() - chains.mean()) > 4 * mean_error: => "
            "if abs(chains.mean() - guide_draws.mean()) > 4 * mean_error:",
            "if abs(np.log(guide_draws.std() / chains.std())) > 4 * log_sd_error: => "
            "if abs(np.log(chains.std() / guide_draws.std())) > 4 * log_sd_error:",
        ),
        _SIZE,
    ),
    **dict.fromkeys(
        (
            "if abs(guide_draws.mean() - chains.mean()) > 4 * mean_error: => "
            "if abs(guide_draws.mean() - chains.mean()) > 3 * mean_error:",
            "if abs(guide_draws.mean() - chains.mean()) > 4 * mean_error: => "
            "if abs(guide_draws.mean() - chains.mean()) > 5 * mean_error:",
            "if abs(np.log(guide_draws.std() / chains.std())) > 4 * log_sd_error: => "
            "if abs(np.log(guide_draws.std() / chains.std())) > 3 * log_sd_error:",
            "if abs(np.log(guide_draws.std() / chains.std())) > 4 * log_sd_error: => "
            "if abs(np.log(guide_draws.std() / chains.std())) > 5 * log_sd_error:",
        ),
        _LINE,
    ),
    **dict.fromkeys(
        (
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (2 * ess)) => "
            "log_sd_error = np.sqrt(2 / (2 * n) + 1 / (2 * ess))",
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (2 * ess)) => log_sd_error = np.sqrt(1 / n + 1 / (2 * ess))",
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (2 * ess)) => "
            "log_sd_error = np.sqrt(1 / (1 * n) + 1 / (2 * ess))",
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (2 * ess)) => "
            "log_sd_error = np.sqrt(1 / (3 * n) + 1 / (2 * ess))",
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (2 * ess)) => "
            "log_sd_error = np.sqrt(1 / (2 * n) + 2 / (2 * ess))",
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (2 * ess)) => log_sd_error = np.sqrt(1 / (2 * n) + 1 / ess)",
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (2 * ess)) => "
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (1 * ess))",
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (2 * ess)) => "
            "log_sd_error = np.sqrt(1 / (2 * n) + 1 / (3 * ess))",
        ),
        _WIDTH,
    ),
}

EXERCISE = Exercise(
    title="Do guide and chains agree?",
    names={"compare": "guide_draws, chains"},
    public=lambda: draw_compare_case(np.random.default_rng(99)),
    case=draw_compare_case,
    reference=compare_reference,
    fields={"answers": Field((ROWS,), text=True)},
    criteria=(
        Criterion(
            "plain cases",
            points=1,
            compared="wrong answers to 3 rows with the same distribution and 3 with means far apart",
            distance=wrong(SAME, LARGE),
            needs=("answers",),
            failed="Equal distributions agree, and means that lie a standard deviation or more apart differ.",
        ),
        Criterion(
            "sticky chains",
            points=1,
            compared="wrong answers to 3 rows with sticky chains and 3 with means far apart",
            distance=wrong(SLOW, LARGE),
            needs=("answers",),
            failed="Chains whose draws hardly move are taken for more precise than they are, or a difference is "
            "not seen.",
        ),
        Criterion(
            "few draws",
            points=1,
            compared="wrong answers to 3 rows with 400 guide draws and 3 with means far apart",
            distance=wrong(FEW, LARGE),
            needs=("answers",),
            failed="A few hundred draws of the guide are taken for more precise than they are, or a difference is "
            "not seen.",
        ),
        Criterion(
            "small differences",
            points=1,
            compared="wrong answers to 3 rows with means apart by little but for certain, and 3 with the same "
            "distribution",
            distance=wrong(SMALL, SAME),
            needs=("answers",),
            failed="A difference of the means far beyond its standard error is not seen, or one is seen where "
            "there is none.",
        ),
        Criterion(
            "widths",
            points=1,
            compared="wrong answers to 6 rows with a guide too wide or too narrow, and 3 with the same distribution",
            distance=wrong(WIDER, NARROWER, SAME),
            needs=("answers",),
            failed="A guide with the right mean and a wrong width agrees in your eyes, or a right one does not.",
        ),
        Criterion(
            "no reference",
            points=1,
            compared="wrong answers to 3 rows with a chain elsewhere, 3 with the same distribution and 3 with means "
            "far apart",
            distance=wrong(STUCK, SAME, LARGE),
            needs=("answers",),
            failed="Chains that do not agree with each other are no reference, and others are.",
        ),
    ),
    mistakes=(
        Mistake(
            "n for ESS",
            hint="How many independent draws are in a sticky chain?",
            looks_like=is_rule("n for ESS"),
        ),
        Mistake(
            "within a tenth of an sd",
            hint="Small against what? Take ten times as many draws: what could you tell apart then?",
            looks_like=is_rule("within a tenth of an sd"),
        ),
        Mistake(
            "within one sd",
            hint="Does your yardstick shrink when there are more draws?",
            looks_like=is_rule("within one sd"),
        ),
        Mistake(
            "within a hundredth of the mean",
            hint="Add 1000 to all draws: does your answer change?",
            looks_like=is_rule("within a hundredth of the mean"),
        ),
        Mistake("no R-hat", hint="Do the four chains agree with each other?", looks_like=_blind_to_chains),
        Mistake(
            "means only",
            hint="The means are equal: are the distributions?",
            looks_like=is_rule("means only"),
        ),
        Mistake(
            "guide's error forgotten",
            hint="How exact is a mean of 400 draws?",
            looks_like=is_rule("guide's error forgotten"),
        ),
    ),
    equivalent=EQUIVALENT,
    figure=compare_figure,
)
