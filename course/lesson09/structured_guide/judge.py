"""A guide with exact groups: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import hierarchy
from ...tools import BLUE, seed, worst

N_GROUPS, N_POINTS, N_OTHER = 8, 96, 5
N_DRAWS = 4096
LATE, WINDOW = 300, 100
FINE = 3e-3  # sigmas below it are left out of the comparison with the conditional: float32 has little to say there


# ---------------------------------------------------------------- cases


def _other(rng):
    """A made-up conditional for 5 groups, with triangles that no slip leaves as they are, and some points."""
    corr = rng.choice([-1, 1], N_OTHER) * rng.uniform(0.5, 0.75, N_OTHER)
    sds = np.stack([rng.uniform(0.35, 0.6, N_OTHER), rng.uniform(1.6, 2.6, N_OTHER)], axis=-1)
    tril = np.zeros((N_OTHER, 2, 2))
    tril[:, 0, 0] = sds[:, 0]
    tril[:, 1, 0], tril[:, 1, 1] = sds[:, 1] * corr, sds[:, 1] * np.sqrt(1 - corr**2)
    n = 4 * N_OTHER
    return {
        "group": rng.permutation(np.arange(n) % N_OTHER),
        "x": rng.uniform(-10, 10, n),
        "noise": rng.uniform(1.5, 3.5, n),
        "y": rng.uniform(-20, 20, n),
        "shift": rng.choice([-1, 1], (N_OTHER, 2)) * rng.uniform(1.5, 3, (N_OTHER, 2)),
        "tril": tril,
    }


def draw(rng):
    """96 points in 8 groups of unequal sizes, labels shuffled; x is off centre, so that slope and intercept trade."""
    while True:
        share = rng.dirichlet(np.full(N_GROUPS, 12.0))
        sizes = rng.multinomial(N_POINTS, share)
        if sizes.min() >= 6 and sizes.max() <= 20:
            break
    group = rng.permutation(np.repeat(np.arange(N_GROUPS), sizes))
    mu_m, mu_c = rng.normal(0, 1), rng.choice([-1, 1]) * rng.uniform(5, 15)
    sigma_m, sigma_c = rng.uniform(0.1, 0.3), rng.uniform(0.3, 1.2)
    m, c = rng.normal(mu_m, sigma_m, N_GROUPS), rng.normal(mu_c, sigma_c, N_GROUPS)
    x = rng.uniform(-10, 10, N_POINTS) + rng.choice([-1, 1]) * rng.uniform(2.5, 4)
    noise = rng.uniform(1.5, 3.5, N_POINTS)
    y = rng.normal(m[group] * x + c[group], noise)
    points = {"group": group, "x": x.round(1), "noise": noise.round(1), "y": y.round(1)}
    return {**points, "n_groups": np.array(N_GROUPS), "other": _other(rng), "seed": seed(rng)}


def public():
    points = {"group": hierarchy.GROUP, "x": hierarchy.X, "noise": hierarchy.NOISE, "y": hierarchy.Y}
    return {**points, "n_groups": np.array(N_GROUPS), "other": _other(np.random.default_rng(96)), "seed": np.array(9)}


def reference(case):
    """Evidence and posterior by quadrature; the best guide with independent normals for the population."""
    data = [np.asarray(case[name], float) for name in ("x", "noise", "y")]
    data = (np.asarray(case["group"]), *data, int(case["n_groups"]))
    exact = hierarchy.regression_exact(*data)
    best, mean, sd = hierarchy.structured_optimum(*data)
    a, h, _ = hierarchy.sums(*data)
    return {
        "floor": np.float64(-exact["log_z"]),
        "best": np.float64(best),
        "best_mean": mean,
        "best_sd": sd,
        "exact_mean": np.concatenate([exact["hyper"][[0, 2], 0], exact["ln_sigma"][:, 0]]),
        "exact_sd": np.concatenate([exact["hyper"][[0, 2], 1], exact["ln_sigma"][:, 1]]),
        "line_mean": exact["line_mean"],
        "line_sd": exact["line_sd"],
        "a": a,
        "h": h,
        "shift": np.asarray(case["other"]["shift"], float),
        "tril": np.asarray(case["other"]["tril"], float),
    }


# ---------------------------------------------------------------- distances


def level(m):
    return np.mean(m["losses"][-LATE:])


def lowest(m):
    """The lowest mean of WINDOW consecutive losses; windows with a loss that is not finite do not count."""
    sums = np.convolve(m["losses"], np.ones(WINDOW) / WINDOW, "valid")
    return np.min(sums[np.isfinite(sums)])


def excess(m, r):
    """How far the late losses lie above the best; NaN where they undercut what no guide can."""
    return np.maximum(level(m) - r["best"], 0) if level(m) > r["floor"] - 0.1 else np.nan


def undercut(m, r):
    """How far the lowest losses lie below the floor; says nothing of a guide that has not learnt."""
    return np.maximum(r["floor"] - lowest(m), 0) if level(m) < r["best"] + 1 else np.nan


def _moments(hyper):
    """Means and sds of mu_m, mu_c, ln sigma_m, ln sigma_c."""
    z = np.concatenate([hyper[:, :2], np.log(hyper[:, 2:])], axis=1)
    return z.mean(axis=0), z.std(axis=0)


def _standardised(hyper):
    """mu_m, mu_c, ln sigma_m, ln sigma_c without their means and sds, (n, 4)."""
    mean, sd = _moments(hyper)
    return (np.concatenate([hyper[:, :2], np.log(hyper[:, 2:])], axis=1) - mean) / sd


def population(m, r):
    """How far means (in exact sds) and ln sds lie outside of what is between the exact ones and those of the best."""
    mean, sd = _moments(m["hyper"])

    def outside(value, one, other):
        return np.maximum(np.maximum(np.minimum(one, other) - value, value - np.maximum(one, other)), 0)

    means = outside(mean, r["exact_mean"], r["best_mean"]) / r["exact_sd"]
    return worst([means, outside(np.log(sd), np.log(r["exact_sd"]), np.log(r["best_sd"]))])


def whiten(lines, mean, tril):
    """(lines - mean) in units of the triangles, (n, J, 2): standard normal where the lines have that conditional."""
    off = lines - mean
    first = off[..., 0] / tril[..., 0, 0]
    return np.stack([first, (off[..., 1] - tril[..., 1, 0] * first) / tril[..., 1, 1]], axis=-1)


def not_white(e):
    """The worst distance of a group's means from 0 and of its second moments from those of a standard normal."""
    second = np.einsum("nja,njb->jab", e, e) / len(e)
    return np.max([worst(e.mean(axis=0)), worst(second - np.eye(2))])


