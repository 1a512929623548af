"""Draws in the model's coordinates: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import expit, logit, ndtr

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, worst
from ..gaussians import KINDS

SITES = ("place", "share", "slopes", "width")


def draw_constrain_case(rng):
    low = rng.uniform(-20, 10)
    while True:
        tril = np.tril(rng.normal(size=(5, 5)) * 0.5)
        tril[np.diag_indices(5)] = rng.uniform(0.3, 0.8, 5)
        correlation = tril @ tril.T
        sds = np.sqrt(np.diag(correlation))
        correlation = np.abs(correlation / np.outer(sds, sds))[np.triu_indices(5, 1)]
        if correlation.max() > 0.6 and sds.min() > 0.35 and sds.max() < 1.3:
            break
    loc = rng.choice([-1, 1], 5) * rng.uniform(0.4, 1.2, 5)
    return {"low": low, "high": low + rng.uniform(5, 20), "loc": loc, "scale_tril": tril, "seed": rng.integers(2**31)}


def constrain_reference(case):
    tril = np.asarray(case["scale_tril"], float)
    cov = tril @ tril.T
    sds = np.sqrt(np.diag(cov))
    return {
        "low": np.float64(case["low"]),
        "high": np.float64(case["high"]),
        "loc": np.asarray(case["loc"], float),
        "sds": sds,
        "correlation": cov / np.outer(sds, sds),
    }


def stacked(m, kind):
    """Draws of all sites, (4096, 5)."""
    return np.column_stack([m[f"{name}_{kind}"] for name in SITES])


def pulled_back(m, r, kind):
    """The draws in unconstrained coordinates: NaN outside the support."""
    x = stacked(m, kind)
    with np.errstate(all="ignore"):
        return np.column_stack(
            [logit((x[:, 0] - r["low"]) / (r["high"] - r["low"])), logit(x[:, 1]), x[:, 2], x[:, 3], np.log(x[:, 4])]
        )


def largest_ks(u, r):
    """Largest Kolmogorov distance of the columns from the normals of the reference; 1 for a column with NaN."""
    n = len(u)
    out = []
    for x, loc, sd in zip(u.T, r["loc"], r["sds"]):
        cdf = ndtr((np.sort(x) - loc) / sd)
        out.append(
            np.max([np.abs(cdf - np.arange(1, n + 1) / n), np.abs(cdf - np.arange(n) / n)])
            if np.isfinite(cdf).all()
            else 1.0
        )
    return max(out)


def outside(m, r):
    """Share of the draws outside their support, of the worst site."""
    x = np.concatenate([stacked(m, kind) for kind in KINDS])
    # the ends count as inside: float32 may round onto them
    bad = [(x[:, 0] < r["low"] - 1e-4) | (x[:, 0] > r["high"] + 1e-4), (x[:, 1] < 0) | (x[:, 1] > 1), x[:, 4] < 0]
    return max(share.mean() for share in bad)


def spread(m, r):
    """Largest log ratio of an sd in unconstrained coordinates."""
    return max(worst(np.log(pulled_back(m, r, kind).std(axis=0) / r["sds"])) for kind in KINDS)


def together(m, r):
    """Largest error of a correlation in unconstrained coordinates."""
    wanted = {"normal": np.eye(5), "mvn": r["correlation"]}
    return max(worst(np.corrcoef(pulled_back(m, r, kind).T) - wanted[kind]) for kind in KINDS)


CONSTRAIN_FIELDS = {
    f"{name}_{kind}": Field((4096, 2) if name == "slopes" else (4096,)) for kind in KINDS for name in SITES
}


ALL_SITES = tuple(CONSTRAIN_FIELDS)


def constrain_figure(axes, m, r):
    draws = m["place_mvn"]
    if draws.shape != (4096,) or not np.isfinite(draws).all():
        return None
    low, high = float(r["low"]), float(r["high"])
    x = np.linspace(low, high, 402)[1:-1]
    share = (x - low) / (high - low)
    slope = (high - low) * share * (1 - share)
    density = np.exp(-0.5 * ((logit(share) - r["loc"][0]) / r["sds"][0]) ** 2) / (
        np.sqrt(2 * np.pi) * r["sds"][0] * slope
    )
    axes.hist(draws, bins=60, density=True, color=BLUE, alpha=0.6, label="your draws of place")
    axes.plot(x, density, color="black", label="the guide's density")
    for end in (low, high):
        axes.axvline(end, color="black", linestyle=":", linewidth=1)
    right = max(largest_ks(pulled_back(m, r, kind), r) for kind in KINDS) < 0.055
    axes.set(xlabel="place", ylabel="density")
    axes.set_title(
        "Your draws are in the model's coordinates" if right else "Your draws are not those of the guide", fontsize=10
    )
    axes.legend(fontsize=8)
    return (
        f"Histogram of your draws of place between {draws.min():.1f} and {draws.max():.1f}, over the guide's density. "
        + ("They agree." if right else "They do not agree.")
    )


def _unconstrained(m, r):
    return all(largest_ks(stacked(m, kind), r) < 0.06 for kind in KINDS)


def _one_value(m, r):
    if any(m[name].shape != CONSTRAIN_FIELDS[name].shape for name in ALL_SITES):
        return False
    u = np.concatenate([pulled_back(m, r, kind) for kind in KINDS])
    return bool(np.all(np.abs(u - r["loc"]) < 0.01))


def _not_stretched(m, r):
    stretched = {**m, **{f"place_{kind}": r["low"] + (r["high"] - r["low"]) * m[f"place_{kind}"] for kind in KINDS}}
    return all(largest_ks(pulled_back(stretched, r, kind), r) < 0.06 for kind in KINDS)


def _single(m, r):
    return all(m[name].shape == CONSTRAIN_FIELDS[name].shape[1:] for name in ALL_SITES)


def _prior(m, r):
    """Place uniform, share from Beta(2, 2), width half-normal."""
    for kind in KINDS:
        place, share = (
            np.sort(x) for x in ((m[f"place_{kind}"] - r["low"]) / (r["high"] - r["low"]), m[f"share_{kind}"])
        )
        grid = (np.arange(4096) + 0.5) / 4096
        if not (worst(place - grid) < 0.05 and worst(share**2 * (3 - 2 * share) - grid) < 0.05):
            return False
    return True


def _gaussian_on_the_site(m, r):
    """Each site normal around the pushed centre, with the width between two pushed quantiles."""
    push = {
        0: lambda u: r["low"] + (r["high"] - r["low"]) * expit(u),
        1: expit,
        2: lambda u: u,
        3: lambda u: u,
        4: np.exp,
    }
    centre = np.array([push[i](r["loc"][i]) for i in range(5)])
    width = np.array([(push[i](r["loc"][i] + r["sds"][i]) - push[i](r["loc"][i] - r["sds"][i])) / 2 for i in range(5)])
    return all(largest_ks(stacked(m, kind), {"loc": centre, "sds": width}) < 0.06 for kind in KINDS)


def _strangers(m, r):
    """No correlation in the mvn guide's draws, but for that within slopes."""
    correlation = np.corrcoef(pulled_back(m, r, "mvn").T)
    return worst(correlation[[0, 0, 0, 0, 1, 1, 1, 2, 3], [1, 2, 3, 4, 2, 3, 4, 4, 4]]) < 0.1


