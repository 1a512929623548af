"""A guide for the line by hand: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ... import line
from ...tools import BLUE, RED, seed, worst

THETA, B_PERP, BG_MEAN, BG_SIGMA, Q = range(5)
N_DRAWS = 8192


def _case(data, exact, seed):
    """A data set, and a place near the middle of its posterior where the judge's fits begin."""
    start = np.clip(np.round(exact.median, 1), [-1.3, -3, -3, 0.2, 0.1], [1.3, 3, 3, 9, 0.9])
    return {**{name: data[name] for name in ("x", "e", "y")}, "start": start, "seed": seed}


def telling(exact):
    """Whether mistakes about bg_sigma show: its logarithm is uncertain by much more than 0.25, and far from zero.

    A density of ln bg_sigma that is taken for one of bg_sigma is wrong by the mean of 1 / bg_sigma.
    """
    return exact.log_sigma_sd > 0.44 and exact.median_of(BG_SIGMA)[0] > 1.5


def draw_guide_case(rng):
    """A line that falls, as that of the public data does not, before a wide background."""
    while True:
        data = line.draw_line(rng, bg_sigma=(2.0, 3.2), off=(3, 3), signs=(-1,))
        exact = line.rough_posterior(data["x"], data["e"], data["y"])
        if not (line.plain(exact) and telling(exact)):
            continue
        loss, _, log_scale = line.best_diagonal(data["x"], data["e"], data["y"], exact.median, 256)
        # a larger gap makes weights too heavy for an estimate of the evidence; a scale of 0.25 must cost 0.16 nats
        if loss + exact.log_z < 0.4 and log_scale[BG_SIGMA] > np.log(0.4):
            return _case(data, exact, seed(rng))


def public_guide_case():
    return _case(line.FIFTEEN, line.rough_posterior(**line.FIFTEEN), np.array(74))


def guide_reference(case):
    """Exact ln Z, medians and half-widths, and the gap KL(q || posterior) of the best independent normals."""
    data = {name: np.asarray(case[name], float) for name in ("x", "e", "y")}
    exact = line.posterior(**data)
    loss, _, _ = line.best_diagonal(**data, start=exact.median)
    return {
        "log_z": np.float64(exact.log_z),
        "gap": np.float64(loss + exact.log_z),
        "median": exact.median,
        "half_width": exact.half_width,
    }


# ---------------------------------------------------------------- distances


def log_weights(m, r):
    """ln of p(z, y) / q(z) at the draws, less the exact ln Z, (8192,); -inf where the model forbids the draw."""
    return m["logp"] - m["logq"] - r["log_z"]


def kl(m, r):
    """KL(guide || posterior) as the draws have it, nats; infinite if a draw is forbidden."""
    return -np.mean(log_weights(m, r))


def is_a_surrogate(m, r):
    """Whether the draws that the model allows are somewhere near the posterior: within 1.5 nats of the reference."""
    legal = log_weights(m, r)[~np.isneginf(m["logp"])]
    return len(legal) > N_DRAWS / 5 and abs(np.mean(legal)) < r["gap"] + 1.5


def _if_fitted(distance):
    """A distance that means nothing for a guide that is nowhere near the posterior: NaN there."""
    return lambda m, r: distance(m, r) if is_a_surrogate(m, r) else np.nan


def forbidden(m, r):
    """Places outside the model's supports where a site of the guide has density, plus the share of such draws."""
    return np.isfinite(m["probes"]).sum() + np.isneginf(m["logp"]).mean()


def gap(m, r):
    """How far the KL lies outside the range from zero to that of the best independent normals, nats."""
    return max(kl(m, r) - r["gap"], -kl(m, r))


def evidence(m, r):
    """How far the mean weight of the draws is from the evidence, in ln; single weights are cut at sqrt(8192).

    Cutting is E. Ionides's truncated importance sampling (2008, section 2): its bias is small where weights are
    not heavy, and one far draw decides nothing.
    """
    weights = np.exp(np.minimum(log_weights(m, r), 0.5 * np.log(N_DRAWS)))
    return abs(np.log(weights.mean()))