def fitted_white(m, r):
    """The fitted lines in units of the conditional at the hyperparameters that were drawn with them."""
    hyper = m["hyper"]
    fine = (hyper[:, 2:] > FINE).all(axis=1)
    if fine.mean() < 0.5:
        return np.full((1, *r["shift"].shape), np.nan)
    mean, cov = hierarchy.conditional(hyper[fine, :2], hyper[fine, 2:], r["a"], r["h"])
    return whiten(m["lines"][fine], mean, np.linalg.cholesky(cov))


def other_white(m, r, swap=slice(None), mu=slice(None)):
    """The lines before the fit in units of the made-up conditional; columns of the lines or of mu exchanged."""
    hyper = m["other_hyper"]
    sigma = hyper[:, None, 2:]
    mean = hyper[:, None, :2][..., mu] + sigma * r["shift"]
    return whiten(m["other_lines"][..., swap], mean, sigma[..., None] * r["tril"])


def if_learnt(distance):
    """NaN unless the loss came near the best: a guide that does not learn has done nothing."""
    return lambda m, r: distance(m, r) if excess(m, r) < 3 else np.nan


# ---------------------------------------------------------------- mistakes


def _learns(m):
    return any(" param " in line for line in m["sites"])


def _called(m):
    return bool(m["called"] == 1)


def _other_off(m, r):
    """The made-up lines less their mean, in units of sigma, (n, 5, 2)."""
    hyper = m["other_hyper"]
    sigma = hyper[:, None, 2:]
    return (m["other_lines"] - hyper[:, None, :2]) / sigma - r["shift"]


def _upright(m, r, whole):
    """Slope and intercept are drawn apart, the intercept with the whole of its sd or with the triangle's last entry."""
    off, tril = _other_off(m, r), r["tril"]
    sds = np.stack([tril[:, 0, 0], np.hypot(tril[:, 1, 0], tril[:, 1, 1]) if whole else tril[:, 1, 1]], axis=-1)
    return _called(m) and not_white(off / sds) < 0.2


