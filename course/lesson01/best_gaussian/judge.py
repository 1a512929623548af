"""The best normal density, in both directions: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE
from ..coins import _kl_normal, _same

_X = np.linspace(-14, 14, 2801)


_OFFSET = -2000.0


def _log_two(two, x):
    """Two normal modes: weight, centre and sd of the heavy wide one, centre and sd of the light narrow one."""
    w, c1, s1, c2, s2 = two
    parts = [-0.5 * ((x - c) / s) ** 2 - np.log(s) for c, s in ((c1, s1), (c2, s2))]
    return np.logaddexp(np.log(w) + parts[0], np.log1p(-w) + parts[1]) - 0.5 * np.log(2 * np.pi)


def _log_skewed(skewed, x):
    """u = sign * (x - shift) / scale is the log of a Gamma(k, 1) draw."""
    k, shift, scale, sign = skewed
    u = sign * (x - shift) / scale
    return k * u - np.exp(u) - gammaln(k) - np.log(scale)


def _gaussian_case(rng):
    while True:
        weight, heavy, light = rng.uniform(0.62, 0.75), rng.uniform(1.25, 1.6), rng.uniform(0.25, 0.35)
        if (1 - weight) / light >= 1.25 * weight / heavy:  # the lighter mode has the higher peak
            break
    side = rng.choice([-1.0, 1.0])
    shift = rng.uniform(-1.5, 1.5)
    two = np.array([weight, side * rng.uniform(3.2, 4.2) + shift, heavy, -side * rng.uniform(3.2, 4.2) + shift, light])
    skewed = np.array([rng.uniform(1.2, 2.2), rng.uniform(-1, 1), rng.uniform(0.8, 1.2), rng.choice([-1.0, 1.0])])
    constants = rng.uniform(-4, -2, 2)  # an unnormalised density; negative, so that an empty sum looks good
    logp = np.stack(
        [
            _log_two(two, _X) + constants[0],
            _log_skewed(skewed, _X) + constants[1],
            _log_two(two, _X) + constants[0] + _OFFSET,
        ]
    )
    return {"x": _X, "logp": logp, "two": two, "skewed": skewed}


_EPS = np.linspace(-12, 12, 4001)


_EPS_WEIGHTS = np.exp(-0.5 * _EPS**2) / np.exp(-0.5 * _EPS**2).sum()


def _reverse_kl(log_p, mean, sd):
    """KL(N(mean, sd^2) || p), nats, for the known log density: trapezoid over 12 sd each way."""
    if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
        return np.nan
    return float(-np.log(sd) - 0.5 * np.log(2 * np.pi * np.e) - _EPS_WEIGHTS @ log_p(mean + sd * _EPS))


def _gaussian_reference(case):
    two, skewed = (np.asarray(case[name], dtype=float) for name in ("two", "skewed"))
    w, c1, s1, c2, s2 = two
    k, shift, scale, sign = skewed
    mean = w * c1 + (1 - w) * c2
    sd = np.sqrt(w * (s1**2 + c1**2) + (1 - w) * (s2**2 + c2**2) - mean**2)
    found = []
    for start in ((c1, s1), (c2, s2), (mean, sd)):
        fit = minimize(
            lambda t: _reverse_kl(lambda x: _log_two(two, x), t[0], np.exp(t[1])),
            [start[0], np.log(start[1])],
            method="Nelder-Mead",
            options={"xatol": 1e-6, "fatol": 1e-9},
        )
        found.append((fit.fun, fit.x[0], np.exp(fit.x[1])))
    found.sort()
    # ln Gamma(k, 1) has mean digamma(k) and variance trigamma(k); its best reverse fit solves
    # exp(m + s^2/2) = k, s^2 = 1/k
    trigamma = (digamma(k + 1e-5) - digamma(k - 1e-5)) / 2e-5
    reverse = (shift + sign * scale * (np.log(k) - 1 / (2 * k)), scale / np.sqrt(k))
    forward = (shift + sign * scale * digamma(k), scale * np.sqrt(trigamma))
    best = np.array([[found[0][1:], (mean, sd)], [reverse, forward], [found[0][1:], (mean, sd)]])
    laplace = np.array([(c2, s2), (shift + sign * scale * np.log(k), scale / np.sqrt(k))])
    return {
        "two": two,
        "skewed": skewed,
        "best": best,
        "laplace": laplace,
        "floor": np.array([found[0][0], _reverse_kl(lambda x: _log_skewed(skewed, x), *reverse)]),
    }


def _excess(r, fits, directions=(0, 1)):
    """Divergence of fits (3, 2, 2) over the best, nats, (3, 2): rows targets, columns reverse and forward.

    ``directions[j]`` is the direction in which column j is judged.
    """
    densities = [lambda x: _log_two(r["two"], x), lambda x: _log_skewed(r["skewed"], x)]
    out = np.full((3, 2), np.nan)
    for i in range(3):
        for j, direction in enumerate(directions):
            mean, sd = fits[i, j]
            if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
                continue
            if direction == 0:
                out[i, j] = _reverse_kl(densities[i % 2], mean, sd) - r["floor"][i % 2]
            else:  # E_p[-ln q] knows p by its mean and sd alone
                out[i, j] = _kl_normal(*r["best"][i, 1], mean, sd)
    return out


_LIMITS = np.array([0.02, 0.005, 0.02])[:, None]  # for the hints; those of the verdict are in the table


def _right_fits(r, fits, rows=(0, 1, 2), columns=(0, 1), directions=(0, 1)):
    return bool(np.all((_excess(r, fits, directions) <= _LIMITS)[np.ix_(rows, columns)]))


def _off_grid(fits):
    """Reverse fits that have left the grid, or hide between two of its nodes; (3,) bool."""
    mean, sd = fits[:, 0, 0], np.abs(fits[:, 0, 1])
    return (sd < 0.012) | (sd > 28) | (np.abs(mean) > 14)


def _is_highest_peak(m, r, distances):
    """Mode and curvature at the highest peak of both targets, at least where the reverse fit was asked for."""
    fits = m["fits"][:2, 0]
    close = np.abs(fits - r["laplace"]) <= 0.05 * r["laplace"][:, 1:]
    return bool(close.all())


def _is_wrong_mode(m, r, distances):
    """All right, but the reverse fit to two modes sits on the lighter one."""
    fits = m["fits"]
    rest = _right_fits(r, fits, rows=(1,)) and _right_fits(r, fits, rows=(0, 2), columns=(1,))
    narrow = np.abs(fits[[0, 2], 0, 0] - r["two"][3]) < r["two"][4]
    return bool(rest and narrow.all() and np.all(fits[[0, 2], 0, 1] < 2 * r["two"][4]))


def _is_variance(m, r, distances):
    fits = m["fits"].copy()
    fits[..., 1] = np.sqrt(fits[..., 1])
    return _right_fits(r, fits)


def _is_swapped_direction(m, r, distances):
    return _right_fits(r, m["fits"][:, ::-1]) and _excess(r, m["fits"])[0].min() > 0.1


def _gaussian_figure(axes, m, r):
    x = np.linspace(-9, 9, 900)
    target = np.exp(_log_two(r["two"], x))
    axes.fill_between(x, target, color="0.85", label="target")
    for j, (colour, style, label) in enumerate(((BLUE, "--", "your reverse fit"), (ORANGE, "-.", "your forward fit"))):
        mean, sd = m["fits"][0, j]
        axes.plot(
            x,
            np.exp(-0.5 * ((x - mean) / sd) ** 2) / (abs(sd) * np.sqrt(2 * np.pi)),
            color=colour,
            linestyle=style,
            linewidth=2,
            label=f"{label}: {mean:.2f}, {sd:.2f}",
        )
    right = _right_fits(r, m["fits"], rows=(0,))
    axes.set_title(
        "Reverse takes the heavier mode, forward spans both" if right else "At least one of your fits can be bettered",
        fontsize=10,
    )
    axes.set_ylim(0, 1.25 * target.max())
    axes.set_xlabel("x", fontsize=8)
    axes.set_ylabel("density", fontsize=8)
    axes.legend(fontsize=8)
    (a, b), (c, d) = m["fits"][0]
    fits = f"your reverse fit has mean {a:.2f} and sd {b:.2f}, your forward fit {c:.2f} and {d:.2f}."
    return f"A target with a wide heavy mode and a narrow light one; {fits}"


EXERCISE = Exercise(
    slow={"brute force": 900},
    title="The best normal density, in both directions",
    names={"best_gaussian": "logp_grid, x, direction"},
    public=lambda: _gaussian_case(np.random.default_rng(6)),
    case=_gaussian_case,
    reference=_gaussian_reference,
    fields={"fits": Field((3, 2, 2), allow="inf nan")},
    criteria=(
        Criterion(
            "reverse, two modes",
            points=3,
            compared="KL(your normal || target) and the least possible, nats",
            distance=lambda m, r: _excess(r, m["fits"])[0, 0],
            needs=("fits",),
            failed="A target with two modes has a normal density with a smaller KL(q || p) than yours.",
        ),
        Criterion(
            "forward, two modes",
            points=2,
            compared="KL(target || your normal) and the least possible, nats",
            distance=lambda m, r: _excess(r, m["fits"])[0, 1],
            needs=("fits",),
            failed="A target with two modes has a normal density with a smaller KL(p || q) than yours.",
        ),
        Criterion(
            "skewed",
            points=2,
            compared="the same for a skewed target, the worse of both directions, nats",
            distance=lambda m, r: np.max(_excess(r, m["fits"])[1]),
            needs=("fits",),
            failed="On a target with one lopsided mode, one of your fits can be bettered.",
        ),
        Criterion(
            "offset",
            points=1,
            compared="the same for the first target with 2000 taken from logp_grid, the worse of both directions, nats",
            distance=lambda m, r: np.max(_excess(r, m["fits"])[2]),
            needs=("fits",),
            failed="A constant added to logp_grid must not change your answer.",
        ),
    ),
    mistakes=(
        Mistake(
            "directions swapped",
            hint="One direction averages over p, the other over q: which of them forbids gaps?",
            looks_like=_is_swapped_direction,
        ),
        Mistake(
            "highest peak",
            hint="Your fit knows the target at its highest point alone: is the highest peak the heaviest?",
            looks_like=_is_highest_peak,
        ),
        Mistake(
            "one start", hint="Begin the search elsewhere: does it end in the same place?", looks_like=_is_wrong_mode
        ),
        Mistake("variance", hint="Is your second number a width or a squared width?", looks_like=_is_variance),
        Mistake(
            "exp of a large number",
            hint="Add a constant to logp_grid: should your answer change?",
            looks_like=lambda m, r, d: (
                _right_fits(r, m["fits"], rows=(0, 1)) and not d["offset"] <= 0.02 and not _off_grid(m["fits"])[2]
            ),
        ),
        Mistake(
            "weights ignored",
            hint="Would your answer change if logp_grid did?",
            looks_like=lambda m, r, d: _same(m["fits"], np.full((3, 2, 2), [0.0, _X.std()]), 1e-2),
        ),
        Mistake(
            "off the grid",
            hint="Does your surrogate still lie on the grid, with several nodes under it?",
            looks_like=lambda m, r, d: bool(_off_grid(m["fits"]).any()) and _right_fits(r, m["fits"], columns=(1,)),
        ),
    ),
    near=(
        NearMiss(
            "mean",
            unit="standard deviations of the best fit",
            sizes=(0.02, 0.05, 0.1, 0.2, 0.4),
            must=0.4,
            perturb=lambda m, r, size: {**m, "fits": m["fits"] + size * r["best"][..., 1:] * np.array([1.0, 0.0])},
        ),
        NearMiss(
            "sd",
            unit="relative, made wider",
            sizes=(0.02, 0.05, 0.1, 0.2, 0.4),
            must=0.4,
            perturb=lambda m, r, size: {**m, "fits": m["fits"] * np.array([1.0, 1 + size])},
        ),
    ),
    figure=_gaussian_figure,
)
