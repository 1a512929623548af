"""Bounds tighter than the ELBO: what a case is, the truth, and how a measurement is judged.

For normal log weights with mean ln Z - s**2 / 2 and sd s, Renyi's bound is ln Z - alpha s**2 / 2. That of K draws is
ln Z + E ln mean(w) with w log-normal of mean 1, by E ln S = int (exp(-t) - E exp(-t S)) dt / t.
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst

#: Columns of the alphas: the ELBO, two between it and ln Z, and one above.
ELBO, UPPER = 0, 3

_Z = np.linspace(-9, 9, 721)
_MASS = np.exp(-(_Z**2) / 2)
_MASS = _MASS / _MASS.sum()


def log_mean_of(count, spread):
    """E ln of the mean of ``count`` log-normal numbers exp(spread z - spread**2 / 2)."""
    w = np.exp(spread * _Z - spread**2 / 2)
    x = np.arange(-34, 24, 0.05)  # ln t, far enough for the smallest w and the largest sum
    t = np.exp(x)
    laplace = np.exp(-np.outer(t, w)) @ _MASS
    return 0.05 * np.sum(np.exp(-t) - laplace**count) - np.log(count)


def draw(rng):
    """One quiet array and two wild ones, far from 0 on either side."""
    return {
        "log_z": rng.permutation([rng.uniform(-800, -300), rng.uniform(-90, -20), rng.uniform(200, 800)]),
        "spread": np.array([rng.uniform(1.05, 1.2), *rng.uniform(1.4, 2, 2)]),
        "K": np.array([1, rng.choice([5, 8, 10]), rng.choice([20, 32, 40])]),
        "alpha": np.array([1, rng.uniform(0.3, 0.7), 0, rng.uniform(-1, -0.7)]),
        "seeds": rng.integers(1, 2**31, 3),
    }


def reference(case):
    """The bounds, ``iwae`` (3, 3) and ``renyi`` (3, 4), and what mistakes make of them."""
    log_z, spread = (np.asarray(case[name], float)[:, None] for name in ("log_z", "spread"))
    alpha, K = np.asarray(case["alpha"], float), np.asarray(case["K"], float)
    gains = np.array([[log_mean_of(int(k), s) for k in K] for s in spread[:, 0]])
    iwae, renyi = log_z + gains, log_z - alpha * spread**2 / 2
    elbo = log_z - spread**2 / 2
    return {
        "log_z": log_z[:, 0],
        "elbo": elbo[:, 0],
        "K": K,
        "alpha": alpha,
        "iwae": iwae,
        "renyi": renyi,
        "wrong": {
            "mean of all": log_z + 0 * K,
            "log K lost": iwae + np.log(K),
            "divided by K": iwae / K,
            "no division": (1 - alpha) * renyi,
            "alpha for one minus alpha": log_z + (alpha - 1) * spread**2 / 2,
        },
    }


def _iwae(m, r):
    return worst((m["iwae"] - r["iwae"])[:, 1:])


def _renyi(m, r):
    return worst((m["renyi"] - r["renyi"])[:, ELBO + 1 : UPPER])


def _upper(m, r):
    return worst((m["renyi"] - r["renyi"])[0, UPPER])


def _ends(m, r):
    """Error where both are the ELBO, if one of the two is about right elsewhere too."""
    if not (_iwae(m, r) < 0.15 or _renyi(m, r) < 0.12):
        return np.nan
    return worst([m["iwae"][:, 0] - r["elbo"], m["renyi"][:, ELBO] - r["elbo"]])


def _iwae_is(name, within=0.03):
    return lambda m, r, d: worst((m["iwae"] - r["wrong"][name])[:, 1:]) < within


def _one_group(m, r, d):
    """The first group only: at K = 1 a single log weight, anywhere within a few sds, and right nowhere."""
    off = np.abs(m["iwae"] - r["iwae"])
    return off[:, 0].max() > 0.5 and off.max() < 9 and np.all(off[:, 0] > 1e-3) and np.ptp(m["iwae"], axis=1).min() > 0


def _elbo(m, r, d):
    """No gain, whatever K is: each group is averaged before the logarithm is taken, or holds draws of one size."""
    return np.all(np.abs(m["iwae"] - r["elbo"][:, None]) < 0.01)


def _renyi_is(name):
    def looks_like(m, r, d):
        wrong = r["wrong"][name][:, ELBO + 1 : UPPER]
        return d["iwae"] < 0.05 and worst(m["renyi"][:, ELBO + 1 : UPPER] - wrong) < 0.02

    return looks_like


def _no_limit(m, r, d):
    return not np.isfinite(m["renyi"][:, ELBO]).any() and d["renyi"] < 0.04


def _sign_of_alpha(m, r, d):
    mirrored = 2 * r["log_z"][:, None] - r["renyi"]
    return worst((m["renyi"] - mirrored)[:, 1]) < 0.05 and d["iwae"] < 0.05


def _overflow(m, r, d):
    return not np.isfinite(m["iwae"][np.abs(r["log_z"]) > 200]).any()


def _figure(axes, m, r):
    off = int(
        np.sum(~(np.abs(m["iwae"] - r["iwae"]) <= 0.05)) + np.sum(~(np.abs(m["renyi"] - r["renyi"])[:, :UPPER] <= 0.05))
    )
    shown = np.clip(m["iwae"] - r["log_z"][:, None], -4, 4), np.clip(m["renyi"] - r["log_z"][:, None], -4, 4)
    exact = r["iwae"] - r["log_z"][:, None], r["renyi"] - r["log_z"][:, None]
    places = np.arange(3), np.arange(4, 8)
    for i in range(3):
        for at, right, found in zip(places, exact, shown):
            axes.plot(
                at, right[i], "o", color="black", fillstyle="none", label="exact" if i == 0 and at[0] == 0 else None
            )
            axes.plot(at, found[i], "x", color=BLUE, label="yours" if i == 0 and at[0] == 0 else None)
    axes.axhline(0, color="grey", linewidth=0.8)
    labels = [f"K {int(k)}" for k in r["K"]] + [f"α {alpha:.1f}" for alpha in r["alpha"]]
    axes.set_xticks(np.concatenate(places), labels, fontsize=7)
    axes.set_ylabel("bound less ln Z, nats")
    axes.set_title("With more draws a bound rises to ln Z" if not off else f"{off} of your bounds are off", fontsize=10)
    axes.legend(fontsize=8)
    return (
        "Bounds less ln Z for three arrays of weights: for three numbers of draws K, and for four orders alpha. "
        f"{off} of yours are off."
    )


def _added(field, rows, columns):
    def perturb(m, r, size):
        values = np.array(m[field], float)
        values[rows, columns] += size
        return {**m, field: values}

    return perturb


EXERCISE = Exercise(
    title="Bounds from weights",
    names={"iwae_bound": "log_w, K", "renyi_bound": "log_w, alpha"},
    public=lambda: draw(np.random.default_rng(115)),
    case=draw,
    reference=reference,
    fields={"iwae": Field((3, 3), allow="inf nan"), "renyi": Field((3, 4), allow="inf nan")},
    criteria=(
        Criterion(
            "iwae",
            points=2,
            compared="your bound of K draws and the exact one, nats, the worst of two K on three arrays",
            distance=_iwae,
            needs=("iwae",),
            failed="Your iwae_bound is not the mean, over groups of K draws, of the log of the average weight.",
        ),
        Criterion(
            "renyi",
            points=2,
            compared="your bound of order alpha and the exact one, nats, the worst of two alphas from 0 to 1",
            distance=_renyi,
            needs=("renyi",),
            failed="Your renyi_bound is not that of its definition for alpha between 0 and 1.",
        ),
        Criterion(
            "upper",
            points=1,
            compared="your bound of a negative order and the exact one, nats, on the quietest array",
            distance=_upper,
            needs=("renyi",),
            failed="For a negative alpha your renyi_bound is not the one above ln Z.",
        ),
        Criterion(
            "ends",
            points=1,
            compared="your bounds at K = 1 and at alpha = 1 and the ELBO, nats, with one of the others about right",
            distance=_ends,
            needs=("iwae", "renyi"),
            failed="With K = 1, and with alpha = 1, the bound must be the ELBO.",
        ),
    ),
    mistakes=(
        Mistake("mean of all", hint="Is K in your answer?", looks_like=_iwae_is("mean of all")),
        Mistake("mean of logs", hint="Does your bound get tighter when more draws share it?", looks_like=_elbo),
        Mistake("sorted groups", hint="Does your bound get tighter when more draws share it?", looks_like=_elbo),
        Mistake("log K lost", hint="Is your bound above ln Z?", looks_like=_iwae_is("log K lost")),
        Mistake("one group", hint="How many groups of K draws does the array hold?", looks_like=_one_group),
        Mistake(
            "divided by K",
            hint="Is it the mean over the groups, or over something smaller?",
            looks_like=lambda m, r, d: worst((m["iwae"] - r["wrong"]["divided by K"])[:, 1:]) < 0.1,
        ),
        Mistake(
            "no division",
            hint="Let alpha come close to 1: where does your bound go, and where should it?",
            looks_like=_renyi_is("no division"),
        ),
        Mistake("no limit", hint="What is your bound at alpha = 1, and what is its limit?", looks_like=_no_limit),
        Mistake("sign of alpha", hint="Which alphas are above ln Z?", looks_like=_sign_of_alpha),
        Mistake(
            "alpha for one minus alpha",
            hint="At which alpha is your bound ln Z, and at which the ELBO?",
            looks_like=_renyi_is("alpha for one minus alpha"),
        ),
        Mistake("overflow", hint="What is exp(800) on a computer?", looks_like=_overflow),
    ),
    near=(
        NearMiss(
            "iwae",
            unit="nats",
            sizes=(0.02, 0.06, 0.15),
            must=0.15,
            perturb=_added("iwae", slice(None), slice(1, None)),
        ),
        NearMiss(
            "renyi",
            unit="nats",
            sizes=(0.02, 0.06, 0.12),
            must=0.12,
            perturb=_added("renyi", slice(None), slice(1, 3)),
        ),
        NearMiss("upper", unit="nats", sizes=(0.05, 0.15, 0.45), must=0.45, perturb=_added("renyi", 0, UPPER)),
        NearMiss("ends", unit="nats", sizes=(0.01, 0.03, 0.08), must=0.08, perturb=_added("renyi", slice(None), ELBO)),
    ),
    figure=_figure,
)
