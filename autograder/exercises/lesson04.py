"""Lesson 4, grader's half: has it converged?

NumPy and SciPy, float64. With q = Beta(a, b) and posterior Beta(A, B), one draw's loss is
constant - (A - a) ln f - (B - b) ln(1 - f), so its variance under q is

    Da^2 (t(a) - t(a+b)) + Db^2 (t(b) - t(a+b)) - 2 Da Db t(a+b),   Da = A - a, Db = B - b,

with the trigamma function t (covariances of ln f and ln(1-f): Johnson, Kotz & Balakrishnan,
*Continuous Univariate Distributions* 2, chapter 25).
"""

import numpy as np
from scipy.special import betaln, polygamma

from autograder.exercises.common import BLUE, GREEN, ORANGE, RED, seed, worst
from autograder.judging import Criterion, Exercise, Field, KnownWrong, NearMiss
from autograder.references.coin import beta_kl, draw_coin, posterior, public_coin

# ---------------------------------------------------------------- 4.1 the spread of the loss


def spread_of_loss(phi, a, b):
    """sd of a single-draw loss of Beta(phi) for the posterior Beta(a, b), nats."""
    da, db = a - phi[0], b - phi[1]
    both = polygamma(1, phi[0] + phi[1])
    return np.sqrt(da**2 * (polygamma(1, phi[0]) - both) + db**2 * (polygamma(1, phi[1]) - both) - 2 * da * db * both)


def _spread_case(coin, phi, seed):
    a, b = posterior(coin)
    return {"a": np.float64(a), "b": np.float64(b), "constant": np.float64(-betaln(coin["a0"], coin["b0"])),
            "phi": np.asarray(phi, float), "n": np.array(8000), "seed": np.array(seed)}


_PUBLIC_PHI = (9.0, 11.0)


def _spread_draw(rng):
    """A phi well off the posterior, whose sd is not near 1, where a variance would look like a sd, nor near the public one."""
    while True:
        coin = draw_coin(rng)
        a, b = posterior(coin)
        factor = np.where(rng.random(2) < 0.5, rng.uniform(0.5, 0.8, 2), rng.uniform(1.25, 1.8, 2))
        phi = factor * np.array([a, b])
        sd = spread_of_loss(phi, a, b)
        if abs(np.log(sd)) > 0.5 and abs(np.log(sd / spread_of_loss(_PUBLIC_PHI, 13, 9))) > 0.35:
            return _spread_case(coin, phi, seed(rng))


def _spread_reference(case):
    a, b, phi = float(case["a"]), float(case["b"]), np.asarray(case["phi"], float)
    floor = -betaln(a, b) - float(case["constant"])
    return {"off": spread_of_loss(phi, a, b), "floor": floor, "level": floor + beta_kl(*phi, a, b), "n": float(case["n"])}


def _spread_off(m, r):
    return worst(m["off"] / r["off"] - 1)


def _spread_key(m, r):
    if not np.isfinite(m["off"]).all():
        return np.nan
    return 0.0 if m["off"][0] != m["off"][1] else 1.0


def _spread_is(prediction, slack, on=1e-3):
    """looks_like: off the posterior it is ``prediction(r)`` within a relative ``slack``, on it at most ``on``; and it follows the key."""

    def looks_like(m, r, d):
        return bool(worst(m["off"] / prediction(r) - 1) < slack and worst(m["on"]) < on and d["key"] == 0)

    return looks_like


def _is_level(m, r, d):
    return bool(worst(m["off"] - r["level"]) < 6 * r["off"] / np.sqrt(r["n"]) + 1e-3 and worst(m["on"] - r["floor"]) < 0.01 and d["key"] == 0)


_SPREAD = "def loss_spread(key, loss, phi, n):\n    values = jax.vmap(lambda k: loss(k, phi))(jax.random.split(key, n))\n"

LOSS_SPREAD = Exercise(
    id="loss-spread",
    title="The spread of the loss",
    names={"loss_spread": "key, loss, phi, n"},
    public=lambda: _spread_case(public_coin(), _PUBLIC_PHI, 4),
    case=_spread_draw,
    reference=_spread_reference,
    fields={"off": Field((2,), allow="inf nan"), "on": Field((2,), allow="inf nan")},
    criteria=(
        Criterion("off the posterior", 2, "your spread for a surrogate off the posterior and the exact one, ratio less 1", _spread_off, ("off",),
            "That is not the standard deviation of single losses at this phi."),
        Criterion("on the posterior", 1, "your spread where the surrogate is the posterior, and 0, nats", lambda m, r: worst(m["on"]), ("on",),
            "Where the surrogate is the posterior, every draw gives the same loss."),
        Criterion("key", 1, "two keys give two estimates: 0 yes, 1 no", _spread_key, ("off",),
            "Your estimate must come from the key that it was given."),
    ),
    known_wrong=(
        KnownWrong("variance", _SPREAD + "    return jnp.var(values)\n", "Is your number in nats, or in nats squared?",
            _spread_is(lambda r: r["off"] ** 2, 0.25)),
        KnownWrong("standard error", _SPREAD + "    return jnp.std(values) / jnp.sqrt(n)\n",
            "Ask for four times as many keys: does your number shrink?", _spread_is(lambda r: r["off"] / np.sqrt(r["n"]), 0.2)),
        KnownWrong("one key", _SPREAD.replace("loss(k, phi)", "loss(key, phi)") + "    return jnp.std(values)\n",
            "How many different losses did you compare?",
            lambda m, r, d: bool(worst(m["off"]) < 0.3 * r["off"] / np.sqrt(r["n"]) and worst(m["on"]) < 1e-3)),
        KnownWrong("mean", _SPREAD + "    return jnp.mean(values)\n", "Did you return how high the losses lie, or how far they scatter?", _is_level),
        KnownWrong("means of a hundred", _SPREAD.replace("split(key, n)",
            "split(key, 100 * n)") + "    return values.reshape(n, 100).mean(axis=1).std()\n",
            "Is it single losses whose spread you took, or something steadier?", _spread_is(lambda r: r["off"] / 10, 0.15)),
        KnownWrong("own key", _SPREAD.replace("split(key, n)", "split(jax.random.key(0), n)") + "    return jnp.std(values)\n",
            "Call it with two keys: why is it the same number?",
            lambda m, r, d: d["key"] == 1 and d["off the posterior"] < 0.15 and d["on the posterior"] < 1e-3),
    ),
    honest={
        "unbiased": _SPREAD + "    return jnp.std(values, ddof=1)\n",
        "two moments": "def loss_spread(key, loss, phi, n):\n    values = jax.lax.map(lambda k: loss(k, phi), jax.random.split(key, n))\n"
        "    centred = values - values[0]\n    return jnp.sqrt(jnp.mean(centred**2) - jnp.mean(centred) ** 2)\n",
        "fold in": "def loss_spread(key, loss, phi, n):\n    values = jax.vmap(lambda i: loss(jax.random.fold_in(key, i), phi))(jnp.arange(n))\n"
        "    return jnp.sqrt(jnp.sum((values - values.mean()) ** 2) / (n - 1))\n",
    },
    near=(
        NearMiss("too wide", "relative error of the spread", (0.05, 0.1, 0.2, 0.4, 0.6), 0.6, lambda m, r, size: {**m, "off": m["off"] * (1 + size)}),
        NearMiss("noise left", "nats of noise on the posterior", (1e-4, 5e-4, 2e-3, 5e-3), 5e-3, lambda m, r, size: {**m, "on": m["on"] + size}),
    ),
)


