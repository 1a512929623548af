"""Has it converged?: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake

from ...tools import BLUE, RED
from ..traces import _STEPS, _single

SETTLED, HEAVY, EARLY_INF, OLD_JUMP, FALL, RISE, JUMP, LATE_NAN, LATE_INF, SLOW = range(10)


KINDS = (
    "settled",
    "settled, heavy tails",
    "infinite early on",
    "jumped long ago",
    "still falling",
    "rising",
    "jumped lately",
    "NaN lately",
    "infinite lately",
)


def _window_means(losses, window):
    """Means of the last two windows, the standard error of their difference, and the sd of the last; rows of traces."""
    last, before = losses[..., -window:], losses[..., -2 * window : -window]
    with np.errstate(all="ignore"):
        error = np.sqrt((last.var(-1) + before.var(-1)) / window)
        return last.mean(-1), before.mean(-1), error, last.std(-1)


def two_window_z(losses, window):
    """(mean of the last window - mean of the one before) in standard errors of that difference."""
    last, before, error, _ = _window_means(losses, window)
    with np.errstate(all="ignore"):
        return (last - before) / error


def _kind_of(losses, window):
    """The kind of a trace, read from its numbers, so that a case need not hold the answer; -1 between the kinds."""
    recent = losses[-2 * window :]
    if np.isnan(recent).any():
        return LATE_NAN
    if np.isinf(recent).any():
        return LATE_INF
    if np.isinf(losses).any():
        return EARLY_INF
    z, sd = two_window_z(losses, window), losses[-window:].std()
    if abs(z) < 1:
        if abs(losses[1100:1200].mean() - losses[-window:].mean()) > 2 * sd:
            return OLD_JUMP
        tail = losses[-2000:] - losses[-2000:].mean()
        return HEAVY if np.mean(tail**4) > 4 * np.mean(tail**2) ** 2 else SETTLED
    if not 9.5 < abs(z) < 13:
        return -1
    t = np.arange(2 * window)
    fits = [np.corrcoef(recent, t)[0, 1]] + [
        np.corrcoef(recent, t >= at)[0, 1] for at in range(int(0.9 * window), int(1.1 * window))
    ]
    if np.argmax(np.abs(fits)) > 0:
        return JUMP
    return RISE if z > 0 else FALL


def _draw_trace(rng, kind, window, scale, level, up):
    """4000 losses of one kind, redrawn until its last two windows leave no doubt: |z| < 1 or 9.5 to 13."""
    t = np.arange(_STEPS)
    while True:
        noise = rng.standard_t(3, _STEPS) / np.sqrt(3) if kind == HEAVY else rng.normal(size=_STEPS)
        trend = rng.uniform(15, 60) * np.exp(-t / rng.uniform(80, 200))
        step = rng.uniform(10.2, 12) * np.sqrt(2 / window)  # what the mean must change by between the windows, in sd
        if kind in (FALL, RISE):
            trend += (-1 if kind == FALL else 1) * step * (t - _STEPS) / window
        elif kind == SLOW:
            tau = rng.uniform(1500, 3000)
            x = np.exp(-(t - _STEPS) / tau)
            trend += step * x / (x[-2 * window : -window].mean() - x[-window:].mean())
        elif kind == JUMP:
            at = _STEPS - window + int(rng.uniform(-0.1, 0.1) * window)
            trend += (1 if up else -1) * step * 1.08 * (t >= at)
        elif kind == OLD_JUMP:
            # up to above where it began, or down between the halves of a strided run:
            # rules that look at the past differ there
            if up:
                trend *= 15 / trend[0]
            trend += (rng.uniform(25, 40) if up else -rng.uniform(15, 25)) * (
                t >= (rng.integers(1200, 1560) if up else rng.integers(2100, 2380))
            )
        losses = level + scale * (trend + noise)
        like = {EARLY_INF: SETTLED, LATE_NAN: SETTLED, LATE_INF: SETTLED, SLOW: FALL}.get(kind, kind)
        if _kind_of(losses, window) == like:
            break
    if kind == EARLY_INF:
        losses[rng.choice(1000, rng.integers(1, 6), replace=False)] = np.inf
    elif kind == LATE_NAN:  # parameters that became NaN stay NaN
        losses[_STEPS - int(rng.uniform(0.1, 0.9) * window) - (window if up else 0) :] = np.nan
    elif kind == LATE_INF:
        losses[_STEPS - int(rng.uniform(0.1, 0.9) * window) - (window if up else 0)] = np.inf
    return losses


def _draw_converged_case(rng):
    """23 traces in random order: two of each of ten kinds, and three that a tolerance without noise gets wrong.

    SLOW counts as FALL.
    """
    window = int(rng.integers(400, 481))
    wanted = []
    for kind in range(10):
        for up in (False, True):
            scale = np.exp(rng.uniform(np.log(0.01), np.log(100)))
            most = min(1e4, 2e4 * scale)  # float32 must see the noise
            wanted.append((kind, scale, rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(0.1), np.log(most))), up))
    wanted.append((SETTLED, rng.uniform(30, 100), rng.uniform(-100, 100), False))
    wanted.append((FALL, rng.uniform(0.01, 0.03), rng.uniform(1, 20), False))
    wanted.append((FALL, rng.uniform(0.4, 1.0), rng.uniform(5000, 8000), False))
    traces = [_draw_trace(rng, kind, window, scale, level, up) for kind, scale, level, up in wanted]
    order = rng.permutation(len(wanted))
    return {"losses": _single([traces[i] for i in order]), "window": np.array(window)}


def _rules(losses, window):
    """The verdicts of wrong rules, (23,) each."""
    last, before, error, sd = _window_means(losses, window)
    finite = np.isfinite(losses[:, -2 * window :]).all(1)
    change = last - before
    with np.errstate(all="ignore"):
        right = finite & (np.abs(change) <= 4 * error)
        strided = losses[:, ::-window]
        half = strided.shape[1] // 2
        a, b = strided[:, :half], strided[:, half:]
        rules = {
            "one sd": [np.abs(change) <= sd, (np.abs(change) <= sd) & finite],
            "tolerance": [
                (np.abs(change) <= c * size) & f
                for size in (1.0, np.abs(last), np.abs(before))
                for c in (1e-1, 1e-2, 1e-3, 1e-4)
                for f in (True, finite)
            ],
            "slips": [
                right | ~finite,
                right | np.isnan(losses[:, -2 * window :]).any(1),
                right | np.isinf(losses[:, -2 * window :]).any(1),
            ],
            "past": [right & ~np.isinf(losses).any(1)],
            "falling": [finite & (before - last <= k * error) for k in (3, 4, 5)],
            "strided": [np.abs(a.mean(1) - b.mean(1)) <= 4 * np.sqrt(a.var(1) / half + b.var(1) / b.shape[1])],
            "lower": [
                losses[:, -1] < losses[:, 0],
                finite & (losses[:, -1] < losses[:, 0]),
                last < before,
                finite & (last < before),
            ],
        }
    return {name: np.array([np.broadcast_to(x, right.shape) for x in found]) for name, found in rules.items()}


def _converged_reference(case):
    losses, window = np.asarray(case["losses"], float), int(case["window"])
    kinds = np.array([_kind_of(x, window) for x in losses])
    return {
        "converged": kinds <= OLD_JUMP,
        "kinds": kinds,
        "z": two_window_z(losses, window),
        "rules": _rules(losses, window),
    }


def _wrongs(*kinds):
    """Distance: how many traces of these kinds are judged wrongly."""

    def count(m, r):
        asked = np.isin(r["kinds"], kinds)
        return float(np.sum((m["converged"] != r["converged"])[asked]))

    return count


def _is_rule(name):
    """looks_like: the verdicts are those of a wrong rule; one verdict for all traces is no rule."""

    def looks_like(m, r, d):
        said = m["converged"]
        return len(np.unique(said)) > 1 and any(
            np.array_equal(said, np.asarray(answers, float)) for answers in r["rules"][name]
        )

    return looks_like


def _converged_figure(axes, m, r):
    """Each trace at the change between its last two windows, marked by the learner's verdict."""
    z = np.nan_to_num(r["z"], nan=40, posinf=40, neginf=40)
    right = m["converged"] == r["converged"]
    order = np.argsort(r["kinds"], kind="stable")
    rank = np.zeros(len(z))
    for kind in range(9):
        inside = [i for i in order if r["kinds"][i] == kind]
        rank[inside] = kind + np.linspace(-0.2, 0.2, len(inside))
    for says, marker, colour, label in ((1, "o", BLUE, "you say converged"), (0, "v", RED, "you say not")):
        chosen = m["converged"] == says
        axes.scatter(z[chosen], rank[chosen], marker=marker, color=colour, s=22, label=label)
    axes.scatter(
        z[~right], rank[~right], marker="o", facecolors="none", edgecolors="black", s=90, label="judged wrongly"
    )
    axes.axvspan(-4, 4, color="0.92", zorder=0)
    axes.set_yticks(range(9), KINDS, fontsize=7)
    axes.set_xticks([-12, -4, 0, 4, 12, 40], ["-12", "-4", "0", "4", "12", "not finite"], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("change between the last two windows, in standard errors", fontsize=8)
    axes.set_title(
        "You told a plateau from its counterfeits"
        if right.all()
        else f"{int((~right).sum())} of 23 traces are judged wrongly",
        fontsize=10,
    )
    axes.legend(fontsize=7, loc="center right")
    return (
        "Each of 23 traces as a mark in nine rows, one for each kind, at the change between its last two windows. "
        f"{int((~right).sum())} are judged wrongly."
    )


EXERCISE = Exercise(
    slow={"jax": 300},
    title="Has it converged?",
    names={"has_converged": "losses, window"},
    public=lambda: _draw_converged_case(np.random.default_rng(43)),
    case=_draw_converged_case,
    reference=_converged_reference,
    fields={"converged": Field((23,), allow="nan")},
    criteria=(
        Criterion(
            "false alarms",
            points=2,
            compared="wrong verdicts on 9 settled traces: plain, very noisy, heavy-tailed, infinite early on, "
            "or with an old jump",
            distance=_wrongs(SETTLED, HEAVY, EARLY_INF, OLD_JUMP),
            needs=("converged",),
            failed="A run that has settled is not recognised: too strict, or holding the past against it.",
        ),
        Criterion(
            "drift",
            points=2,
            compared="wrong verdicts on 6 traces that still fall and 3 that have settled",
            distance=_wrongs(FALL, SETTLED),
            needs=("converged",),
            failed="A run that is still falling by less than its noise is called converged, or a settled one is not.",
        ),
        Criterion(
            "rise",
            points=1,
            compared="wrong verdicts on 2 traces that rise and 3 that have settled",
            distance=_wrongs(RISE, SETTLED),
            needs=("converged",),
            failed="A rising loss is called converged, or a settled one is not.",
        ),
        Criterion(
            "jump",
            points=1,
            compared="wrong verdicts on 2 traces that jumped lately and 3 that have settled",
            distance=_wrongs(JUMP, SETTLED),
            needs=("converged",),
            failed="A run that jumped between the last two windows is called converged, or a settled one is not.",
        ),
        Criterion(
            "not finite",
            points=1,
            compared="wrong verdicts on 4 traces with NaN or infinity lately and 3 that have settled",
            distance=_wrongs(LATE_NAN, LATE_INF, SETTLED),
            needs=("converged",),
            failed="A run with NaN or infinite losses in its last two windows is called converged, or a "
            "settled one is not.",
        ),
    ),
    mistakes=(
        Mistake(
            "within one sd",
            hint="You compare two means: is it the scatter of single losses that says how far they may differ?",
            looks_like=_is_rule("one sd"),
        ),
        Mistake(
            "relative tolerance",
            hint="Add 1000 to every loss, or count in other units: does your verdict change?",
            looks_like=_is_rule("tolerance"),
        ),
        Mistake(
            "absolute tolerance",
            hint="Add 1000 to every loss, or count in other units: does your verdict change?",
            looks_like=_is_rule("tolerance"),
        ),
        Mistake(
            "NaN slips through",
            hint="What does Python answer to NaN > 1, and what does your verdict make of that answer?",
            looks_like=_is_rule("slips"),
        ),
        Mistake(
            "NaN dropped",
            hint="What does Python answer to NaN > 1, and what does your verdict make of that answer?",
            looks_like=_is_rule("slips"),
        ),
        Mistake(
            "past not forgiven",
            hint="A run had one infinite loss at its very start: can it never converge again?",
            looks_like=_is_rule("past"),
        ),
        Mistake(
            "falling only",
            hint="You look whether the loss still falls: what else can it do?",
            looks_like=_is_rule("falling"),
        ),
        Mistake(
            "strided",
            hint="Print np.arange(4000) sliced as you slice the losses: which steps did you use?",
            looks_like=_is_rule("strided"),
        ),
        Mistake(
            "lower than before",
            hint="You ask whether the loss fell: is that the same as having stopped falling?",
            looks_like=_is_rule("lower"),
        ),
    ),
    figure=_converged_figure,
)
