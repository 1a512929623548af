"""A flow on top of the best normal: what a case is, the truth, and how a measurement is judged.

The target is a banana, x1 ~ N(0, s1^2) and x2 | x1 ~ N(b (x1^2 - s1^2), s2^2), turned, shifted and times e^log_z. With
kappa = |b| s1^2 / s2 its best normal has r = (sqrt(1 + 16 kappa^2) - 1) / (8 kappa^2) times the variance along x1, the
variance s2^2 along x2 and the mean (0, b s1^2 (r - 1)), and its KL is (r - 1 - ln r) / 2 + kappa^2 r^2.
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, GREEN, ORANGE, seed

N, STEPS, TAIL = 8192, 2000, 200
OTHER = (40, 2, -1, 40, -1, 30, -1, 1)  # shapes of a fit with other numbers, and that it depends on its key


def draw(rng):
    """A banana whose best normal leans, is far from 0, and has a determinant that can't be left out."""
    while True:
        case = _case(
            kappa=rng.uniform(1.2, 3.5),
            widths=np.exp(rng.uniform(np.log(0.3), np.log(2), 2)),
            sign=rng.choice([-1, 1]),
            angle=rng.uniform(0, 2 * np.pi),
            centre=rng.choice([-1, 1], 2) * rng.uniform(200, 400, 2),
            log_z=rng.choice([-1, 1]) * rng.uniform(1, 6),
            number=seed(rng),
        )
        (a, _), (corner, b) = case["scale_tril"]
        if abs(np.log(a * b)) >= 0.5 and abs(corner) >= 0.4 * np.hypot(corner, b):
            return case


def public():
    return _case(2.0, np.array([1.5, 0.5]), 1, np.pi / 5, np.array([300.0, -240.0]), 4.0, np.array(104))


def _case(kappa, widths, sign, angle, centre, log_z, number):
    s1, s2 = widths
    bend, r = sign * kappa * s2 / s1**2, _shrunk(kappa)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    cov = turn @ np.diag([r * s1**2, s2**2]) @ turn.T
    return {
        "centre": centre,
        "turn": turn,
        "widths": widths,
        "bend": np.float64(bend),
        "log_z": np.float64(log_z),
        "loc": centre + turn @ np.array([0, bend * s1**2 * (r - 1)]),
        "scale_tril": np.linalg.cholesky(cov),
        "seed": number,
    }


def _shrunk(kappa):
    return (np.sqrt(1 + 16 * kappa**2) - 1) / (8 * kappa**2)


def reference(case):
    """Target and best normal, and the KL divergence that the best normal leaves, nats."""
    case = {name: np.asarray(value, float) for name, value in case.items()}
    s1, s2 = case["widths"]
    kappa = abs(case["bend"]) * s1**2 / s2
    r = _shrunk(kappa)
    return {
        **{name: case[name] for name in ("centre", "turn", "widths", "bend", "log_z", "loc", "scale_tril")},
        "gap": 0.5 * (r - 1 - np.log(r)) + kappa**2 * r**2,
    }


def log_p(r, z):
    x = (z - r["centre"]) @ r["turn"]
    s1, s2 = r["widths"]
    square = (x[:, 0] / s1) ** 2 + ((x[:, 1] - r["bend"] * (x[:, 0] ** 2 - s1**2)) / s2) ** 2
    return r["log_z"] - 0.5 * square - np.log(2 * np.pi * s1 * s2)


def kl(m, r):
    """KL(q || posterior) in nats, from draws and their claimed log densities."""
    return np.mean(m["log_q"] - log_p(r, m["draws"])) + r["log_z"]


def _log_normal(r, z, factor):
    """Log density of the handed-in normal, made narrower by ``factor``."""
    tril = r["scale_tril"] * factor
    u = np.linalg.solve(tril, (z - r["loc"]).T)
    return -0.5 * np.sum(u**2, axis=0) - np.log(2 * np.pi) - np.log(np.diag(tril)).sum()


def claim_off(m, r):
    """abs(E[r / q] - 1) with r the handed-in normal at half its width, where a surrogate should have its draws."""
    return abs(np.mean(np.exp(_log_normal(r, m["draws"], 0.5) - m["log_q"])) - 1)


def kl_part(m, r):
    """KL divergence as a part of what the best normal leaves; NaN where log_q is not the density of the draws."""
    return abs(kl(m, r)) / r["gap"] if claim_off(m, r) < 0.5 else np.nan


