"""A guide with two bumps at an angle: what a case is, the truth, and how a measurement is judged."""

from functools import cache

import numpy as np
from scipy.optimize import minimize_scalar

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, seed, worst
from ..target import LOG_ROOT_2PI, PUBLIC_TARGET, draw_target, log_normal, log_target, turn

LOG_BOX = 2 * np.log(200.0)


@cache
def best_normal_of_cauchy():
    """Scale of the normal closest to the standard Cauchy in KL(normal || Cauchy), and that KL: (1.63398, 0.18276)."""
    eps = np.linspace(-12, 12, 20001)
    weight = np.exp(-0.5 * eps**2 - LOG_ROOT_2PI) * (eps[1] - eps[0])

    def kl(log_scale):
        return (
            np.sum(weight * np.log1p(np.exp(2 * log_scale) * eps**2)) + np.log(np.pi) - log_scale - LOG_ROOT_2PI - 0.5
        )

    found = minimize_scalar(kl, bounds=(-1, 2), method="bounded", options={"xatol": 1e-10})
    return float(np.exp(found.x)), float(found.fun)


def bimodal_reference(case):
    scale, kl = best_normal_of_cauchy()
    out = {name: np.asarray(case[name], float) for name in ("b", "s1", "s2", "theta")}
    best = LOG_BOX - np.log(2 * out["s1"]) - LOG_ROOT_2PI - np.log(np.pi * np.sqrt(2) * out["s2"]) + kl
    return {**out, "best_s2": scale * np.sqrt(2) * out["s2"], "best": best}


def bimodal_loss(m, r):
    """-ELBO of the draws at their claimed density, from the target in float64."""
    x, y = m["draws"].T
    inside = (np.abs(x) <= 100) & (np.abs(y) <= 100)
    log_p = np.where(inside, log_target(x, y, r["b"], r["s1"], r["s2"], r["theta"]) - LOG_BOX, -np.inf)
    return np.mean(m["logq"] - log_p)


def angle_between(theta, other):
    """Degrees between two lines."""
    return abs((np.rad2deg(theta - other) + 90) % 180 - 90)


#: One unit of an error in b, ln s1, ln s2 (or their draws') and theta.
UNITS = {"b": 0.1, "s1": 0.07, "s2": 0.1, "theta": 1.5}


def parameter_error(m, r):
    b, s1, s2, theta = m["params"]
    errors = [
        (abs(b) - r["b"]) / UNITS["b"],
        np.log(s1 / r["s1"]) / UNITS["s1"],
        np.log(s2 / r["best_s2"]) / UNITS["s2"],
        angle_between(theta, r["theta"]) / UNITS["theta"],
    ]
    return worst(errors)


def draws_error(m, r):
    """Middle and width of the draws along and across the line of the bumps, both bumps folded onto one."""
    u1, u2 = turn(*m["draws"].T, r["theta"])
    u1 = np.abs(u1)
    return worst(
        [
            (u1.mean() - r["b"]) / UNITS["b"],
            np.log(u1.std() / r["s1"]) / UNITS["s1"],
            u2.mean() / r["best_s2"] / UNITS["s2"],
            np.log(u2.std() / r["best_s2"]) / UNITS["s2"],
        ]
    )


def share_error(m, r):
    u1, _ = turn(*m["draws"].T, r["theta"])
    return float(np.where(np.isfinite(u1).all(), abs(np.mean(u1 > 0) - 0.5), np.nan))


def _two_normals(u, b, s):
    return np.logaddexp(log_normal(u, b, s), log_normal(u, -b, s)) - np.log(2)


def _claimed(m, log_q):
    """Whether the claims are these log densities, nearly everywhere."""
    return float(np.quantile(np.abs(m["logq"] - log_q), 0.95)) < 0.05


def _cosines(m, r, d):
    b, s1, s2, theta = m["params"]
    x, y = m["draws"].T
    u1, u2 = (x + y) / (2 * np.cos(theta)), (y - x) / (2 * np.sin(theta))
    return _claimed(m, _two_normals(u1, b, s1) + log_normal(u2, 0, s2)) and d["loss"] > 0.5


def _along_x(m, r, d):
    b, s1, s2, _ = m["params"]
    x, y = m["draws"].T
    return _claimed(m, _two_normals(x, b, s1) + log_normal(y, 0, s2)) and d["loss"] > 0.2


