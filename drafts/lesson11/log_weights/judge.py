"""Log weights of a guide's draws: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import logsumexp
from scipy.stats import halfnorm, kstest, norm

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, seed, worst

N_POINTS = 9
INIT = np.array([[0, 0], [0.1, 0.1]])  # the parameters of the guide written by hand, where none are handed to it

NAMES = ("centre", "depth", "edge", "gain", "height", "level", "mean", "offset", "range", "size", "spread", "width")

#: What a mistake must change in the typical weight, in the unit of the criterion.
APART = 0.012


def draw(rng):
    """Nine points and two guides, not far from the posterior, on which every mistake shows."""
    while True:
        case = _draw(rng)
        r = reference(case)
        apart = []
        for which in ("hand", "auto"):
            loc, scale = case[which]
            mu, sigma = rng.normal(loc[0], scale[0], 400), np.exp(rng.normal(loc[1], scale[1], 400))
            right = _log_w(mu, sigma, case, case[which])
            for name, wrong in _wrong(mu, sigma, case, case[which]).items():
                if name != "normalised":
                    apart.append(np.median(_relative(wrong, right)))
            log_z = logsumexp(right) - np.log(len(right))
            apart += [0.012 * abs(log_z + np.log(n)) for n in (1000, 1500)]
        spread = np.std(r["prior_log_p"]) > 4
        if min(apart) > APART and spread and np.all(np.abs(case["hand"][0]) > 0.6):
            return case


def _draw(rng):
    log_sd = rng.choice([-1, 1]) * rng.uniform(0.7, 1.3)
    sd, mean = np.exp(log_sd), rng.choice([-1, 1]) * rng.uniform(1, 5)
    y = rng.normal(mean, sd, N_POINTS)

    def guide():
        loc = y.mean() + 0.3 * sd * rng.normal(), np.log(y.std()) + 0.2 * rng.normal()
        scale = sd / 3 * rng.uniform(0.8, 1.3), rng.uniform(0.2, 0.35)
        return np.array([loc, scale])

    return {
        "names": np.array(rng.choice(NAMES, 3, replace=False), dtype="U16"),
        "prior": np.array([mean + sd * rng.normal(), sd * rng.uniform(1, 3)]),
        "width": np.array(sd * rng.uniform(0.8, 2.5)),
        "y": y,
        "hand": guide(),
        "auto": guide(),
        "seeds": np.array([seed(rng), seed(rng)]),
    }


# ---------------------------------------------------------------- densities


def _log_prior(mu, sigma, case):
    return norm.logpdf(mu, *case["prior"]) + halfnorm.logpdf(sigma, scale=float(case["width"]))


def _log_lik(mu, sigma, case):
    return norm.logpdf(case["y"][:, None], mu, sigma).sum(axis=0)


def _log_q(mu, sigma, params):
    """ln q of a normal mean and a log-normal sd; ``params`` (2, 2): locations, scales."""
    loc, scale = params
    return norm.logpdf(mu, loc[0], scale[0]) + norm.logpdf(np.log(sigma), loc[1], scale[1]) - np.log(sigma)


def _log_w(mu, sigma, case, params):
    return _log_prior(mu, sigma, case) + _log_lik(mu, sigma, case) - _log_q(mu, sigma, params)


def _wrong(mu, sigma, case, params):
    """What each mistake makes of the log weights of these draws."""
    prior, lik, q = _log_prior(mu, sigma, case), _log_lik(mu, sigma, case), _log_q(mu, sigma, params)
    right = prior + lik - q
    return {
        "no log q": prior + lik,
        "sign": -right,
        "no prior": lik - q,
        "likelihood only": lik,
        "no Jacobian": right - np.log(sigma),
        "Jacobian in P": right + np.log(sigma),
        "mean over data": prior + lik / N_POINTS - q,
        "normalised": right - logsumexp(right),
    }


def reference(case):
    """What the densities need of the case, and the log joint at draws of the prior, (2000,), sorted."""
    rng = np.random.default_rng(np.asarray(case["seeds"]))
    mu = rng.normal(*case["prior"], 2000)
    sigma = np.abs(rng.normal(0, case["width"], 2000))
    return {
        "names": np.sort(case["names"][:2]),
        "helper": np.array(case["names"][2]),
        "prior": np.asarray(case["prior"], float),
        "width": np.asarray(case["width"], float),
        "y": np.asarray(case["y"], float),
        "hand": np.asarray(case["hand"], float),
        "auto": np.asarray(case["auto"], float),
        "prior_log_p": np.sort(_log_prior(mu, sigma, case) + _log_lik(mu, sigma, case)),
    }


# ---------------------------------------------------------------- distances


def _relative(found, right):
    return np.abs(found - right) / (1 + np.abs(right))


def _weights(which):
    """The largest relative error of the log weights of one guide, at the learner's own draws."""

    def distance(m, r):
        mu, sigma, log_w = (m[f"{which}_{part}"] for part in ("mu", "sigma", "log_w"))
        return worst(_relative(log_w, _log_w(mu, sigma, r, r[which])))

    return distance