def _summary(draws):
    """Medians and halves of the central 68 % intervals, (5,) each."""
    low, median, high = np.quantile(draws, (0.16, 0.5, 0.84), axis=0)
    return median, (high - low) / 2


def shifts(m, r):
    return (_summary(m["draws"])[0] - r["median"]) / r["half_width"]


def log_ratios(m, r):
    return np.log(_summary(m["draws"])[1] / r["half_width"])


def guide_figure(axes, m, r):
    """The learner's five intervals in units of the exact ones."""
    if not np.isfinite(m["draws"]).all():
        return None
    centre, width = shifts(m, r), np.exp(log_ratios(m, r))
    rows = np.arange(5)
    axes.barh(rows, np.full(5, 2.0), left=-1, height=0.6, color="0.85", label="exact central 68 %")
    axes.vlines(0, -0.5, 4.5, color="black", linewidth=1)
    axes.errorbar(np.clip(centre, -6, 6), rows, xerr=np.clip(width, 0, 6), fmt="o", color=BLUE, label="yours")
    far = (abs(centre) > EXERCISE.tolerance("medians")) | (abs(np.log(width)) > EXERCISE.tolerance("widths"))
    right = not far.any()
    for row in rows[far]:
        axes.plot(np.clip(centre[row], -6, 6), row, "x", color=RED, markersize=11)
    axes.set_yticks(rows, line.PARAMETERS)
    axes.invert_yaxis()
    axes.set_xlabel("distance from the exact median, exact half-widths")
    axes.set_title(
        "Your surrogate says what the exact posterior says" if right else "Your intervals are not the exact ones",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        "For each of the five parameters the exact central interval as a grey bar from -1 to 1, and your median "
        "and interval as a dot with a line. "
        + ", ".join(f"{name} {c:+.2f}, width {w:.2f}" for name, c, w in zip(line.PARAMETERS, centre, width))
        + "."
    )


# ---------------------------------------------------------------- what mistakes look like


def sites_of(m, kind):
    """Names of the guide's sites of a kind: "latent", "observed" or "param"."""
    return [text.split()[0] for text in m["sites"] if text.split()[1] == kind]


def _whole(m):
    """Whether the guide has all five sites, and draws them."""
    return set(line.PARAMETERS) <= set(sites_of(m, "latent")) and np.isfinite(m["draws"]).all()


def _has_density(m):
    """Whether theta, bg_sigma and Q have density where the model has none."""
    where = np.isfinite(m["probes"])
    return where[:2].any(), where[2], where[3:].any()


def _legal(m):
    return _whole(m) and not any(_has_density(m)) and not np.isneginf(m["logp"]).any()


def _log_sd(m):
    """Standard deviation of ln bg_sigma."""
    return np.std(np.log(m["draws"][:, BG_SIGMA]))


def _no_jacobian(m, r):
    """Whether ln q is that of ln bg_sigma: put right, it is a surrogate that fits its draws."""
    put_right = {**m, "logq": m["logq"] - np.log(m["draws"][:, BG_SIGMA])}
    return (
        _legal(m)
        and evidence(put_right, r) < min(0.25, evidence(m, r))
        and evidence(m, r) > 0.1
        and abs(kl(put_right, r)) < r["gap"] + 0.5
    )


def _one_scale(m):
    sds = line.unconstrain(m["draws"]).std(axis=0)
    return _legal(m) and np.ptp(np.log(sds)) < 0.25


def _half_normal(m):
    low, median, high = np.quantile(m["draws"][:, BG_SIGMA], (0.16, 0.5, 0.84))
    return not _prior(m) and _whole(m) and abs(low / median - 0.2991) < 0.02 and abs(high / median - 2.083) < 0.1


def _symmetric(m):
    """Whether bg_sigma has the skewness of a normal that is cut at zero."""
    sigma = m["draws"][:, BG_SIGMA]
    z = (sigma - sigma.mean()) / sigma.std()
    return _legal(m) and abs(np.mean(z**3)) < 0.35 and _log_sd(m) > 0.27