# ---------------------------------------------------------------- 4.2 the level of a plateau

_STEPS = 4000


def _plateau_draw(rng, window=None):
    """Eight traces that fall, then stay level; the noise is skewed, the first trace has infinite losses early on."""
    window = int(rng.integers(300, 501)) if window is None else window
    t = np.arange(_STEPS)
    traces = []
    for i in range(8):
        level = rng.choice([-1, 1], p=[0.25, 0.75]) * rng.uniform(5, 50)
        sd = rng.uniform(0.3, 3)
        fall = np.exp(-t / rng.uniform(100, 300))
        noise = (rng.gamma(2.0, size=_STEPS) - 2) / np.sqrt(2)
        losses = level + rng.uniform(10, 40) * sd * fall + sd * (1 + 5 * fall) * noise
        if i == 0:
            losses[rng.choice(800, 5, replace=False)] = np.inf
        traces.append(losses)
    return {"losses": _single(traces), "window": np.array(window)}


def _single(traces):
    """Traces in one array of float32: a class stores thousands of them, and JAX would round them anyway."""
    return np.stack(traces).astype(np.float32)


def _summary(losses, window, rule="right"):
    """What a rule makes of one trace: (mean, mcse)."""
    tail = losses[-window:]
    if rule in ("strided", "first", "whole"):
        tail = {"strided": losses[::-window], "first": losses[:window], "whole": losses}[rule]
    with np.errstate(all="ignore"):
        mean, sd, root = np.mean(tail), np.std(tail), np.sqrt(len(tail))
        return {"median": (np.median(tail), sd / root), "sd": (mean, sd), "squared": (mean, sd**2 / len(tail)),
                "last": (losses[-1], sd / root)}.get(rule, (mean, sd / root))


def _plateau_reference(case):
    window = int(case["window"])
    rules = ("right", "strided", "first", "whole", "median", "sd", "squared", "last")
    table = {rule: np.array([_summary(np.asarray(x, float), window, rule) for x in case["losses"]]) for rule in rules}
    return {"summary": table["right"], "table": table, "losses": case["losses"], "window": window}


def _is_summary(rule):
    def looks_like(m, r, d):
        rows = np.isfinite(r["table"][rule]).all(1)  # an early infinity makes some of the wrong summaries infinite
        (mean, mcse), (want, error) = m["summary"][rows].T, r["table"][rule][rows].T
        scales = [1.0]
        if rule == "strided":  # divided by the window's root instead of that of the few losses used
            scales.append(np.sqrt(r["losses"][:, :: -r["window"]].shape[1] / r["window"]))
        slack = 0.08 if rule == "strided" else 0.01  # with ten losses, n or n - 1 makes a difference
        return bool(rows.any() and worst(mean / want - 1) < 1e-4 and min(worst(mcse / (error * scale) - 1) for scale in scales) < slack)

    return looks_like


def _plateau_figure(axes, m, r):
    i, window = 1, r["window"]
    losses = np.asarray(r["losses"][i], float)
    (mean, mcse), (yours, error) = r["summary"][i], m["summary"][i]
    sd = losses[-window:].std()
    axes.plot(losses, color="0.7", linewidth=0.5, label="losses")
    axes.axvspan(_STEPS - window, _STEPS, color=GREEN, alpha=0.2, label="last window")
    axes.axhline(mean, color="black", linewidth=1, label=f"its mean {mean:.3f}, mcse {mcse:.3f}")
    axes.axhline(yours, color=BLUE, linestyle="--", label=f"yours {yours:.3f}, mcse {error:.3f}")
    right = abs(yours - mean) < 1e-3 * sd and abs(error / mcse - 1) < 0.01
    axes.set_title("Your level is that of the last window" if right else "Your level or its error is not that of the last window", fontsize=10)
    axes.set_ylim(mean - 4 * sd, max(mean + 12 * sd, yours + sd))
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel("loss (nats)", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7)
    return f"A trace that falls and stays level at {mean:.3f}, with the last window shaded; your level is {yours:.3f}, your mcse {error:.3f}."


_PLATEAU = "def plateau(losses, window):\n    tail = np.asarray(losses)[-window:]\n"