def _ks(mu, sigma, params):
    """Kolmogorov-Smirnov distance of the draws from the guide with these parameters, the larger one of two sites."""
    loc, scale = params
    standard = (mu - loc[0]) / scale[0], (np.log(sigma) - loc[1]) / scale[1]
    return worst([kstest(z, "norm").statistic if np.isfinite(z).all() else np.nan for z in standard])


def _draws(m, r):
    return worst([_ks(m[f"{which}_mu"], m[f"{which}_sigma"], r[which]) for which in ("hand", "auto")])


def _keys(m, r):
    """0 if the draws are all different and another key gives others, where they are draws of the guide at all."""
    mu = m["hand_mu"]
    sane = _ks(mu, m["hand_sigma"], r["hand"]) < 0.2
    fresh = len(np.unique(mu)) > 0.9 * len(mu) and np.mean(np.isin(m["again"], mu)) < 0.1
    return 0.0 if sane and fresh else 1.0


def _names(m, r):
    """0 if the latents of the model are listed and nothing else, where they are draws of the guide at all."""
    sane = _ks(m["hand_mu"], m["hand_sigma"], r["hand"]) < 0.3
    return 0.0 if sane and np.array_equal(m["hand_names"], r["names"]) else 1.0


# ---------------------------------------------------------------- hints


def _is(name, *guides):
    """looks_like: good draws with the weights of a mistake, for both guides or for those named."""

    def looks_like(m, r, d):
        if not d["draws"] < 0.15:
            return False
        return all(
            worst(_relative(m[f"{which}_log_w"], _wrong(m[f"{which}_mu"], m[f"{which}_sigma"], r, r[which])[name]))
            < 3e-3
            for which in guides or ("hand", "auto")
        )

    return looks_like


def _not_logs(m, r, d):
    right = _log_w(m["hand_mu"], m["hand_sigma"], r, r["hand"])
    seen = right > -60
    return d["draws"] < 0.15 and seen.any() and worst(np.log(m["hand_log_w"][seen]) - right[seen]) < 0.05


def _other_draws(m, r, d):
    """The model drew its own z: its log joint is that of draws from the prior."""
    log_p = m["hand_log_w"] + _log_q(m["hand_mu"], m["hand_sigma"], r["hand"])
    return d["draws"] < 0.15 and kstest(log_p, r["prior_log_p"]).statistic < 0.1


def _params_ignored(m, r, d):
    return _ks(m["hand_mu"], m["hand_sigma"], INIT) < 0.15


def _one_draw(m, r, d):
    right = worst([d["hand weights"], d["AutoNormal weights"]]) < 2e-3
    return np.ptp(m["hand_mu"]) == 0 and np.ptp(m["auto_mu"]) == 0 and right


def _helper_listed(m, r, d):
    others = d["draws"] < 0.15 and d["hand weights"] < 2e-3
    return others and np.array_equal(m["hand_names"], np.sort([*r["names"], str(r["helper"])]))


