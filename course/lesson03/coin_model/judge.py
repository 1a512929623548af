"""The coin as a NumPyro model: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import logit

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import coin
from ...tools import BLUE
from ..guides import _heads_chances, _log_choose, close, recount, sites_of

N_SIMULATIONS = 4000


def draw_model_case(rng):
    flips = [
        rng.permutation(np.repeat([1.0, 0.0], [h, n - h])).astype(np.float32)
        for n, h in ((15, rng.integers(3, 13)), (23, rng.integers(3, 21)))
    ]
    return {
        "data_a": flips[0],
        "data_b": flips[1],
        "f": np.sort(rng.uniform(0.05, 0.95, 9)).astype(np.float32),
        "seed": rng.integers(2**31),
    }


def public_model_case():
    flips = np.concatenate([coin.public_coin()["data"]] * 2)
    return {
        "data_a": flips[:15],
        "data_b": flips[5:28],
        "f": np.linspace(0.1, 0.9, 9).astype(np.float32),
        "seed": np.array(3),
    }


def model_reference(case):
    f = np.asarray(case["f"], float)
    logs = {}
    for name in "ab":
        data = case[f"data_{name}"]
        heads = float(data.sum())
        logs[f"heads_{name}"], logs[f"n_{name}"] = np.float64(heads), np.float64(len(data))
        logs[f"logp_{name}"] = heads * np.log(f) + (len(data) - heads) * np.log1p(-f)
    return {"f": f, **logs}


def model_excess(m, r):
    """Learner's log joint minus the right one, for 15 and for 23 flips."""
    return m["logp_a"] - r["logp_a"], m["logp_b"] - r["logp_b"]


def counts_ks(m, r):
    """Kolmogorov distance between simulated numbers of heads and equal chances for 0..n."""
    n = m["obs"].shape[1]
    counts = np.bincount(m["obs"].sum(axis=1).astype(int), minlength=n + 1)[: n + 1] / len(m["obs"])
    return np.max(np.abs(np.cumsum(counts) - np.arange(1, n + 2) / (n + 1)))


def model_figure(axes, m, r):
    n = m["obs"].shape[1]
    counts = np.bincount(np.clip(m["obs"].sum(axis=1), 0, n).astype(int), minlength=n + 1) / len(m["obs"])
    flat = counts_ks(m, r) <= 0.05
    axes.bar(np.arange(n + 1), counts, color=BLUE, alpha=0.6, label=f"your model, {N_SIMULATIONS} simulations")
    axes.axhline(1 / (n + 1), color="black", label="a uniform prior on one shared f")
    axes.set(xlabel=f"heads in {n} flips", ylabel="frequency", ylim=(0, 1.5 * max(counts.max(), 1 / (n + 1))))
    axes.set_title(
        "Before any data, every number of heads is equally likely"
        if flat
        else "Your numbers of heads are not equally likely",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        f"Bars: how often your model gave each number of heads from 0 to {n}, without data. Line: equal frequencies. "
        + ("They agree." if flat else "They differ.")
    )


def _random_flips(m, r):
    """The log joint is that of flips which are not the data: a whole number of heads for each f."""
    whole = []
    for name in "ab":
        heads = (m[f"logp_{name}"] - r[f"n_{name}"] * np.log1p(-r["f"])) / (np.log(r["f"]) - np.log1p(-r["f"]))
        heads = heads[np.abs(logit(r["f"])) > 0.1]  # at f = 1/2 every number of heads is equally likely
        whole.append(np.max(np.abs(heads - np.round(heads))) < 0.02 and np.all(heads > -0.1))
    return all(whole) and not sites_of(m, "observed") and sites_of(m, "latent") == ["f", "obs"]


def _prior_differs(m, r):
    a, b = model_excess(m, r)
    return np.ptp(a) > 0.02 and np.max(np.abs(a - b)) < 2e-3


def _twice(m, r):
    return close(m["logp_a"], 2 * r["logp_a"], 1e-3) and close(m["logp_b"], 2 * r["logp_b"], 1e-3)


def _binomial(m, r):
    if m["obs"].ndim != 1:
        return False
    a, b = model_excess(m, r)
    return close(a, np.full(9, _log_choose(r["n_a"], r["heads_a"])), 1e-3) and close(
        b, np.full(9, _log_choose(r["n_b"], r["heads_b"])), 1e-3
    )


def _tilted_prior(m, r, size):
    obs = recount(m["obs"], np.full(16, 1 / 16), _heads_chances(15, 1 + size, 1))
    tilt = size * np.log(r["f"]) + np.log1p(size)
    return {**m, "logp_a": m["logp_a"] + tilt, "logp_b": m["logp_b"] + tilt, "obs": obs}