PLATEAU = Exercise(
    id="plateau",
    title="The level of a plateau",
    names={"plateau": "losses, window"},
    public=lambda: _plateau_draw(np.random.default_rng(42), 400),
    case=_plateau_draw,
    reference=_plateau_reference,
    fields={"summary": Field((8, 2), allow="inf nan")},
    criteria=(
        Criterion("mean", 2, "your level and the mean of the last window, on eight traces, relative",
            lambda m, r: worst(m["summary"][:, 0] / r["summary"][:, 0] - 1), ("summary",), "Your level is not the mean of the last window."),
        Criterion("mcse", 2, "your standard error and that of the last window's mean, ratio less 1",
            lambda m, r: worst(m["summary"][:, 1] / r["summary"][:, 1] - 1), ("summary",),
            "Your second number is not the standard error of that mean."),
    ),
    known_wrong=(
        KnownWrong("strided", "def plateau(losses, window):\n    tail = losses[::-window]\n"
            "    return np.mean(tail), np.std(tail) / np.sqrt(len(tail))\n",
            "Print np.arange(4000) sliced as you slice the losses: which steps did you use?", _is_summary("strided")),
        KnownWrong("first window", "def plateau(losses, window):\n    tail = losses[:window]\n"
            "    return np.mean(tail), np.std(tail) / np.sqrt(window)\n",
            "From which end of the run is your window?", _is_summary("first")),
        KnownWrong("whole run", "def plateau(losses, window):\n    return np.mean(losses), np.std(losses) / np.sqrt(len(losses))\n",
            "Is the descent a part of the plateau?", _is_summary("whole")),
        KnownWrong("median", _PLATEAU + "    return np.median(tail), np.std(tail) / np.sqrt(window)\n",
            "About which number of the losses does the bound make a statement?", _is_summary("median")),
        KnownWrong("sd", _PLATEAU + "    return np.mean(tail), np.std(tail)\n", "Does your second number shrink when the window grows?",
            _is_summary("sd")),
        KnownWrong("squared", _PLATEAU + "    return np.mean(tail), np.var(tail) / window\n",
            "Is your second number in nats, or in nats squared?", _is_summary("squared")),
        KnownWrong("last loss", _PLATEAU + "    return losses[-1], np.std(tail) / np.sqrt(window)\n",
            "You have a whole window of losses: how many of them went into your level?", _is_summary("last")),
    ),
    honest={
        "unbiased": _PLATEAU + "    return tail.mean(), tail.std(ddof=1) / window**0.5\n",
        "jax": "def plateau(losses, window):\n    tail = jnp.asarray(losses, jnp.float32)[-window:]\n"
        "    return jnp.mean(tail), jnp.std(tail) / jnp.sqrt(window)\n",
        "slice from the front": "def plateau(losses, window):\n    tail = losses[len(losses) - window :]\n    mean = sum(tail) / window\n"
        "    return float(mean), float(np.sqrt(sum((x - mean) ** 2 for x in tail) / (window * (window - 1))))\n",
    },
    near=(
        NearMiss("level off", "error of the level, in its standard errors", (0.01, 0.1, 1.0, 3.0), 3.0,
            lambda m, r, size: {**m, "summary": m["summary"] + size * r["summary"][:, 1:] * np.array([1.0, 0.0])}),
        NearMiss("error off", "relative error of the mcse", (0.005, 0.02, 0.05, 0.1), 0.05,
            lambda m, r, size: {**m, "summary": m["summary"] * np.array([1.0, 1 + size])}),
    ),
    figure=_plateau_figure,
)


# ---------------------------------------------------------------- 4.3 has it converged?

SETTLED, HEAVY, EARLY_INF, OLD_JUMP, FALL, RISE, JUMP, LATE_NAN, LATE_INF, SLOW = range(10)
KINDS = ("settled", "settled, heavy tails", "infinite early on", "jumped long ago", "still falling", "rising", "jumped lately", "NaN lately",
    "infinite lately")


def _window_means(losses, window):
    """Means of the last two windows, the standard error of their difference, and the sd of the last; rows of traces."""
    last, before = losses[..., -window:], losses[..., -2 * window : -window]
    with np.errstate(all="ignore"):
        error = np.sqrt((last.var(-1) + before.var(-1)) / window)
        return last.mean(-1), before.mean(-1), error, last.std(-1)


def two_window_z(losses, window):
    """(mean of the last window - mean of the one before) in standard errors of that difference."""
    last, before, error, _ = _window_means(losses, window)
    with np.errstate(all="ignore"):
        return (last - before) / error


def _kind_of(losses, window):
    """The kind of a trace, read from its numbers, so that a case need not hold the answer; -1 for one between the kinds."""
    recent = losses[-2 * window :]
    if np.isnan(recent).any():
        return LATE_NAN
    if np.isinf(recent).any():
        return LATE_INF
    if np.isinf(losses).any():
        return EARLY_INF
    z, sd = two_window_z(losses, window), losses[-window:].std()
    if abs(z) < 1:
        if abs(losses[1100:1200].mean() - losses[-window:].mean()) > 2 * sd:
            return OLD_JUMP
        tail = losses[-2000:] - losses[-2000:].mean()
        return HEAVY if np.mean(tail**4) > 4 * np.mean(tail**2) ** 2 else SETTLED
    if not 9.5 < abs(z) < 13:
        return -1
    t = np.arange(2 * window)
    fits = [np.corrcoef(recent, t)[0, 1]] + [np.corrcoef(recent, t >= at)[0, 1] for at in range(int(0.9 * window), int(1.1 * window))]
    if np.argmax(np.abs(fits)) > 0:
        return JUMP
    return RISE if z > 0 else FALL


