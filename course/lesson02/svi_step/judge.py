"""One step of stochastic gradient descent: what a case is, the truth, and how a measurement is judged."""

import numpy as np

from svi_course.exercise import Criterion, Exercise, Field, Mistake, NearMiss

from ...tools import seed, worst

_STEPS = 5


def _adam(grad, state, lr):
    """One update of Adam (Kingma & Ba 2015) with the usual constants."""
    m, v, t = state if state is not None else (0.0, 0.0, 0)
    m, v, t = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2, t + 1
    return -lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), (m, v, t)


def _momentum(grad, state, lr):
    trace = grad + 0.9 * (0.0 if state is None else state)
    return -lr * trace, trace


def _walk(r, rule="right"):
    """phi (2, 5, 4) and value (2, 5) of five steps of Adam and of momentum, right or with one mistake."""
    phis, values = [], []
    for update in (_adam, _momentum):
        x, state, path, losses = r["phi0"], None, [], []
        for _ in range(_STEPS):
            loss = r["height"] + 0.5 * (x - r["centre"]) @ r["matrix"] @ (x - r["centre"])
            change, new_state = update(r["matrix"] @ (x - r["centre"]), state, r["lr"])
            x = {"up": x - change, "changes": change}.get(rule, x + change)
            if rule != "forgets":
                state = new_state
            if rule == "late value":
                loss = r["height"] + 0.5 * (x - r["centre"]) @ r["matrix"] @ (x - r["centre"])
            path.append(x)
            losses.append(loss)
        phis.append(path)
        values.append(losses)
    return np.array(phis), np.array(values)


def _svi_step_case(rng):
    turn, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    centre = rng.normal(0, 1, 4)
    return {
        "phi0": centre + rng.choice([-1.0, 1.0], 4) * rng.uniform(0.7, 2, 4),
        "centre": centre,
        "matrix": turn @ np.diag(np.exp(rng.uniform(np.log(0.5), np.log(3), 4))) @ turn.T,
        "height": rng.normal(0, 3),
        "lr": np.exp(rng.uniform(np.log(0.03), np.log(0.15))),
        "seed": seed(rng),
    }


def _svi_step_reference(case):
    r = {name: np.asarray(case[name], dtype=float) for name in ("phi0", "centre", "matrix", "height", "lr")}
    phi, value = _walk(r)
    return r | {"phi": phi, "value": value}


def _relative(got, want):
    return worst((got - want) / (1 + np.abs(want)))


def _svi_step_pure(m, r):
    plain = [_relative(m["plain_phi"], m["phi"][0, 0]), _relative(m["plain_value"], m["value"][0, 0])]
    return worst([*plain, _relative(m["jit_value"], m["value"])])


def _svi_step_key(m, r):
    if not np.isfinite(m["keyed"]).all():
        return np.nan
    one, two, again = m["keyed"]
    return 0.0 if one != two and abs(one - again) <= 1e-5 * (1 + abs(one)) else 1.0


def _is_walk(rule):
    def looks_like(m, r, distances):
        phi, value = _walk(r, rule)
        return (
            _relative(m["phi"], phi) < 2e-4
            and _relative(m["value"], value) < 2e-4
            and distances["pure"] < 1e-4
            and distances["key"] == 0
        )

    return looks_like


def _is_not_jittable(m, r, distances):
    again = worst([_relative(m["plain_phi"], m["phi"][0, 0]), _relative(m["plain_value"], m["value"][0, 0])])
    return bool(
        np.isnan(m["jit_value"]).all()
        and worst([again, distances["steps"], distances["value"]]) < 1e-4
        and distances["key"] == 0
    )


def _is_keyless(m, r, distances):
    one, two, again = m["keyed"]
    return bool(one == two == again and worst([distances["steps"], distances["value"], distances["pure"]]) < 1e-4)


def _other_rate(m, r, size):
    """Five steps with the learning rate too large by this part."""
    phi, value = _walk({**r, "lr": r["lr"] * (1 + size)})
    phi, value = phi - r["phi"], value - r["value"]
    return {
        **m,
        "phi": m["phi"] + phi,
        "plain_phi": m["plain_phi"] + phi[0, 0],
        "value": m["value"] + value,
        "jit_value": m["jit_value"] + value,
    }


EXERCISE = Exercise(
    slow={"jitted inside": 60},
    title="One step of stochastic gradient descent",
    names={"svi_step": "key, phi, opt_state, loss, optimizer"},
    public=lambda: _svi_step_case(np.random.default_rng(2)),
    case=_svi_step_case,
    reference=_svi_step_reference,
    fields={
        "phi": Field((2, _STEPS, 4), allow="inf nan"),
        "value": Field((2, _STEPS), allow="inf nan"),
        "jit_value": Field((2, _STEPS), allow="inf nan"),
        "plain_phi": Field((2, 4), allow="inf nan"),
        "plain_value": Field((2,), allow="inf nan"),
        "keyed": Field((3,), allow="inf nan"),
    },
    criteria=(
        Criterion(
            "steps",
            points=2,
            compared="phi after each of five steps, of Adam and of momentum, and optax's, relative to 1 + its size",
            distance=lambda m, r: _relative(m["phi"], r["phi"]),
            needs=("phi",),
            failed="Your five steps do not lead where the optimiser leads.",
        ),
        Criterion(
            "value",
            points=2,
            compared="the value returned at each step and the loss of the phi that went in, relative to 1 + its size",
            distance=lambda m, r: _relative(m["value"], r["value"]),
            needs=("value",),
            failed="The value you return is not the loss along those steps.",
        ),
        Criterion(
            "pure",
            points=1,
            compared="the first step inside jax.jit, outside it, and once more, relative to 1 + its size",
            distance=_svi_step_pure,
            needs=("phi", "value", "jit_value", "plain_phi", "plain_value"),
            failed="The same arguments must give the same results, inside `jax.jit` too, and stay as they were.",
        ),
        Criterion(
            "key",
            points=1,
            compared="with a noisy loss two keys give two values and one key one: 0 yes, 1 no",
            distance=_svi_step_key,
            needs=("keyed",),
            failed="With a loss that draws, your value must follow the key that you were given.",
        ),
    ),
    mistakes=(
        Mistake("uphill", hint="Take five steps: did the loss fall or rise?", looks_like=_is_walk("up")),
        Mistake(
            "returns the changes",
            hint="What you return first: are these parameters, or changes of parameters?",
            looks_like=_is_walk("changes"),
        ),
        Mistake(
            "old state",
            hint="Your first step is right and the second is not: what does Adam remember?",
            looks_like=_is_walk("forgets"),
        ),
        Mistake(
            "late value",
            hint="Return the loss of the parameters that you were given: are those the ones you evaluate?",
            looks_like=_is_walk("late value"),
        ),
        Mistake(
            "float",
            hint="This must run inside jit: which line asks for a number that is not there yet?",
            looks_like=_is_not_jittable,
        ),
        Mistake("own key", hint="Call it with two keys: why is it the same number?", looks_like=_is_keyless),
    ),
    near=(
        NearMiss(
            "rate",
            unit="part of the learning rate",
            sizes=(3e-5, 1e-4, 2e-4, 4e-4, 1e-3, 3e-3),
            must=3e-3,
            perturb=_other_rate,
        ),
        NearMiss(
            "value",
            unit="part of 1 + its size",
            sizes=(3e-5, 1e-4, 3e-4, 1e-3),
            must=1e-3,
            perturb=lambda m, r, size: {
                **m,
                **{name: m[name] + size * (1 + np.abs(m[name])) for name in ("value", "jit_value", "plain_value")},
            },
        ),
    ),
)