EXERCISE = Exercise(
    title="The coin as a NumPyro model",
    names={"model_coin": "n, data=None"},
    public=public_model_case,
    case=draw_model_case,
    reference=model_reference,
    fields={
        "logp_a": Field((9,)),
        "logp_b": Field((9,)),
        "sites": Field((None,), text=True),
        "obs": Field((N_SIMULATIONS, 15)),
    },
    criteria=(
        Criterion(
            "log joint",
            points=2,
            compared="log density of your model and of the coin at 9 values of f, for 15 and for 23 flips, nats",
            distance=lambda m, r: max(np.max(np.abs(e)) for e in model_excess(m, r)),
            needs=("logp_a", "logp_b"),
            failed="With f held fixed, your model's log density is not that of the prior times the flips.",
        ),
        Criterion(
            "sites",
            points=1,
            compared="your sample sites with 15 flips of data, and a latent `f` of shape () with an observed "
            "`obs` of shape (15,)",
            distance=lambda m, r: float(
                sorted(line for line in m["sites"] if " param " not in line) != ["f latent ()", "obs observed (15,)"]
            ),
            needs=("sites",),
            failed="Print the trace of your model with data: it should show one number `f` and the observed "
            "flips `obs`, and no other sample site.",
        ),
        Criterion(
            "simulation",
            points=1,
            compared="values of `obs` without data, and 15 zeros or ones",
            distance=lambda m, r: float(not np.isin(m["obs"], (0, 1)).all()),
            needs=("obs",),
            failed="With `data=None` the site `obs` should hold n simulated flips, each 0 or 1.",
        ),
        Criterion(
            "numbers of heads",
            points=2,
            compared="cumulated frequencies of the number of heads in 15 simulated flips, and equal chances "
            "for 0 to 15",
            distance=counts_ks,
            needs=("obs",),
            failed="Without data, the numbers of heads that your model simulates are not spread as one coin "
            "with a uniform f spreads them.",
        ),
    ),
    mistakes=(
        Mistake(
            "f in the plate",
            hint="How many coins did you mint?",
            looks_like=lambda m, r, d: (
                "f latent (15,)" in m["sites"]
                and abs(m["obs"].sum(axis=1).var() / (15 / 4) - 1) < 0.2
                and d["log joint"] < 1e-3
            ),
        ),
        Mistake(
            "no obs",
            hint="Does the log density change with the data?",
            looks_like=lambda m, r, d: _random_flips(m, r) and d["numbers of heads"] < 0.05,
        ),
        Mistake(
            "plate of 20",
            hint="Try another n: how many flips come out?",
            looks_like=lambda m, r, d: (
                m["obs"].shape == (N_SIMULATIONS, 20) and "logp_a" not in m and counts_ks(m, r) < 0.05
            ),
        ),
        Mistake(
            "ten without data",
            hint="Try another n: how many flips come out?",
            looks_like=lambda m, r, d: (
                m["obs"].shape in ((N_SIMULATIONS, 10), (N_SIMULATIONS, 20)) and d["log joint"] < 1e-3
            ),
        ),
        Mistake(
            "binomial",
            hint="One site for all flips, or one value a flip?",
            looks_like=lambda m, r, d: _binomial(m, r),
        ),
        Mistake(
            "len of None",
            hint="What is n for?",
            looks_like=lambda m, r, d: d["log joint"] < 1e-3 and d["sites"] == 0 and "obs" not in m,
        ),
        Mistake(
            "another prior",
            hint="Sample the prior: is f flat?",
            looks_like=lambda m, r, d: _prior_differs(m, r) and d["sites"] == 0 and d["simulation"] == 0,
        ),
        Mistake(
            "likelihood twice",
            hint="Count the terms that mention the data.",
            looks_like=lambda m, r, d: _twice(m, r) and d["numbers of heads"] < 0.05,
        ),
    ),
    near=(
        NearMiss(
            "constant",
            unit="nats added to the log joint",
            sizes=(2e-4, 5e-4, 1e-3, 2e-3, 4e-3),
            must=4e-3,
            perturb=lambda m, r, size: {**m, "logp_a": m["logp_a"] + size, "logp_b": m["logp_b"] + size},
        ),
        NearMiss(
            "tilted prior",
            unit="f from Beta(1 + size, 1)",
            sizes=(3e-4, 1e-3, 3e-3, 0.01, 0.03),
            must=0.01,
            perturb=_tilted_prior,
        ),
        NearMiss(
            "simulation",
            unit="f from Beta(1 + size, 1) where there are no data",
            sizes=(0.05, 0.1, 0.2, 0.4, 0.8),
            must=0.8,
            perturb=lambda m, r, size: {
                **m,
                "obs": recount(m["obs"], np.full(16, 1 / 16), _heads_chances(15, 1 + size, 1)),
            },
        ),
    ),
    figure=model_figure,
)
