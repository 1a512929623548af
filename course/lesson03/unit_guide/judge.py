"""A normal surrogate moved to (0, 1): what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betaln, expit, log_expit, logit

from svi_course.exercise import Criterion, Exercise, Mistake, NearMiss

from ... import coin
from ..guides import (
    _MEAN_SIZES,
    _SD_SIZES,
    GUIDE_FIELDS,
    NODES,
    _is_normal,
    _quadratic_in_f,
    bound,
    draw_guide_case,
    draws_off,
    guide_reference,
    inside,
    leaks,
    posterior_figure,
    public_guide_case,
    residual,
)


def drawn_kl(m, r):
    """KL(guide || posterior) at the claimed density, less the best logit-normal's, nats; either sign counts.

    By quadrature where the claim is a normal one in z = logit f, read off the draws; else
    as the mean over the draws of w - 1 - ln w, with w = posterior / claimed density. That
    has the expectation of -ln w too, but a few large w can make it jump.
    """
    if not inside(m):
        return np.inf
    f, z = m["draws"], logit(m["draws"])
    far, c = residual(m["logq"] + np.log(f) + np.log1p(-f), z, z**2)
    if far < 0.01 and c[2] < 0:
        scale = np.sqrt(-0.5 / c[2])
        loc = c[1] * scale**2
        missing = (
            c[0] + 0.5 * (loc / scale) ** 2 + np.log(scale) + 0.5 * np.log(2 * np.pi)
        )  # of a density that is one in total
        return abs(betaln(r["a"], r["b"]) - coin.logit_normal_elbo(loc, scale, r["a"], r["b"]) + missing - r["best_kl"])
    log_w = coin.beta_log_pdf(f, r["a"], r["b"]) - m["logq"]
    return abs(np.mean(np.expm1(log_w) - log_w) - r["best_kl"])


def claim(m, r):
    """How far E[posterior / claimed density] over the draws is from 1, less five standard errors."""
    weights = np.exp(coin.beta_log_pdf(m["draws"], r["a"], r["b"]) - m["logq"])
    return (
        max(abs(weights.mean() - 1) - 5 * weights.std() / np.sqrt(len(weights)), 0.0)
        if np.all(np.isfinite(weights))
        else np.nan
    )


def unit_claimed(m):
    """Log density of z = logit f at the draws, as the guide claims it, with z."""
    z = logit(m["draws"])
    return m["logq"] + log_expit(z) + log_expit(-z), z


def logit_normal_form(m, r):
    log_density, z = unit_claimed(m)
    far, c = residual(log_density, z, z**2)
    return far if c[2] < 0 else np.nan


def unit_draws(m, r):
    return draws_off(m, r) if inside(m) else np.inf


def unit_figure(axes, m, r):
    order = np.argsort(m["draws"])
    return posterior_figure(axes, m, r, (m["draws"][order], np.exp(m["logq"][order])), "the density your guide claims")


def _no_jacobian(m, r):
    z = logit(m["draws"])
    far, c = residual(m["logq"], z, z**2)
    return far < 5e-3 and c[2] < 0 and not leaks(m)


def _lognormal(m, r):
    log_f = np.log(m["draws"])
    far, c = residual(m["logq"] + log_f, log_f, log_f**2)
    return leaks(m) and far < 5e-3 and c[2] < -0.1 and np.ptp(log_f) > 0.01


def _beta_again(m, r, d):
    far, c = residual(m["logq"], np.log(m["draws"]), np.log1p(-m["draws"]))
    return (
        far < 3e-3
        and min(c[1:]) > -1
        and abs(c[0] + betaln(c[1] + 1, c[2] + 1)) < 0.01
        and d["claim"] < 0.01
        and d["surrogate"] < 0.02
    )


def _claimed_normal(m):
    """(loc, scale) in logit f of the normal that the guide claims."""
    log_density, z = unit_claimed(m)
    c = residual(log_density, z, z**2)[1]
    scale = (-2 * c[2]) ** -0.5
    return c[1] * scale**2, scale


def as_logit_normal(m, r, loc=0.0, ratio=1.0, claim=1.0):
    """The measurement of a guide that ended at another normal in z = logit f, and may claim only part of its Jacobian.

    Args:
        loc: by how many of its own sds the centre is moved.
        ratio: factor on the sd.
        claim: part of the log Jacobian that is claimed.
    """
    z = unit_claimed(m)[1]
    loc0, scale0 = _claimed_normal(m)
    centre, scale = loc0 + loc * scale0, scale0 * ratio
    z = centre + ratio * (z - loc0)

    def claimed(z):
        return (
            -0.5 * ((z - centre) / scale) ** 2
            - np.log(scale)
            - 0.5 * np.log(2 * np.pi)
            - claim * (log_expit(z) + log_expit(-z))
        )

    probe = m["probe"]
    if np.isfinite(probe[:200]).all():  # a guide with a density at every f, not a helper site and a Delta
        probe = np.append(claimed(logit(NODES)), probe[200:])
    excess = coin.logit_normal_elbo(loc0, scale0, r["a"], r["b"]) - coin.logit_normal_elbo(
        centre, scale, r["a"], r["b"]
    )
    jacobian = coin.NORMAL_WEIGHTS @ (
        log_expit(centre + scale * coin.NORMAL_NODES) + log_expit(-centre - scale * coin.NORMAL_NODES)
    )
    losses = m["losses"] + excess + (1 - claim) * jacobian
    return {**m, "draws": expit(z), "logq": claimed(z), "probe": probe, "losses": losses}


def _drawn_elsewhere(m, r, **moved):
    """Draws of another normal, scored by the density that was claimed."""
    draws = as_logit_normal(m, r, **moved)["draws"]
    loc, scale = _claimed_normal(m)
    z = logit(draws)
    return {
        **m,
        "draws": draws,
        "logq": -0.5 * ((z - loc) / scale) ** 2
        - np.log(scale)
        - 0.5 * np.log(2 * np.pi)
        - log_expit(z)
        - log_expit(-z),
    }


EXERCISE = Exercise(
    title="A normal surrogate moved to (0, 1)",
    names={"guide_on_unit_interval": "n, data=None"},
    public=public_guide_case,
    case=draw_guide_case,
    reference=guide_reference,
    routes="coin_routes",
    unused={
        "n": "a guide is fitted to its data by the loss, and need not look at them",
        "data": "a guide must do without its data, so that it can forecast",
    },
    fields=GUIDE_FIELDS,
    criteria=(
        Criterion(
            "surrogate",
            points=2,
            compared="KL(your fitted guide ‖ exact posterior) over your draws, and that of the best logit-normal, nats",
            distance=drawn_kl,
            needs=("draws", "logq", "probe"),
            failed="Your guide's KL to the posterior is not that of the best normal surrogate in logit f.",
        ),
        Criterion(
            "draws",
            points=1,
            compared="4096 draws of `f` and the posterior: difference of the means in sds, or twice the log "
            "ratio of the sds; infinite if f may leave (0, 1)",
            distance=unit_draws,
            needs=("draws", "probe"),
            failed="The draws at the site `f` of your guide can leave (0, 1), or don't have the posterior's "
            "mean and sd.",
        ),
        Criterion(
            "claim",
            points=1,
            compared="mean of posterior / claimed density over your draws beyond 5 standard errors, and 1",
            distance=claim,
            needs=("draws", "logq"),
            failed="The density that your guide claims is not the density of its draws.",
        ),
        Criterion(
            "bound",
            points=1,
            compared="mean of the last 200 losses, and the floor -ln Z that no loss can undercut, nats",
            distance=bound,
            needs=("losses",),
            failed="The loss fell below the floor -ln Z, which no guide can.",
        ),
        Criterion(
            "normal in logit f",
            points=3,
            compared="log density of logit f that your guide claims, and the nearest parabola, nats",
            distance=logit_normal_form,
            needs=("draws", "logq"),
            failed="Carried over to logit f, the density that your guide claims is not a normal one.",
        ),
    ),
    mistakes=(
        Mistake(
            "normal",
            hint="May f be 1.2?",
            looks_like=lambda m, r, d: _is_normal(m),
        ),
        Mistake(
            "clipped",
            hint="Where does the clipped mass sit?",
            looks_like=lambda m, r, d: not leaks(m) and _quadratic_in_f(m),
        ),
        Mistake(
            "no log density",
            hint="Is your loss better than possible?",
            looks_like=lambda m, r, d: _no_jacobian(m, r),
        ),
        Mistake(
            "exp",
            hint="Can f exceed 1 in your guide?",
            looks_like=lambda m, r, d: _lognormal(m, r),
        ),
        Mistake(
            "Beta again",
            hint="Is that a normal surrogate moved to (0, 1)?",
            looks_like=lambda m, r, d: _beta_again(m, r, d),
        ),
    ),
    near=(
        NearMiss(
            "sd too large",
            unit="part of the sd in logit f",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: as_logit_normal(m, r, ratio=1 + size),
        ),
        NearMiss(
            "sd too small",
            unit="part of the sd in logit f",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: as_logit_normal(m, r, ratio=1 - size),
        ),
        NearMiss(
            "centre",
            unit="sds in logit f",
            sizes=_MEAN_SIZES,
            must=0.25,
            perturb=lambda m, r, size: as_logit_normal(m, r, loc=size),
        ),
        NearMiss(
            "Jacobian",
            unit="part of the log Jacobian that is not claimed",
            sizes=(1e-3, 2e-3, 5e-3, 0.01, 0.03, 0.1),
            must=0.03,
            perturb=lambda m, r, size: as_logit_normal(m, r, claim=1 - size),
        ),
        NearMiss(
            "draws beside the claim",
            unit="sds in logit f from the claimed centre to that of the draws",
            sizes=_MEAN_SIZES,
            must=0.5,
            perturb=lambda m, r, size: _drawn_elsewhere(m, r, loc=size),
        ),
        NearMiss(
            "draws wider than the claim",
            unit="part of the claimed sd in logit f",
            sizes=_SD_SIZES,
            must=0.3,
            perturb=lambda m, r, size: _drawn_elsewhere(m, r, ratio=1 + size),
        ),
    ),
    figure=unit_figure,
)
