"""Shrinkage with a known population: what a case is, the truth, and how a measurement is judged.

With y_j ~ N(theta_j, s_j**2) and theta_j ~ N(mu, tau**2), precisions add: the posterior of theta_j is
normal with precision 1/s_j**2 + 1/tau**2, so with B_j = s_j**2 / (s_j**2 + tau**2) its mean is
B_j mu + (1 - B_j) y_j and its sd s_j sqrt(1 - B_j) (Gelman et al., *Bayesian Data Analysis*, section 5.4).
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED, worst

SCHOOLS = {
    "y": np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]),
    "noise": np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]),
}


def draw_shrink_case(rng):
    """Four sets of eight schools; the last has tau = 0. mu keeps away from the average of y."""
    y = rng.uniform(-20, 20, (4, 1)) + rng.uniform(3, 12, (4, 1)) * rng.normal(size=(4, 8))
    mu = y.mean(axis=1) + rng.choice([-1, 1], 4) * rng.uniform(2, 6, 4)
    tau = np.append(np.exp(rng.uniform(np.log(1.5), np.log(25), 3)), 0.0)
    return {"y": y, "noise": rng.uniform(3, 20, (4, 8)), "mu": mu, "tau": tau}


def public_shrink_case():
    """The eight schools with a population that fits them, and three other sets."""
    case = draw_shrink_case(np.random.default_rng(91))
    case["y"][0], case["noise"][0], case["mu"][0], case["tau"][0] = SCHOOLS["y"], SCHOOLS["noise"], 4.0, 6.0
    return case


def posterior(y, noise, mu, tau):
    """(factor, mean, sd) of each school."""
    factor = noise**2 / (noise**2 + tau**2)
    return factor, factor * mu + (1 - factor) * y, noise * np.sqrt(1 - factor)


def shrink_reference(case):
    y, noise = (np.asarray(case[name], float) for name in ("y", "noise"))
    mu, tau = (np.asarray(case[name], float)[:, None] for name in ("mu", "tau"))
    factor, mean, sd = posterior(y, noise, mu, tau)
    three = {"factor": factor[:3], "mean": mean[:3], "sd": sd[:3], "y": y[:3], "noise": noise[:3]}
    return three | {"mu": mu[:3], "tau": tau[:3], "mu_at_0": mu[3], "y_at_0": y[3], "noise_at_0": noise[3]}


def factor_distance(m, r):
    return worst(m["factor"] - r["factor"])


def mean_distance(m, r):
    return worst((m["mean"] - r["mean"]) / r["noise"])


def sd_distance(m, r):
    return worst(m["sd"] / r["sd"] - 1)


def pooled_distance(m, r):
    """How far the set with tau = 0 is from factor 1, mean mu and sd 0."""
    parts = (m["factor_at_0"] - 1, (m["mean_at_0"] - r["mu_at_0"]) / r["noise_at_0"], m["sd_at_0"] / r["noise_at_0"])
    return worst(np.concatenate(parts))


def shows(part, wanted, *right):
    """looks_like: ``part`` of the measurement is ``wanted(reference)`` everywhere, and the criteria ``right`` hold."""

    def looks_like(m, r, d):
        value = wanted(r)
        return worst(m[part] - value) < 1e-3 * worst(value) and all(d[name] < 1e-3 for name in right)

    return looks_like


def _one_factor(r):
    average = r["noise"].mean(axis=1, keepdims=True)
    return np.broadcast_to(average**2 / (average**2 + r["tau"] ** 2), (3, 8))


def _is_nothing(m, r, d):
    """Right for tau above 0, and NaN or an exception at 0."""
    return all(d[name] < 1e-3 for name in ("factor", "mean", "sd")) and np.isnan(d["tau = 0"])


def shrink_figure(axes, m, r):
    """The first set of schools: what was measured, the learner's means and sds, and the right means."""
    order = np.argsort(r["noise"][0])
    index = np.arange(8)
    right = mean_distance(m, r) < 1e-3 and sd_distance(m, r) < 1e-3
    axes.plot(index, r["y"][0, order], "k.", label="y, measured")
    axes.axhline(r["mu"][0, 0], color="black", linewidth=1, linestyle=":", label="mu")
    axes.errorbar(
        index, m["mean"][0, order], np.abs(m["sd"][0, order]), fmt="o", color=BLUE if right else RED, label="yours"
    )
    axes.plot(index, r["mean"][0, order], "kx", markersize=8, label="exact mean")
    axes.set_xticks(index, [f"{noise:.0f}" for noise in r["noise"][0, order]])
    axes.set_xlabel("noise of the school", fontsize=8)
    axes.set_title(
        "Every school is pulled to mu, the noisy ones most" if right else "Your schools are not pulled the right way",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return "Eight schools, sorted by noise: what was measured, the line of mu, and your means with their sds. " + (
        "Yours lie on the exact means." if right else "Yours miss the exact means or sds."
    )


EXERCISE = Exercise(
    title="Shrinkage with a known population",
    names={"shrink": "y, noise, mu, tau"},
    public=public_shrink_case,
    case=draw_shrink_case,
    reference=shrink_reference,
    fields={name: Field((3, 8), allow="inf nan") for name in ("factor", "mean", "sd")}
    | {f"{name}_at_0": Field((8,), allow="inf nan") for name in ("factor", "mean", "sd")},
    criteria=(
        Criterion(
            "factor",
            points=2,
            compared="your factor and the exact one, three sets of schools",
            distance=factor_distance,
            needs=("factor",),
            failed="Your factor is not the part of the way that a school is pulled to mu.",
        ),
        Criterion(
            "mean",
            points=1,
            compared="your mean and the exact one, in units of the school's noise, three sets of schools",
            distance=mean_distance,
            needs=("mean",),
            failed="Your mean is not the posterior mean of each school.",
        ),
        Criterion(
            "sd",
            points=2,
            compared="your sd and the exact one, relative, three sets of schools",
            distance=sd_distance,
            needs=("sd",),
            failed="Your sd is not the posterior standard deviation of each school.",
        ),
        Criterion(
            "tau = 0",
            points=1,
            compared="with tau = 0: factor and 1, mean and mu, sd and 0, the last two in units of the noise",
            distance=pooled_distance,
            needs=("factor_at_0", "mean_at_0", "sd_at_0"),
            failed="With tau = 0 all schools are equal: each sits at mu, and nothing about it is uncertain.",
        ),
    ),
    mistakes=(
        Mistake(
            "factor is the weight of y",
            hint="A school measured without noise: how far is it pulled?",
            looks_like=shows("factor", lambda r: 1 - r["factor"]),
        ),
        Mistake(
            "weights swapped",
            hint="A school measured without noise: how far is it pulled?",
            looks_like=shows("mean", lambda r: r["factor"] * r["y"] + (1 - r["factor"]) * r["mu"], "factor", "sd"),
        ),
        Mistake(
            "sds not variances",
            hint="With noise 3 and tau 4 the y scatter about mu with sd 5, not 7: what adds?",
            looks_like=shows("factor", lambda r: r["noise"] / (r["noise"] + r["tau"])),
        ),
        Mistake(
            "sd not shrunk",
            hint="You know mu and tau as well as y: are you no more certain than y alone makes you?",
            looks_like=shows("sd", lambda r: r["noise"], "factor", "mean"),
        ),
        Mistake(
            "spread of y",
            hint="Is that the spread of y about mu, or what is still uncertain of theta?",
            looks_like=shows("sd", lambda r: np.sqrt(r["noise"] ** 2 + r["tau"] ** 2), "factor", "mean"),
        ),
        Mistake(
            "variance",
            hint="Is it a width or a squared width?",
            looks_like=shows("sd", lambda r: r["sd"] ** 2, "factor", "mean"),
        ),
        Mistake(
            "one factor for all",
            hint="Two schools with unequal noise: are they pulled equally far?",
            looks_like=shows("factor", _one_factor),
        ),
        Mistake(
            "pulled to the average",
            hint="Change mu and leave the rest: does your mean move?",
            looks_like=shows(
                "mean",
                lambda r: r["factor"] * r["y"].mean(axis=1, keepdims=True) + (1 - r["factor"]) * r["y"],
                "factor",
                "sd",
            ),
        ),
        Mistake("nothing at tau 0", hint="Put tau = 0 in: what is one over zero?", looks_like=_is_nothing),
    ),
    near=(
        NearMiss(
            "factor",
            unit="part of the way",
            sizes=(3e-4, 1e-3, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "factor": m["factor"] + size},
        ),
        NearMiss(
            "mean",
            unit="units of the noise",
            sizes=(3e-4, 1e-3, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "mean": m["mean"] - size * r["noise"]},
        ),
        NearMiss(
            "sd",
            unit="part of each sd",
            sizes=(3e-4, 1e-3, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "sd": m["sd"] * (1 + size)},
        ),
    ),
    figure=shrink_figure,
)
