"""A Beta guide for the coin: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betainc, betaincinv, expit

from svi_course.exercise import Criterion, Exercise, Mistake, NearMiss

from ... import coin
from ..guides import (
    _MEAN_SIZES,
    _SD_SIZES,
    CORNER_PROBES,
    GUIDE_FIELDS,
    NODES,
    _beta_of,
    _is_normal,
    bound,
    draw_guide_case,
    draws_off,
    guide_reference,
    leaks,
    posterior_figure,
    public_guide_case,
    residual,
    sites_of,
)


def density(m, r):
    """How far the claimed density on (0, 1) is from one in total; infinite if it reaches outside."""
    return np.inf if leaks(m) else abs(coin.UNIT_WEIGHTS @ np.exp(m["probe"][:200]) - 1)


def probed_kl(m, r):
    """KL(guide || posterior) by quadrature, nats: infinite if the guide leaves (0, 1), none if it is no density."""
    if leaks(m):
        return np.inf
    logq = m["probe"][:200]
    q = np.exp(logq)
    if not abs(coin.UNIT_WEIGHTS @ q - 1) <= 0.05:
        return np.nan
    logp = coin.beta_log_pdf(NODES, r["a"], r["b"])
    return abs(coin.UNIT_WEIGHTS @ np.where(q > 0, q * (np.where(q > 0, logq, 0) - logp), 0))


def beta_form(m, r):
    return residual(m["probe"][:200], np.log(NODES), np.log1p(-NODES))[0]


def corner(m, r):
    """With every unconstrained parameter at -3: how far the Beta's parameters are below zero."""
    if not np.all(np.isfinite(m["corner"])):
        return np.nan
    return max(0.0, *(-x for x in _corner_beta(m)))


def beta_figure(axes, m, r):
    return posterior_figure(axes, m, r, (NODES, np.exp(m["probe"][:200])), "your guide's density")


def _coefficients(m):
    """(residual, a, b) of the Beta density nearest to the probes."""
    far, c = residual(m["probe"][:200], np.log(NODES), np.log1p(-NODES))
    return far, c[1] + 1, c[2] + 1


def _is_beta(m, a, b):
    far, mine, yours = _coefficients(m)
    return far < 1e-2 and abs(mine / a - 1) < 2e-3 and abs(yours / b - 1) < 2e-3


def _corner_beta(m):
    """(a, b) of the Beta density nearest to the corner probes."""
    c = np.linalg.lstsq(
        np.stack([np.ones(5), np.log(CORNER_PROBES), np.log1p(-CORNER_PROBES)], axis=1), m["corner"], rcond=None
    )[0]
    return c[1] + 1, c[2] + 1


def _corner_of_cap(m, heads=0.0):
    """Whether the corner is that of parameters between 0 and 10."""
    return abs(_corner_beta(m)[0] - heads - 10 * expit(-3.0)) < 0.01


def _one_name(m, r):
    far, a, b = _coefficients(m)
    return (
        far < 1e-3
        and abs(a / b - 1) < 1e-3
        and len(sites_of(m, "param")) == 1
        and density(m, r) < 0.01
        and corner(m, r) < 1e-3
        and not _corner_of_cap(m)
    )


def _capped(m, r):
    far, a, b = _coefficients(m)
    return far < 1e-3 and 9.5 < max(a, b) <= 10.01 and len(sites_of(m, "param")) == 2 and density(m, r) < 0.01


def _only(m, *lines):
    return [line for line in m["sites"] if " param " not in line] == list(lines)


def _fitted_beta(m):
    _, a, b = _coefficients(m)
    return a, b


def as_beta(m, r, a, b):
    """The measurement of a guide that ended at Beta(a, b): draws moved by quantiles, other densities and losses."""
    a0, b0 = _fitted_beta(m)
    draws = betaincinv(a, b, betainc(a0, b0, m["draws"]))
    probe = np.append(coin.beta_log_pdf(NODES, a, b), m["probe"][200:])
    excess = coin.beta_kl(a, b, r["a"], r["b"]) - coin.beta_kl(a0, b0, r["a"], r["b"])
    return {**m, "draws": draws, "logq": coin.beta_log_pdf(draws, a, b), "probe": probe, "losses": m["losses"] + excess}


def _other_sd(m, r, ratio):
    mean, sd = coin.beta_mean_sd(*_fitted_beta(m))
    return as_beta(m, r, *_beta_of(mean, sd * ratio))


def _other_mean(m, r, size):
    mean, sd = coin.beta_mean_sd(*_fitted_beta(m))
    return as_beta(m, r, *_beta_of(mean + size * sd, sd))


def _stopped_early(m, r, size):
    """A fit that started at Beta(2, 2) and has this part of the way, in log a and log b, still to go."""
    a, b = (np.exp((1 - size) * np.log(x) + size * np.log(2.0)) for x in _fitted_beta(m))
    return as_beta(m, r, a, b)


def _false_claim(m, draws):
    """Other draws, scored by the density that was claimed."""
    return {**m, "draws": draws, "logq": coin.beta_log_pdf(draws, *_fitted_beta(m))}


def _drawn_off(m, r, size):
    mean, sd = coin.beta_mean_sd(*_fitted_beta(m))
    return _false_claim(m, as_beta(m, r, *_beta_of(mean + size * sd, sd))["draws"])


def _drawn_wide(m, r, size):
    return _false_claim(m, _other_sd(m, r, 1 + size)["draws"])


