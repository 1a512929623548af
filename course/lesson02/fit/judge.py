"""The whole loop: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betaln, log_expit

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...coin import NORMAL_NODES, best_logit_normal, beta_log_pdf, draw_coin, logit_normal_elbo, posterior, public_coin
from ...tools import BLUE, GREEN, ORANGE, seed, worst
from ..weights import HALF_LOG_2PI, _moments


def _fit_case(coin, seed):
    a, b = posterior(coin)
    loc = best_logit_normal(a, b)[0]
    return {
        "a": np.float64(a),
        "b": np.float64(b),
        "constant": np.float64(-betaln(coin["a0"], coin["b0"])),
        "phi0": np.array([-5 * np.sign(loc), 0.5]),
        "particles": np.array(1024),
        "n_steps": np.array(3000),
        "lr": np.float64(0.01),
        "seed": np.array(seed),
    }


def _fit_draw(rng):
    while True:
        coin = draw_coin(rng)
        if abs(best_logit_normal(*posterior(coin))[0]) <= 2.5:
            return _fit_case(coin, seed(rng))


def _fit_reference(case):
    a, b, constant = float(case["a"]), float(case["b"]), float(case["constant"])
    loc, scale, kl = best_logit_normal(a, b)
    z = loc + scale * NORMAL_NODES
    _, sd = _moments(a * log_expit(z) + b * log_expit(-z))
    phi0 = np.asarray(case["phi0"], dtype=float)
    return {
        "a": a,
        "b": b,
        "loc": loc,
        "scale": scale,
        "constant": constant,
        "phi0": phi0,
        "floor": -betaln(a, b) - constant,
        "best": kl - betaln(a, b) - constant,
        "start": -logit_normal_elbo(phi0[0], np.exp(phi0[1]), a, b) - constant,
        "noise": sd / np.sqrt(float(case["particles"])),
        "n_steps": float(case["n_steps"]),
        "lr": float(case["lr"]),
    }


def _fit_excess(m, r):
    losses = [-logit_normal_elbo(loc, np.exp(log_scale), r["a"], r["b"]) - r["constant"] for loc, log_scale in m["phi"]]
    return float(np.max(losses) - r["best"]) if np.isfinite(losses).all() else np.nan


def _fit_curve(m, r):
    if m["losses"].shape[1] != r["n_steps"]:
        return np.nan
    drop = m["losses"][:, 0] - m["losses"][:, -200:].mean(1)
    return worst(drop / (r["start"] - r["best"]) - 1)


def _fit_noise(m, r):
    steps = np.diff(m["losses"][:, -500:], axis=1)
    return float(np.log(np.sqrt(2) * r["noise"] / steps.std(1).min()))


def _fit_keys(m, r):
    losses = m["losses"]
    if not np.isfinite(losses).all():
        return np.nan
    return 0.0 if all(np.any(losses[i] != losses[j]) for i, j in ((0, 1), (0, 2), (1, 2))) else 1.0


def _falls(losses):
    return bool(np.all(losses[:, 0] > losses[:, -1]))


def _is_one_key_for_all(m, r, distances):
    return bool(
        distances["noise"] > 3
        and distances["optimum"] < 0.1
        and distances["curve"] < 0.2
        and distances["two keys"] == 0
    )


def _is_own_key(m, r, distances):
    return bool(
        distances["two keys"] == 1
        and distances["noise"] < 1.2
        and distances["optimum"] < 0.02
        and distances["curve"] < 0.2
    )


def _is_short(m, r, distances):
    n = m["losses"].shape[1]
    reach = r["lr"] * n
    moved = np.abs(m["phi"][:, 0] - r["phi0"][0])
    noisy = np.diff(m["losses"], axis=1).std(1) > 0
    return bool(
        10 <= n <= 0.5 * r["n_steps"]
        and _falls(m["losses"])
        and noisy.all()
        and distances["optimum"] > 0.02
        and distances["two keys"] == 0
        and np.all(moved > 0.3 * reach)
        and np.all(moved < 1.5 * reach)
    )


def _is_slow(m, r, distances):
    """As many losses as steps, still falling at the end, and a path of a tenth of the length that lr allows."""
    losses = m["losses"]
    if losses.shape[1] != r["n_steps"]:
        return False
    moved = (m["phi"][:, 0] - r["phi0"][0]) * -np.sign(r["phi0"][0])
    reach = r["lr"] * r["n_steps"]
    started = np.abs(losses[:, 0] - r["start"]) < 0.15 * (r["start"] - r["best"])
    return bool(
        np.all(moved > 0.02 * reach)
        and np.all(moved < 0.13 * reach)
        and started.all()
        and distances["two keys"] == 0
        and np.all(losses[:, -300:-200].mean(1) > losses[:, -100:].mean(1))
        and distances["noise"] < 1.2
    )


def _is_start_returned(m, r, distances):
    return bool(
        worst(m["phi"] - r["phi0"]) < 1e-5
        and distances["curve"] < 0.2
        and distances["noise"] < 1.2
        and distances["two keys"] == 0
    )


def _is_last_loss_only(m, r, distances):
    return bool(
        m["losses"].shape == (3,)
        and np.all(np.abs(m["losses"] - r["best"]) < 10 * r["noise"] + 0.1)
        and len(np.unique(m["losses"])) == 3
        and distances["optimum"] < 0.02
    )


def _is_ascent(m, r, distances):
    losses, moved = m["losses"], (m["phi"][:, 0] - r["phi0"][0]) * np.sign(r["phi0"][0])
    started = np.abs(losses[:, 0] - r["start"]) < 0.5 * (r["start"] - r["best"])
    return bool(
        losses.shape[1] == r["n_steps"]
        and started.all()
        and not np.any(losses[:, -100:].mean(1) < 1.5 * losses[:, 0])
        and not np.any(np.abs(m["phi"] - r["phi0"]) < 1)
        and np.isfinite(moved).all()
    )


def _fit_figure(axes, m, r):
    f = np.linspace(0.002, 0.998, 400)
    z = np.log(f / (1 - f))
    axes.fill_between(f, np.exp(beta_log_pdf(f, r["a"], r["b"])), color="0.85", label="posterior")
    for i, (loc, log_scale) in enumerate(m["phi"]):
        q = np.exp(-0.5 * ((z - loc) / np.exp(log_scale)) ** 2 - log_scale - HALF_LOG_2PI) / (f * (1 - f))
        axes.plot(
            f, q, color=(BLUE, ORANGE, GREEN)[i], linestyle=("-", "--", ":")[i], label=f"your surrogate, key {i + 1}"
        )
    excess = _fit_excess(m, r)
    axes.set_title(
        "Your surrogate lies on the posterior" if excess <= 0.007 else "Your surrogate does not lie on the posterior",
        fontsize=10,
    )
    axes.set_xlabel("f", fontsize=8)
    axes.set_ylabel("density", fontsize=8)
    axes.set_ylim(0, 1.4 * np.exp(beta_log_pdf(f, r["a"], r["b"])).max())
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8)
    return (
        "The posterior of f and your surrogate for three keys. "
        f"Your loss ends {excess:.2g} nats above the lowest that a logit-normal can have."
    )


EXERCISE = Exercise(
    slow={"python loop": 60},
    title="The whole loop",
    names={"fit": "key, loss, phi0, n_steps, lr"},
    public=lambda: _fit_case(public_coin(), 20),
    case=_fit_draw,
    reference=_fit_reference,
    fields={"phi": Field((3, 2), allow="inf nan"), "losses": Field((3, None), allow="inf nan")},
    criteria=(
        Criterion(
            "optimum",
            points=3,
            compared="the loss at your phi less the lowest loss of any logit-normal, by quadrature, nats",
            distance=_fit_excess,
            needs=("phi",),
            failed="The phi that you return is not where the loss is lowest.",
        ),
        Criterion(
            "curve",
            points=1,
            compared="fall of your losses from first to last, relative to the fall to the optimum, less 1",
            distance=_fit_curve,
            needs=("losses",),
            failed="Your losses are not n_steps long, or do not fall from the start's loss to the optimum's.",
        ),
        Criterion(
            "noise",
            points=2,
            compared="log ratio of the jitter that the draws must give to the jitter of your late losses",
            distance=_fit_noise,
            needs=("losses",),
            failed="Your late losses jitter less than fresh draws at each step must make them.",
        ),
        Criterion(
            "two keys",
            points=1,
            compared="other keys give other losses: 0 yes, 1 no",
            distance=_fit_keys,
            needs=("losses",),
            failed="Your losses must change with the key.",
        ),
    ),
    mistakes=(
        Mistake(
            "one key for all steps",
            hint="Is your loss too quiet, as if each step saw the same draws?",
            looks_like=_is_one_key_for_all,
        ),
        Mistake("own key", hint="Call it with two keys: why are the losses the same?", looks_like=_is_own_key),
        Mistake(
            "too few steps",
            hint="Count your losses: are there n_steps of them, and do they still fall?",
            looks_like=_is_short,
        ),
        Mistake("small rate", hint="How far can Adam travel in n_steps steps of about lr each?", looks_like=_is_slow),
        Mistake(
            "start returned",
            hint="Your losses fell, yet phi has not moved: did the result of the scan leave the function?",
            looks_like=_is_start_returned,
        ),
        Mistake("last loss only", hint="A curve has n_steps points: how many have you?", looks_like=_is_last_loss_only),
        Mistake("uphill", hint="Which way did your loss go?", looks_like=_is_ascent),
    ),
    near=(
        NearMiss(
            "sd too large",
            unit="part of the sd",
            sizes=(0.02, 0.05, 0.075, 0.1, 0.15, 0.3),
            must=0.15,
            perturb=lambda m, r, size: {**m, "phi": m["phi"] + [0, np.log1p(size)]},
        ),
        NearMiss(
            "sd too small",
            unit="part of the sd",
            sizes=(0.02, 0.05, 0.075, 0.1, 0.15, 0.3),
            must=0.15,
            perturb=lambda m, r, size: {**m, "phi": m["phi"] + [0, np.log1p(-size)]},
        ),
        NearMiss(
            "loc",
            unit="sds",
            sizes=(0.03, 0.06, 0.1, 0.15, 0.25, 0.5),
            must=0.25,
            perturb=lambda m, r, size: {**m, "phi": m["phi"] + [size * r["scale"], 0]},
        ),
        NearMiss(
            "curve",
            unit="part of the fall that is missing",
            sizes=(0.02, 0.05, 0.1, 0.15, 0.3, 0.6),
            must=0.6,
            perturb=lambda m, r, size: {**m, "losses": (1 - size) * m["losses"] + size * m["losses"][:, :1]},
        ),
    ),
    figure=_fit_figure,
)
