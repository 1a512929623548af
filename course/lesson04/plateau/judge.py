"""The level of a plateau: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, GREEN, worst
from ..traces import _STEPS, _single


def _plateau_draw(rng, window=None):
    """Eight traces that fall, then stay level; the noise is skewed, the first trace has infinite losses early on."""
    window = int(rng.integers(300, 501)) if window is None else window
    t = np.arange(_STEPS)
    traces = []
    for i in range(8):
        level = rng.choice([-1, 1], p=[0.25, 0.75]) * rng.uniform(5, 50)
        sd = rng.uniform(0.3, 3)
        fall = np.exp(-t / rng.uniform(100, 300))
        noise = (rng.gamma(2.0, size=_STEPS) - 2) / np.sqrt(2)
        losses = level + rng.uniform(10, 40) * sd * fall + sd * (1 + 5 * fall) * noise
        if i == 0:
            losses[rng.choice(800, 5, replace=False)] = np.inf
        traces.append(losses)
    return {"losses": _single(traces), "window": np.array(window)}


def _summary(losses, window, rule="right"):
    """What a rule makes of one trace: (mean, mcse)."""
    tail = losses[-window:]
    if rule in ("strided", "first", "whole"):
        tail = {"strided": losses[::-window], "first": losses[:window], "whole": losses}[rule]
    with np.errstate(all="ignore"):
        mean, sd, root = np.mean(tail), np.std(tail), np.sqrt(len(tail))
        return {
            "median": (np.median(tail), sd / root),
            "sd": (mean, sd),
            "squared": (mean, sd**2 / len(tail)),
            "last": (losses[-1], sd / root),
        }.get(rule, (mean, sd / root))


def _plateau_reference(case):
    window = int(case["window"])
    rules = ("right", "strided", "first", "whole", "median", "sd", "squared", "last")
    table = {rule: np.array([_summary(np.asarray(x, float), window, rule) for x in case["losses"]]) for rule in rules}
    return {"summary": table["right"], "table": table, "losses": case["losses"], "window": window}


def _is_summary(rule):
    def looks_like(m, r, d):
        rows = np.isfinite(r["table"][rule]).all(1)  # an early infinity makes some of the wrong summaries infinite
        (mean, mcse), (want, error) = m["summary"][rows].T, r["table"][rule][rows].T
        scales = [1.0]
        if rule == "strided":  # divided by the window's root instead of that of the few losses used
            scales.append(np.sqrt(r["losses"][:, :: -r["window"]].shape[1] / r["window"]))
        slack = 0.08 if rule == "strided" else 0.01  # with ten losses, n or n - 1 makes a difference
        return bool(
            rows.any()
            and worst(mean / want - 1) < 1e-4
            and min(worst(mcse / (error * scale) - 1) for scale in scales) < slack
        )

    return looks_like


def _plateau_figure(axes, m, r):
    i, window = 1, r["window"]
    losses = np.asarray(r["losses"][i], float)
    (mean, mcse), (yours, error) = r["summary"][i], m["summary"][i]
    sd = losses[-window:].std()
    axes.plot(losses, color="0.7", linewidth=0.5, label="losses")
    axes.axvspan(_STEPS - window, _STEPS, color=GREEN, alpha=0.2, label="last window")
    axes.axhline(mean, color="black", linewidth=1, label=f"its mean {mean:.3f}, mcse {mcse:.3f}")
    axes.axhline(yours, color=BLUE, linestyle="--", label=f"yours {yours:.3f}, mcse {error:.3f}")
    right = abs(yours - mean) < 1e-3 * sd and abs(error / mcse - 1) < 0.01
    axes.set_title(
        "Your level is that of the last window" if right else "Your level or its error is not that of the last window",
        fontsize=10,
    )
    axes.set_ylim(mean - 4 * sd, max(mean + 12 * sd, yours + sd))
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel("loss (nats)", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7)
    return (
        f"A trace that falls and stays level at {mean:.3f}, with the last window shaded; "
        f"your level is {yours:.3f}, your mcse {error:.3f}."
    )


EXERCISE = Exercise(
    slow={"jax": 300},
    title="The level of a plateau",
    names={"plateau": "losses, window"},
    public=lambda: _plateau_draw(np.random.default_rng(42), 400),
    case=_plateau_draw,
    reference=_plateau_reference,
    fields={"summary": Field((8, 2), allow="inf nan")},
    criteria=(
        Criterion(
            "mean",
            points=2,
            compared="your level and the mean of the last window, on eight traces, relative",
            distance=lambda m, r: worst(m["summary"][:, 0] / r["summary"][:, 0] - 1),
            needs=("summary",),
            failed="Your level is not the mean of the last window.",
        ),
        Criterion(
            "mcse",
            points=2,
            compared="your standard error and that of the last window's mean, ratio less 1",
            distance=lambda m, r: worst(m["summary"][:, 1] / r["summary"][:, 1] - 1),
            needs=("summary",),
            failed="Your second number is not the standard error of that mean.",
        ),
    ),
    mistakes=(
        Mistake(
            "strided",
            hint="Print np.arange(4000) sliced as you slice the losses: which steps did you use?",
            looks_like=_is_summary("strided"),
        ),
        Mistake("first window", hint="From which end of the run is your window?", looks_like=_is_summary("first")),
        Mistake("whole run", hint="Is the descent a part of the plateau?", looks_like=_is_summary("whole")),
        Mistake(
            "median",
            hint="About which number of the losses does the bound make a statement?",
            looks_like=_is_summary("median"),
        ),
        Mistake("sd", hint="Does your second number shrink when the window grows?", looks_like=_is_summary("sd")),
        Mistake(
            "squared", hint="Is your second number in nats, or in nats squared?", looks_like=_is_summary("squared")
        ),
        Mistake(
            "last loss",
            hint="You have a whole window of losses: how many of them went into your level?",
            looks_like=_is_summary("last"),
        ),
    ),
    near=(
        NearMiss(
            "level off",
            unit="error of the level, in its standard errors",
            sizes=(0.01, 0.1, 1.0, 3.0),
            must=3.0,
            perturb=lambda m, r, size: {
                **m,
                "summary": m["summary"] + size * r["summary"][:, 1:] * np.array([1.0, 0.0]),
            },
        ),
        NearMiss(
            "error off",
            unit="relative error of the mcse",
            sizes=(0.005, 0.02, 0.05, 0.1),
            must=0.05,
            perturb=lambda m, r, size: {**m, "summary": m["summary"] * np.array([1.0, 1 + size])},
        ),
    ),
    figure=_plateau_figure,
)