def _moved(m, r, shift=0.0, stretch=1.0):
    """The measurement with the unconstrained draws moved by ``shift`` sds and stretched about their centre."""
    out = dict(m)
    for kind in KINDS:
        u = r["loc"] + stretch * (pulled_back(m, r, kind) - r["loc"]) + shift * r["sds"]
        out |= {
            f"place_{kind}": r["low"] + (r["high"] - r["low"]) * expit(u[:, 0]),
            f"share_{kind}": expit(u[:, 1]),
            f"slopes_{kind}": u[:, 2:4],
            f"width_{kind}": np.exp(u[:, 4]),
        }
    return out


def _loosened(m, r, size):
    """Part ``size`` of the draws of width are dealt out anew, so that width goes its own way there."""
    n = int(size * 4096)
    width = m["width_mvn"].copy()
    share = m["share_mvn"].copy()
    width[:n], share[:n] = np.roll(width[:n], n // 2), np.roll(share[:n], n // 3)
    place = m["place_mvn"].copy()
    place[:n] = np.roll(place[:n], n // 5)
    return {**m, "width_mvn": width, "share_mvn": share, "place_mvn": place}


EXERCISE = Exercise(
    title="Draws in the model's coordinates",
    names={"constrain_draws": "key, guide, params, n"},
    public=lambda: {
        "low": -10.0,
        "high": 10.0,
        "loc": np.array([0.8, -0.5, 0.6, -1.0, 0.7]),
        "scale_tril": np.diag([0.5, 0.6, 0.6, 0.5, 0.4]) + np.tril(np.full((5, 5), 0.3), -1),
        "seed": np.array(64),
    },
    case=draw_constrain_case,
    reference=constrain_reference,
    fields=CONSTRAIN_FIELDS,
    criteria=(
        Criterion(
            "support",
            points=1,
            compared="share of draws outside the range of their site, the worst site",
            distance=outside,
            needs=ALL_SITES,
            failed="Some draws lie where their site cannot be.",
        ),
        Criterion(
            "distribution",
            points=3,
            compared="largest distance of distribution functions: each site's draws and the guide, both kinds of guide",
            distance=lambda m, r: max(largest_ks(pulled_back(m, r, kind), r) for kind in KINDS),
            needs=ALL_SITES,
            failed="The draws of a site are not distributed as the guide says.",
        ),
        Criterion(
            "spread",
            points=1,
            compared="log ratio of sds, taken in unconstrained coordinates, the worst site",
            distance=spread,
            needs=ALL_SITES,
            failed="The draws of a site have the wrong spread.",
        ),
        Criterion(
            "together",
            points=2,
            compared="correlations between the sites in unconstrained coordinates: yours and the guide's",
            distance=together,
            needs=ALL_SITES,
            failed="Each site for itself may be right, but together they do not vary as the guide says.",
        ),
    ),
    mistakes=(
        Mistake(
            "unconstrained",
            hint="A width must be positive: are all your draws of it?",
            looks_like=lambda m, r, d: _unconstrained(m, r),
        ),
        Mistake(
            "centre only",
            hint="How many different values does a site have in your draws?",
            looks_like=lambda m, r, d: _one_value(m, r),
        ),
        Mistake(
            "not stretched",
            hint="Between which numbers may `place` lie, and between which do your draws lie?",
            looks_like=lambda m, r, d: _not_stretched(m, r),
        ),
        Mistake(
            "one draw",
            hint="What are the shapes of your arrays, and what is n for?",
            looks_like=lambda m, r, d: _single(m, r),
        ),
        Mistake(
            "prior",
            hint="Where do the fitted parameters enter?",
            looks_like=lambda m, r, d: _prior(m, r),
        ),
        Mistake(
            "normal on the site",
            hint="What happens to a bell when one side of it is stretched and the other squeezed?",
            looks_like=lambda m, r, d: _gaussian_on_the_site(m, r),
        ),
        Mistake(
            "each site for itself",
            hint="Plot one site's draws against another's: should they be strangers?",
            looks_like=lambda m, r, d: d["distribution"] < 0.055 and _strangers(m, r),
        ),
    ),
    near=(
        NearMiss(
            "centre",
            unit="sds, in unconstrained coordinates",
            sizes=(0.03, 0.06, 0.15, 0.5),
            must=0.5,
            perturb=lambda m, r, size: _moved(m, r, shift=size),
        ),
        NearMiss(
            "spread",
            unit="part of the sd, in unconstrained coordinates",
            sizes=(0.03, 0.06, 0.15, 0.35),
            must=0.35,
            perturb=lambda m, r, size: _moved(m, r, stretch=1 + size),
        ),
        NearMiss(
            "together",
            unit="part of the draws in which the sites are unrelated",
            sizes=(0.05, 0.1, 0.3, 1.0),
            must=1.0,
            perturb=_loosened,
        ),
    ),
    figure=constrain_figure,
)