def losses_off(m, r):
    """abs(mean of the last losses less the KL divergence's own level), nats.

    Infinite where log_q is not the density of the draws, and where another n, n_steps or key changes nothing.
    """
    if not claim_off(m, r) < 0.5 or list(m["other"]) != list(OTHER):
        return np.inf
    return abs(m["losses"][-TAIL:].mean() - (kl(m, r) - r["log_z"]))


def _tail(m):
    return m["losses"][-TAIL:].mean()


def _is_normal(m, r, d):
    """The handed-in normal itself, or a refitted one: log_q is a quadratic of the draws."""
    return (
        claim_off(m, r) < 0.1 and abs(kl(m, r) / r["gap"] - 1) < 0.25 and _not_quadratic(m["draws"], m["log_q"]) < 0.01
    )


def _not_quadratic(z, log_q):
    """Part of the variance of log_q that no quadratic function of z explains."""
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    rows = np.stack([np.ones(len(z)), *z.T, *(z.T**2), z[:, 0] * z[:, 1]], axis=1)
    rest = log_q - rows @ np.linalg.lstsq(rows, log_q, rcond=None)[0]
    return rest.var() / log_q.var()


def _log_det(r):
    return np.log(np.diag(r["scale_tril"])).sum()


def _shifted_claim(shift):
    """looks_like: a good flow whose log_q is off by ``shift(r)``."""

    def looks_like(m, r, d):
        mended = {**m, "log_q": m["log_q"] - shift(r)}
        return claim_off(mended, r) < 0.15 and abs(kl(mended, r)) / r["gap"] < 0.5

    return looks_like


def _loss_without_det(m, r, d):
    off = _tail(m) - (kl(m, r) - r["log_z"])
    return d["claim"] < 0.2 and d["KL"] < 0.5 and abs(off - _log_det(r)) < 0.1


def _left_whitened(m, r, d):
    """Draws around 0 of the width of a standard normal: they were not put back."""
    mended = {**m, "draws": r["loc"] + m["draws"] @ r["scale_tril"].T}
    return any(claim_off({**mended, "log_q": m["log_q"] + shift}, r) < 0.15 for shift in (0.0, -_log_det(r)))


def _lost(m, r, d):
    """The first losses are those of a surrogate far away, the last ones still above those of the best normal."""
    losses, floor = m["losses"], -r["log_z"]
    far = losses[:20].mean() > floor + 100 and len(losses) == STEPS and np.std(m["draws"], axis=0).min() > 0
    return far and not d["KL"] < 0.4 and not _tail(m) < floor + 1.5 * r["gap"]


def _transposed(m, r, d):
    """Turned back by the right matrix after the wrong one the draws are right."""
    u = (m["draws"] - r["loc"]) @ np.linalg.inv(r["scale_tril"])
    mended = {**m, "draws": r["loc"] + u @ r["scale_tril"].T}
    return not d["KL"] < 0.4 and claim_off(mended, r) < 0.15 and abs(kl(mended, r)) / r["gap"] < 0.5


def _base_density(m, r, d):
    """log_q belongs to the standard normal numbers behind the draws: it has the mean and variance of those."""
    for shift in (0.0, _log_det(r)):
        log_q = m["log_q"] + shift
        if abs(log_q.mean() + np.log(2 * np.pi) + 1) < 0.07 and abs(log_q.std() - 1) < 0.07:
            return not d["KL"] < 0.4 and _not_quadratic(m["draws"], log_q) > 0.01
    return False


def _few_steps(m, r, d):
    """The losses are too few, and still fall."""
    losses = m["losses"]
    return 50 < len(losses) < STEPS and losses[-len(losses) // 5 :].mean() < losses[len(losses) // 3 :][:60].mean()


def _all_the_same(m, r, d):
    """Nothing depends on the key."""
    return len(m["other"]) == len(OTHER) and m["other"][-1] == 0


def _figure(axes, m, r):
    draws = m["draws"]
    if draws.shape != (N, 2) or not np.isfinite(draws).all():
        return None
    part = kl_part(m, r)
    right = part < 0.4 and claim_off(m, r) < 0.15
    x1 = np.linspace(-2.5, 2.5, 200) * r["widths"][0]
    ridge = np.stack([x1, r["bend"] * (x1**2 - r["widths"][0] ** 2)], axis=1) @ r["turn"].T + r["centre"]
    angle = np.linspace(0, 2 * np.pi, 200)
    ellipse = r["loc"] + 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1) @ r["scale_tril"].T
    span = np.abs(ridge - r["loc"]).max(axis=0) + 4 * r["widths"][1]
    near = np.all(np.abs(draws - r["loc"]) < 2 * span, axis=1)
    axes.scatter(*draws[near][:1500].T, s=3, color=BLUE, alpha=0.4, label="your draws")
    axes.plot(*ridge.T, color=ORANGE, label="ridge of the target")
    axes.plot(*ellipse.T, color=GREEN, linestyle="--", label="best normal, two sds")
    axes.set(xlabel="z[0]", ylabel="z[1]")
    if not near.any():
        title = "None of your draws is near the target"
    elif right:
        title = f"Your flow follows the ridge: {part:.2f} of the normal's KL is left"
    elif np.isfinite(part):
        title = f"{part:.2f} of the normal's KL is left"
    else:
        title = "log_q is not the density of your draws"
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8)
    return f"Your draws over the curved ridge of the target and the ellipse of its best normal. {title}."


