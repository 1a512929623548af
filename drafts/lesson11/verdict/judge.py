"""A verdict on fits: what a case is, the truth, and how a measurement is judged.

The decision follows from the truth: the fits are fits to targets whose means and widths are known, so the errors of the
draws, and of the weighted draws, are known too. The reason is the first of the learner's six that applies; the cases
leave no doubt about it (see ``bundles``).
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake

from ...tools import BLUE, ORANGE, RED
from .. import bundles
from ..bundles import (
    CORRECT,
    EQUAL,
    EXACT,
    GOOD,
    HEAVY,
    KINDS,
    MOVED,
    NARROW,
    NUMBERS,
    REJECT,
    STRAY,
    UNEQUAL,
    UNSETTLED,
    USE,
    WIDE,
)
from ..measuring import bundle_of, row

FITS = 2 * len(KINDS)


def _read(one):
    """(kind, decision, reason, numbers that rules look at) of one row of a case."""
    bundle = bundle_of(one)
    losses, log_w = bundle["losses"], bundle["log_w"]
    level = np.mean(losses[-bundles.WINDOW :])
    numbers = {"level": level, "z": bundles.window_z(losses), "k": np.nan, "sd": np.nan}
    if any(np.isnan(part).any() for part in (losses, log_w, bundle["draws"])):
        return NUMBERS, REJECT, "numbers", numbers
    numbers |= {"k": bundles.k_hat(log_w), "sd": log_w.std()}
    plain, weighted, _ = bundles.errors(one, bundle)
    decision = USE if plain < 0.1 else CORRECT if weighted < 0.2 else REJECT
    away = np.max(np.abs(bundle["restart_mean"] - bundle["draws"].mean(0)) / bundle["draws"].std(0), axis=1) > 2
    rise = bundle["restart_loss"] - bundle["restart_loss"].min()
    off = np.max(np.abs(one["mean"] - bundles.exact_moments(one["log_mass"], one["centre"])[0]))
    heavy = np.ptp(log_w) > 0 and numbers["k"] > 0.7
    if abs(numbers["z"]) > 4:
        kind, reason = UNSETTLED, "settled"
    elif np.any(away & (rise < 3)):
        kind, reason = EQUAL if np.min(rise[away]) < 0.2 else UNEQUAL, "restarts"
    elif heavy:
        kind, reason = HEAVY, "tail"
    elif decision == CORRECT:
        kind, reason = MOVED if off > 0.3 else NARROW if numbers["k"] > 0 else WIDE, "moments"
    else:
        kind, reason = STRAY if away.any() else EXACT if numbers["sd"] < 1e-2 else GOOD, "fine"
    return kind, decision, reason, numbers


def reference(case):
    """Kinds, right decisions and reasons of the 22 bundles, and the decisions of rules that look at one number."""
    kinds, decisions, reasons, numbers = zip(*(_read(row(case, i)) for i in range(FITS)))
    level, z, k, sd = (np.array([row[name] for row in numbers]) for name in ("level", "z", "k", "sd"))
    with np.errstate(all="ignore"):
        rules = {
            "k-hat alone": np.stack(
                [
                    np.where(k > 0.7, REJECT, np.where(k > 0.5, CORRECT, USE)),
                    np.where(k < 0.5, USE, np.where(k < 0.7, CORRECT, REJECT)),
                ]
            ),
            "losses alone": np.stack([np.where(np.abs(z) < 4, USE, REJECT), np.where(np.abs(z) > 4, REJECT, USE)]),
            "spread of the log weights": np.stack(
                [
                    np.where(sd < limit, USE, other)
                    for limit in (0.2, 0.25, 0.3, 0.4, 0.5)
                    for other in (CORRECT, REJECT)
                ]
            ),
        }
    return {
        "kinds": np.array(kinds),
        "decisions": np.array(decisions),
        "reasons": np.array(reasons),
        "level": level,
        "rules": rules,
    }


def _wrong(kinds, against):
    """Distance: wrong decisions on fits of these kinds; and on ``against``, where the same decision is wrong."""
    return lambda m, r: float(np.sum((m["decisions"] != r["decisions"])[np.isin(r["kinds"], (*kinds, *against))]))


def _reasons(m, r):
    return float(np.sum((m["reasons"] != r["reasons"]) | (m["decisions"] != r["decisions"])))


def _only(*kinds, says=(USE, CORRECT, REJECT), reasons=None):
    """looks_like: all right but for fits of these kinds; some of these are wrong, and those get what ``says`` says."""

    def looks_like(m, r, d):
        right = (m["decisions"] == r["decisions"]) & (m["reasons"] == r["reasons"])
        inside = np.isin(r["kinds"], kinds)
        wrong = ~right & inside
        named = reasons is None or np.isin(m["reasons"][wrong], reasons).all()
        return right[~inside].all() and wrong.any() and np.isin(m["decisions"][wrong], says).all() and named

    return looks_like


def _rule(name):
    """looks_like: the decisions are those of a rule that looks at one number only."""
    return lambda m, r, d: any(np.array_equal(m["decisions"], decisions) for decisions in r["rules"][name])


def _small_losses(m, r, d):
    """Used are those whose losses lie nearer to zero than those of all others, and nothing is corrected."""
    used, size = m["decisions"] == USE, np.abs(r["level"])
    finite = np.isfinite(size)
    return (
        np.all(used | (m["decisions"] == REJECT))
        and used.any()
        and np.sum(~used & finite) > 1
        and np.max(size[used & finite]) < np.min(size[~used & finite])
    )


def _figure(axes, m, r):
    """Each of eleven kinds in a row with two marks: the decision, ringed where decision or reason is wrong."""
    wrong_decision = m["decisions"] != r["decisions"]
    wrong = wrong_decision | (m["reasons"] != r["reasons"])
    reason_only = wrong & ~wrong_decision
    order = np.argsort(r["kinds"], kind="stable")
    place = np.empty(FITS)
    place[order] = np.tile([-0.15, 0.15], FITS // 2)
    at = {USE: 0, CORRECT: 1, REJECT: 2}
    x = np.array([at.get(decision, 3) for decision in m["decisions"]]) + place
    truth = np.array([at[decision] for decision in r["decisions"]])
    for decision, marker, colour in ((USE, "o", BLUE), (CORRECT, "s", ORANGE), (REJECT, "v", RED)):
        chosen = r["decisions"] == decision
        axes.scatter(x[chosen], r["kinds"][chosen], marker=marker, color=colour, s=26, label=f"right is {decision}")
    axes.scatter(
        x[wrong], r["kinds"][wrong], facecolors="none", edgecolors="black", s=100, label="decision or reason wrong"
    )
    axes.scatter(truth, r["kinds"], marker="|", color="0.7", s=60, zorder=0)
    axes.set_yticks(range(len(KINDS)), KINDS, fontsize=7)
    axes.set_xticks(range(4), ["you say use", "correct", "reject", "something else"], fontsize=8)
    axes.set_xlim(-0.5, 3.6)
    axes.invert_yaxis()
    axes.set_title(
        "You know which fits to use, to correct and to reject"
        if not wrong.any()
        else f"Of 22 fits {int(wrong_decision.sum())} decisions and {int(reason_only.sum())} other reasons are wrong",
        fontsize=10,
    )
    axes.legend(fontsize=7, loc="center right")
    return (
        "Twenty-two fits of eleven kinds, one row a kind, marked at your decision: use, correct or reject. "
        f"{int(wrong_decision.sum())} decisions and {int(reason_only.sum())} other reasons are wrong."
    )


EXERCISE = Exercise(
    title="The verdict",
    names={"verdict": "bundle"},
    public=lambda: bundles.draw(np.random.default_rng(118)),
    case=bundles.draw,
    reference=reference,
    fields={"decisions": Field((FITS,), text=True), "reasons": Field((FITS,), text=True)},
    criteria=(
        Criterion(
            "to use",
            points=3,
            compared="wrong decisions on 6 fits to be used (good, exact, or with one stray restart) and on 2 with "
            "heavy tails",
            distance=_wrong((GOOD, EXACT, STRAY), (HEAVY,)),
            needs=("decisions",),
            failed="A fit that can be used as it is gets another decision, or one with a heavy tail is used.",
        ),
        Criterion(
            "to correct",
            points=2,
            compared="wrong decisions on 6 fits that the weights put right (too narrow, too wide, moved) and on 2 good "
            "ones",
            distance=_wrong((NARROW, WIDE, MOVED), (GOOD,)),
            needs=("decisions",),
            failed="A fit that weights put right gets another decision, or a good one is corrected.",
        ),
        Criterion(
            "to reject",
            points=3,
            compared="wrong decisions on 10 fits that can't be saved (heavy tail, not settled, a bump missed, not a "
            "number) and on 2 good ones",
            distance=_wrong((HEAVY, UNSETTLED, UNEQUAL, EQUAL, NUMBERS), (GOOD,)),
            needs=("decisions",),
            failed="A fit that can't be saved gets another decision, or a good one is rejected.",
        ),
        Criterion(
            "reasons",
            points=2,
            compared="of 22 fits: those with a wrong reason or a wrong decision",
            distance=_reasons,
            needs=("decisions", "reasons"),
            failed="A reason is not the first of the six that applies.",
        ),
    ),
    mistakes=(
        Mistake(
            "k-hat alone",
            hint="The tail index judges the weights that you have: what about places where there are no draws?",
            looks_like=_rule("k-hat alone"),
        ),
        Mistake(
            "losses alone",
            hint="Level losses say that the optimiser stopped: do they say where?",
            looks_like=_rule("losses alone"),
        ),
        Mistake(
            "spread of the log weights",
            hint="Too wide, too narrow, or in the wrong place: can one number tell these apart?",
            looks_like=_rule("spread of the log weights"),
        ),
        Mistake(
            "small losses",
            hint="Add a constant to the log joint: does your verdict change?",
            looks_like=_small_losses,
        ),
        Mistake(
            "no restarts",
            hint="Where did the other five runs go?",
            looks_like=lambda m, r, d: (
                _only(UNEQUAL, EQUAL, says=(USE, CORRECT))(m, r, d)
                and np.all(m["decisions"][np.isin(r["kinds"], (UNEQUAL, EQUAL))] != REJECT)
            ),
        ),
        Mistake(
            "any restart elsewhere",
            hint="What share of the posterior can a place hold where the loss is seven nats higher?",
            looks_like=_only(STRAY, says=(REJECT,), reasons=("restarts",)),
        ),
        Mistake(
            "levels only",
            hint="Two runs end at the same level: did they end in the same place?",
            looks_like=_only(EQUAL, says=(USE, CORRECT)),
        ),
        Mistake(
            "infinite k-hat rejected",
            hint="How much do these weights differ from each other?",
            looks_like=_only(EXACT, says=(REJECT,), reasons=("tail",)),
        ),
        Mistake(
            "never correct",
            hint="Do the draws and the weighted draws have the same mean and the same width?",
            looks_like=_only(NARROW, WIDE, MOVED, says=(USE,)),
        ),
        Mistake(
            "always correct",
            hint="Where weighting changes nothing, what is there to correct?",
            looks_like=_only(GOOD, EXACT, STRAY, says=(CORRECT,)),
        ),
        Mistake(
            "k-hat below a half means use",
            hint="Do the draws and the weighted draws have the same mean and the same width?",
            looks_like=_only(NARROW, WIDE, MOVED, says=(USE,)),
        ),
        Mistake(
            "widths only",
            hint="Do the draws and the weighted draws have the same mean and the same width?",
            looks_like=_only(NARROW, WIDE, MOVED, says=(USE,)),
        ),
        Mistake(
            "means only",
            hint="Do the draws and the weighted draws have the same mean and the same width?",
            looks_like=_only(NARROW, WIDE, MOVED, says=(USE,)),
        ),
        Mistake(
            "NaN slips through",
            hint="What does Python answer to NaN > 0.7?",
            looks_like=_only(NUMBERS, says=(USE, CORRECT)),
        ),
        Mistake(
            "NaN comes last",
            hint="Which of the six reasons comes first?",
            looks_like=_only(NUMBERS, says=(REJECT,)),
        ),
        Mistake(
            "no tail test",
            hint="Can a handful of weights make the weighted draws look better than they are?",
            looks_like=_only(HEAVY, says=(USE, CORRECT)),
        ),
        Mistake(
            "ESS for k-hat",
            hint="Can a handful of weights make the weighted draws look better than they are?",
            looks_like=_only(HEAVY, says=(USE, CORRECT)),
        ),
        Mistake(
            "no settled test",
            hint="What would you do next with a fit whose loss still falls: take other weights, or more steps?",
            looks_like=_only(UNSETTLED),
        ),
    ),
    figure=_figure,
)