def _prior(m):
    """Whether the draws are the prior's: some of them are lines so steep that their density is zero in float32."""
    theta = m["draws"][:, THETA]
    return _whole(m) and abs(theta.std() - np.pi / np.sqrt(12)) < 0.05 and abs(m["draws"][:, Q].mean() - 0.5) < 0.03


def _share_not_fitted(m, r):
    """Whether Q is drawn around one half, far from its posterior, and the line is right."""
    share = m["draws"][:, Q]
    return (
        _legal(m)
        and abs(share.mean() - 0.5) < 0.01
        and share.std() > 0.1
        and abs(shifts(m, r)[Q]) > 0.5
        and worst(shifts(m, r)[:2]) < 0.6
    )


def _moved(m, column, change):
    """The measurement with one parameter of the draws changed."""
    draws = np.array(m["draws"])
    draws[:, column] = change(draws[:, column])
    return {**m, "draws": draws}


EXERCISE = Exercise(
    title="A guide for the line by hand",
    names={"guide_line": "x, e, y=None"},
    public=public_guide_case,
    case=draw_guide_case,
    reference=guide_reference,
    routes="line_routes",
    fields={
        "scores": Field((2,), allow="inf nan"),
        "draws": Field((N_DRAWS, 5), allow="inf nan"),
        "logq": Field((N_DRAWS,), allow="inf nan"),
        "logp": Field((N_DRAWS,), allow="inf nan"),
        "probes": Field((5,), allow="inf nan"),
        "sites": Field((None,), text=True),
    },
    criteria=(
        Criterion(
            "support",
            points=1,
            compared="values that the model forbids (theta = -2, 2; bg_sigma = -0.5; Q = -0.2, 1.2) where your guide "
            "has density, plus the share of forbidden draws",
            distance=_if_fitted(forbidden),
            needs=("probes", "logp", "logq"),
            failed="Your fitted guide, once it is near the posterior, must have no density where the model has none.",
        ),
        Criterion(
            "gap",
            points=3,
            compared="nats by which the KL from your guide to the exact posterior lies above that of the best "
            "independent normals, or below zero",
            distance=gap,
            needs=("logp", "logq"),
            failed="After the fit the loss of your guide should lie above the floor -ln Z, and about as low as "
            "`AutoNormal` gets.",
        ),
        Criterion(
            "evidence",
            points=1,
            compared="ln of the mean of p(z, y) / q(z) over your draws, and ln Z, nats",
            distance=_if_fitted(evidence),
            needs=("logp", "logq"),
            failed="Your draws don't have the density that your guide claims for them, or the fit is not near the "
            "posterior.",
        ),
        Criterion(
            "medians",
            points=1,
            compared="medians of your draws and of the exact posterior, exact half-widths, worst of five",
            distance=lambda m, r: worst(shifts(m, r)),
            needs=("draws",),
            failed="The median of at least one parameter is not that of the posterior.",
        ),
        Criterion(
            "widths",
            points=2,
            compared="ln of the ratio of your central 68 % interval and the exact one, worst of five",
            distance=lambda m, r: worst(log_ratios(m, r)),
            needs=("draws",),
            failed="The central 68 % interval of at least one parameter is far from as wide as that of the posterior.",
        ),
    ),
    mistakes=(
        Mistake(
            "normal width",
            hint="May a width be negative?",
            looks_like=lambda m, r, d: _whole(m) and _has_density(m) == (False, True, False),
        ),
        Mistake(
            "normal angle and capped width",
            hint="May a width be negative?",
            looks_like=lambda m, r, d: _whole(m) and _has_density(m) == (True, True, False),
        ),
        Mistake(
            "normal angle",
            hint="May the angle be 2?",
            looks_like=lambda m, r, d: _whole(m) and _has_density(m) == (True, False, False),
        ),
        Mistake(
            "normal share",
            hint="May a share be 1.2?",
            looks_like=lambda m, r, d: _whole(m) and _has_density(m) == (False, False, True),
        ),
        Mistake(
            "capped scale",
            hint="Which widths can your parameter never reach?",
            looks_like=lambda m, r, d: (
                _legal(m) and 0.238 < _log_sd(m) < 0.262 and is_a_surrogate(m, r) and not _one_scale(m)
            ),
        ),
        Mistake(
            "delta",
            hint="How wide is your surrogate?",
            looks_like=lambda m, r, d: _whole(m) and worst(np.ptp(m["draws"], axis=0)) < 1e-5,
        ),
        Mistake(
            "no Jacobian",
            hint="What does your map do to a unit of length?",
            looks_like=lambda m, r, d: _no_jacobian(m, r),
        ),
        Mistake(
            "one scale",
            hint="How many widths can the optimiser turn?",
            looks_like=lambda m, r, d: _one_scale(m),
        ),
        Mistake(
            "share not fitted",
            hint="Which site has no parameter?",
            looks_like=lambda m, r, d: _share_not_fitted(m, r),
        ),
        Mistake(
            "half-normal width",
            hint="Can your surrogate say that a width is 2, give or take 0.5?",
            looks_like=lambda m, r, d: _half_normal(m),
        ),
        Mistake(
            "cut normal width",
            hint="A width of 2, uncertain by a factor of 1.6: how far is it to either side?",
            looks_like=lambda m, r, d: (
                _symmetric(m)
                and not d["gap"] <= 0.1
                and not _one_scale(m)
                and not _share_not_fitted(m, r)
                and is_a_surrogate(m, r)
            ),
        ),
        Mistake(
            "only rising",
            hint="May a line fall?",
            looks_like=lambda m, r, d: (
                _legal(m) and m["draws"][:, THETA].min() >= 0 > r["median"][THETA] and not _prior(m)
            ),
            hidden_only=True,
        ),
        Mistake(
            "prior",
            hint="Which number can the optimiser turn?",
            looks_like=lambda m, r, d: _prior(m) and not sites_of(m, "param"),
        ),
        Mistake(
            "other name",
            hint="Print the names in the traces of the model and of your guide: are they the same?",
            looks_like=lambda m, r, d: (
                len(set(line.PARAMETERS) & set(sites_of(m, "latent"))) == 4
                and len(sites_of(m, "latent")) == 5
                and not sites_of(m, "observed")
            ),
        ),
        Mistake(
            "data in the guide",
            hint="What in your loss still mentions the data?",
            looks_like=lambda m, r, d: sites_of(m, "observed") and _whole(m),
        ),
    ),
    near=(
        NearMiss(
            "median of theta",
            unit="exact half-widths",
            sizes=(0.1, 0.3, 0.6, 1.6),
            must=1.6,
            perturb=lambda m, r, size: _moved(m, THETA, lambda z: z + size * r["half_width"][THETA]),
        ),
        NearMiss(
            "width of b_perp",
            unit="ln of the factor by which the draws are too narrow",
            sizes=(0.2, 0.5, 1.0, 2.2),
            must=2.2,
            perturb=lambda m, r, size: _moved(m, B_PERP, lambda z: np.median(z) + (z - np.median(z)) * np.exp(-size)),
        ),
        NearMiss(
            "gap",
            unit="nats added to ln q",
            sizes=(0.05, 0.15, 0.3, 1.0),
            must=1.0,
            perturb=lambda m, r, size: {**m, "logq": m["logq"] + size},
        ),
        NearMiss(
            "too good",
            unit="nats taken from ln q",
            sizes=(0.2, 0.5, 0.8, 1.2),
            must=1.2,
            perturb=lambda m, r, size: {**m, "logq": m["logq"] - size},
        ),
    ),
    figure=guide_figure,
    unused={
        "x": "a guide may ignore the data: its parameters learn them",
        "e": "a guide may ignore the data: its parameters learn them",
        "y": "a guide may ignore the data: its parameters learn them",
    },
)
