"""Batches of groups: what a case is, the truth, and how a measurement is judged.

On average over batches the loss is that of all groups, whatever the batch, if and only if each term of a group in
it is counted J / M times and each other term once. Averages over all random numbers are in ``..batches``, in closed
form, those of the listed mistakes too.
"""

import re

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED, seed, worst
from .. import batches

J, K, BATCH, N_KEYS = 32, 4, 8, 8192
ALIKE, ALIKE_BATCHES = 12, (5, 12)
POINTS = 3
SITES = ("model_sites", "guide_sites", "all_sites", "all_model_sites", "limits")


def _draw_lines(rng, groups):
    """A population, lines from it, points on them, and the guide's parameters near what the data say."""
    mu, sigma = rng.choice([-1, 1], 2) * rng.uniform((0.5, 5), (1.5, 15)), rng.uniform((0.2, 1), (0.6, 3))
    m, c = (rng.normal(mu[i], sigma[i], groups) for i in range(2))
    x, noise = rng.uniform(-10, 10, (groups, K)), rng.uniform(1.5, 3.5, (groups, K))
    y = rng.normal(m[:, None] * x + c[:, None], noise)
    widths = np.stack([np.sum(side**2 / noise**2, axis=1) ** -0.5 for side in (x, np.ones_like(x))])
    widths = (widths**-2 + sigma[:, None] ** -2) ** -0.5
    off = rng.normal(size=(2, groups)) * widths
    hyper_scale = np.array([sigma[0] / np.sqrt(groups), 0.2, sigma[1] / np.sqrt(groups), 0.2])
    hyper_scale *= rng.uniform(0.6, 1.5, 4)
    params = {
        "hyper_loc": np.array([mu[0], np.log(sigma[0]), mu[1], np.log(sigma[1])]) + hyper_scale * rng.normal(size=4),
        "hyper_scale": hyper_scale,
        "m_loc": m + off[0],
        "m_scale": widths[0] * rng.uniform(0.6, 1.5, groups),
        "c_loc": c + off[1],
        "c_scale": widths[1] * rng.uniform(0.6, 1.5, groups),
    }
    return {"x": x, "noise": noise, "y": y, "params": params}


def _draw_alike(rng):
    """One group, to be repeated, with a guide and three points of its latents, where every prior matters."""
    points = np.stack(
        [
            rng.choice([-1, 1], POINTS) * rng.uniform(15, 30, POINTS),
            rng.uniform(8, 25, POINTS),
            rng.choice([-1, 1], POINTS) * rng.uniform(30, 50, POINTS),
            rng.uniform(12, 40, POINTS),
            rng.uniform(-2, 2, POINTS),
            rng.uniform(-10, 10, POINTS),
        ],
        axis=1,
    )
    one = _draw_lines(rng, 1)
    params = {
        "hyper_loc": rng.uniform((-20, 1, -20, 1), (20, 3, 20, 3)),
        "hyper_scale": rng.uniform((10, 0.5, 10, 0.5), (20, 1.5, 20, 1.5)),
    }
    params |= {name: float(value[0]) for name, value in one["params"].items() if not name.startswith("hyper")}
    params["m_scale"], params["c_scale"] = rng.uniform(0.6, 1.5), rng.uniform(3, 6)
    return {"x": one["x"][0], "noise": one["noise"][0], "y": one["y"][0], "params": params, "points": points}


def draw_batch_case(rng):
    return {"whole": _draw_lines(rng, J), "alike": _draw_alike(rng), "seed": seed(rng)}


def _pinned(alike):
    """The pieces of the held losses at each point, dict of (3,)."""
    p = alike["params"]
    line_loc, line_scale = (np.array([p[f"{name}_{kind}"] for name in "mc"]) for kind in ("loc", "scale"))
    points = np.asarray(alike["points"], float)
    found = [
        batches.pinned(
            point[:4],
            p["hyper_loc"],
            p["hyper_scale"],
            point[4:],
            line_loc,
            line_scale,
            alike["x"],
            alike["noise"],
            alike["y"],
        )
        for point in points
    ]
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def _held(p, hyper, prior, guide, data):
    """(2, 3) losses with latents held, when the pieces are counted this often, each (2,): once for each batch."""
    counts = {"hyper": hyper, "prior": prior, "guide": guide, "data": data}
    return -sum(np.multiply.outer(np.broadcast_to(counts[name], 2), p[name]) for name in counts)


def _mean_loss(p, hyper, prior, entropy, data):
    """Mean loss when the pieces are counted this often: numbers, or for ``data`` (J, J) weights of line and group."""
    return -(hyper * p["hyper"] + prior * p["prior"].sum() + entropy * p["entropy"].sum() + np.sum(data * p["data"]))