def _single(m, r, d):
    b, s1, s2, theta = m["params"]
    u1, u2 = turn(*m["draws"].T, theta)
    return _claimed(m, log_normal(u1, b, s1) + log_normal(u2, 0, s2)) and abs(np.mean(u1 > 0) - 0.5) > 0.45


def _round(m, r, d):
    b, s1, s2, theta = m["params"]
    u1, u2 = turn(*m["draws"].T, theta)
    one = next((float(s) for s in (s1, s2) if np.isfinite(s)), u2.std())
    return abs(np.abs(u1).std() / u2.std() - 1) < 0.1 and _claimed(m, _two_normals(u1, b, one) + log_normal(u2, 0, one))


def _stuck(m, r, d):
    b, s1, s2, theta = m["params"]
    u1, u2 = turn(*m["draws"].T, np.pi / 4)
    held = np.isnan(theta) or abs(theta - np.pi / 4) < 1e-4
    return held and _claimed(m, _two_normals(u1, b, s1) + log_normal(u2, 0, s2)) and d["loss"] > 0.1


def _named_only(m, d):
    return d["loss"] <= 0.03 and d["draws"] <= 1.15 and d["both bumps"] <= 0.05 and not d["parameters"] <= 1.15


def _other_angle(m, r, d):
    b, s1, s2, theta = m["params"]
    others = parameter_error({"params": np.array([b, s1, s2, r["theta"]])}, r)
    turned = min(
        angle_between(theta, -r["theta"]),
        angle_between(theta, np.pi / 2 - r["theta"]),
        angle_between(theta, np.pi / 2 + r["theta"]),
    )
    return _named_only(m, d) and others <= 1.15 and turned < 1.75


def _squared(m, r, d):
    b, s1, s2, theta = m["params"]
    widths = (s1**2, s2**2), (s1**2, s2), (s1, s2**2), (np.sqrt(s1), np.sqrt(s2))
    errors = [parameter_error({"params": np.array([b, w1, w2, theta])}, r) for w1, w2 in widths]
    return _named_only(m, d) and min(errors) <= 1.15


def _twice(m, r, d):
    b, s1, s2, theta = m["params"]
    u1, u2 = turn(*m["draws"].T, theta)
    return _claimed(m, 2 * (_two_normals(u1, b, s1) + log_normal(u2, 0, s2)))


def _moved_centre(m, r, size):
    """Bumps too far out by ``size``, honestly claimed."""
    c, s = np.cos(r["theta"]), np.sin(r["theta"])
    side = np.sign(turn(*m["draws"].T, r["theta"])[0])
    return {
        **m,
        "draws": m["draws"] + size * side[:, None] * np.array([c, s]),
        "params": m["params"] + np.array([size, 0, 0, 0]),
    }


def _turned_draws(m, r, size):
    """The fitted guide at an angle that is ``size`` degrees off."""
    turned = np.stack(turn(*m["draws"].T, -np.deg2rad(size)), axis=1)
    return {**m, "draws": turned, "params": m["params"] + np.array([0, 0, 0, np.deg2rad(size)])}


def _wider_across(m, r, size):
    """s2 too large by a factor 1 + size, honestly claimed."""
    u1, u2 = turn(*m["draws"].T, r["theta"])
    draws = np.stack(turn(u1, u2 * (1 + size), -r["theta"]), axis=1)
    return {
        **m,
        "draws": draws,
        "logq": m["logq"] - np.log1p(size),
        "params": m["params"] * np.array([1, 1, 1 + size, 1]),
    }


def bimodal_figure(axes, m, r):
    """A few draws over the target's contours."""
    reach = r["b"] + 8
    x, y = np.meshgrid(np.linspace(-1.8 * reach, 1.8 * reach, 241), np.linspace(-reach, reach, 161))
    axes.contour(
        x,
        y,
        log_target(x, y, r["b"], r["s1"], r["s2"], r["theta"]),
        levels=[-4, -3, -2, -1],
        colors="black",
        linewidths=0.8,
        linestyles="solid",
    )
    draws = m["draws"][:1500]
    axes.plot(*draws.T, ".", markersize=2, color=BLUE, alpha=0.5)
    excess = bimodal_loss(m, r) - r["best"]
    axes.set(xlim=(-1.8 * reach, 1.8 * reach), ylim=(-reach, reach), xlabel="x", ylabel="y", aspect="equal")
    axes.set_title(
        "Your draws fill both ridges"
        if abs(excess) < 0.03
        else f"Your loss is {excess:+.2f} nats from the best of the family",
        fontsize=10,
    )
    return (
        "Contours of the target, two long parallel ridges, and 1500 of your draws as dots. "
        f"Your loss is {excess:+.3f} nats from the best possible."
    )


