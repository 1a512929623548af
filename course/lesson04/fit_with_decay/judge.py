"""A rate that decays: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, ORANGE, seed

_DISTANCE, _NOISE, _LOOP = 80.0, 3.0, 2000


def _decay_draw(rng):
    centre = rng.normal(0, 2, 4)
    return {
        "starts": centre + rng.choice([-1.0, 1.0], (4, 4)) * _DISTANCE * rng.uniform(0.9, 1.1, (4, 4)),
        "centre": centre,
        "curvature": rng.uniform(0.7, 1.4, 4),
        "noise": np.array(_NOISE),
        "n_steps": np.array(_LOOP),
        "seed": np.array(seed(rng)),
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
    """Sum of the step sizes, from how far a run came on a steady slope; the noisy end's excess over a constant rate's.

    Adam steps by the rate where the gradient is steady. In a bowl with curvature about 1
    and gradient noise s it hovers at an excess of about s times the rate, in four dimensions.
    """
    length = float(np.mean(np.abs(m["slope"])))
    return length, _near(m, r) / (r["noise"] * length / r["n_steps"])


def _is_constant(arrives):
    def looks_like(m, r, d):
        length, ratio = _path(m, r)
        return bool(
            0.8 < ratio < 1.2 and (d["far and quiet"] <= 0.2) == arrives and (arrives or length < 2.4 * _DISTANCE)
        )

    return looks_like


def _is_short_path(m, r, d):
    length, ratio = _path(m, r)
    came_nearer = np.all(_excess(r, m["far"]) < 0.9 * _excess(r, r["starts"]))
    steady = np.ptp(np.abs(m["slope"])) < 0.1 * length  # on a slope every coordinate of Adam takes the same steps
    return bool(
        0 < length < 1.1 * _DISTANCE and d["far and quiet"] > 0.2 and not 0.7 < ratio < 1.4 and came_nearer and steady
    )


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
    titles = {
        (True, True): "It arrives, and it stays",
        (True, False): "It arrives, but does not stay",
        (False, True): "It stays, but does not arrive",
        (False, False): "It neither arrives nor stays",
    }
    axes.set_title(titles[bool(arrives), bool(stays)], fontsize=10)
    axes.set_xlabel("loss above its lowest value (nats)", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7)
    return (
        f"Two bars: from far the run ends {far.max():.2g} nats above the lowest loss, 0.2 allowed; "
        f"with noise {near.mean():.2g}, 0.13 allowed."
    )


EXERCISE = Exercise(
    title="A rate that decays",
    names={"fit_with_decay": "key, loss, phi0, n_steps"},
    public=lambda: _decay_draw(np.random.default_rng(45)),
    case=_decay_draw,
    reference=_decay_reference,
    fields={
        "far": Field((4, 4), allow="inf nan"),
        "near": Field((256, 4), allow="inf nan"),
        "slope": Field((4,), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "far and quiet",
            points=3,
            compared="the loss at your phi less the lowest, worst of four starts about 80 away, no noise, nats",
            distance=_far,
            needs=("far",),
            failed="From far away your run does not arrive in n_steps steps.",
        ),
        Criterion(
            "near and noisy",
            points=3,
            compared="the loss at your phi less the lowest, mean of 256 runs that start at the optimum, with "
            "noise, nats",
            distance=_near,
            needs=("near",),
            failed="Your run starts at the optimum and ends too far from it: the noise moves it about.",
        ),
    ),
    mistakes=(
        Mistake(
            "constant and large", hint="Start at the answer: does your run stay there?", looks_like=_is_constant(True)
        ),
        Mistake("constant and small", hint="Start far away: does your run arrive?", looks_like=_is_constant(False)),
        Mistake(
            "decays too early",
            hint="Add up your step sizes over the whole run: is the sum larger than the distance?",
            looks_like=_is_short_path,
        ),
        Mistake(
            "decays from too small",
            hint="Add up your step sizes over the whole run: is the sum larger than the distance?",
            looks_like=_is_short_path,
        ),
        Mistake("rises", hint="Plot your rate against the step: at which end is it large?", looks_like=_is_rising),
        Mistake("square root", hint="How large is your very last step?", looks_like=_is_root),
        Mistake("one noise for all", hint="Does every step of your run see new noise?", looks_like=_is_one_noise),
    ),
    near=(
        NearMiss(
            "not there yet",
            unit="distance of the far ends from the optimum, each coordinate",
            sizes=(0.1, 0.2, 0.5, 1.0),
            must=1.0,
            perturb=lambda m, r, size: {**m, "far": m["far"] + size},
        ),
        NearMiss(
            "hovering",
            unit="factor on the distances of the noisy ends",
            sizes=(1.2, 1.5, 2.0, 4.0),
            must=4.0,
            perturb=lambda m, r, size: {**m, "near": r["centre"] + size * (m["near"] - r["centre"])},
        ),
    ),
    figure=_decay_figure,
)
