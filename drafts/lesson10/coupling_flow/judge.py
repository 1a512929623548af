"""A flow of coupling layers: what a case is, the truth, and how a measurement is judged.

x = f(u) with u standard normal has ln q(x) = ln N(u) - ln |det dx/du|; a coupling layer moves one coordinate by
moved * exp(log_scale(kept)) + shift(kept), so that ln |det| is the sum of the log scales (Dinh, Sohl-Dickstein and
Bengio 2017).
"""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import BLUE, RED, worst

POINTS, LINES, GRID, MOST = 64, 13, 61, 4
ALONG = 41

#: Least distance of wrong answers from the right one, in the worst point.
APART = 0.1


def _functions(case):
    """(log_scale, shift) of each layer."""
    rows = zip(*(np.asarray(case[name], float) for name in ("a", "c", "w", "p", "o", "t", "omega")))

    def pair(a, c, w, p, o, t, omega):
        return lambda v: c + a * np.tanh(w * v + p), lambda v: o + t * np.sin(omega * v)

    return [pair(*row) for row in rows][: int(case["n"])]


def _kept(i):
    return i % 2


def forward(u, layers, kept=_kept, factor=np.exp):
    """(x, log scale of each layer (n, points))."""
    x, logs = np.array(u, float), []
    for i, (log_scale, shift) in enumerate(layers):
        k = kept(i)
        logs.append(log_scale(x[:, k]))
        x[:, 1 - k] = x[:, 1 - k] * factor(logs[-1]) + shift(x[:, k])
    return x, np.array(logs)


def inverse(x, layers, order=None, kept=_kept, shift_first=True):
    """(u, log scale of each layer)."""
    u, logs = np.array(x, float), []
    for i in reversed(range(len(layers))) if order is None else order:
        k = kept(i)
        logs.append(layers[i][0](u[:, k]))
        shift = layers[i][1](u[:, k])
        u[:, 1 - k] = (
            (u[:, 1 - k] - shift) * np.exp(-logs[-1]) if shift_first else u[:, 1 - k] * np.exp(-logs[-1]) - shift
        )
    return u, np.array(logs)


def base(u):
    return -0.5 * np.sum(u**2, axis=-1) - np.log(2 * np.pi)


def _log_q(x, layers, sign=-1, **how):
    u, logs = inverse(x, layers, **how)
    return base(u) + sign * logs.sum(axis=0)


def _net():
    """A net of straight lines, (2 LINES ALONG, 2): verticals, then horizontals."""
    one, other = np.linspace(-2.4, 2.4, LINES), np.linspace(-2.4, 2.4, ALONG)
    verticals = np.stack(np.broadcast_arrays(one[:, None], other), axis=-1)
    return np.concatenate([verticals, verticals[..., ::-1]]).reshape(-1, 2)


def _signed(rng, low, high):
    return rng.choice([-1, 1], MOST) * rng.uniform(low, high, MOST)


def draw(rng, n=None):
    while True:
        case = {
            "a": _signed(rng, 0.4, 0.9),
            "c": _signed(rng, 0.2, 0.6),
            "w": rng.uniform(0.6, 1.5, MOST),
            "p": rng.uniform(-1, 1, MOST),
            "o": rng.uniform(-1, 1, MOST),
            "t": _signed(rng, 0.5, 1.5),
            "omega": rng.uniform(0.7, 1.6, MOST),
            "n": np.array(n or rng.choice([3, 4])),
            "u": rng.normal(size=(POINTS, 2)),
            "net": _net(),
        }
        layers = _functions(case)
        case["at"] = forward(rng.normal(size=(POINTS, 2)), layers)[0]
        cloud = forward(rng.normal(size=(4000, 2)), layers)[0]
        low, high = cloud.min(axis=0), cloud.max(axis=0)
        axes = np.linspace(low - 0.1 * (high - low), high + 0.1 * (high - low), GRID)
        case["grid"] = np.stack(np.meshgrid(*axes.T, indexing="ij"), axis=-1).reshape(-1, 2)
        r = reference(case)
        if abs(r["integral"] - 1) < 0.02 and all(worst(wrong - r[name[0]]) >= APART for name, wrong in _wrong(r)):
            return case