def _draw_trace(rng, kind, window, scale, level, up):
    """4000 losses of one kind, redrawn until its last two windows leave no doubt: |z| < 1 or 9.5 to 13."""
    t = np.arange(_STEPS)
    while True:
        noise = rng.standard_t(3, _STEPS) / np.sqrt(3) if kind == HEAVY else rng.normal(size=_STEPS)
        trend = rng.uniform(15, 60) * np.exp(-t / rng.uniform(80, 200))
        step = rng.uniform(10.2, 12) * np.sqrt(2 / window)  # what the mean must change by between the windows, in sd
        if kind in (FALL, RISE):
            trend += (-1 if kind == FALL else 1) * step * (t - _STEPS) / window
        elif kind == SLOW:
            tau = rng.uniform(1500, 3000)
            x = np.exp(-(t - _STEPS) / tau)
            trend += step * x / (x[-2 * window : -window].mean() - x[-window:].mean())
        elif kind == JUMP:
            at = _STEPS - window + int(rng.uniform(-0.1, 0.1) * window)
            trend += (1 if up else -1) * step * 1.08 * (t >= at)
        elif kind == OLD_JUMP:
            # up to above where it began, or down between the halves of a strided run: rules that look at the past differ there
            if up:
                trend *= 15 / trend[0]
            trend += (rng.uniform(25, 40) if up else -rng.uniform(15, 25)) * (t >= (rng.integers(1200, 1560) if up else rng.integers(2100, 2380)))
        losses = level + scale * (trend + noise)
        like = {EARLY_INF: SETTLED, LATE_NAN: SETTLED, LATE_INF: SETTLED, SLOW: FALL}.get(kind, kind)
        if _kind_of(losses, window) == like:
            break
    if kind == EARLY_INF:
        losses[rng.choice(1000, rng.integers(1, 6), replace=False)] = np.inf
    elif kind == LATE_NAN:  # parameters that became NaN stay NaN
        losses[_STEPS - int(rng.uniform(0.1, 0.9) * window) - (window if up else 0) :] = np.nan
    elif kind == LATE_INF:
        losses[_STEPS - int(rng.uniform(0.1, 0.9) * window) - (window if up else 0)] = np.inf
    return losses


def _draw_converged_case(rng):
    """23 traces in random order: two of each of ten kinds (SLOW counts as FALL), and three that a tolerance without noise gets wrong."""
    window = int(rng.integers(400, 481))
    wanted = []
    for kind in range(10):
        for up in (False, True):
            scale = np.exp(rng.uniform(np.log(0.01), np.log(100)))
            most = min(1e4, 2e4 * scale)  # float32 must see the noise
            wanted.append((kind, scale, rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(0.1), np.log(most))), up))
    wanted.append((SETTLED, rng.uniform(30, 100), rng.uniform(-100, 100), False))
    wanted.append((FALL, rng.uniform(0.01, 0.03), rng.uniform(1, 20), False))
    wanted.append((FALL, rng.uniform(0.4, 1.0), rng.uniform(5000, 8000), False))
    traces = [_draw_trace(rng, kind, window, scale, level, up) for kind, scale, level, up in wanted]
    order = rng.permutation(len(wanted))
    return {"losses": _single([traces[i] for i in order]), "window": np.array(window)}


def _rules(losses, window):
    """The verdicts of wrong rules, (23,) each."""
    last, before, error, sd = _window_means(losses, window)
    finite = np.isfinite(losses[:, -2 * window :]).all(1)
    change = last - before
    with np.errstate(all="ignore"):
        right = finite & (np.abs(change) <= 4 * error)
        strided = losses[:, ::-window]
        half = strided.shape[1] // 2
        a, b = strided[:, :half], strided[:, half:]
        rules = {
            "one sd": [np.abs(change) <= sd, (np.abs(change) <= sd) & finite],
            "tolerance": [
                (np.abs(change) <= c * size) & f
                for size in (1.0, np.abs(last), np.abs(before)) for c in (1e-1, 1e-2, 1e-3, 1e-4) for f in (True, finite)
            ],
            "slips": [right | ~finite, right | np.isnan(losses[:, -2 * window :]).any(1), right | np.isinf(losses[:, -2 * window :]).any(1)],
            "past": [right & ~np.isinf(losses).any(1)],
            "falling": [finite & (before - last <= k * error) for k in (3, 4, 5)],
            "strided": [np.abs(a.mean(1) - b.mean(1)) <= 4 * np.sqrt(a.var(1) / half + b.var(1) / b.shape[1])],
            "lower": [losses[:, -1] < losses[:, 0], finite & (losses[:, -1] < losses[:, 0]), last < before, finite & (last < before)],
        }
    return {name: np.array([np.broadcast_to(x, right.shape) for x in found]) for name, found in rules.items()}


def _converged_reference(case):
    losses, window = np.asarray(case["losses"], float), int(case["window"])
    kinds = np.array([_kind_of(x, window) for x in losses])
    return {"converged": kinds <= OLD_JUMP, "kinds": kinds, "z": two_window_z(losses, window), "rules": _rules(losses, window)}


def _wrongs(*kinds):
    """Distance: how many traces of these kinds are judged wrongly."""

    def count(m, r):
        asked = np.isin(r["kinds"], kinds)
        return float(np.sum((m["converged"] != r["converged"])[asked]))

    return count


def _is_rule(name):
    """looks_like: the verdicts are those of a wrong rule; one verdict for all traces is no rule."""

    def looks_like(m, r, d):
        said = m["converged"]
        return len(np.unique(said)) > 1 and any(np.array_equal(said, np.asarray(answers, float)) for answers in r["rules"][name])

    return looks_like