def _squared_triangle(m, r):
    """Lines drawn with L L' in the place of L: their second moments in units of sigma."""
    off, sigma = _other_off(m, r), m["other_hyper"][:, 2:]
    # off = S**-1 (S T)(S T)' z = T T' S z
    square = np.einsum("jab,jcb->jac", r["tril"], r["tril"])
    wanted = np.einsum("jab,b,jcb->jac", square, np.mean(sigma**2, axis=0), square)
    found = np.einsum("nja,njb->jab", off, off) / len(off)
    size = np.sqrt(np.einsum("ja,jb->jab", *[np.diagonal(wanted, axis1=1, axis2=2)] * 2))
    return _called(m) and worst((found - wanted) / size) < 0.25


def _point_sigmas(m):
    hyper = m["other_hyper"]
    return worst(np.ptp(hyper[:, 2:], axis=0) / hyper[:, 2:].mean(axis=0)) < 1e-4


def _at_the_mean(m, r):
    return _called(m) and worst(other_white(m, r)) < 0.02


def _one_population(m, r):
    """The lines have the shape of the conditional, but know nothing of the population that was drawn with them."""
    hyper, lines = _standardised(m["other_hyper"]), m["other_lines"]
    off = lines - lines.mean(axis=0)
    sds = off.std(axis=0)
    known = np.einsum("nh,nja->hja", hyper, off) / (len(hyper) * sds)
    corr = np.mean(off[..., 0] * off[..., 1], axis=0) / np.prod(sds, axis=-1)
    wanted = r["tril"][:, 1, 0] / np.hypot(r["tril"][:, 1, 0], r["tril"][:, 1, 1])
    return _called(m) and worst(known) < 0.08 and worst(corr - wanted) < 0.08 and not_white(other_white(m, r)) > 0.2


# ---------------------------------------------------------------- figure


def figure(axes, m, r):
    if m["lines"].shape != (N_DRAWS, N_GROUPS, 2) or not np.isfinite(m["lines"]).all():
        return None
    mean, sd = m["lines"][..., 1].mean(axis=0), m["lines"][..., 1].std(axis=0)
    right = worst((m["lines"].mean(axis=0) - r["line_mean"]) / r["line_sd"]) < 0.25
    right = right and worst(np.log(m["lines"].std(axis=0) / r["line_sd"])) < 0.3
    j = np.arange(N_GROUPS)
    axes.errorbar(j - 0.12, r["line_mean"][:, 1], r["line_sd"][:, 1], fmt="o", color="black", label="exact posterior")
    axes.errorbar(j + 0.12, mean, sd, fmt="s", color=BLUE, label="your guide")
    axes.set(xlabel="group", ylabel="intercept, mean and sd")
    axes.set_title(
        "Your guide knows every group's line, and how well"
        if right
        else "Some of your groups are not where the posterior has them",
        fontsize=10,
    )
    axes.legend(fontsize=8)
    return "For each of eight groups the exact mean and sd of its intercept, and beside it those of your guide. " + (
        "They agree." if right else "They do not agree, here or in the slopes."
    )


# ---------------------------------------------------------------- near misses


def _moved(m, r, size):
    """The population's mean slope off by ``size`` exact sds, every line still right for the population drawn."""
    return _with_hyper(m, r, m["hyper"] + size * r["exact_sd"][0] * np.array([1.0, 0, 0, 0]))


def _stretched(m, r, size):
    """ln sigma_m spread by 1 + ``size``, every line still right for the population drawn."""
    hyper = m["hyper"].copy()
    ln = np.log(hyper[:, 2])
    hyper[:, 2] = np.exp(ln.mean() + (1 + size) * (ln - ln.mean()))
    return _with_hyper(m, r, hyper)


def _with_hyper(m, r, hyper):
    """Other hyperparameters, and the lines that the same standard normals give with them."""
    e = fitted_white({**m, "hyper": np.maximum(m["hyper"], [-np.inf, -np.inf, FINE * 1.01, FINE * 1.01])}, r)
    mean, cov = hierarchy.conditional(hyper[:, :2], hyper[:, 2:], r["a"], r["h"])
    lines = mean + np.einsum("njab,njb->nja", np.linalg.cholesky(cov), e)
    return {**m, "hyper": hyper, "lines": lines}