def _expected(whole, alike):
    """What right and wrong answers come to: name -> (mean loss, held losses)."""
    big, small = J / BATCH, ALIKE / np.array(ALIKE_BATCHES)
    n, own, m = ALIKE, np.eye(J), np.array(ALIKE_BATCHES)
    first = np.arange(J) < BATCH
    right = _held(alike, 1, n, n, n)
    found = {
        "right": (_mean_loss(whole, 1, 1, 1, own), right),
        "no scaling": (_mean_loss(whole, 1, 1 / big, 1 / big, own / big), _held(alike, 1, m, m, m)),
        "likelihood only": (_mean_loss(whole, 1, 1 / big, 1 / big, own), _held(alike, 1, m, m, n)),
        "lines only": (_mean_loss(whole, 1, 1, 1, own / big), _held(alike, 1, n, n, m)),
        "hyperparameters too": (_mean_loss(whole, big, 1, 1, own), _held(alike, small, n, n, n)),
        "twice": (_mean_loss(whole, 1, big, big, own * big), _held(alike, 1, n * small, n * small, n * small)),
        "y once more": (_mean_loss(whole, 1, 1, 1, own * big), _held(alike, 1, n, n, n * small)),
        "model only": (_mean_loss(whole, 1, 1, 1 / big, own), _held(alike, 1, n, m, n)),
        # every pair of a line and a group is as likely
        "plate of another name": (_mean_loss(whole, 1, 1, 1, np.ones((J, J)) / J), right),
        # lines of the first M meet the data of any group
        "guide not indexed": (
            -(
                whole["hyper"]
                + big * np.sum((whole["prior"] + whole["entropy"])[first])
                + big * np.sum(whole["data"][first]) / J
            ),
            right,
        ),
        # any line meets the data of the first M
        "data not indexed": (_mean_loss(whole, 1, 1, 1, big * np.ones((J, 1)) * first / J), right),
        "first groups only": (
            -(
                whole["hyper"]
                + big * np.sum((whole["prior"] + whole["entropy"])[first])
                + big * np.sum(np.diag(whole["data"])[first])
            ),
            right,
        ),
    }
    return {name: {"loss": loss, "held": held} for name, (loss, held) in found.items()}


def _paired(params, whole):
    """Mean gradient in m_loc where lines meet the wrong data, or the first groups alone are seen: name -> (J,)."""
    own, every, first = np.eye(J), np.ones((J, J)) / J, np.arange(J) < BATCH
    pairs = {
        "plate of another name": (every, np.ones(J)),
        "guide not indexed": (every, J / BATCH * first),
        "data not indexed": (np.ones((J, 1)) * first / BATCH, np.ones(J)),
        "first groups only": (own, J / BATCH * first),
    }
    return {name: batches.slope_gradient(params, **whole, meets=a, counted=b) for name, (a, b) in pairs.items()}


def batch_reference(case):
    whole = {name: np.asarray(case["whole"][name], float) for name in ("x", "noise", "y")}
    params = {name: np.asarray(value, float) for name, value in case["whole"]["params"].items()}
    pieces = batches.parts(params, **whole)
    loss_sd, gradient_sd = batches.scatter(params, **whole, batch=BATCH, n=3000, rng=np.random.default_rng(98))
    alike = case["alike"] | {
        "params": {name: np.asarray(value, float) for name, value in case["alike"]["params"].items()}
    }
    return {
        "gradient": batches.gradient(params, **whole),
        "loss_sd": loss_sd,
        "gradient_sd": gradient_sd,
        "expected": _expected(pieces, _pinned(alike)),
        "paired": _paired(params, whole),
    }


# ---------------------------------------------------------------- distances


def _errors(mean, sd, exact, usual_sd):
    """Differences in standard errors, of the learner's own scatter if that is of the usual size."""
    return (mean - exact) / np.clip(sd, usual_sd / 2, 2 * usual_sd) * np.sqrt(N_KEYS)


def loss_off(m, r, name="right"):
    return worst(_errors(m["losses"].mean(), m["losses"].std(), r["expected"][name]["loss"], r["loss_sd"]))


def gradient_off(m, r):
    return np.max(
        [
            worst(_errors(m[f"{name}_mean"], m[f"{name}_sd"], r["gradient"][name], r["gradient_sd"][name]))
            for name in batches.NAMES
        ]
    )


def held_off(m, r, name="right"):
    return worst(m["held"] - r["expected"][name]["held"])


def _size(lines, name, kind):
    """Number of entries of a site in a list of lines "name kind shape"; -1 where there is none."""
    for line in lines:
        found = re.fullmatch(rf"{name} {kind} \(([\d, ]*)\)", str(line))
        if found:
            return int(np.prod([int(n) for n in found[1].split(",") if n.strip()], dtype=int))
    return -1