def _shifted(m, r, size):
    return {**m, "log_q": m["log_q"] + size}


EXERCISE = Exercise(
    title="A flow on top of the best normal",
    names={"fit_flow": "key, log_p, loc, scale_tril, n_steps, n"},
    public=public,
    case=draw,
    reference=reference,
    fields={
        "draws": Field((N, 2), allow="inf nan"),
        "log_q": Field((N,), allow="inf nan"),
        "losses": Field((STEPS,), allow="inf nan"),
        "other": Field((None,)),
    },
    criteria=(
        Criterion(
            "KL",
            points=4,
            compared="KL divergence of your surrogate to the posterior, as a part of what the best normal leaves",
            distance=kl_part,
            needs=("draws", "log_q"),
            failed="Your surrogate is not much closer to the posterior than the normal that it was given.",
        ),
        Criterion(
            "claim",
            points=2,
            compared="integral of a narrow normal, estimated with your draws and your log_q, and 1",
            distance=claim_off,
            needs=("draws", "log_q"),
            failed="log_q is not the log density of your draws in the coordinates of log_p.",
        ),
        Criterion(
            "losses",
            points=2,
            compared="mean of the last 200 of n_steps losses and KL - ln Z of your surrogate, nats",
            distance=losses_off,
            needs=("draws", "log_q", "losses", "other"),
            failed="Your losses should be one for each step and end at -ln Z plus what your surrogate leaves, "
            "for any n_steps, n and key.",
        ),
    ),
    mistakes=(
        Mistake(
            "normal only",
            hint="Compare your KL divergence with the gap of exercise 1: what has your fit gained?",
            looks_like=_is_normal,
        ),
        Mistake(
            "without the normal",
            hint="Where does your flow start, and where is the target?",
            looks_like=_lost,
        ),
        Mistake(
            "determinant missing in log q",
            hint="Your draws were stretched: what does that do to their density?",
            looks_like=_shifted_claim(_log_det),
        ),
        Mistake(
            "determinant added to log q",
            hint="Your draws were stretched: what does that do to their density?",
            looks_like=_shifted_claim(lambda r: 2 * _log_det(r)),
        ),
        Mistake(
            "determinant missing in the loss",
            hint="Is the floor of your losses -ln Z?",
            looks_like=_loss_without_det,
        ),
        Mistake(
            "draws left whitened",
            hint="In which coordinates does log_p live?",
            looks_like=_left_whitened,
        ),
        Mistake(
            "transposed",
            hint="A draw is a row of your array: on which side of it does the matrix stand?",
            looks_like=_transposed,
        ),
        Mistake(
            "density of the base",
            hint="Has your log density seen the flow?",
            looks_like=_base_density,
        ),
        Mistake(
            "few steps",
            hint="How many losses did you return, and do they still fall?",
            looks_like=_few_steps,
        ),
        Mistake(
            "own key",
            hint="Call it with two keys: do you get two surrogates?",
            looks_like=_all_the_same,
        ),
    ),
    near=(
        NearMiss(
            "claim",
            unit="nats added to log_q",
            sizes=(0.05, 0.1, 0.2, 0.5),
            must=0.5,
            perturb=_shifted,
        ),
        NearMiss(
            "losses",
            unit="nats added to the losses",
            sizes=(0.03, 0.06, 0.15, 0.4),
            must=0.4,
            perturb=lambda m, r, size: {**m, "losses": m["losses"] + size},
        ),
        NearMiss(
            "place",
            unit="sds of the best normal by which all draws are moved",
            sizes=(0.2, 0.5, 1.0, 2.0),
            must=2.0,
            perturb=lambda m, r, size: {**m, "draws": m["draws"] + size * r["scale_tril"].sum(axis=1)},
        ),
    ),
    figure=_figure,
)
