"""Two explanations of a point: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.stats import norm

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst

#: Of the 40 points 16 lie near the line, 16 in the background, 4 at 40 to 80 errors, 4 far from everything.
N, NEAR, CURVE = 40, 32, 61

GRADIENTS = ("by_mu", "by_bg_mean", "by_bg_sigma", "by_q")

#: What a mistake must change at least in some row near the bumps, in the units of the criterion.
APART = 0.003


def draw(rng):
    while True:
        case = _draw(rng)
        truth = reference(case)
        if all(np.max(_errors(_near(wrong), _near(truth))) > APART for wrong in truth["wrong"].values()):
            return case


def _draw(rng):
    bg_mean, bg_sigma = rng.choice([-1, 1]) * rng.uniform(0.5, 3), rng.uniform(0.5, 2)
    q = rng.choice([rng.uniform(0.15, 0.4), rng.uniform(0.6, 0.9)])
    e = np.exp(rng.uniform(np.log(0.1), np.log(6), N))
    mu = rng.uniform(-8, 8, N)
    y = mu + e * rng.normal(size=N)
    y[16:NEAR] = bg_mean + np.hypot(bg_sigma, e[16:NEAR]) * rng.normal(size=16)
    y[NEAR:36] = mu[NEAR:36] + rng.choice([-1, 1], 4) * e[NEAR:36] * rng.uniform(40, 80, 4)
    y[36:] = rng.choice([-1, 1], 4) * rng.uniform(100, 300, 4)
    e_curve = rng.uniform(0.15, 0.35) * bg_sigma
    side = rng.choice([-1, 1])
    mu_curve = bg_mean + side * rng.uniform(2, 3) * bg_sigma
    ends = sorted([bg_mean - side * 3 * bg_sigma, mu_curve + side * 4 * e_curve])
    return {
        "points": {"y": y, "mu": mu, "e": e},
        "curve": {
            "y": np.linspace(*ends, CURVE),
            "mu": np.full(CURVE, mu_curve),
            "e": np.full(CURVE, e_curve),
        },
        "bg_mean": np.float64(bg_mean),
        "bg_sigma": np.float64(bg_sigma),
        "q": np.float64(q),
    }


def _wrong(y, mu, e, bg_mean, bg_sigma, q):
    """What each mistake makes of the points: name -> log densities; several spellings where there are some."""
    line, width = norm.logpdf(y, mu, e), np.hypot(bg_sigma, e)
    background = norm.logpdf(y, bg_mean, width)

    def mixture(background, q=q):
        return np.logaddexp(np.log(q) + line, np.log(1 - q) + background)

    centre = q * mu + (1 - q) * bg_mean
    widths = (
        np.hypot(q * e, (1 - q) * width),
        np.sqrt(q * e**2 + (1 - q) * width**2),
        q * e + (1 - q) * width,
        np.hypot(q * e, (1 - q) * bg_sigma),
        e,
    )
    return {
        "q on the outliers": mixture(background, 1 - q),
        "background without e": mixture(norm.logpdf(y, bg_mean, bg_sigma)),
        "widths added": mixture(norm.logpdf(y, bg_mean, bg_sigma + e)),
        "square root lost": mixture(norm.logpdf(y, bg_mean, bg_sigma**2 + e**2)),
        "weights outside the log": q * line + (1 - q) * background,
        "the larger of the two": np.maximum(np.log(q) + line, np.log(1 - q) + background),
        "weights lost": np.logaddexp(line, background),
        **{f"one bump {i}": norm.logpdf(y, centre, w) for i, w in enumerate(widths)},
    }


def reference(case):
    """Log densities in float64, their derivatives in closed form, and the log densities of every mistake.

    With the share r of the line in the density at y, d/dmu = r (y - mu) / e**2, d/dbg_mean = (1 - r) d / s**2,
    d/dbg_sigma = (1 - r) bg_sigma (d**2 / s**2 - 1) / s**2 and d/dq = r / q - (1 - r) / (1 - q), where
    d = y - bg_mean and s**2 = bg_sigma**2 + e**2.
    """
    bg_mean, bg_sigma, q = (float(case[name]) for name in ("bg_mean", "bg_sigma", "q"))
    out = {"bg_mean": np.float64(bg_mean), "q": np.float64(q), "wrong": {}}
    for kind, name in (("points", "values"), ("curve", "curve")):
        y, mu, e = (np.asarray(case[kind][part], float) for part in ("y", "mu", "e"))
        s2 = bg_sigma**2 + e**2
        line = np.log(q) + norm.logpdf(y, mu, e)
        background = np.log(1 - q) + norm.logpdf(y, bg_mean, np.sqrt(s2))
        out[name] = np.logaddexp(line, background)
        if kind == "points":
            r = np.exp(line - out[name])
            not_r, d = np.exp(background - out[name]), y - bg_mean
            out |= {
                "by_mu": r * (y - mu) / e**2,
                "by_bg_mean": not_r * d / s2,
                "by_bg_sigma": not_r * bg_sigma * (d**2 / s2 - 1) / s2,
                "by_q": r / q - not_r / (1 - q),
            }
        else:
            out |= {"curve_y": y, "curve_mu": mu[0]}
        for mistake, values in _wrong(y, mu, e, bg_mean, bg_sigma, q).items():
            out["wrong"].setdefault(mistake, {})[name] = values
    return out


def _errors(mine, truth):
    return np.abs(mine - truth) / (1 + np.abs(truth))


def _near(m):
    """All log densities near the bumps, (32 + 61,)."""
    return np.concatenate([m["values"][:NEAR], m["curve"]])


def _is(*names):
    """looks_like: near the bumps the log densities are those of a mistake."""

    def looks_like(m, r, d):
        return any(worst(_errors(_near(m), _near(r["wrong"][name]))) < APART / 2 for name in names)

    return looks_like


def _underflows(m, r, d):
    return d["near"] < APART / 2 and bool(np.any(~np.isfinite(m["values"][NEAR:])))


def _figure(axes, m, r):
    y = r["curve_y"]
    right = worst(_errors(_near(m), _near(r))) < APART / 2
    with np.errstate(over="ignore"):
        mine = np.exp(np.minimum(m["curve"], 50))
    axes.plot(y, np.exp(r["curve"]), color="black", label="exact")
    axes.plot(y, mine, color=BLUE, linestyle="--", linewidth=2, label="yours")
    axes.axvline(r["curve_mu"], color="grey", linestyle=":", linewidth=1)
    axes.axvline(r["bg_mean"], color="grey", linestyle=":", linewidth=1)
    axes.set(xlabel="y of one point; dotted: the line, and the middle of the background", ylabel="density")
    axes.set_ylim(0, 1.3 * np.exp(r["curve"]).max())
    axes.set_title(
        "Two explanations are two bumps, and yours are the right ones"
        if right
        else "Your density is not that of the two explanations",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return "Density of one point's y: a narrow bump on the line and a wide one of the background. " + (
        "Yours agrees." if right else "Yours does not agree."
    )


EXERCISE = Exercise(
    title="Two explanations of a point",
    names={"log_mixture": "y, mu, e, bg_mean, bg_sigma, q"},
    public=lambda: draw(np.random.default_rng(71)),
    case=draw,
    reference=reference,
    fields={
        "values": Field((N,), allow="inf nan"),
        "curve": Field((CURVE,), allow="inf nan"),
        **{name: Field((N,), allow="inf nan") for name in GRADIENTS},
    },
    criteria=(
        Criterion(
            "near",
            points=3,
            compared="log densities of 93 points that one of the two explains, relative to 1 + their size",
            distance=lambda m, r: worst(_errors(_near(m), _near(r))),
            needs=("values", "curve"),
            failed="Where one of the two explanations fits a point, your log density is not right.",
        ),
        Criterion(
            "far",
            points=1,
            compared="log densities of 8 points far from the line or from both, relative to 1 + their size",
            distance=lambda m, r: worst(_errors(m["values"][NEAR:], r["values"][NEAR:])),
            needs=("values",),
            failed="For points far out your log density is not right, or not finite.",
        ),
        Criterion(
            "gradient",
            points=2,
            compared="derivatives by mu, bg_mean, bg_sigma and q at 40 points, relative to 1 + their size",
            distance=lambda m, r: worst(np.concatenate([_errors(m[name], r[name]) for name in GRADIENTS])),
            needs=GRADIENTS,
            failed="Your log density has no gradient, or a wrong one, at some of the points.",
        ),
    ),
    mistakes=(
        Mistake("q on the outliers", hint="With q = 1, which points are left?", looks_like=_is("q on the outliers")),
        Mistake(
            "background without e",
            hint="Is an outlier measured without error?",
            looks_like=_is("background without e"),
        ),
        Mistake("widths added", hint="Which of them add, widths or their squares?", looks_like=_is("widths added")),
        Mistake("square root lost", hint="A width or a squared width?", looks_like=_is("square root lost")),
        Mistake(
            "weights outside the log",
            hint="Is the log of an average the average of the logs?",
            looks_like=_is("weights outside the log"),
        ),
        Mistake(
            "one bump",
            hint="How many bumps should the density of y have?",
            looks_like=_is(*(f"one bump {i}" for i in range(5))),
        ),
        Mistake(
            "the larger of the two",
            hint="Half way between the two, does neither help the other?",
            looks_like=_is("the larger of the two"),
        ),
        Mistake("weights lost", hint="Does your density integrate to one?", looks_like=_is("weights lost")),
        Mistake("log of exp", hint="What do you get for a point 60 errors away?", looks_like=_underflows),
    ),
    near=(
        NearMiss(
            "near",
            unit="error of one log density, relative to 1 + its size",
            sizes=(1e-4, 3e-4, 1e-3, 2e-3),
            must=2e-3,
            perturb=lambda m, r, size: _shaken(m, "values", 3, size),
        ),
        NearMiss(
            "far",
            unit="error of one log density, relative to 1 + its size",
            sizes=(1e-4, 3e-4, 1e-3, 2e-3),
            must=2e-3,
            perturb=lambda m, r, size: _shaken(m, "values", NEAR + 1, size),
        ),
        NearMiss(
            "gradient",
            unit="error of one derivative, relative to 1 + its size",
            sizes=(5e-4, 1e-3, 5e-3, 1e-2),
            must=1e-2,
            perturb=lambda m, r, size: _shaken(m, "by_q", 5, size),
        ),
    ),
    figure=_figure,
    equivalent={
        "return jnp.logaddexp(jnp.log(q) + on_line, jnp.log(1 - q) + outlier) => "
        "return jnp.logaddexp(jnp.log(1 - q) + outlier, jnp.log(q) + on_line)": "a sum has no order",
    },
)


def _shaken(m, name, i, size):
    changed = np.array(m[name], float)
    changed[i] += size * (1 + abs(changed[i]))
    return {**m, name: changed}