def _figure(axes, m, r):
    off = []
    for which, colour, marker in (("hand", "black", "o"), ("auto", BLUE, "x")):
        right = _log_w(m[f"{which}_mu"], m[f"{which}_sigma"], r, r[which])
        found = np.clip(m[f"{which}_log_w"], right.min() - 30, right.max() + 30)
        off.append(bool(worst(_relative(m[f"{which}_log_w"], right)) <= 2e-3))
        label = "written by hand" if which == "hand" else "AutoNormal"
        axes.plot(right[:200], found[:200], marker, color=colour, markersize=4, fillstyle="none", label=label)
    ends = [right.min(), right.max()]
    axes.plot(ends, ends, color="grey", linewidth=0.8)
    axes.set(xlabel="exact log weight of your draw", ylabel="yours")
    axes.set_title(
        "Each of your draws has its weight" if all(off) else f"The weights of {off.count(False)} of 2 guides are off",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return (
        "Your log weights against the exact ones at your draws, for two guides, with the line on which both agree. "
        f"{off.count(False)} of the two are off."
    )


def _shifted(which):
    def perturb(m, r, size):
        log_w = np.array(m[f"{which}_log_w"], float)
        return {**m, f"{which}_log_w": log_w + size * (1 + np.abs(log_w))}

    return perturb


def _moved(m, r, size):
    """All draws of the AutoNormal's mean moved by ``size`` standard deviations, with the weights of the new places."""
    mu = np.array(m["auto_mu"], float) + size * r["auto"][1, 0]
    return {**m, "auto_mu": mu, "auto_log_w": _log_w(mu, np.asarray(m["auto_sigma"], float), r, r["auto"])}


EXERCISE = Exercise(
    title="The weights of a guide's draws",
    names={"log_weights": "key, model, guide, params, n, *args"},
    public=lambda: draw(np.random.default_rng(111)),
    case=draw,
    reference=reference,
    fields={
        "hand_mu": Field((1500,)),
        "hand_sigma": Field((1500,)),
        "hand_log_w": Field((1500,)),
        "hand_names": Field((None,), text=True),
        "again": Field((1500,)),
        "auto_mu": Field((1000,)),
        "auto_sigma": Field((1000,)),
        "auto_log_w": Field((1000,)),
    },
    criteria=(
        Criterion(
            "hand weights",
            points=2,
            compared="your log weights and the exact ones at your draws, guide with a helper, relative to 1 + size, "
            "the worst of 1500",
            distance=_weights("hand"),
            needs=("hand_mu", "hand_sigma", "hand_log_w"),
            failed="For the guide with a helper site, your log weights are not ln P − ln q at your draws.",
        ),
        Criterion(
            "AutoNormal weights",
            points=2,
            compared="your log weights and the exact ones at your draws, AutoNormal, relative to 1 + size, the worst "
            "of 1000",
            distance=_weights("auto"),
            needs=("auto_mu", "auto_sigma", "auto_log_w"),
            failed="For AutoNormal, your log weights are not ln P − ln q at your draws.",
        ),
        Criterion(
            "draws",
            points=1,
            compared="distribution functions of your draws and of the guide, the largest distance for two sites of "
            "two guides",
            distance=_draws,
            needs=("hand_mu", "hand_sigma", "auto_mu", "auto_sigma"),
            failed="Your draws are not draws of the guide with the parameters in params.",
        ),
        Criterion(
            "keys",
            points=1,
            compared="your draws come from the guide, are all different, and differ with another key: 0 yes, 1 no",
            distance=_keys,
            needs=("hand_mu", "hand_sigma", "again"),
            failed="n draws must be n different ones, and another key must give other draws.",
        ),
        Criterion(
            "names",
            points=1,
            compared="your draws come from the guide, and your dict holds the model's latent sites and no others: 0 "
            "yes, 1 no",
            distance=_names,
            needs=("hand_mu", "hand_sigma", "hand_names"),
            failed="Your dict must hold the draws of the model's latent sites and of no others.",
        ),
    ),
    mistakes=(
        Mistake(
            "no log q", hint="A weight compares two densities: where is the second one?", looks_like=_is("no log q")
        ),
        Mistake("sign", hint="Which of the two densities is on top?", looks_like=_is("sign")),
        Mistake("no prior", hint="What does P contain besides the data?", looks_like=_is("no prior")),
        Mistake(
            "likelihood only",
            hint="Which two densities does a weight compare, and does yours hold both of them whole?",
            looks_like=_is("likelihood only"),
        ),
        Mistake(
            "no Jacobian",
            hint="In which coordinates is your q a density: those of the helper, or those of the model?",
            looks_like=_is("no Jacobian", "hand"),
        ),
        Mistake(
            "Jacobian in P",
            hint="Do P and q stand in the same coordinates?",
            looks_like=_is("Jacobian in P"),
        ),
        Mistake(
            "mean over data",
            hint="Does the evidence for a value grow with the number of points?",
            looks_like=_is("mean over data"),
        ),
        Mistake("normalised", hint="What would the average of your weights tell you?", looks_like=_is("normalised")),
        Mistake("not logs", hint="Is it the weight that is asked for, or its logarithm?", looks_like=_not_logs),
        Mistake("other draws", hint="Whose z did the model see?", looks_like=_other_draws),
        Mistake("params ignored", hint="Change params: do your draws move?", looks_like=_params_ignored),
        Mistake("one draw", hint="How many different draws did you get?", looks_like=_one_draw),
        Mistake("helper listed", hint="Does the model know every site in your dict?", looks_like=_helper_listed),
    ),
    near=(
        NearMiss(
            "hand weights",
            unit="relative error",
            sizes=(1e-3, 3e-3, 6e-3),
            must=6e-3,
            perturb=_shifted("hand"),
        ),
        NearMiss(
            "AutoNormal weights",
            unit="relative error",
            sizes=(1e-3, 3e-3, 6e-3),
            must=6e-3,
            perturb=_shifted("auto"),
        ),
        NearMiss("draws", unit="sds by which they are moved", sizes=(0.2, 0.5, 1.2), must=1.2, perturb=_moved),
    ),
    figure=_figure,
)