def _wrong(r):
    """((field, mistake), values) of the wrong answers."""
    return [((field, name), values) for field, rows in r["wrong"].items() for name, values in rows.items()]


def reference(case):
    layers = _functions(case)
    u, at, grid = (np.asarray(case[name], float) for name in ("u", "at", "grid"))
    x, logs = forward(u, layers)
    n = len(layers)
    log_q, grid_log_q = _log_q(at, layers), _log_q(grid, layers)
    cell = np.prod([np.ptp(grid[:, i]) / (GRID - 1) for i in (0, 1)])
    at_start = np.array([log_scale(u[:, _kept(i)]) for i, (log_scale, _) in enumerate(layers)])
    return {
        "x": x,
        "log_det": logs.sum(axis=0),
        "log_q": log_q,
        "grid_log_q": grid_log_q,
        "grid": grid,
        "cell": cell,
        "integral": np.exp(grid_log_q).sum() * cell,
        "wrong": {
            "x": {
                "never swapped": forward(u, layers, kept=lambda i: 0)[0],
                "other coordinate first": forward(u, layers, kept=lambda i: 1 - _kept(i))[0],
                "no exp": forward(u, layers, factor=lambda log_scale: log_scale)[0],
            },
            "log_det": {
                "first u": at_start.sum(axis=0),
                "exp": np.exp(logs).sum(axis=0),
                "minus": -logs.sum(axis=0),
            },
            "log_q": {
                "plus": _log_q(at, layers, sign=1),
                "none": _log_q(at, layers, sign=0),
                "same order": _log_q(at, layers, order=range(n)),
                "unscaled first": _log_q(at, layers, shift_first=False),
                "base at x": base(at) - inverse(at, layers)[1].sum(axis=0),
                "base alone": base(at),
            },
        },
    }


def _x(m, r):
    return worst(m["x"] - r["x"])


def _log_det(m, r):
    return worst(m["log_det"] - r["log_det"])


def _density(m, r):
    """Worst error of a log density in units of 1 + its size."""
    errors = [(m[name] - r[name]) / (1 + abs(r[name])) for name in ("log_q", "grid_log_q")]
    return worst(np.concatenate(errors))


def _is(field, *names):
    """looks_like: one field is that of a mistake."""

    def looks_like(m, r, d):
        return any(
            np.all(abs(m[field] - r["wrong"][field][name]) < 1e-2 * (1 + abs(r["wrong"][field][name])))
            for name in names
        )

    return looks_like


def _figure(axes, m, r):
    right = _x(m, r) < 1e-3
    density = np.exp(m["grid_log_q"])
    integral = density.sum() * r["cell"]
    shape = (GRID, GRID)
    x1, x2 = (r["grid"][:, i].reshape(shape) for i in (0, 1))
    if np.isfinite(integral) and 0 < integral < 1e6:
        axes.contourf(x1, x2, density.reshape(shape), levels=8, cmap="Greys")
    for line in m["lines"].reshape(2 * LINES, ALONG, 2):
        axes.plot(*line.T, color=BLUE if right else RED, linewidth=0.7)
    axes.set(xlabel="x1", ylabel="x2", xlim=(x1.min(), x1.max()), ylim=(x2.min(), x2.max()))
    whole = abs(integral - r["integral"]) < 0.01
    axes.set_title(
        ("Your flow bends the grid" if right else "Your flow bends the grid in another way")
        + (", and its density integrates to one" if whole else f", and its density integrates to {integral:.3g}"),
        fontsize=9,
    )
    return (
        "A net of straight lines after your flow, bent, over a grey map of your density. "
        + ("The lines go where they should. " if right else "The lines don't go where they should. ")
        + f"The density adds up to {integral:.3g}."
    )