def _limit(m, name):
    return next((float(line.split()[1]) for line in m["limits"] if str(line).split()[0] == name), np.nan)


def sites_off(m, r):
    """How many of the sites and params are missing or of the wrong size or limit."""
    wrong = [_size(m[which], name, "latent") != BATCH for which in ("model_sites", "guide_sites") for name in "mc"]
    wrong += [_size(m["model_sites"], "y", "observed") != BATCH * K]
    wrong += [_size(m[which], name, "latent") != J for which in ("all_sites", "all_model_sites") for name in "mc"]
    for name in batches.NAMES:
        wrong += [_size(m["guide_sites"], name, "param") != (4 if name.startswith("hyper") else J)]
        wrong += [not (_limit(m, name) > 0 if name.endswith("scale") else _limit(m, name) < 0)]
    return float(sum(wrong))


# ---------------------------------------------------------------- hints


def counted_as(name):
    """looks_like: mean loss and held losses are those of a listed mistake, and not those of the right answer."""

    def looks_like(m, r, d):
        # a wrong pairing scatters far more than the right one, so here its own scatter counts, whatever it is
        error = m["losses"].std() / np.sqrt(N_KEYS)
        off = abs(m["losses"].mean() - r["expected"][name]["loss"])
        if not (held_off(m, r, name) < 0.05 and off < 6 * error and error < r["loss_sd"]):
            return False
        # where all is counted rightly, the gradient tells which data each line meets
        slopes = r["paired"].get(name, m["m_loc_mean"])
        if np.any(np.abs(m["m_loc_mean"] - slopes) > 7 * m["m_loc_sd"] / np.sqrt(N_KEYS) + 1e-3):
            return False
        return not d["alike"] < 0.05 or not d["mean loss"] < 6

    return looks_like


def _always_all(m, r, d):
    return _size(m["guide_sites"], "m", "latent") == J and d["mean loss"] < 6 and d["alike"] < 0.05


def batch_figure(axes, m, r):
    """Losses of single batches, their mean, and the loss of all groups."""
    losses, exact = m["losses"], r["expected"]["right"]["loss"]
    right = loss_off(m, r) < 6
    low, high = np.quantile(losses, [0.005, 0.995])
    axes.hist(losses, bins=np.linspace(low, high, 60), color=BLUE if right else RED, alpha=0.5, label="one batch each")
    axes.axvline(exact, color="black", linewidth=2, label="all groups, exact")
    axes.axvline(losses.mean(), color=BLUE if right else RED, linestyle="--", linewidth=2, label="mean of yours")
    axes.set(xlabel="loss, nats", ylabel="batches")
    axes.set_title(
        "Single batches scatter, their mean is the loss of all groups"
        if right
        else "The mean over your batches is not the loss of all groups",
        fontsize=10,
    )
    axes.legend(fontsize=7)
    return (
        "A histogram of the losses of 8192 batches, with a line at their mean and one at the loss of all groups. "
        + ("The lines coincide." if right else "The lines lie apart.")
    )


def _gradient_moved(m, r, size):
    error = np.clip(m["m_loc_sd"], r["gradient_sd"]["m_loc"] / 2, 2 * r["gradient_sd"]["m_loc"]) / np.sqrt(N_KEYS)
    return {**m, "m_loc_mean": r["gradient"]["m_loc"] + size * error}


def _counted(m, r, size):
    """A factor that is wrong by a part of it: part of the way from the right answer to "twice"."""
    way = size / (J / BATCH - 1)
    shift = {part: r["expected"]["twice"][part] - r["expected"]["right"][part] for part in ("loss", "held")}
    return {**m, "losses": m["losses"] + way * shift["loss"], "held": m["held"] + way * shift["held"]}


_ALL_SEEN = "Which groups have you never seen?"
_PAIRS = "Do the parameters of group 7 and the data of group 7 meet?"


def _same():
    """Changes of the solution that are right as well: (old, new, reason)."""
    start = "a start value: the judge sets the params, and every one that the constraint allows will do"
    zeros, ones = "hyper_loc = numpyro.param('hyper_loc', jnp.array([{}]))", ["0.0"] * 4
    for i in range(4):
        yield zeros.format(", ".join(ones)), zeros.format(", ".join(ones[:i] + ["1.0"] + ones[i + 1 :])), start
    yield zeros.format(", ".join(ones)), "hyper_loc = numpyro.param('hyper_loc', [0.0, 0.0, 0.0, 0.0])", start
    for name in "mc":
        loc = f"{name}_loc = numpyro.param('{name}_loc', jnp.{{}}(n_groups))"
        yield loc.format("zeros"), loc.format("ones"), start
    for name, size in (("hyper", "4"), ("m", "n_groups"), ("c", "n_groups")):
        scale = f"{name}_scale = numpyro.param('{name}_scale', jnp.full({size}, {{}}), constraint=constraints.positive)"
        for value in ("0.2", "0.05", "1.1"):
            yield scale.format("0.1"), scale.format(value), start
    third = "numpyro.sample('mu_c', dist.Normal(hyper_loc[{}], hyper_scale[{}]))"
    last = "numpyro.sample('sigma_c', dist.LogNormal(hyper_loc[{}], hyper_scale[{}]))"
    for at, old, new in ((third, 2, -2), (last, 3, 4)):
        for places in ((new, old), (old, new)):
            yield at.format(old, old), at.format(*places), "the same entry, counted from the end or cut to the last"


