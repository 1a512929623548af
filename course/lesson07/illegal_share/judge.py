"""Draws that the model forbids: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import ndtr, ndtri

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, seed, worst

SITES = ("positive", "from 0 to 1", "within x", "two positive", "two positive, in a plate", "any number")
POSITIVE, UNIT, BETWEEN, JOINED, PLATED, REAL = range(6)
SINGLE, PAIRS, LIMITED = [POSITIVE, UNIT, BETWEEN], [JOINED, PLATED], [POSITIVE, UNIT, BETWEEN, JOINED, PLATED]

N, FEW = 50_000, 7

NAMES = ("amount", "bump", "core", "drift", "edge", "flux", "gain", "height", "jump", "knot", "lag", "mass")

#: What a mistake must change at least in the share of a site that shows it.
APART = 0.07

#: The sites of which one must show a mistake, where not all of those with limits do.
SHOWN = {"lower limits only": [UNIT, BETWEEN], "first entry": [PLATED], "mean over entries": [PLATED]}


def draw(rng):
    """Six sites and a guide of normals; at one of the first three sites the centre itself is illegal."""
    while True:
        case = _draw(rng)
        r = reference(case)
        shares, illegal_centres = r["shares"][LIMITED], r["wrong"]["centres only"]
        if illegal_centres.sum() != 1 or shares.min() < 0.08 or shares.max() > 0.8:
            continue
        first, average = (r["wrong"][name][PLATED] for name in ("first entry", "mean over entries"))
        if abs(first - average) < 0.05:
            continue
        changed = {name: np.abs(wrong - r["shares"]) for name, wrong in r["wrong"].items()}
        if all(np.max(change[SHOWN.get(name, LIMITED)]) > APART for name, change in changed.items()):
            return case


def _draw(rng):
    x = np.sort(np.append(rng.uniform(0, 1, 10), [0, 1])) * rng.uniform(5, 20) + rng.uniform(-20, 10)
    width = np.array([1, x[-1] - x[0]])
    centres = [0, x[0]] + width * rng.uniform(-0.3, 1.3, 2)
    below = np.array([rng.choice([rng.uniform(0.1, 0.45), rng.uniform(0.55, 0.75)]), *rng.uniform(0.1, 0.35, 2)])
    below = np.append(below, rng.permutation([rng.uniform(0.1, 0.2), rng.uniform(0.34, 0.45)]))
    positive = rng.uniform(0.3, 2, 5)
    names = rng.choice(NAMES, 7, replace=False)
    return {
        "names": np.array(names[:6], dtype="U16"),
        "observed": np.array(names[6], dtype="U16"),
        "model_order": rng.permutation(6),
        "guide_order": rng.permutation(6),
        # one positive number, two between limits, four positive numbers, a real one
        "loc": np.insert(-ndtri(below) * positive, [1, 1, 5], [*centres, rng.normal()]),
        "scale": np.insert(positive, [1, 1, 5], [*(width * rng.uniform(0.25, 0.9, 2)), rng.uniform(0.3, 2)]),
        "x": x,
        "y": rng.normal(size=12),
        "n": np.array(N),
        "seeds": np.array([seed(rng), seed(rng)]),
    }


def reference(case):
    """Shares of a normal's draws outside each site's limits, from its distribution function, and those of mistakes."""
    loc, scale, x = (np.asarray(case[name], float) for name in ("loc", "scale", "x"))
    low = np.array([0, 0, x.min(), 0, 0, 0, 0, -np.inf])
    high = np.array([np.inf, 1, x.max(), *[np.inf] * 5])
    below, above, negative = ndtr((low - loc) / scale), ndtr((loc - high) / scale), ndtr(-loc / scale)

    def of_sites(p, pair=lambda p: 1 - np.prod(1 - p)):
        """From the shares of eight numbers to those of six sites: two numbers are legal if both are."""
        return np.array([*p[:3], pair(p[3:5]), pair(p[5:7]), p[7]])

    shares = of_sites(below + above)
    first, average = of_sites(below + above, lambda p: p[0]), of_sites(below + above, np.mean)
    but_plated = np.arange(6) != PLATED  # where to_event has joined the two numbers, a hurried answer is right
    return {
        "shares": shares,
        "names": np.sort(case["names"]),
        "observed": np.array(case["observed"]),
        "sites": np.array(case["names"]),
        "wrong": {
            "no draw is illegal": np.zeros(6),
            "centres only": of_sites(((loc < low) | (loc > high)).astype(float)),
            "below zero": of_sites(negative),
            "lower limits only": of_sites(below),
            "first entry": np.where(but_plated, shares, first),
            "first entry of both": first,
            "mean over entries": np.where(but_plated, shares, average),
            "mean over entries of both": average,
            "legal share": 1 - shares,
            "any site": np.full(6, 1 - np.prod(1 - shares)),
            "mean over sites": np.full(6, shares.mean()),
        },
    }


def _about_right(shares, r):
    """Whether at least two of the five sites with limits have about their share: what other rows presuppose."""
    return np.sum(np.abs(shares - r["shares"])[LIMITED] < 0.04) >= 2


def _names(m, r):
    """0 if exactly the latent sites are listed and the one without limits has no illegal draw."""
    right = np.array_equal(m["names"], r["names"]) and abs(m["shares"][REAL]) < 1e-6
    return 0.0 if right and _about_right(m["shares"], r) else 1.0


def _draws(m, r):
    """0 if another key gives other draws and 7 draws give sevenths."""
    sevenths = FEW * m["few"]
    fresh = np.any(m["again"] != m["shares"]) and _about_right(m["again"], r) and _about_right(m["shares"], r)
    return 0.0 if fresh and worst(sevenths - np.round(sevenths)) < 1e-3 else 1.0


def _is(*names):
    """looks_like: the shares are those of a mistake, and the right names are listed."""

    def looks_like(m, r, d):
        listed = np.array_equal(m["names"], r["names"])
        return listed and any(worst(m["shares"] - r["wrong"][name]) < 0.021 for name in names)

    return looks_like


def _observed_listed(m, r, d):
    return d["shares"] < 0.021 and bool(np.any(m["names"] == r["observed"]))


def _figure(axes, m, r):
    places, wrong = np.arange(6), np.abs(m["shares"] - r["shares"]) > 0.021
    wrong |= np.isnan(m["shares"])
    axes.barh(places + 0.2, r["shares"], height=0.35, color="0.6", label="exact")
    axes.barh(places - 0.2, np.nan_to_num(m["shares"]), height=0.35, color=BLUE, hatch="//", label="yours")
    axes.set_yticks(places, [f"{name}\n{site}" for name, site in zip(r["sites"], SITES)], fontsize=7)
    axes.invert_yaxis()
    axes.set(xlabel="share of the guide's draws that the model forbids", xlim=(0, 1))
    axes.set_title(
        "You found which sites leave the model's limits, and how often"
        if not wrong.any()
        else f"The shares of {int(wrong.sum())} of 6 sites are off",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        "For each of six sites a bar with the exact share of illegal draws and one with yours. "
        f"{int(wrong.sum())} of yours are off."
    )


def _moved(m, site, size):
    shares = np.array(m["shares"], float)
    shares[site] += size
    return {**m, "shares": shares}


EXERCISE = Exercise(
    title="Draws that the model forbids",
    names={"illegal_share": "key, model, guide, params, n, *args"},
    public=lambda: draw(np.random.default_rng(75)),
    case=draw,
    reference=reference,
    fields={
        "names": Field((None,), text=True),
        "shares": Field((6,), allow="inf nan"),
        "again": Field((6,), allow="inf nan"),
        "few": Field((6,), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "shares",
            points=3,
            compared="your shares of illegal draws and the exact ones, the worst of three sites with one number",
            distance=lambda m, r: worst((m["shares"] - r["shares"])[SINGLE]),
            needs=("shares",),
            failed="For a site that holds one number, your share of illegal draws is not right.",
        ),
        Criterion(
            "pairs",
            points=2,
            compared="your shares of illegal draws and the exact ones, the worst of two sites with two numbers",
            distance=lambda m, r: worst((m["shares"] - r["shares"])[PAIRS]),
            needs=("shares",),
            failed="For a site that holds two numbers, your share of illegal draws is not right.",
        ),
        Criterion(
            "names",
            points=1,
            compared="all latent sites are listed and no other, 0 for the one without limits, and at least two shares "
            "are about right: 0 yes, 1 no",
            distance=_names,
            needs=("names", "shares"),
            failed="Your dict must hold the latent sites and no others, with 0 for a site without limits.",
        ),
        Criterion(
            "draws",
            points=1,
            compared="another key gives other shares, 7 draws give sevenths, and at least two shares are about right: "
            "0 yes, 1 no",
            distance=_draws,
            needs=("shares", "again", "few"),
            failed="The shares must come from n draws that are made with the key.",
        ),
    ),
    mistakes=(
        Mistake(
            "support of the guide",
            hint="Whose draws do you test, and who forbids them: the guide or the model?",
            looks_like=_is("no draw is illegal"),
        ),
        Mistake(
            "draws of the model",
            hint="Whose draws do you test, and who forbids them: the guide or the model?",
            looks_like=_is("no draw is illegal"),
        ),
        Mistake(
            "centres only",
            hint="If the centre of a normal is legal, are all its draws?",
            looks_like=_is("centres only"),
        ),
        Mistake(
            "below zero",
            hint="May a share be 1.3, and may a real number be negative?",
            looks_like=_is("below zero"),
        ),
        Mistake("lower limits only", hint="May a share be 1.3?", looks_like=_is("lower limits only")),
        Mistake(
            "first entry",
            hint="Is a draw legal if the first half of it is?",
            looks_like=_is("first entry", "first entry of both"),
        ),
        Mistake(
            "mean over entries",
            hint="Is a draw legal if half of it is?",
            looks_like=_is("mean over entries", "mean over entries of both"),
        ),
        Mistake(
            "legal share", hint="What is your number for a site that has no limits?", looks_like=_is("legal share")
        ),
        Mistake(
            "one number for all sites",
            hint="Which site is to blame?",
            looks_like=_is("any site", "mean over sites"),
        ),
        Mistake(
            "observed site listed",
            hint="Did the guide draw every site in your dict?",
            looks_like=_observed_listed,
        ),
    ),
    near=(
        NearMiss(
            "shares",
            unit="error of one share",
            sizes=(0.01, 0.02, 0.04, 0.07),
            must=0.07,
            perturb=lambda m, r, size: _moved(m, BETWEEN, size),
        ),
        NearMiss(
            "pairs",
            unit="error of one share",
            sizes=(0.01, 0.02, 0.04, 0.07),
            must=0.07,
            perturb=lambda m, r, size: _moved(m, PLATED, size),
        ),
    ),
    figure=_figure,
    equivalent={
        "legal = site['fn'].support(draws[name]).reshape(n, -1).all(axis=1) => "
        "legal = site['fn'].support(draws[name]).reshape(n, -1).all(axis=-1)": "a table's last axis is its second",
        "shares[name] = float(jnp.mean(~legal)) => shares[name] = jnp.mean(~legal)": "a JAX number is a number",
    },
)
