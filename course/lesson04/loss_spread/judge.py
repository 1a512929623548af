"""The spread of the loss: what a case is, the truth, and how a measurement is judged."""

import numpy as np
from scipy.special import betaln, polygamma

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...coin import beta_kl, draw_coin, posterior, public_coin
from ...tools import seed, worst


def spread_of_loss(phi, a, b):
    """sd of a single-draw loss of Beta(phi) for the posterior Beta(a, b), nats."""
    da, db = a - phi[0], b - phi[1]
    both = polygamma(1, phi[0] + phi[1])
    return np.sqrt(da**2 * (polygamma(1, phi[0]) - both) + db**2 * (polygamma(1, phi[1]) - both) - 2 * da * db * both)


def _spread_case(coin, phi, seed):
    a, b = posterior(coin)
    return {
        "a": np.float64(a),
        "b": np.float64(b),
        "constant": np.float64(-betaln(coin["a0"], coin["b0"])),
        "phi": np.asarray(phi, float),
        "n": np.array(8000),
        "seed": np.array(seed),
    }


_PUBLIC_PHI = (9.0, 11.0)


def _spread_draw(rng):
    """A phi well off the posterior; its sd is not near 1, where a variance would look like a sd, nor the public one."""
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
    return {
        "off": spread_of_loss(phi, a, b),
        "floor": floor,
        "level": floor + beta_kl(*phi, a, b),
        "n": float(case["n"]),
    }


def _spread_off(m, r):
    return worst(m["off"] / r["off"] - 1)


def _spread_key(m, r):
    if not np.isfinite(m["off"]).all():
        return np.nan
    return 0.0 if m["off"][0] != m["off"][1] else 1.0


def _spread_is(prediction, slack, on=1e-3):
    """looks_like: it follows the key; off the posterior it is ``prediction(r)`` within a relative ``slack``,
    on it at most ``on``.
    """

    def looks_like(m, r, d):
        return bool(worst(m["off"] / prediction(r) - 1) < slack and worst(m["on"]) < on and d["key"] == 0)

    return looks_like


def _is_level(m, r, d):
    return bool(
        worst(m["off"] - r["level"]) < 6 * r["off"] / np.sqrt(r["n"]) + 1e-3
        and worst(m["on"] - r["floor"]) < 0.01
        and d["key"] == 0
    )


EXERCISE = Exercise(
    slow={"two moments": 300},
    title="The spread of the loss",
    names={"loss_spread": "key, loss, phi, n"},
    public=lambda: _spread_case(public_coin(), _PUBLIC_PHI, 4),
    case=_spread_draw,
    reference=_spread_reference,
    fields={"off": Field((2,), allow="inf nan"), "on": Field((2,), allow="inf nan")},
    criteria=(
        Criterion(
            "off the posterior",
            points=2,
            compared="your spread for a surrogate off the posterior and the exact one, ratio less 1",
            distance=_spread_off,
            needs=("off",),
            failed="That is not the standard deviation of single losses at this phi.",
        ),
        Criterion(
            "on the posterior",
            points=1,
            compared="your spread where the surrogate is the posterior, and 0, nats",
            distance=lambda m, r: worst(m["on"]),
            needs=("on",),
            failed="Where the surrogate is the posterior, every draw gives the same loss.",
        ),
        Criterion(
            "key",
            points=1,
            compared="two keys give two estimates: 0 yes, 1 no",
            distance=_spread_key,
            needs=("off",),
            failed="Your estimate must come from the key that it was given.",
        ),
    ),
    mistakes=(
        Mistake(
            "variance",
            hint="Is your number in nats, or in nats squared?",
            looks_like=_spread_is(lambda r: r["off"] ** 2, 0.25),
        ),
        Mistake(
            "standard error",
            hint="Ask for four times as many keys: does your number shrink?",
            looks_like=_spread_is(lambda r: r["off"] / np.sqrt(r["n"]), 0.2),
        ),
        Mistake(
            "one key",
            hint="How many different losses did you compare?",
            looks_like=lambda m, r, d: bool(
                worst(m["off"]) < 0.3 * r["off"] / np.sqrt(r["n"]) and worst(m["on"]) < 1e-3
            ),
        ),
        Mistake("mean", hint="Did you return how high the losses lie, or how far they scatter?", looks_like=_is_level),
        Mistake(
            "means of a hundred",
            hint="Is it single losses whose spread you took, or something steadier?",
            looks_like=_spread_is(lambda r: r["off"] / 10, 0.15),
        ),
        Mistake(
            "own key",
            hint="Call it with two keys: why is it the same number?",
            looks_like=lambda m, r, d: d["key"] == 1 and d["off the posterior"] < 0.15 and d["on the posterior"] < 1e-3,
        ),
    ),
    near=(
        NearMiss(
            "too wide",
            unit="relative error of the spread",
            sizes=(0.05, 0.1, 0.2, 0.4, 0.6),
            must=0.6,
            perturb=lambda m, r, size: {**m, "off": m["off"] * (1 + size)},
        ),
        NearMiss(
            "noise left",
            unit="nats of noise on the posterior",
            sizes=(1e-4, 5e-4, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "on": m["on"] + size},
        ),
    ),
)
