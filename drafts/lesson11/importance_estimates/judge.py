"""Estimates from log weights: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import logsumexp, softmax

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst

ARRAYS, N, H = 6, 600, 3
HOLES = 5  # the array in which a tenth of the draws have no mass under P

#: What a mistake must change where it shows: nats, sds of h under the weights, and logs of the effective sample size.
APART = 0.1


def draw(rng):
    """Six arrays of weights with offsets far from 0, each with three functions of z that follow the weights."""
    while True:
        case = _draw(rng)
        r = reference(case)
        apart = []
        for wrong in r["wrong"].values():
            moved = {
                "log_z": np.abs(wrong.get("log_z", r["log_z"]) - r["log_z"]),
                "mean": np.abs(wrong.get("mean", r["mean"]) - r["mean"]) / r["sd"],
                "ess": np.abs(np.log(wrong.get("ess", r["ess"]) / r["ess"])),
            }
            for name in wrong:
                move = moved[name]
                apart.append(np.nan_to_num(move, nan=np.inf).max())
        few = r["ess"] / r["n"]
        if min(apart) > APART and few.min() > 0.1 and few.max() < 0.8 and np.all(np.abs(r["log_z"]) > 20):
            return case


def _draw(rng):
    n = rng.permutation(np.linspace(350, N, ARRAYS).astype(int))
    t = rng.normal(size=(ARRAYS, N))
    spread = rng.uniform(0.6, 1.2, (ARRAYS, 1))
    offset = rng.permutation([rng.uniform(-1500, -800), *rng.uniform(-70, -30, 4), rng.uniform(120, 300)])[:, None]
    follows = rng.choice([-1, 1], (ARRAYS, 1, H)) * rng.uniform(0.5, 0.95, (ARRAYS, 1, H))
    own = follows * t[..., None] + np.sqrt(1 - follows**2) * rng.normal(size=(ARRAYS, N, H))
    unit = np.exp(rng.uniform(-2, 2, (ARRAYS, 1, H)))
    log_w = offset + spread * t
    log_w[HOLES, rng.permutation(N) < N // 10] = -np.inf
    return {
        "log_w": log_w.astype(np.float32),
        "h": (unit * (rng.choice([-1, 1], (ARRAYS, 1, H)) * rng.uniform(0.7, 3, (ARRAYS, 1, H)) + own)).astype(
            np.float32
        ),
        "n": n,
    }


def reference(case):
    """The three estimates of each array in float64, the sds of h under the weights, and what mistakes make of them."""
    rows = [
        _estimates(*(np.asarray(case[name][i], float)[: case["n"][i]] for name in ("log_w", "h"))) for i in range(6)
    ]
    names = rows[0]["wrong"]
    return {
        **{name: np.array([row[name] for row in rows]) for name in ("log_z", "mean", "ess", "sd")},
        "n": np.asarray(case["n"], float),
        "wrong": {
            name: {part: np.array([row["wrong"][name][part] for row in rows]) for part in names[name]} for name in names
        },
    }


def _estimates(log_w, h):
    n = len(log_w)
    w = softmax(log_w)
    mean = w @ h
    log_z, ess = logsumexp(log_w) - np.log(n), 1 / np.sum(w**2)
    scaled = np.exp(log_w - log_w.max())
    with np.errstate(all="ignore"):
        wrong = {
            "mean of logs": {"log_z": np.mean(log_w)},
            "log of the sum": {"log_z": logsumexp(log_w)},
            "maximum not given back": {"log_z": np.log(scaled.mean())},
            "infinite weights left out": {"log_z": logsumexp(log_w) - np.log(np.isfinite(log_w).sum())},
            "not divided": {"mean": scaled @ h / n},
            "unweighted": {"mean": h.mean(axis=0)},
            "weighted by logs": {"mean": log_w @ h / log_w.sum()},
            "share": {"ess": ess / n},
            "number of draws": {"ess": float(n)},
            "ess of logs": {"ess": log_w.sum() ** 2 / np.sum(log_w**2)},
            "largest weight": {"ess": 1 / w.max()},
            "upside down": {"ess": np.sum(w**2)},
        }
    return {
        "log_z": log_z,
        "mean": mean,
        "ess": ess,
        "sd": np.sqrt(w @ (h - mean) ** 2),
        "wrong": wrong,
    }


# ---------------------------------------------------------------- distances


def _log_z(m, r):
    return worst(m["log_z"] - r["log_z"])


def _mean(m, r):
    return worst((m["mean"] - r["mean"]) / r["sd"])


def _ess(m, r):
    return worst(m["ess"] / r["ess"] - 1)


DISTANCES = {"log_z": _log_z, "mean": _mean, "ess": _ess}


def _same(found, wrong):
    """Whether numbers agree to three digits; what is no number agrees with what is none."""
    both = ~np.isfinite(found) & ~np.isfinite(wrong)
    return bool(np.all(both | (np.abs(found - wrong) <= 2e-3 * np.maximum(1e-3, np.abs(wrong)))))


def _is(name):
    """looks_like: what the mistake changes is changed in its way, and the rest is right."""

    def looks_like(m, r, d):
        wrong = r["wrong"][name]
        rest = all(DISTANCES[part](m, r) < 5e-3 for part in DISTANCES if part not in wrong)
        return rest and all(_same(m[part], wrong[part]) for part in wrong)

    return looks_like


def _overflow(m, r, d):
    """Far from 0, on either side, neither the logarithm nor the mean is a number, and near 0 the logarithm is right."""
    far, near = np.abs(r["log_z"]) > 110, np.abs(r["log_z"]) < 80
    no_number = not np.isfinite(m["log_z"][far]).any() and not np.isfinite(m["mean"][far]).any()
    return no_number and worst((m["log_z"] - r["log_z"])[near]) < 0.05


def _figure(axes, m, r):
    off = int(np.sum(~(np.abs(m["mean"] - r["mean"]) / r["sd"] < 2e-3).all(axis=1)))
    places = np.arange(ARRAYS)
    shown = np.clip((m["mean"] - r["wrong"]["unweighted"]["mean"]) / r["sd"], -3, 3)
    exact = (r["mean"] - r["wrong"]["unweighted"]["mean"]) / r["sd"]
    for j in range(H):
        axes.plot(
            places + 0.2 * (j - 1), exact[:, j], "o", color="black", fillstyle="none", label="exact" if not j else None
        )
        axes.plot(places + 0.2 * (j - 1), shown[:, j], "x", color=BLUE, label="yours" if not j else None)
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set(xlabel="array of weights", ylabel="weighted less plain mean, sds", xticks=places)
    axes.set_title(
        "You moved every mean to where the weights say" if not off else f"The means of {off} of 6 arrays are off",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        "How far the weights move three means of each of six arrays, exact and yours. "
        f"The means of {off} of the six are off."
    )


EXERCISE = Exercise(
    title="What weights are good for",
    names={"importance_estimates": "log_w, h"},
    public=lambda: draw(np.random.default_rng(112)),
    case=draw,
    reference=reference,
    fields={
        "log_z": Field((ARRAYS,), allow="inf nan"),
        "mean": Field((ARRAYS, H), allow="inf nan"),
        "ess": Field((ARRAYS,), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "log_z",
            points=3,
            compared="your ln Z and the exact estimate, nats, the worst of six arrays",
            distance=_log_z,
            needs=("log_z",),
            failed="Your log_z is not the logarithm of the average weight.",
        ),
        Criterion(
            "mean",
            points=2,
            compared="your means and the exact ones, in sds, the worst of six arrays",
            distance=_mean,
            needs=("mean",),
            failed="Your mean is not the average of h with the weights.",
        ),
        Criterion(
            "ess",
            points=2,
            compared="your effective sample size over the exact one, less 1, the worst of six arrays",
            distance=_ess,
            needs=("ess",),
            failed="Your ess is not the squared sum of the weights over the sum of their squares.",
        ),
    ),
    mistakes=(
        Mistake(
            "mean of logs",
            hint="Is the mean of the logarithms the logarithm of the mean?",
            looks_like=_is("mean of logs"),
        ),
        Mistake(
            "log of the sum",
            hint="With twice as many draws, does your Z double?",
            looks_like=_is("log of the sum"),
        ),
        Mistake(
            "maximum not given back",
            hint="Add 5 to every log weight: does your log_z grow by 5?",
            looks_like=_is("maximum not given back"),
        ),
        Mistake(
            "infinite weights left out",
            hint="A draw on which P is zero: is it not one of the n?",
            looks_like=_is("infinite weights left out"),
        ),
        Mistake(
            "overflow",
            hint="What is exp(-1500) on a computer, and what can be subtracted before you take it?",
            looks_like=_overflow,
        ),
        Mistake("not divided", hint="What do you get as the mean of a column of ones?", looks_like=_is("not divided")),
        Mistake("unweighted", hint="Does your mean change with the weights?", looks_like=_is("unweighted")),
        Mistake(
            "weighted by logs",
            hint="Which counts for more, a draw whose log weight is -900 or one of -902, and how much more?",
            looks_like=_is("weighted by logs"),
        ),
        Mistake("share", hint="Is it a number of draws that you return, or a share of them?", looks_like=_is("share")),
        Mistake(
            "number of draws",
            hint="If one weight is a million times the others, how many draws do you have?",
            looks_like=_is("number of draws"),
        ),
        Mistake(
            "ess of logs",
            hint="Add 5 to every log weight: may the effective sample size change?",
            looks_like=_is("ess of logs"),
        ),
        Mistake(
            "largest weight",
            hint="Do two sets of weights with the same largest one always have the same ess?",
            looks_like=_is("largest weight"),
        ),
        Mistake(
            "upside down",
            hint="What is your ess when all n weights are equal?",
            looks_like=_is("upside down"),
        ),
    ),
    near=(
        NearMiss(
            "log_z",
            unit="nats",
            sizes=(1e-3, 3e-3, 7e-3),
            must=7e-3,
            perturb=lambda m, r, size: {**m, "log_z": m["log_z"] + size},
        ),
        NearMiss(
            "mean",
            unit="sds",
            sizes=(1e-3, 3e-3, 7e-3),
            must=7e-3,
            perturb=lambda m, r, size: {**m, "mean": m["mean"] + size * r["sd"]},
        ),
        NearMiss(
            "ess",
            unit="relative error",
            sizes=(3e-3, 7e-3, 0.017),
            must=0.017,
            perturb=lambda m, r, size: {**m, "ess": m["ess"] * (1 + size)},
        ),
    ),
    figure=_figure,
)
