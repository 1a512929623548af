"""The hierarchical regression as a NumPyro model: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy import stats

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, seed, worst

SIZES, N_POINTS, N_PLACES, N_SIMULATIONS = {"few": 5, "many": 11}, 40, 6, 200
HYPER = ("mu_m", "sigma_m", "mu_c", "sigma_c")


def _draw_part(rng, n_groups):
    """40 points of which the last group has none, and 6 places to ask for the log joint at.

    The two sigmas differ, the noise differs from point to point and is never near 1, and mu_m lies far out: there the
    two normal priors can't be mistaken for each other.
    """
    group = np.append(np.arange(n_groups - 1), rng.integers(0, n_groups - 1, N_POINTS - n_groups + 1))
    group = rng.permutation(group)
    small, large = rng.uniform(1.5, 4, N_PLACES), rng.uniform(6, 14, N_PLACES)
    slopes_vary = rng.permutation(np.arange(N_PLACES) % 2 == 0)
    sign = lambda: rng.choice([-1, 1], N_PLACES)  # noqa: E731
    places = {
        "mu_m": sign() * rng.uniform(15, 30, N_PLACES),
        "sigma_m": np.where(slopes_vary, large, small),
        "mu_c": sign() * rng.uniform(2, 10, N_PLACES),
        "sigma_c": np.where(slopes_vary, small, large),
    }
    for name in "mc":
        mu, sigma = places[f"mu_{name}"][:, None], places[f"sigma_{name}"][:, None]
        places[name] = mu + sigma * rng.uniform(-1.5, 1.5, (N_PLACES, n_groups))
    x = rng.choice([-1, 1], N_POINTS) * rng.uniform(0.3, 3, N_POINTS)
    noise = np.where(rng.random(N_POINTS) < 0.5, rng.uniform(2, 4, N_POINTS), rng.uniform(8, 20, N_POINTS))
    y = rng.normal(places["m"][0][group] * x + places["c"][0][group], noise)
    return {
        "group": group,
        "x": x.astype(np.float32),
        "noise": noise.astype(np.float32),
        "y": y.astype(np.float32),
        "n_groups": np.array(n_groups),
        **{name: values.astype(np.float32) for name, values in places.items()},
    }


def draw(rng):
    return {name: _draw_part(rng, n) for name, n in SIZES.items()} | {"seed": seed(rng)}


def public():
    return draw(np.random.default_rng(95))


def _float(part):
    return {name: np.asarray(value) if name == "group" else np.asarray(value, float) for name, value in part.items()}


def _log_joint(part, rule=""):
    """The log joint at the 6 places, in float64, or that of a wrong model."""
    p = _float(part)
    wide_m, wide_c = (15, 25) if rule == "scales of the text" else (10, 15)
    prior = stats.norm if rule == "normal sigmas" else stats.halfnorm
    sd_m, sd_c = (25, 15) if rule == "prior sds exchanged" else (15, 25)
    hyper = (
        stats.norm.logpdf(p["mu_m"], 0, sd_m)
        + prior.logpdf(p["sigma_m"], scale=wide_m)
        + stats.norm.logpdf(p["mu_c"], 0, sd_c)
        + prior.logpdf(p["sigma_c"], scale=wide_c)
    )
    sigma_m, sigma_c = p["sigma_m"], p["sigma_c"]
    if rule == "sigmas exchanged":
        sigma_m, sigma_c = sigma_c, sigma_m
    elif rule == "one sigma":
        sigma_c = sigma_m
    lines = stats.norm.logpdf(p["m"], p["mu_m"][:, None], sigma_m[:, None]).sum(axis=1)
    lines += stats.norm.logpdf(p["c"], p["mu_c"][:, None], sigma_c[:, None]).sum(axis=1)
    noise = {
        "noise for a variance": np.sqrt(p["noise"]),
        "noise ignored": np.ones(N_POINTS),
        "noise averaged": np.full(N_POINTS, p["noise"].mean()),
    }.get(rule, p["noise"])
    if rule == "every group sees every point":
        centre = p["m"][:, :, None] * p["x"] + p["c"][:, :, None]
        points = stats.norm.logpdf(p["y"], centre, noise).sum(axis=(1, 2))
    else:
        points = stats.norm.logpdf(p["y"], _centre(p), noise).sum(axis=1)
    return hyper + lines + points


def _centre(p):
    return p["m"][:, p["group"]] * p["x"] + p["c"][:, p["group"]]


#: Wrong models that run, and whose log joint tells which they are.
RULES = ("scales of the text", "prior sds exchanged", "normal sigmas", "sigmas exchanged", "one sigma") + (
    "noise for a variance",
    "noise ignored",
    "noise averaged",
    "every group sees every point",
)


def reference(case):
    many = _float(case["many"])
    return {
        **{f"logp_{name}": _log_joint(case[name]) for name in SIZES},
        "wrong": {rule: {name: _log_joint(case[name], rule) for name in SIZES} for rule in RULES},
        "centre": _centre(many)[0],
        "noise": many["noise"],
        "data": many["y"],
    }


def log_joint(m, r):
    return worst([worst(m[f"logp_{name}"] - r[f"logp_{name}"]) for name in SIZES])


def wanted_sites(n_groups):
    sites = [f"{name} latent ()" for name in HYPER] + [f"{name} latent ({n_groups},)" for name in "mc"]
    return sorted([*sites, f"y observed ({N_POINTS},)"])


def sites(m, r):
    """How many of the two lists of sites are not the wanted one."""
    found = {name: sorted(line for line in m[f"sites_{name}"] if " param " not in line) for name in SIZES}
    return float(sum(found[name] != wanted_sites(n) for name, n in SIZES.items()))


def simulation(m, r):
    """Mean and ln sd of all errors in units of the noise; or a fifth of the worst of a point's, or of a data set's sum.

    One point has 200 errors, which tell its mean to 0.07 and its ln sd to 0.05.
    """
    e = (m["simulated"] - r["centre"]) / r["noise"]
    together = np.log(e.sum(axis=1).std() / np.sqrt(N_POINTS))  # points are independent of each other
    return worst(
        [
            e.mean(),
            np.log(e.std()),
            worst(e.mean(axis=0)) / 5,
            worst(np.log(e.std(axis=0))) / 5,
            together / 5,
        ]
    )


def _is_rule(rule):
    def looks_like(m, r, d):
        wrong = r["wrong"][rule]
        return all(np.allclose(m[f"logp_{name}"], wrong[name], rtol=1e-5, atol=0.02) for name in SIZES)

    return looks_like


def _labels_counted(m, r):
    """Groups were counted from the labels that occur: one too few, and not at all where JAX traces the labels."""
    if "unique" in str(m.get("detail", "")):
        return True
    return "logp_few" not in m and f"m latent ({SIZES['few'] - 1},)" in m["sites_few"]


def _always_8(m, r):
    return any("(8,)" in line for name in SIZES for line in m.get(f"sites_{name}", ()))


def _population_in_the_plate(m, r):
    return all(
        f"{name} latent ({n},)" in m[f"sites_{part}"] for name in HYPER for part, n in SIZES.items() if name[:2] == "mu"
    )


def _line_a_point(m, r):
    return any(f"m latent ({N_POINTS},)" in m.get(f"sites_{name}", ()) for name in SIZES)


def _y_drawn(m, r):
    """With y given, y is drawn all the same."""
    return all(f"y latent ({N_POINTS},)" in m[f"sites_{name}"] for name in SIZES)


def figure(axes, m, r):
    if m["simulated"].shape != (N_SIMULATIONS, N_POINTS):
        return None
    right = simulation(m, r) < 0.1
    order = np.argsort(r["centre"])
    at = np.arange(N_POINTS)
    axes.errorbar(at, r["centre"][order], r["noise"][order], fmt="none", color="black", label="line, and noise")
    low, high = np.quantile(m["simulated"][:, order], [0.16, 0.84], axis=0)
    axes.fill_between(at, low, high, color=BLUE, alpha=0.4, label="two thirds of your simulated y")
    axes.set(xlabel="40 points, in the order of their line", ylabel="y")
    axes.set_title(
        "Your model scatters each point about its group's line"
        if right
        else "Your simulated points do not scatter as the model says",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return "For each of 40 points the line of its group with the noise, and the middle of your simulated values. " + (
        "They agree." if right else "They do not agree."
    )


EXERCISE = Exercise(
    title="The hierarchical regression as a model",
    names={"model_hier": "group, x, noise, n_groups, y=None"},
    public=public,
    case=draw,
    reference=reference,
    fields={
        "logp_few": Field((N_PLACES,), allow="inf nan"),
        "logp_many": Field((N_PLACES,), allow="inf nan"),
        "sites_few": Field((None,), text=True),
        "sites_many": Field((None,), text=True),
        "simulated": Field((N_SIMULATIONS, N_POINTS)),
    },
    criteria=(
        Criterion(
            "log joint",
            points=3,
            compared="log density of your model and of the asked one at 6 places, for 5 and for 11 groups, nats",
            distance=log_joint,
            needs=("logp_few", "logp_many"),
            failed="With all unknowns held fixed, your model's log density is not that of the asked one.",
        ),
        Criterion(
            "sites",
            points=2,
            compared="your sample sites for 5 and for 11 groups, and the seven asked ones with their shapes: lists "
            "that differ",
            distance=sites,
            needs=("sites_few", "sites_many"),
            failed="Print the trace of your model with data: it should show four numbers, slopes and intercepts with "
            "an entry for each group, the observed y, and no other sample site.",
        ),
        Criterion(
            "simulation",
            points=1,
            compared="200 data sets drawn without y at fixed lines: their errors in units of the noise, and standard "
            "normal draws",
            distance=simulation,
            needs=("simulated",),
            failed="With `y=None` the site `y` should hold new points that scatter about the lines by the noise.",
        ),
    ),
    mistakes=(
        Mistake(
            "labels counted",
            hint="What is n_groups for, if the last group has no points yet?",
            looks_like=lambda m, r, d: _labels_counted(m, r),
        ),
        Mistake(
            "always 8 groups", hint="Try it with 5 groups: what comes out?", looks_like=lambda m, r, d: _always_8(m, r)
        ),
        Mistake(
            "scales of the text",
            hint="Print the priors of the two sigmas: are they the asked ones?",
            looks_like=_is_rule("scales of the text"),
        ),
        Mistake(
            "prior sds exchanged",
            hint="Print the priors of mu_m and mu_c: which should be the wider?",
            looks_like=_is_rule("prior sds exchanged"),
        ),
        Mistake("normal sigmas", hint="May a sigma be -1?", looks_like=_is_rule("normal sigmas")),
        Mistake(
            "sigmas exchanged",
            hint="By how much do the slopes of two groups differ, and by how much their intercepts?",
            looks_like=_is_rule("sigmas exchanged"),
        ),
        Mistake(
            "one sigma",
            hint="By how much do the slopes of two groups differ, and by how much their intercepts?",
            looks_like=_is_rule("one sigma"),
        ),
        Mistake(
            "noise for a variance",
            hint="Two points with unequal noise: how far may each lie from its line?",
            looks_like=_is_rule("noise for a variance"),
        ),
        Mistake(
            "noise ignored",
            hint="Two points with unequal noise: how far may each lie from its line?",
            looks_like=_is_rule("noise ignored"),
        ),
        Mistake(
            "noise averaged",
            hint="Two points with unequal noise: how far may each lie from its line?",
            looks_like=_is_rule("noise averaged"),
        ),
        Mistake(
            "every group sees every point",
            hint="Print the shape of the log density of y: how often is a point counted?",
            looks_like=_is_rule("every group sees every point"),
        ),
        Mistake(
            "population in the plate",
            hint="How many populations are there?",
            looks_like=lambda m, r, d: _population_in_the_plate(m, r),
        ),
        Mistake(
            "a line for each point",
            hint="How many lines does a group with ten points have?",
            looks_like=lambda m, r, d: _line_a_point(m, r),
        ),
        Mistake(
            "y never observed",
            hint="Does the log density change with the data?",
            looks_like=lambda m, r, d: _y_drawn(m, r),
        ),
    ),
    near=(
        NearMiss(
            "constant",
            unit="nats added to the log joint",
            sizes=(1e-3, 3e-3, 0.01, 0.03, 0.05),
            must=0.05,
            perturb=lambda m, r, size: {**m, "logp_few": m["logp_few"] + size},
        ),
        NearMiss(
            "scatter",
            unit="part by which simulated points scatter too widely",
            sizes=(0.02, 0.05, 0.1, 0.2, 0.4),
            must=0.4,
            perturb=lambda m, r, size: {
                **m,
                "simulated": r["centre"] + (1 + size) * (m["simulated"] - r["centre"]),
            },
        ),
    ),
    equivalent={
        f"with numpyro.plate('{name}', {size}): => with numpyro.plate('{name}_', {size}):": "a plate may have any name"
        for name, size in (("groups", "n_groups"), ("points", "len(x)"))
    },
    figure=figure,
)