def _wide(m, r, size):
    mean, _ = hierarchy.conditional(m["hyper"][:, :2], m["hyper"][:, 2:], r["a"], r["h"])
    return {**m, "lines": mean + (1 + size) * (m["lines"] - mean)}


SCALE = "scale = numpyro.param('scale', jnp.full(4, 0.3), constraint=constraints.positive)"
LOC = "loc = numpyro.param('loc', jnp.zeros(4))"
LINES = "lines = numpyro.sample('lines', lines, infer={'is_auxiliary': True})"

#: reason -> (statement of the solution, what may stand in its place)
SAME = {
    "a param and a plate may have any name, and so may a helper site": (
        (LOC, LOC.replace("'loc'", "'loc_'")),
        (SCALE, SCALE.replace("'scale'", "'scale_'")),
        (LINES, LINES.replace("'lines'", "'lines_'")),
        ("with numpyro.plate('groups', n_groups):", "with numpyro.plate('groups_', n_groups):"),
    ),
    "another place to start from, and the fit ends where it did": (
        (LOC, LOC.replace("zeros", "ones")),
        *((SCALE, SCALE.replace("0.3", start)) for start in ("0.6", "1.3", "0.15")),
    ),
    "a fifth number that nothing uses": (
        (LOC, LOC.replace("4", "5")),
        (SCALE, SCALE.replace("4", "5")),
    ),
    "the same entry of the array, counted from the end; JAX takes the last for one beyond it": (
        *(
            (line.format("2"), line.format("-2"))
            for line in (
                "sigma_m = numpyro.sample('sigma_m', dist.LogNormal(loc[{}], scale[2]))",
                "sigma_m = numpyro.sample('sigma_m', dist.LogNormal(loc[2], scale[{}]))",
            )
        ),
        *(
            (line.format("3"), line.format("4"))
            for line in (
                "sigma_c = numpyro.sample('sigma_c', dist.LogNormal(loc[{}], scale[3]))",
                "sigma_c = numpyro.sample('sigma_c', dist.LogNormal(loc[3], scale[{}]))",
            )
        ),
        *(
            ("numpyro.sample('c', dist.Delta(lines[:, 1]))", f"numpyro.sample('c', dist.Delta(lines[:, {entry}]))")
            for entry in (2, -1)
        ),
    ),
    "without the mark NumPyro only warns of a site that the model lacks": (
        (LINES, "lines = numpyro.sample('lines', lines)"),
        (LINES, LINES.replace("is_auxiliary", "is_auxiliary_")),
        (LINES, LINES.replace("True", "False")),
    ),
    "y is always given": (
        (
            "def guide(group, x, noise, n_groups, y=None):",
            "def guide(group, x, noise, n_groups, y=0):",
        ),
    ),
}