def _converged_figure(axes, m, r):
    """Each trace at the change between its last two windows, marked by the learner's verdict."""
    z = np.nan_to_num(r["z"], nan=40, posinf=40, neginf=40)
    right = m["converged"] == r["converged"]
    order = np.argsort(r["kinds"], kind="stable")
    rank = np.zeros(len(z))
    for kind in range(9):
        inside = [i for i in order if r["kinds"][i] == kind]
        rank[inside] = kind + np.linspace(-0.2, 0.2, len(inside))
    for says, marker, colour, label in ((1, "o", BLUE, "you say converged"), (0, "v", RED, "you say not")):
        chosen = m["converged"] == says
        axes.scatter(z[chosen], rank[chosen], marker=marker, color=colour, s=22, label=label)
    axes.scatter(z[~right], rank[~right], marker="o", facecolors="none", edgecolors="black", s=90, label="judged wrongly")
    axes.axvspan(-4, 4, color="0.92", zorder=0)
    axes.set_yticks(range(9), KINDS, fontsize=7)
    axes.set_xticks([-12, -4, 0, 4, 12, 40], ["-12", "-4", "0", "4", "12", "not finite"], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("change between the last two windows, in standard errors", fontsize=8)
    axes.set_title("You told a plateau from its counterfeits" if right.all() else f"{int((~right).sum())} of 23 traces are judged wrongly",
        fontsize=10)
    axes.legend(fontsize=7, loc="center right")
    return (
        "Each of 23 traces as a mark in nine rows, one for each kind, at the change between its last two windows. "
        f"{int((~right).sum())} are judged wrongly."
    )


_HEAD = """
def has_converged(losses, window):
    losses = np.asarray(losses)
    last, before = losses[-window:], losses[-2 * window : -window]
    error = np.sqrt((last.var() + before.var()) / window)
"""
_FINITE = "    if not np.all(np.isfinite(losses[-2 * window:])):\n        return False\n"

HAS_CONVERGED = Exercise(
    id="has-converged",
    title="Has it converged?",
    names={"has_converged": "losses, window"},
    public=lambda: _draw_converged_case(np.random.default_rng(43)),
    case=_draw_converged_case,
    reference=_converged_reference,
    fields={"converged": Field((23,), allow="nan")},
    criteria=(
        Criterion("false alarms", 2, "wrong verdicts on 9 settled traces: plain, very noisy, heavy-tailed, infinite early on, or with an old jump",
            _wrongs(SETTLED, HEAVY, EARLY_INF, OLD_JUMP), ("converged",),
            "A run that has settled is not recognised: too strict, or holding the past against it."),
        Criterion("drift", 2, "wrong verdicts on 6 traces that still fall and 3 that have settled", _wrongs(FALL, SETTLED), ("converged",),
            "A run that is still falling by less than its noise is called converged, or a settled one is not."),
        Criterion("rise", 1, "wrong verdicts on 2 traces that rise and 3 that have settled", _wrongs(RISE, SETTLED), ("converged",),
            "A rising loss is called converged, or a settled one is not."),
        Criterion("jump", 1, "wrong verdicts on 2 traces that jumped lately and 3 that have settled", _wrongs(JUMP, SETTLED), ("converged",),
            "A run that jumped between the last two windows is called converged, or a settled one is not."),
        Criterion("not finite", 1, "wrong verdicts on 4 traces with NaN or infinity lately and 3 that have settled",
            _wrongs(LATE_NAN, LATE_INF, SETTLED), ("converged",),
            "A run with NaN or infinite losses in its last two windows is called converged, or a settled one is not."),
    ),
    known_wrong=(
        KnownWrong("within one sd", _HEAD + _FINITE + "    return bool(abs(last.mean() - before.mean()) <= last.std())\n",
            "You compare two means: is it the scatter of single losses that says how far they may differ?", _is_rule("one sd")),
        KnownWrong("relative tolerance", _HEAD + _FINITE + "    return bool(abs(last.mean() - before.mean()) <= 1e-3 * abs(last.mean()))\n",
            "Add 1000 to every loss, or count in other units: does your verdict change?", _is_rule("tolerance")),
        KnownWrong("absolute tolerance", _HEAD + _FINITE + "    return bool(abs(last.mean() - before.mean()) <= 0.01)\n",
            "Add 1000 to every loss, or count in other units: does your verdict change?", _is_rule("tolerance")),
        KnownWrong("NaN slips through", _HEAD + "    return bool(not abs(last.mean() - before.mean()) > 4 * error)\n",
            "What does Python answer to NaN > 1, and what does your verdict make of that answer?", _is_rule("slips")),
        KnownWrong("NaN dropped", _HEAD + "    last, before = last[np.isfinite(last)], before[np.isfinite(before)]\n"
            "    if len(last) < 2 or len(before) < 2:\n        return True\n"
            "    error = np.sqrt(last.var() / len(last) + before.var() / len(before))\n"
            "    return bool(abs(last.mean() - before.mean()) <= 4 * error)\n",
            "What does Python answer to NaN > 1, and what does your verdict make of that answer?", _is_rule("slips")),
        KnownWrong("past not forgiven", _HEAD + "    return bool(np.all(np.isfinite(losses)) and abs(last.mean() - before.mean()) <= 4 * error)\n",
            "A run had one infinite loss at its very start: can it never converge again?", _is_rule("past")),
        KnownWrong("falling only", _HEAD + _FINITE + "    return bool(before.mean() - last.mean() <= 4 * error)\n",
            "You look whether the loss still falls: what else can it do?", _is_rule("falling")),
        KnownWrong("strided", "def has_converged(losses, window):\n    tail = np.asarray(losses)[::-window]\n    half = len(tail) // 2\n"
            "    a, b = tail[:half], tail[half:]\n"
            "    return bool(abs(a.mean() - b.mean()) <= 4 * np.sqrt(a.var() / len(a) + b.var() / len(b)))\n",
            "Print np.arange(4000) sliced as you slice the losses: which steps did you use?", _is_rule("strided")),
        KnownWrong("lower than before", "def has_converged(losses, window):\n    return bool(losses[-1] < losses[0])\n",
            "You ask whether the loss fell: is that the same as having stopped falling?", _is_rule("lower")),
    ),
    honest={
        "threshold 3": _HEAD + _FINITE + "    return abs(last.mean() - before.mean()) / error < 3\n",
        "threshold 6": _HEAD + "    return bool(abs(last.mean() - before.mean()) <= 6 * error)\n",
        "jax": "def has_converged(losses, window):\n    losses = jnp.asarray(losses, jnp.float32)\n"
            "    tail = losses[-2 * window :].reshape(2, window)\n"
        "    mean, error = tail.mean(axis=1), tail.std(axis=1, ddof=1) / jnp.sqrt(window)\n"
        "    return jnp.isfinite(tail).all() & (jnp.abs(mean[0] - mean[1]) < 4 * jnp.hypot(error[0], error[1]))\n",
        "slope": "def has_converged(losses, window):\n    tail = np.asarray(losses)[-2 * window :]\n    if not np.isfinite(tail).all():\n"
            "        return False\n"
        "    t = np.arange(len(tail)) - (len(tail) - 1) / 2\n    slope = t @ tail / (t @ t)\n    rest = tail - tail.mean() - slope * t\n"
        "    return abs(slope) < 4 * np.sqrt(rest @ rest / (len(tail) - 2) / (t @ t))\n",
        "batch means": "def has_converged(losses, window):\n    k = window // 20\n"
            "    tail = np.asarray(losses)[-40 * k :].reshape(40, k).mean(axis=1)\n"
        "    if not np.isfinite(losses[-2 * window :]).all():\n        return False\n    a, b = tail[:20], tail[20:]\n"
        "    return bool(abs(a.mean() - b.mean()) < 4.5 * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 20))\n",
    },
    figure=_converged_figure,
)


# ---------------------------------------------------------------- 4.4 the average of iterates

_FRACS = np.array([0.1, 0.25, 0.5])
_ITERATES = 1000


def _average_draw(rng):
    """A history of a number and a vector that walk, with skewed noise, so that no two summaries agree."""
    t = np.arange(_ITERATES) / _ITERATES

    def walk(shape):
        slope, level = rng.choice([-1, 1], shape) * rng.uniform(0.5, 2, shape), rng.choice([-1, 1], shape) * rng.uniform(2, 6, shape)
        noise = rng.gamma(1.5, size=(_ITERATES, *shape)) * rng.uniform(0.2, 0.6, shape)
        return (level + t.reshape(-1, *[1] * len(shape)) * slope + noise).astype(np.float32)

    return {"loc": walk(()), "weights": walk((3,)), "fracs": _FRACS}


_WRONG_AVERAGES = {
    "first": lambda x, k: x[:k].mean(0),
    "last": lambda x, k: x[-1],
    "median": lambda x, k: np.median(x[-k:], axis=0),
    "all": lambda x, k: x[-k:].mean(),
}


def _ema(x, decay):
    weights = (1 - decay) * decay ** np.arange(len(x))[::-1]
    return np.tensordot(weights / weights.sum(), x, 1)


def _average_reference(case):
    x = {name: np.asarray(case[name], float) for name in ("loc", "weights")}
    counts = [round(frac * _ITERATES) for frac in case["fracs"]]
    r = {name: np.stack([v[-k:].mean(0) for k in counts]) for name, v in x.items()}
    for rule, make in _WRONG_AVERAGES.items():
        r[rule] = {name: np.stack([make(v, k) for k in counts]) for name, v in x.items()}
    return r | {"history": x, "counts": counts}


def _relative(got, want):
    return worst((got - want) / (1 + np.abs(want))) if got.shape == want.shape else np.nan


def _averages_are(m, want, slack=3e-4):
    return all(_relative(m[name], want[name]) < slack for name in ("loc", "weights"))


def _is_fixed(m, r, d):
    """The same for every fraction: the mean of some other last part, or of everything."""
    x = r["history"]
    for k in (20, 50, 100, 200, 250, 333, 500, 1000):
        want = {name: np.stack([v[-k:].mean(0)] * 3) for name, v in x.items()}
        if _averages_are(m, want):
            return True
    return False


def _is_ema(m, r, d):
    """Running averages, the same for every fraction, with or without the correction for their start."""
    x = r["history"]
    for decay in (0.9, 0.95, 0.98, 0.99, 0.995, 0.999):
        for seen in (1.0, 1 - decay**_ITERATES):
            if all(_relative(m[name], np.stack([_ema(v, decay) * seen] * 3)) < 3e-3 for name, v in x.items()):
                return True
    return _averages_are(m, {name: np.stack([_ema(v, 1 - 1 / k) for k in r["counts"]]) for name, v in x.items()}, 3e-3)


def _is_wrong_axis(m, r, d):
    """One number for the vector, or as many as there are steps."""
    if _relative(m["loc"], r["loc"]) > 3e-4:
        return False
    return "weights" not in m or (m["weights"].shape == (3,) and _relative(m["weights"], r["all"]["weights"]) < 3e-4)


def _average_figure(axes, m, r):
    x = r["history"]["loc"]
    axes.plot(x, color="0.75", linewidth=0.5, label="iterates of a parameter")
    for frac, k, yours, exact, colour in zip(_FRACS, r["counts"], m["loc"], r["loc"], (BLUE, ORANGE, GREEN)):
        axes.hlines(exact, _ITERATES - k, _ITERATES, color="black", linewidth=3, alpha=0.4)
        axes.hlines(yours, _ITERATES - k, _ITERATES, color=colour, linestyle="--", label=f"yours, frac {frac:g}")
    right = _relative(m["loc"], r["loc"]) < 1e-4
    axes.set_title("Your averages are those of the last part" if right else "Your averages are not those of the last part", fontsize=10)
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel("loc", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7)
    return "A noisy, drifting parameter, and over its last 10, 25 and 50 % the exact means as thick lines and yours dashed: " + ", ".join(
        f"{e:.3f} and {y:.3f}" for e, y in zip(r["loc"], m["loc"])) + "."


_AVERAGE = "def iterate_average(phis, frac):\n"

ITERATE_AVERAGE = Exercise(
    id="iterate-average",
    title="The average of the last iterates",
    names={"iterate_average": "phis, frac"},
    public=lambda: _average_draw(np.random.default_rng(44)),
    case=_average_draw,
    reference=_average_reference,
    fields={"loc": Field((3,), allow="inf nan"), "weights": Field((3, 3), allow="inf nan")},
    criteria=(
        Criterion("number", 1, "your average of a parameter that is a number, and the exact one, for three fractions, relative to 1 + its size",
            lambda m, r: _relative(m["loc"], r["loc"]), ("loc",), "Your average of a number over the last part is off."),
        Criterion("vector", 2, "the same for a parameter that is a vector",
            lambda m, r: _relative(m["weights"], r["weights"]), ("weights",), "Your average of a vector over the last part is off."),
    ),
    known_wrong=(
        KnownWrong("first part", _AVERAGE + "    return {name: x[: int(frac * len(x))].mean(axis=0) for name, x in phis.items()}\n",
            "At which end of the history is the descent?", lambda m, r, d: _averages_are(m, r["first"])),
        KnownWrong("frac ignored", _AVERAGE + "    return jax.tree.map(lambda x: x.mean(axis=0), phis)\n",
            "Change frac: does your result move?", _is_fixed),
        KnownWrong("over everything", _AVERAGE + "    return jax.tree.map(lambda x: x[-int(frac * len(x)) :].mean(), phis)\n",
            "Print the shape of what you return for a vector: is it the vector's?", _is_wrong_axis),
        KnownWrong("wrong axis", _AVERAGE + "    return jax.tree.map(lambda x: x[-int(frac * len(x)) :].mean(axis=-1), phis)\n",
            "Print the shape of what you return for a vector: is it the vector's?", _is_wrong_axis),
        KnownWrong("last iterate", _AVERAGE + "    return jax.tree.map(lambda x: x[-1], phis)\n",
            "How many iterates went into your result?", lambda m, r, d: _averages_are(m, r["last"])),
        KnownWrong("median", _AVERAGE + "    return jax.tree.map(lambda x: jnp.median(x[-int(frac * len(x)) :], axis=0), phis)\n",
            "You sorted the iterates and took the middle one: is that their average?", lambda m, r, d: _averages_are(m, r["median"])),
        KnownWrong("running decay", _AVERAGE + "    def one(x):\n        mean = x[0]\n"
            "        mean, _ = jax.lax.scan(lambda m, v: (0.99 * m + 0.01 * v, None), mean, x)\n        return mean\n"
            "    return jax.tree.map(one, phis)\n", "Which weight does each iterate have in yours, and which should it have?", _is_ema),
    ),
    honest={
        "dict": _AVERAGE + "    n = len(next(iter(phis.values())))\n    start = n - round(frac * n)\n"
            "    return {name: np.asarray(x)[start:].mean(axis=0) for name, x in phis.items()}\n",
        "dynamic slice": _AVERAGE + "    def one(x):\n        k = int(round(x.shape[0] * frac))\n"
            "        return jnp.sum(jax.lax.slice_in_dim(x, x.shape[0] - k, x.shape[0]), axis=0) / k\n"
        "    return jax.tree.map(one, phis)\n",
        "weights": _AVERAGE + "    def one(x):\n        keep = jnp.arange(x.shape[0]) >= (1 - frac) * x.shape[0]\n"
            "        return jnp.tensordot(keep / keep.sum(), x, 1)\n"
        "    return jax.tree.map(one, phis)\n",
    },
    near=(
        NearMiss("parameters off", "absolute error of each average", (1e-4, 1e-3, 3e-3, 1e-2), 1e-2,
            lambda m, r, size: {**m, "loc": m["loc"] + size, "weights": m["weights"] + size}),
    ),
    figure=_average_figure,
)


# ---------------------------------------------------------------- 4.5 a rate that decays

_DISTANCE, _NOISE, _LOOP = 80.0, 3.0, 2000


def _decay_draw(rng):
    centre = rng.normal(0, 2, 4)
    return {
        "starts": centre + rng.choice([-1.0, 1.0], (4, 4)) * _DISTANCE * rng.uniform(0.9, 1.1, (4, 4)),
        "centre": centre, "curvature": rng.uniform(0.7, 1.4, 4), "noise": np.array(_NOISE), "n_steps": np.array(_LOOP), "seed": np.array(seed(rng)),
    }


def _decay_reference(case):
    return {name: np.asarray(case[name], float) for name in ("starts", "centre", "curvature", "noise", "n_steps")}


def _excess(r, phi):
    """Loss above the lowest, one for each end point."""
    return 0.5 * np.sum(r["curvature"] * (phi - r["centre"]) ** 2, axis=-1)


def _far(m, r):
    return float(np.max(_excess(r, m["far"])))


def _near(m, r):
    return float(np.mean(_excess(r, m["near"])))


def _path(m, r):
    """Sum of the step sizes, from how far the run came on a steady slope; and the noisy end's excess relative to a constant rate's.

    Adam steps by the rate where the gradient is steady. In a bowl with curvature about 1
    and gradient noise s it hovers at an excess of about s times the rate, in four dimensions.
    """
    length = float(np.mean(np.abs(m["slope"])))
    return length, _near(m, r) / (r["noise"] * length / r["n_steps"])


def _is_constant(arrives):
    def looks_like(m, r, d):
        length, ratio = _path(m, r)
        return bool(0.8 < ratio < 1.2 and (d["far and quiet"] <= 0.2) == arrives and (arrives or length < 2.4 * _DISTANCE))

    return looks_like


def _is_short_path(m, r, d):
    length, ratio = _path(m, r)
    came_nearer = np.all(_excess(r, m["far"]) < 0.9 * _excess(r, r["starts"]))
    steady = np.ptp(np.abs(m["slope"])) < 0.1 * length  # on a slope every coordinate of Adam takes the same steps
    return bool(0 < length < 1.1 * _DISTANCE and d["far and quiet"] > 0.2 and not 0.7 < ratio < 1.4 and came_nearer and steady)


def _is_rising(m, r, d):
    length, ratio = _path(m, r)
    return bool(1.5 < ratio < 3 and length > _DISTANCE and d["far and quiet"] <= 0.2 and d["near and noisy"] > 0.13)


def _is_root(m, r, d):
    length, ratio = _path(m, r)
    return bool(0.4 < ratio < 0.7 and length > _DISTANCE and d["far and quiet"] <= 0.2)


def _is_one_noise(m, r, d):
    """The same noise at every step moves the lowest point by noise / curvature times a normal number."""
    expected = 0.5 * r["noise"] ** 2 * np.sum(1 / r["curvature"])
    return bool(abs(_near(m, r) / expected - 1) < 0.35 and d["far and quiet"] <= 0.2)


def _decay_figure(axes, m, r):
    far, near = np.maximum(_excess(r, m["far"]), 1e-5), _excess(r, m["near"])
    axes.barh([1, 0], [far.max(), near.mean()], color=[BLUE, ORANGE], height=0.5, left=1e-6)
    axes.plot([0.2, 0.2], [0.6, 1.4], color="black", linestyle="--", label="what is allowed")
    axes.plot([0.13, 0.13], [-0.4, 0.4], color="black", linestyle="--")
    axes.set_xscale("log")
    axes.set_xlim(1e-6, max(2 * far.max(), 2 * near.mean(), 10))
    axes.set_yticks([1, 0], ["far and quiet:\ndoes it arrive?", "near and noisy:\ndoes it stay?"], fontsize=8)
    arrives, stays = far.max() <= 0.2, near.mean() <= 0.13
    titles = {(True, True): "It arrives, and it stays", (True, False): "It arrives, but does not stay",
              (False, True): "It stays, but does not arrive", (False, False): "It neither arrives nor stays"}
    axes.set_title(titles[bool(arrives), bool(stays)], fontsize=10)
    axes.set_xlabel("loss above its lowest value (nats)", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7)
    return f"Two bars: from far the run ends {far.max():.2g} nats above the lowest loss, 0.2 allowed; with noise {near.mean():.2g}, 0.13 allowed."


_FIT = "def fit_with_decay(key, loss, phi0, n_steps):\n"
_RUN = "    phi, _ = minimise(key, loss, phi0, n_steps, {})\n    return phi\n"


def _with(optimizer, before=""):
    return _FIT + before + _RUN.format(optimizer)


FIT_WITH_DECAY = Exercise(
    id="fit-with-decay",
    title="A rate that decays",
    names={"fit_with_decay": "key, loss, phi0, n_steps"},
    public=lambda: _decay_draw(np.random.default_rng(45)),
    case=_decay_draw,
    reference=_decay_reference,
    fields={"far": Field((4, 4), allow="inf nan"), "near": Field((256, 4), allow="inf nan"), "slope": Field((4,), allow="inf nan")},
    criteria=(
        Criterion("far and quiet", 3, "the loss at your phi less the lowest, worst of four starts about 80 away, no noise, nats", _far, ("far",),
            "From far away your run does not arrive in n_steps steps."),
        Criterion("near and noisy", 3, "the loss at your phi less the lowest, mean of 256 runs that start at the optimum, with noise, nats",
            _near, ("near",),
            "Your run starts at the optimum and ends too far from it: the noise moves it about."),
    ),
    known_wrong=(
        KnownWrong("constant and large", _with("optax.adam(0.2)"), "Start at the answer: does your run stay there?", _is_constant(True)),
        KnownWrong("constant and small", _with("optax.adam(0.01)"), "Start far away: does your run arrive?", _is_constant(False)),
        KnownWrong("decays too early", _with("optax.adam(optax.cosine_decay_schedule(0.3, n_steps // 10))"),
            "Add up your step sizes over the whole run: is the sum larger than the distance?", _is_short_path),
        KnownWrong("decays from too small", _with("optax.adam(optax.cosine_decay_schedule(0.05, n_steps))"),
            "Add up your step sizes over the whole run: is the sum larger than the distance?", _is_short_path),
        KnownWrong("rises", _with("optax.adam(optax.linear_schedule(0.0, 0.5, n_steps))"),
            "Plot your rate against the step: at which end is it large?", _is_rising),
        KnownWrong("square root", _with("optax.adam(lambda t: 3.0 / jnp.sqrt(t + 1.0))"), "How large is your very last step?", _is_root),
        KnownWrong("one noise for all", _FIT + "    same = key\n"
            "    phi, _ = minimise(key, lambda key, phi: loss(same, phi), phi0, n_steps, optax.adam(optax.cosine_decay_schedule(0.5, n_steps)))\n"
            "    return phi\n", "Does every step of your run see new noise?", _is_one_noise),
    ),
    honest={
        "cosine 0.3": _with("optax.adam(optax.cosine_decay_schedule(0.3, n_steps))"),
        "cosine 1": _with("optax.adam(optax.cosine_decay_schedule(1.0, n_steps))"),
        "exponential": _with("optax.adam(optax.exponential_decay(0.5, n_steps, 0.01))"),
        "linear": _with("optax.adam(optax.linear_schedule(0.3, 0.0, n_steps))"),
        "piecewise": _with("optax.adam(optax.piecewise_constant_schedule(0.3, {n_steps // 2: 0.1, 3 * n_steps // 4: 0.1}))"),
        "warm-up": _with("optax.adam(optax.warmup_cosine_decay_schedule(0.0, 0.5, n_steps // 10, n_steps))"),
        "sgd": _with("optax.sgd(optax.cosine_decay_schedule(0.1, n_steps))"),
        "constant and averaged": _FIT + "    optimizer = optax.adam(0.2)\n    def step(carry, key):\n        phi, state = carry\n"
            "        grads = jax.grad(loss, argnums=1)(key, phi)\n"
        "        updates, state = optimizer.update(grads, state)\n        phi = optax.apply_updates(phi, updates)\n        return (phi, state), phi\n"
        "    _, phis = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(key, n_steps))\n"
        "    return jax.tree.map(lambda x: x[-n_steps // 3 :].mean(axis=0), phis)\n",
    },
    near=(
        NearMiss("not there yet", "distance of the far ends from the optimum, each coordinate", (0.1, 0.2, 0.5, 1.0), 1.0,
            lambda m, r, size: {**m, "far": m["far"] + size}),
        NearMiss("hovering", "factor on the distances of the noisy ends", (1.2, 1.5, 2.0, 4.0), 4.0,
            lambda m, r, size: {**m, "near": r["centre"] + size * (m["near"] - r["centre"])}),
    ),
    figure=_decay_figure,
)

EXERCISES = (LOSS_SPREAD, PLATEAU, HAS_CONVERGED, ITERATE_AVERAGE, FIT_WITH_DECAY)