EXERCISE = Exercise(
    title="A Beta guide for the coin",
    names={"guide_beta": "n, data=None"},
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
            "density",
            points=1,
            compared="total of your guide's density over (0, 1), and 1, with nothing outside",
            distance=density,
            needs=("probe",),
            failed="The density that your guide claims for `f` must be one in total over (0, 1), and zero "
            "outside. Yours is not.",
        ),
        Criterion(
            "surrogate",
            points=3,
            compared="KL(your fitted guide ‖ exact posterior) by quadrature, nats",
            distance=probed_kl,
            needs=("probe",),
            failed="After the fit your guide's density is not the posterior's.",
        ),
        Criterion(
            "draws",
            points=1,
            compared="4096 draws of `f` and the posterior: difference of the means in sds, or twice the log "
            "ratio of the sds",
            distance=draws_off,
            needs=("draws",),
            failed="The draws at the site `f` of your guide don't have the posterior's mean and sd.",
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
            "Beta form",
            points=1,
            compared="your log density over (0, 1), and the nearest log density of a Beta, nats",
            distance=beta_form,
            needs=("probe",),
            failed="Your guide's density is not that of a Beta.",
        ),
        Criterion(
            "constraints",
            points=1,
            compared="parameters of your Beta when the optimiser's own numbers are all -3, and zero",
            distance=corner,
            needs=("corner",),
            failed="The optimiser may try any number: some of them make your guide's Beta illegal.",
        ),
    ),
    mistakes=(
        Mistake(
            "uniform prior",
            hint="Who told your guide the prior?",
            looks_like=lambda m, r, d: _is_beta(m, 1 + r["heads"], 1 + r["tails"]) and not sites_of(m, "param"),
            hidden_only=True,
        ),
        Mistake(
            "counts",
            hint="Who told your guide the prior?",
            looks_like=lambda m, r, d: _is_beta(m, r["heads"], r["tails"]) and not sites_of(m, "param"),
            hidden_only=True,
        ),
        Mistake(
            "other site",
            hint="Compare the sites of the two traces: which one does your guide cover?",
            looks_like=lambda m, r, d: (
                sites_of(m, "param")
                and len(sites_of(m, "latent")) == 1
                and "f" not in sites_of(m, "latent")
                and not sites_of(m, "observed")
                and np.isnan(m["draws"]).all()
            ),
        ),
        Mistake(
            "one name",
            hint="How many numbers can the optimiser move?",
            looks_like=lambda m, r, d: _one_name(m, r),
        ),
        Mistake(
            "data in guide",
            hint="What in your loss still mentions the data?",
            looks_like=lambda m, r, d: (
                len(sites_of(m, "observed")) == 1
                and sites_of(m, "latent") == ["f"]
                and d["Beta form"] < 1e-3
                and d["bound"] > 1
                and not _corner_of_cap(m, r["heads"])
            ),
        ),
        Mistake(
            "normal",
            hint="May f be 1.2?",
            looks_like=lambda m, r, d: _is_normal(m),
        ),
        Mistake(
            "delta",
            hint="Is a distribution of zero width what you believe about f?",
            looks_like=lambda m, r, d: (
                _only(m, "f latent ()")
                and np.isneginf(m["probe"]).all()
                and m["draws"].std() < 1e-6
                and 0 < m["draws"][0] < 1
            ),
        ),
        Mistake(
            "fixed numbers",
            hint="What can the optimiser turn?",
            looks_like=lambda m, r, d: (
                not sites_of(m, "param")
                and _only(m, "f latent ()")
                and _coefficients(m)[0] < 1e-3
                and not _is_beta(m, 1 + r["heads"], 1 + r["tails"])
                and not _is_beta(m, r["heads"], r["tails"])
            ),
        ),
        Mistake(
            "capped",
            hint="Which values can your parameters never reach?",
            looks_like=lambda m, r, d: _capped(m, r),
        ),
        Mistake(
            "factor",
            hint="Does your guide draw from what it scores?",
            looks_like=lambda m, r, d: (
                len(sites_of(m, "factor")) == 1
                and sites_of(m, "latent") == ["f"]
                and not sites_of(m, "observed")
                and abs(m["draws"].mean() - 0.5) < 0.03
                and abs(m["draws"].std() * np.sqrt(12) - 1) < 0.06
            ),
        ),
        Mistake(
            "no constraint",
            hint="Which of your parameters must never cross zero?",
            looks_like=lambda m, r, d: (
                _only(m, "f latent ()")
                and d["Beta form"] < 1e-3
                and d["surrogate"] < 0.01
                and not d["constraints"] < 1e-3
            ),
        ),
    ),
    near=(
        NearMiss(
            "sd too large",
            unit="part of the sd",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: _other_sd(m, r, 1 + size),
        ),
        NearMiss(
            "sd too small",
            unit="part of the sd",
            sizes=_SD_SIZES,
            must=0.15,
            perturb=lambda m, r, size: _other_sd(m, r, 1 - size),
        ),
        NearMiss("mean", unit="sds", sizes=_MEAN_SIZES, must=0.25, perturb=_other_mean),
        NearMiss(
            "stopped early",
            unit="part of the way from Beta(2, 2), in log a and log b, that is left",
            sizes=(0.01, 0.03, 0.06, 0.1, 0.2, 0.4),
            must=0.2,
            perturb=_stopped_early,
        ),
        NearMiss(
            "draws beside the claim",
            unit="sds from the claimed mean to that of the draws",
            sizes=_MEAN_SIZES,
            must=0.5,
            perturb=_drawn_off,
        ),
        NearMiss(
            "draws wider than the claim", unit="part of the claimed sd", sizes=_SD_SIZES, must=0.3, perturb=_drawn_wide
        ),
    ),
    figure=beta_figure,
)