EXERCISE = Exercise(
    title="A guide with exact groups",
    names={"structured_guide": "conditional"},
    public=public,
    case=draw,
    reference=reference,
    routes="hierarchy_routes",
    fields={
        "losses": Field((2000,), allow="inf nan"),
        "hyper": Field((N_DRAWS, 4), allow="inf nan"),
        "lines": Field((N_DRAWS, N_GROUPS, 2), allow="inf nan"),
        "other_hyper": Field((N_DRAWS, 4), allow="inf nan"),
        "other_lines": Field((N_DRAWS, N_OTHER, 2), allow="inf nan"),
        "called": Field(),
        "sites": Field((None,), text=True),
    },
    criteria=(
        Criterion(
            "loss",
            points=2,
            compared="mean of the last 300 losses above the least loss of independent normals for the population with "
            "exact groups, nats",
            distance=excess,
            needs=("losses",),
            failed="The loss does not come down to what exact groups make possible, or falls below what any guide can.",
        ),
        Criterion(
            "bound",
            points=1,
            compared="how far the lowest mean of 100 losses in a row lies below -ln Z, the floor of every guide, nats",
            distance=undercut,
            needs=("losses",),
            failed="The loss fell below the floor -ln Z, which no guide can, or never came near it.",
        ),
        Criterion(
            "population",
            points=2,
            compared="means and sds of mu_m, mu_c, ln sigma_m, ln sigma_c, beyond what lies between the exact "
            "posterior and the best independent normals; exact sds, or log ratio of sds",
            distance=if_learnt(population),
            needs=("losses", "hyper"),
            failed="After the fit your draws of the population are not where the posterior has them, or not as wide.",
        ),
        Criterion(
            "groups",
            points=2,
            compared="slopes and intercepts of each group in units of the conditional at the population drawn with "
            "them, and standard normal draws: worst mean, variance or product",
            distance=if_learnt(lambda m, r: not_white(fitted_white(m, r))),
            needs=("losses", "hyper", "lines"),
            failed="Given the population that was drawn with them, your slopes and intercepts do not follow the "
            "conditional.",
        ),
        Criterion(
            "another conditional",
            points=1,
            compared="the same before the fit, for five groups and a made-up conditional",
            distance=if_learnt(lambda m, r: not_white(other_white(m, r))),
            needs=("losses", "other_hyper", "other_lines"),
            failed="Handed another conditional, and five groups in place of eight, your guide does not follow it.",
        ),
    ),
    mistakes=(
        Mistake(
            "drawn apart",
            hint="Tilt the line of a group about its points: may its intercept stay where it was?",
            looks_like=lambda m, r, d: _upright(m, r, whole=True),
        ),
        Mistake(
            "diagonal of the triangle",
            hint="Tilt the line of a group about its points: may its intercept stay where it was?",
            looks_like=lambda m, r, d: _upright(m, r, whole=False),
        ),
        Mistake(
            "one population for all draws",
            hint="When a small sigma is drawn, do your groups know of it?",
            looks_like=lambda m, r, d: _one_population(m, r),
        ),
        Mistake(
            "groups at their mean",
            hint="What price does your guide pay for being certain of each line?",
            looks_like=lambda m, r, d: _at_the_mean(m, r),
        ),
        Mistake(
            "no claim",
            hint="Your loss is better than possible: does each density that you claim integrate to one?",
            looks_like=lambda m, r, d: (
                _called(m)
                and not_white(other_white(m, r)) < 0.2
                and r["floor"] - lowest(m) > 0.1
                and not _point_sigmas(m)
            ),
        ),
        Mistake(
            "point sigmas",
            hint="How wide is your surrogate for the two sigmas?",
            looks_like=lambda m, r, d: _called(m) and not_white(other_white(m, r)) < 0.2 and _point_sigmas(m),
        ),
        Mistake(
            "covariance for triangle",
            hint="Is it the matrix or its root that you hand over?",
            looks_like=lambda m, r, d: _squared_triangle(m, r),
        ),
        Mistake(
            "slope and intercept exchanged",
            hint="Which column is the slope?",
            looks_like=lambda m, r, d: _called(m) and not_white(other_white(m, r, swap=[1, 0])) < 0.2,
        ),
        Mistake(
            "population exchanged",
            hint="Which entry of mu is the slope's?",
            looks_like=lambda m, r, d: _called(m) and not_white(other_white(m, r, mu=[1, 0])) < 0.2,
        ),
        Mistake(
            "AutoNormal of the model",
            hint="Does your guide ever ask the conditional?",
            looks_like=lambda m, r, d: not _called(m) and _learns(m),
        ),
        Mistake(
            "AutoMultivariateNormal of the model",
            hint="Does your guide ever ask the conditional?",
            looks_like=lambda m, r, d: not _called(m) and _learns(m),
        ),
        Mistake(
            "population from the prior",
            hint="What can the optimiser turn?",
            looks_like=lambda m, r, d: _called(m) and not _learns(m) and not_white(other_white(m, r)) < 0.2,
        ),
    ),
    near=(
        NearMiss(
            "loss",
            unit="nats added to the losses",
            sizes=(0.03, 0.06, 0.1, 0.2, 0.3),
            must=0.3,
            perturb=lambda m, r, size: {**m, "losses": m["losses"] + size},
        ),
        NearMiss(
            "mean slope",
            unit="exact sds",
            sizes=(0.1, 0.2, 0.4, 0.6),
            must=0.6,
            perturb=_moved,
        ),
        NearMiss(
            "spread of sigma_m",
            unit="part by which ln sigma_m is too wide",
            sizes=(0.1, 0.2, 0.4, 0.8),
            must=0.8,
            perturb=_stretched,
        ),
        NearMiss(
            "wide groups",
            unit="part by which every group is too wide given its population",
            sizes=(0.02, 0.05, 0.1, 0.2, 0.3),
            must=0.3,
            perturb=_wide,
        ),
    ),
    equivalent={f"{old} => {new}": reason for reason, changes in SAME.items() for old, new in changes},
    figure=figure,
)