EXERCISE = Exercise(
    title="Batches of groups",
    names={"model_batch": "x, noise, y, batch", "guide_batch": "x, noise, y, batch"},
    public=lambda: draw_batch_case(np.random.default_rng(98)),
    case=draw_batch_case,
    reference=batch_reference,
    fields={
        "losses": Field((N_KEYS,), allow="inf nan"),
        **{
            f"{name}_{kind}": Field((4,) if name.startswith("hyper") else (J,), allow="inf nan")
            for name in batches.NAMES
            for kind in ("mean", "sd")
        },
        "held": Field((len(ALIKE_BATCHES), POINTS), allow="inf nan"),
        **{name: Field((None,), text=True) for name in SITES},
    },
    criteria=(
        Criterion(
            "alike",
            points=2,
            compared="your loss and that of all groups, where 12 groups are alike and all latents are held, nats; "
            "batches of 5 and of 12",
            distance=held_off,
            needs=("held",),
            failed="Where all groups are alike, every batch must give the loss of all groups. Yours does not.",
        ),
        Criterion(
            "mean loss",
            points=2,
            compared="mean loss of 8192 random batches and the exact loss of all groups, standard errors",
            distance=loss_off,
            needs=("losses",),
            failed="On average over batches your loss is not that of all groups.",
        ),
        Criterion(
            "gradient",
            points=2,
            compared="mean gradient of 8192 random batches and the exact one, standard errors, worst of 136 parameters",
            distance=gradient_off,
            needs=tuple(f"{name}_{kind}" for name in batches.NAMES for kind in ("mean", "sd")),
            failed="On average over batches your gradient is not that of all groups.",
        ),
        Criterion(
            "sites",
            points=1,
            compared="sites and params that are missing, of another size than asked, with a scale that may be "
            "negative, or that start outside of what they may be",
            distance=sites_off,
            needs=SITES,
            failed="`m` and `c` must have `batch` entries, the params one for each of all groups, and scales must "
            "start and stay positive.",
        ),
    ),
    mistakes=(
        Mistake(
            "no scaling",
            hint="Average your loss over all batches: is it the loss of all groups?",
            looks_like=counted_as("no scaling"),
        ),
        Mistake(
            "likelihood only",
            hint="A batch stands in for all groups: for their data, and for what else that each group has?",
            looks_like=counted_as("likelihood only"),
        ),
        Mistake(
            "lines only",
            hint="A batch stands in for all groups: for their lines, and for what else that each group has?",
            looks_like=counted_as("lines only"),
        ),
        Mistake(
            "hyperparameters too",
            hint="How many populations are there in a batch?",
            looks_like=counted_as("hyperparameters too"),
        ),
        Mistake(
            "model only",
            hint="A batch stands in for all groups in the model: and in the guide?",
            looks_like=counted_as("model only"),
        ),
        Mistake("twice", hint="What does the plate do by itself?", looks_like=counted_as("twice")),
        Mistake("y once more", hint="What does the plate do by itself?", looks_like=counted_as("y once more")),
        Mistake("plate of another name", hint=_PAIRS, looks_like=counted_as("plate of another name")),
        Mistake("guide not indexed", hint=_PAIRS, looks_like=counted_as("guide not indexed")),
        Mistake("data not indexed", hint=_ALL_SEEN, looks_like=counted_as("data not indexed")),
        Mistake("first groups only", hint=_ALL_SEEN, looks_like=counted_as("first groups only")),
        Mistake("always all", hint="Print the shape of `m`: how large is your batch?", looks_like=_always_all),
    ),
    near=(
        NearMiss(
            "factor",
            unit="part of J / M",
            sizes=(1e-5, 1e-4, 1e-3, 0.01),
            must=0.01,
            perturb=_counted,
        ),
        NearMiss(
            "gradient",
            unit="standard errors",
            sizes=(4, 8, 14, 28),
            must=28,
            perturb=_gradient_moved,
        ),
    ),
    unused={
        "noise": "the guide's params know of the data, so the guide itself need not look at them",
        "y": "the guide's params know of the data, so the guide itself need not look at them",
    },
    equivalent={f"{old} => {new}": reason for old, new, reason in _same()},
    figure=batch_figure,
)