EXERCISE = Exercise(
    title="A guide with two bumps at an angle",
    names={"guide_bimodal": ""},
    public=lambda: {**PUBLIC_TARGET, "seed": np.array(53)},
    case=lambda rng: {**draw_target(rng), "seed": seed(rng)},
    reference=bimodal_reference,
    fields={
        "losses": Field((2000,), allow="inf nan"),
        "draws": Field((32768, 2), allow="inf nan"),
        "logq": Field((32768,), allow="inf nan"),
        "params": Field((4,), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "loss",
            points=3,
            compared="the loss of your guide, from 32,768 draws and the log densities it claims, and the "
            "smallest possible; nats, both ways",
            distance=lambda m, r: abs(bimodal_loss(m, r) - r["best"]),
            needs=("draws", "logq"),
            failed="The loss of your fitted guide is not that of the best guide of this family.",
        ),
        Criterion(
            "draws",
            points=2,
            compared="middle and width of your draws along and across the ridges; errors in units of 0.1, 7 % and 10 %",
            distance=draws_error,
            needs=("draws",),
            failed="Your draws do not have the right middle and width along the line of the bumps and across it.",
        ),
        Criterion(
            "both bumps",
            points=1,
            compared="the share of your draws on one side, and one half",
            distance=share_error,
            needs=("draws",),
            failed="One side of the target gets more draws than the other.",
        ),
        Criterion(
            "parameters",
            points=2,
            compared="your b, s1, s2 and theta and the best ones; errors in units of 0.1, 7 %, 10 % and 1.5 degrees",
            distance=parameter_error,
            needs=("params",),
            failed="The fitted parameters b, s1, s2 and theta are not those of the best guide, or have other names.",
        ),
    ),
    mistakes=(
        Mistake(
            "two cosines in a row",
            hint="If this is better than possible, what does your map from (u1, u2) to (x, y) do to areas?",
            looks_like=_cosines,
        ),
        Mistake("no rotation", hint="Along which line do your draws lie?", looks_like=_along_x),
        Mistake("one bump", hint="Which half of the target is empty?", looks_like=_single),
        Mistake("both on one side", hint="Which half of the target is empty?", looks_like=_single),
        Mistake(
            "one scale for both",
            hint="The ridges are long and thin: how many widths does your guide have?",
            looks_like=_round,
        ),
        Mistake("angle fixed", hint="What can the optimiser turn?", looks_like=_stuck),
        Mistake(
            "angle the other way",
            hint="For a small positive theta, on which line through the origin do your bumps lie?",
            looks_like=_other_angle,
        ),
        Mistake(
            "squared widths", hint="Is the second argument of a normal a width or a squared width?", looks_like=_squared
        ),
        Mistake(
            "density twice",
            hint="Which of your sites carry the density of u1 and u2, and how often is it counted?",
            looks_like=_twice,
        ),
    ),
    near=(
        NearMiss(
            "claim",
            unit="nats added to the claimed log density",
            sizes=(0.01, 0.03, 0.1, 0.3),
            must=0.1,
            perturb=lambda m, r, size: {**m, "logq": m["logq"] + size},
        ),
        NearMiss(
            "bumps too far out", unit="distance", sizes=(0.03, 0.1, 0.2, 0.35, 0.5), must=0.35, perturb=_moved_centre
        ),
        NearMiss("angle", unit="degrees", sizes=(0.5, 1.5, 3.0, 5.5, 9.0), must=5.5, perturb=_turned_draws),
        NearMiss(
            "too wide across", unit="part of s2", sizes=(0.03, 0.1, 0.2, 0.45, 0.6), must=0.45, perturb=_wider_across
        ),
    ),
    figure=bimodal_figure,
)
