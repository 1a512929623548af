"""Laplace's approximation: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import expit, log_expit

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED, worst
from ..gaussians import LOG_2PI, ellipse

TARGETS = {"coin": 1, "pair1": 2, "pair2": 2}


def _coin_target(a, b, constant, offset):
    mode = np.log(a / b)
    return {"coin_a": a, "coin_b": b, "coin_constant": constant, "coin_z0": np.array([mode + offset])}


def _pair_target(name, k, mix, shift, constant, offset):
    return {
        f"{name}_k": k,
        f"{name}_unmix": np.linalg.inv(mix),
        f"{name}_shift": shift,
        f"{name}_constant": np.float64(constant),
        f"{name}_z0": mix @ (np.log(k) + offset) + shift,
    }


def _draw_pair(rng, name):
    while True:
        k, mix = rng.uniform(1.2, 6, 2), rng.normal(size=(2, 2)) * rng.uniform(0.6, 2, (2, 1))
        cov = mix @ np.diag(1 / k) @ mix.T
        sds = np.sqrt(np.diag(cov))
        rho = cov[0, 1] / np.prod(sds)
        distinct = np.max(np.abs(np.log(sds))) > 0.2 and abs(np.linalg.slogdet(cov)[1]) > 0.3
        if 0.3 < abs(rho) < 0.7 and sds.min() > 0.15 and sds.max() < 3 and distinct:
            offset = rng.choice([-1, 1], 2) * rng.uniform(0.9, 1.4, 2)
            return _pair_target(name, k, mix, rng.uniform(-2, 2, 2), rng.uniform(-5, 5), offset)


def draw_laplace_case(rng):
    while True:
        a, b = rng.uniform(4, 40, 2)
        sd = np.sqrt(1 / a + 1 / b)
        if abs(np.log(a / b)) >= 0.4 and abs(np.log(sd)) > 0.2:
            break
    coin = _coin_target(a, b, rng.uniform(-5, 5), -np.sign(np.log(a / b)) * rng.uniform(1.2, 1.6))
    return coin | _draw_pair(rng, "pair1") | _draw_pair(rng, "pair2")


def public_laplace_case():
    coin = _coin_target(np.float64(13), np.float64(9), np.float64(0), -1.3)
    pair = _pair_target(
        "pair1",
        np.array([2.0, 5.0]),
        np.array([[1.5, 0.5], [0.4, 1.2]]),
        np.array([1.0, -1.0]),
        1.0,
        np.array([-1.1, 1.2]),
    )
    return coin | pair | _draw_pair(np.random.default_rng(65), "pair2")


def laplace_reference(case):
    """Mode, covariance and log evidence estimate; the Newton step from z0 is taken in u, where it is the same step."""
    out = {}
    a, b, z0 = float(case["coin_a"]), float(case["coin_b"]), np.asarray(case["coin_z0"], float)
    mode = np.log(a / b)
    share = expit(z0)
    out |= {
        "coin_loc": np.array([mode]),
        "coin_cov": np.array([[1 / a + 1 / b]]),
        "coin_z0": z0,
        "coin_height": a * log_expit(mode) + b * log_expit(-mode) + float(case["coin_constant"]),
        "coin_step": z0 + (a * (1 - share) - b * share) / ((a + b) * share * (1 - share)),
        "coin_cov0": np.array([[1 / ((a + b) * share[0] * (1 - share[0]))]]),
    }
    for name in ("pair1", "pair2"):
        k, shift, z0 = (np.asarray(case[f"{name}_{part}"], float) for part in ("k", "shift", "z0"))
        mix = np.linalg.inv(np.asarray(case[f"{name}_unmix"], float))
        u0 = np.linalg.solve(mix, z0 - shift)
        out |= {
            f"{name}_loc": mix @ np.log(k) + shift,
            f"{name}_cov": mix @ np.diag(1 / k) @ mix.T,
            f"{name}_z0": z0,
            f"{name}_height": float(case[f"{name}_constant"]) + np.sum(k * np.log(k) - k),
            f"{name}_step": mix @ (u0 + k * np.exp(-u0) - 1) + shift,
            f"{name}_cov0": mix @ np.diag(np.exp(-u0)) @ mix.T,
        }
    for name, d in TARGETS.items():
        out[f"{name}_log_z"] = (
            out[f"{name}_height"] + 0.5 * d * LOG_2PI + 0.5 * np.linalg.slogdet(out[f"{name}_cov"])[1]
        )
    return out


def over_targets(measure):
    """The worst of a distance (measurement, reference, target name)."""
    return lambda m, r: np.max([measure(m, r, name) for name in TARGETS])


def loc_distance(m, r, name):
    return np.max(np.abs(m[f"{name}_loc"] - r[f"{name}_loc"]) / np.sqrt(np.diag(r[f"{name}_cov"])))


def cov_distance(m, r, name):
    """Largest log ratio of sds over all directions; NaN unless symmetric and positive."""
    cov = m[f"{name}_cov"]
    if worst(cov - cov.T) > 1e-2 * worst(cov):
        return np.nan
    values = np.linalg.eigvals(np.linalg.solve(r[f"{name}_cov"], (cov + cov.T) / 2))
    return 0.5 * worst(np.log(np.where(values.real > 0, values.real, np.nan)))


def log_z_distance(m, r, name):
    return abs(m[f"{name}_log_z"] - r[f"{name}_log_z"])


def _each(test):
    """Whether a test (measurement, reference, target name, dimension) holds for every target."""

    def looks_like(m, r, d):
        return all(bool(test(m, r, name, dim)) for name, dim in TARGETS.items())

    return looks_like


def _cov_is(m, wanted, name):
    return worst(m[f"{name}_cov"] - wanted) < 0.01 * worst(wanted)


def _log_z_is(m, wanted, name):
    return abs(m[f"{name}_log_z"] - wanted) < 0.02


def _loc_right(m, r, name):
    return loc_distance(m, r, name) < 0.02


def _sqrtm(cov):
    values, vectors = np.linalg.eigh(cov)
    return vectors @ np.diag(np.sqrt(values)) @ vectors.T


def _is_sd(m, r, name):
    cov = r[f"{name}_cov"]
    return any(
        _cov_is(m, wanted, name) for wanted in (np.diag(np.sqrt(np.diag(cov))), _sqrtm(cov), np.linalg.cholesky(cov))
    )


def laplace_figure(axes, m, r):
    if m["pair1_loc"].shape != (2,) or m["pair1_cov"].shape != (2, 2) or np.linalg.eigvalsh(m["pair1_cov"])[0] <= 0:
        return None
    centre, cov = r["pair1_loc"], r["pair1_cov"]
    ellipse(axes, centre, cov, color="black", label="exact curvature at the peak, one sd")
    ellipse(axes, m["pair1_loc"], m["pair1_cov"], color=BLUE, linestyle="--", linewidth=2, label="yours")
    axes.plot(*r["pair1_z0"], "x", color=RED, label="z0")
    axes.plot(*m["pair1_loc"], "o", color=BLUE, markersize=4)
    right = loc_distance(m, r, "pair1") < 0.02 and cov_distance(m, r, "pair1") < 0.02
    axes.set(xlabel="z[0]", ylabel="z[1]")
    axes.set_title(
        "Your ellipse sits on the peak and has its curvature" if right else "Your ellipse is not that of the peak",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return "The one-sd ellipse of the peak's curvature, your ellipse, and the starting point. " + (
        "The ellipses agree." if right else "The ellipses do not agree."
    )


_KNOWN_INTEGRAL = "Give it the log density of a normal with sd 10: do you get log_z = 0?"


EXERCISE = Exercise(
    title="Laplace's approximation",
    names={"laplace": "log_joint, z0"},
    public=public_laplace_case,
    case=draw_laplace_case,
    reference=laplace_reference,
    fields={
        f"{name}_{part}": Field(shape, allow="inf nan")
        for name, d in TARGETS.items()
        for part, shape in (("loc", (d,)), ("cov", (d, d)), ("log_z", ()))
    },
    criteria=(
        Criterion(
            "loc",
            points=2,
            compared="your loc and the exact peak of three targets, sds",
            distance=over_targets(loc_distance),
            needs=tuple(f"{n}_loc" for n in TARGETS),
            failed="Your loc is not where the log joint is highest.",
        ),
        Criterion(
            "cov",
            points=3,
            compared="log ratio of your sd and the exact one, in the worst direction, three targets",
            distance=over_targets(cov_distance),
            needs=tuple(f"{n}_cov" for n in TARGETS),
            failed="Your covariance is not that of the normal with the same curvature at the peak.",
        ),
        Criterion(
            "log_z",
            points=2,
            compared="your log_z and the log integral of the exact approximation, nats, three targets",
            distance=over_targets(log_z_distance),
            needs=tuple(f"{n}_log_z" for n in TARGETS),
            failed="Your log_z is not the log of the integral under the approximation.",
        ),
    ),
    mistakes=(
        Mistake(
            "curvature for covariance",
            hint="The sharper the peak, the wider or the narrower?",
            looks_like=_each(lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, np.linalg.inv(r[f"{n}_cov"]), n)),
        ),
        Mistake(
            "sign of the Hessian",
            hint="Is your covariance positive?",
            looks_like=_each(lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, -r[f"{n}_cov"], n)),
        ),
        Mistake(
            "lost 2 pi",
            hint=_KNOWN_INTEGRAL,
            looks_like=_each(
                lambda m, r, n, d: (
                    _loc_right(m, r, n)
                    and _cov_is(m, r[f"{n}_cov"], n)
                    and _log_z_is(m, r[f"{n}_log_z"] - 0.5 * d * LOG_2PI, n)
                )
            ),
        ),
        Mistake(
            "sign of the log det",
            hint=_KNOWN_INTEGRAL,
            looks_like=_each(
                lambda m, r, n, d: (
                    _loc_right(m, r, n)
                    and _cov_is(m, r[f"{n}_cov"], n)
                    and _log_z_is(m, r[f"{n}_log_z"] - np.linalg.slogdet(r[f"{n}_cov"])[1], n)
                )
            ),
        ),
        Mistake(
            "height for area",
            hint="Two peaks of one height, one of them wide: which holds more?",
            looks_like=_each(
                lambda m, r, n, d: (
                    _loc_right(m, r, n) and _cov_is(m, r[f"{n}_cov"], n) and _log_z_is(m, r[f"{n}_height"], n)
                )
            ),
        ),
        Mistake(
            "sd for covariance",
            hint="What are the units of a covariance?",
            looks_like=_each(lambda m, r, n, d: _loc_right(m, r, n) and _is_sd(m, r, n)),
        ),
        Mistake(
            "variances only",
            hint="Does your approximation lean where the target leans?",
            looks_like=lambda m, r, d: all(
                _loc_right(m, r, n) and _cov_is(m, np.diag(np.diag(r[f"{n}_cov"])), n) for n in TARGETS
            ),
        ),
        Mistake(
            "inverse of each entry",
            hint="Is the inverse of a matrix the inverse of its entries?",
            looks_like=_each(
                lambda m, r, n, d: _loc_right(m, r, n) and _cov_is(m, 1 / np.linalg.inv(r[f"{n}_cov"]), n)
            ),
        ),
        Mistake(
            "one Newton step",
            hint="Is the gradient zero where you stopped?",
            looks_like=_each(
                lambda m, r, n, d: (
                    np.max(np.abs(m[f"{n}_loc"] - r[f"{n}_step"]) / np.sqrt(np.diag(r[f"{n}_cov"]))) < 0.01
                )
            ),
        ),
        Mistake(
            "no search",
            hint="Is the gradient zero where you stopped?",
            looks_like=_each(
                lambda m, r, n, d: worst(m[f"{n}_loc"] - r[f"{n}_z0"]) < 1e-4 and _cov_is(m, r[f"{n}_cov0"], n)
            ),
        ),
    ),
    near=(
        NearMiss(
            "loc",
            unit="exact sds",
            sizes=(5e-3, 0.01, 0.03, 0.1),
            must=0.1,
            perturb=lambda m, r, size: {**m, "pair1_loc": m["pair1_loc"] + size * np.sqrt(np.diag(r["pair1_cov"]))},
        ),
        NearMiss(
            "cov",
            unit="part of each sd",
            sizes=(5e-3, 0.01, 0.03, 0.1),
            must=0.1,
            perturb=lambda m, r, size: {**m, "coin_cov": m["coin_cov"] * (1 + size) ** 2},
        ),
        NearMiss(
            "log_z",
            unit="nats",
            sizes=(5e-3, 0.01, 0.03, 0.1),
            must=0.1,
            perturb=lambda m, r, size: {**m, "pair2_log_z": np.asarray(m["pair2_log_z"] + size)},
        ),
    ),
    figure=laplace_figure,
)