EXERCISE = Exercise(
    title="A flow of coupling layers",
    names={"coupling_flow": "u, layers", "flow_log_q": "x, layers"},
    public=lambda: draw(np.random.default_rng(102), n=3),
    case=draw,
    reference=reference,
    fields={
        "x": Field((POINTS, 2), allow="inf nan"),
        "log_det": Field((POINTS,), allow="inf nan"),
        "lines": Field((2 * LINES * ALONG, 2), allow="inf nan"),
        "log_q": Field((POINTS,), allow="inf nan"),
        "grid_log_q": Field((GRID**2,), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "x",
            points=2,
            compared="your points and the exact ones, the worst of 64",
            distance=_x,
            needs=("x",),
            failed="The points do not go where the layers send them.",
        ),
        Criterion(
            "log_det",
            points=2,
            compared="your log_det and the exact one, the worst of 64 points",
            distance=_log_det,
            needs=("log_det",),
            failed="log_det is not the log of the factor by which the whole map stretches areas.",
        ),
        Criterion(
            "log_q",
            points=4,
            compared="your log density and the exact one, part of 1 + its size, the worst of 64 points and of a grid",
            distance=_density,
            needs=("log_q", "grid_log_q"),
            failed="flow_log_q is not the log density of the points that the flow makes.",
        ),
    ),
    mistakes=(
        Mistake(
            "coordinates never swapped",
            hint="Which coordinate did the second layer move?",
            looks_like=_is("x", "never swapped"),
        ),
        Mistake(
            "other coordinate first",
            hint="Which coordinate does the very first layer leave alone?",
            looks_like=_is("x", "other coordinate first"),
        ),
        Mistake(
            "factor without exp",
            hint="May the factor that multiplies a coordinate be negative?",
            looks_like=_is("x", "no exp"),
        ),
        Mistake(
            "log det at the first u",
            hint="Which point does the third layer see?",
            looks_like=_is("log_det", "first u"),
        ),
        Mistake(
            "factors added",
            hint="Do you want the log of a product, or a sum of factors?",
            looks_like=_is("log_det", "exp"),
        ),
        Mistake(
            "log det of the way back",
            hint="Multiply all by 2: is the log of the stretch positive?",
            looks_like=_is("log_det", "minus"),
        ),
        Mistake(
            "log det added to the density",
            hint="Stretch the map: should the density rise?",
            looks_like=_is("log_q", "plus"),
        ),
        Mistake(
            "no log det in the density",
            hint="Stretch the map: should the density stay as high as it was?",
            looks_like=_is("log_q", "none"),
        ),
        Mistake(
            "inverse in the same order",
            hint="Which comes off first, the shoe or the sock?",
            looks_like=_is("log_q", "same order"),
        ),
        Mistake(
            "unscaled before unshifted",
            hint="Which comes off first, the shoe or the sock?",
            looks_like=_is("log_q", "unscaled first"),
        ),
        Mistake(
            "base density at x",
            hint="Which u made this x?",
            looks_like=_is("log_q", "base at x", "base alone"),
        ),
    ),
    near=(
        NearMiss(
            "x",
            unit="error of one point",
            sizes=(2e-4, 5e-4, 2e-3, 5e-3),
            must=5e-3,
            perturb=lambda m, r, size: {**m, "x": _nudged(m["x"], size)},
        ),
        NearMiss(
            "log_det",
            unit="nats at one point",
            sizes=(5e-4, 1e-3, 3e-3, 1e-2),
            must=1e-2,
            perturb=lambda m, r, size: {**m, "log_det": _nudged(m["log_det"], size)},
        ),
        NearMiss(
            "log_q",
            unit="part of 1 + its size at each point",
            sizes=(5e-4, 1e-3, 3e-3, 1e-2),
            must=1e-2,
            perturb=lambda m, r, size: {**m, "log_q": m["log_q"] + size * (1 + abs(r["log_q"]))},
        ),
    ),
    figure=_figure,
)


def _nudged(values, size):
    values = np.array(values, float)
    values.flat[0] += size
    return values
