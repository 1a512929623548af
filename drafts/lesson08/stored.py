"""What lesson 8 prints without computing it there: one function for each stored table.

    python -m course.lesson08.stored NAME ...        from the root of a checkout; without a name it lists them

All results depend on keys, those of ``times`` on the machine. Means and widths are compared with the exact posterior of
``course/line.py``; counts of gradients are those of NUTS's ``num_steps`` and of SVI's steps times particles.
"""

import sys
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from course.lesson08 import diagnostics
from jax import random
from numpyro.diagnostics import effective_sample_size
from numpyro.infer import MCMC, NUTS, SVI, Trace_ELBO, init_to_value
from numpyro.infer.autoguide import AutoDiagonalNormal, AutoMultivariateNormal
from numpyro.infer.hmc import hmc
from numpyro.infer.util import initialize_model, potential_energy
from scipy.special import ndtri

from course import line
from course.measuring import model_line

SITES = line.PARAMETERS
RUNS = 24  # of four chains, or fits


def data_of(points):
    return tuple(jnp.asarray(points[name], jnp.float32) for name in ("x", "e", "y"))


def least_squares_start(points):
    slope, intercept = line.least_squares(**points)
    theta = np.arctan(slope)
    return np.array([theta, intercept * np.cos(theta), 0.0, 1.0, 0.5])


def unconstrained(z):
    return jnp.asarray(line.unconstrain(z), jnp.float32)


# ---------------------------------------------------------------- chains


def chains(points, n_warmup, n_samples, seed=0, runs=RUNS, starts=None, **settings):
    """``runs`` times four chains side by side.

    Returns:
        draws (runs, 4, n, 5), steps of the warm-up and of the draws (runs, 4, ...), divergences (runs,).
    """
    mcmc = MCMC(
        NUTS(model_line, **settings),
        num_warmup=n_warmup,
        num_samples=n_samples,
        num_chains=4 * runs,
        chain_method="vectorized",
        progress_bar=False,
    )
    keys = random.split(random.key(seed), 4 * runs)
    data = data_of(points)
    fields = ("num_steps", "diverging")
    mcmc.warmup(keys, *data, extra_fields=fields, collect_warmup=True, init_params=starts)
    warm = np.asarray(mcmc.get_extra_fields(group_by_chain=True)["num_steps"])
    mcmc.run(mcmc.post_warmup_state.rng_key, *data, extra_fields=fields)
    extra = mcmc.get_extra_fields(group_by_chain=True)
    samples = mcmc.get_samples(group_by_chain=True)
    draws = np.stack([np.asarray(samples[name], float) for name in SITES], axis=-1)
    steps = np.asarray(extra["num_steps"])
    grouped = [value.reshape(runs, 4, *value.shape[1:]) for value in (draws, warm, steps)]
    return *grouped, np.asarray(extra["diverging"]).reshape(runs, -1).sum(axis=1)


def report(name, draws, warm, steps, diverging):
    by_site = np.moveaxis(draws, -1, 1)
    rhat = diagnostics.rank_rhat(by_site).max(axis=1)
    ess = np.array([effective_sample_size(run).min() for run in draws])
    warm, steps = warm.sum(axis=(1, 2)), steps.sum(axis=(1, 2))
    print(
        f"{name:34s} gradients {np.median(warm):8.0f} / {np.median(steps):8.0f}, R-hat median {np.median(rhat):.3f} "
        f"worst {rhat.max():.3f}, ESS median {np.median(ess):.0f} least {ess.min():.0f}, "
        f"ESS per 1000 {np.median(1000 * ess / (warm + steps)):.1f}, divergences {diverging.sum()}",
        flush=True,
    )


def counted():
    """Gradients of one chain, counted where they are made, beside the sum of num_steps."""
    calls = {"n": 0}

    def count():
        calls["n"] += 1

    def model(x, e, y):
        jax.debug.callback(count)
        model_line(x, e, y)

    mcmc = MCMC(NUTS(model), num_warmup=300, num_samples=500, progress_bar=False)
    data = data_of(line.FIFTEEN)
    mcmc.warmup(random.key(0), *data, extra_fields=("num_steps",), collect_warmup=True)
    jax.effects_barrier()
    print("warm-up:", calls["n"], "calls, num_steps", int(mcmc.get_extra_fields()["num_steps"].sum()))
    before = calls["n"]
    mcmc.run(mcmc.post_warmup_state.rng_key, *data, extra_fields=("num_steps",))
    jax.effects_barrier()
    print("draws:", calls["n"] - before, "calls, num_steps", int(mcmc.get_extra_fields()["num_steps"].sum()))


def bill():
    """Warm-up and draws of four chains with 500 + 1000 iterations: the bill, and what a draw is worth."""
    draws, warm, steps, _ = chains(line.FIFTEEN, 500, 1000)
    ess = np.array([effective_sample_size(run) for run in draws])
    bills = warm.sum(axis=(1, 2)), steps.sum(axis=(1, 2))
    print("gradients:", *(f"{np.median(part):.0f} ({part.min()} to {part.max()})" for part in bills))
    print("steps an iteration:", warm.mean().round(2), steps.mean().round(2))
    print("share of the warm-up:", np.median(bills[0] / (bills[0] + bills[1])).round(3))
    print("ESS per draw, medians by parameter:", dict(zip(SITES, np.median(ess / 4000, axis=0).round(3))))
    print("least ESS per draw, median:", np.median(ess.min(axis=1) / 4000).round(3))
    print("first iterations of one chain:", warm[0, 0, :24].tolist())
    print("medians of the first 24 iterations over all chains:", np.median(warm, axis=(0, 1))[:24].tolist())


def full_fit(points, seed=0, n_steps=500, particles=8):
    """The full-rank guide from least squares: loc (5,) and scale_tril (5, 5), in the order of SITES."""
    guide = AutoMultivariateNormal(
        model_line, init_loc_fn=init_to_value(values=dict(zip(SITES, least_squares_start(points))))
    )
    svi = SVI(model_line, guide, optax.adam(optax.cosine_decay_schedule(0.05, n_steps)), Trace_ELBO(particles))
    data = data_of(points)
    svi.init(random.key(0), *data)

    @jax.jit
    def fit(key):
        state, losses = jax.lax.scan(
            lambda state, _: svi.update(state, *data), svi.init(key, *data), None, length=n_steps
        )
        return svi.get_params(state), losses

    params, _ = fit(random.key(seed))
    return np.asarray(params["auto_loc"]), np.asarray(params["auto_scale_tril"])


def from_the_guide():
    """Four chains, 500 draws each, from NumPyro's defaults and from the fitted guide."""
    loc, tril = full_fit(line.FIFTEEN)
    covariance = tril @ tril.T
    eps = random.normal(random.key(5), (4 * RUNS, 5))
    starts = dict(zip(SITES, jnp.asarray(loc + eps @ tril.T).T))
    order = np.argsort(SITES)
    wrong = {tuple(sorted(SITES)): jnp.asarray(covariance)}
    right = {tuple(SITES): jnp.asarray(covariance)}
    dense = {"dense_mass": [tuple(SITES)]}
    precision = {tuple(SITES): jnp.asarray(np.linalg.inv(covariance))}
    cholesky = {tuple(SITES): jnp.asarray(tril)}
    print("order", [SITES[i] for i in order])
    rows = [
        ("default, 500", 500, None, {}),
        ("default, 50", 50, None, {}),
        ("starts, 50", 50, starts, {}),
        ("starts + covariance, 100", 100, starts, {"inverse_mass_matrix": right, **dense}),
        ("starts + covariance, 50", 50, starts, {"inverse_mass_matrix": right, **dense}),
        ("starts + covariance, 20", 20, starts, {"inverse_mass_matrix": right, **dense}),
        ("the same held, 100", 100, starts, {"inverse_mass_matrix": right, "adapt_mass_matrix": False, **dense}),
        ("the same held, 50", 50, starts, {"inverse_mass_matrix": right, "adapt_mass_matrix": False, **dense}),
        ("the same held, 20", 20, starts, {"inverse_mass_matrix": right, "adapt_mass_matrix": False, **dense}),
        ("wrong order, 50", 50, starts, {"inverse_mass_matrix": wrong, "dense_mass": [tuple(sorted(SITES))]}),
        (
            "wrong order held, 50",
            50,
            starts,
            {"inverse_mass_matrix": wrong, "dense_mass": [tuple(sorted(SITES))], "adapt_mass_matrix": False},
        ),
        ("precision, 50", 50, starts, {"inverse_mass_matrix": precision, "max_tree_depth": 8, **dense}),
        (
            "precision held, 50",
            50,
            starts,
            {"inverse_mass_matrix": precision, "max_tree_depth": 8, "adapt_mass_matrix": False, **dense},
        ),
        (
            "Cholesky held, 50",
            50,
            starts,
            {"inverse_mass_matrix": cholesky, "max_tree_depth": 8, "adapt_mass_matrix": False, **dense},
        ),
    ]
    for name, n_warmup, init, settings in rows:
        report(name, *chains(line.FIFTEEN, n_warmup, 500, starts=init, **settings))


# ---------------------------------------------------------------- error against cost


def errors(median, half_width, exact):
    """Root mean squares over the parameters: shift in exact half-widths, ln of the ratio of half-widths."""
    shift = (median - exact.median) / exact.half_width
    ratio = np.log(half_width / exact.half_width)
    return np.sqrt(np.mean(shift**2, axis=-1)), np.sqrt(np.mean(ratio**2, axis=-1))


def svi_errors(points, family, particles, budgets, runs=RUNS):
    """(budgets, runs) shift and width errors of a normal surrogate, from least squares, Adam with .05 falling to 0."""
    exact, data = line.posterior(**points), data_of(points)
    start = init_to_value(values=dict(zip(SITES, least_squares_start(points))))
    guide = family(model_line, init_loc_fn=start)
    svi = SVI(model_line, guide, optax.adam(0.05), Trace_ELBO(particles))
    svi.init(random.key(0), *data)

    @jax.jit
    @partial(jax.vmap, in_axes=(0, None))
    def fit(key, n_steps):
        def rate(i):
            return 0.025 * (1 + jnp.cos(jnp.pi * jnp.minimum(i / n_steps, 1)))

        one = SVI(model_line, guide, optax.adam(rate), Trace_ELBO(particles))
        state = jax.lax.fori_loop(0, n_steps, lambda _, s: one.update(s, *data)[0], one.init(key, *data))
        return one.get_params(state)

    found = []
    for budget in budgets:
        params = fit(random.split(random.key(1), runs), budget // particles)
        loc = np.asarray(params["auto_loc"], float)
        if "auto_scale" in params:
            sd = np.asarray(params["auto_scale"], float)
        else:
            sd = np.sqrt(np.sum(np.asarray(params["auto_scale_tril"], float) ** 2, axis=-1))
        low, middle, high = (line.constrain(loc + c * sd) for c in ndtri([0.16, 0.5, 0.84]))
        found.append(errors(middle, (high - low) / 2, exact))
    return np.moveaxis(np.array(found), 1, 0)


def nuts_errors(points, n_warmup, budgets, n_samples=6000, runs=RUNS):
    """(budgets, runs) shift and width errors of four chains when so many gradients are spent; NaN: no draw yet."""
    exact = line.posterior(**points)
    draws, warm, steps, _ = chains(points, n_warmup, n_samples, runs=runs)
    found = np.full((2, len(budgets), runs), np.nan)
    for i in range(runs):
        spent = warm[i].sum() + np.cumsum(steps[i].sum(axis=0))
        for j, budget in enumerate(budgets):
            n = int(np.sum(spent <= budget))
            if n >= 5 and budget <= spent[-1]:
                low, middle, high = np.quantile(draws[i][:, :n].reshape(-1, 5), [0.16, 0.5, 0.84], axis=0)
                found[:, j, i] = errors(middle, (high - low) / 2, exact)
    return found, np.median(warm.sum(axis=(1, 2)))


def against_cost(sets=("FIFTEEN",)):
    """Error against gradients: medians and 90 % bands over 24 seeds, shift and ln width."""
    svi_budgets = [125, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000]
    nuts_budgets = [4000, 6000, 8000, 12_000, 16_000, 20_000, 25_000, 32_000, 40_000, 50_000, 64_000, 90_000, 128_000]
    for which in sets:
        points = getattr(line, which)
        for family in (AutoDiagonalNormal, AutoMultivariateNormal):
            for particles in (1, 8, 32):
                budgets = [b for b in svi_budgets if b // particles >= 30]
                show(f"{which} {family.__name__} {particles}", budgets, svi_errors(points, family, particles, budgets))
        for n_warmup in (50, 100, 300, 1000):
            found, warm = nuts_errors(points, n_warmup, nuts_budgets)
            show(f"{which} NUTS {n_warmup} (warm-up {warm:.0f})", nuts_budgets, found)


def show(name, budgets, found):
    kept = [i for i in range(len(budgets)) if np.mean(np.isfinite(found[0, i])) > 0.8]
    with np.errstate(all="ignore"):
        q = np.nanquantile(found, [0.05, 0.5, 0.95], axis=-1).round(4)
    print(name)
    print("  gradients", [budgets[i] for i in kept])
    for label, which in (("shift", 0), ("width", 1)):
        print("  " + label, [q[:, which, i].tolist() for i in kept], flush=True)


# ---------------------------------------------------------------- time


def times():
    """Seconds in one process, compiler and run together, then run alone: four chains of NUTS, and full-rank fits."""
    data = data_of(line.FIFTEEN)
    guide = AutoMultivariateNormal(
        model_line, init_loc_fn=init_to_value(values=dict(zip(SITES, least_squares_start(line.FIFTEEN))))
    )

    def clock(fn):
        cpu, wall = time.process_time(), time.time()
        out = jax.block_until_ready(fn())
        return out, time.process_time() - cpu, time.time() - wall

    setup = initialize_model(random.key(0), model_line, model_args=data, dynamic_args=True)
    init, sample = hmc(potential_fn_gen=setup.potential_fn, algo="NUTS")

    @jax.jit
    @jax.vmap
    def chain(key, start):
        state = init(start, 500, model_args=data, rng_key=key)

        def step(state, _):
            state = sample(state, data, {})
            return state, (state.z, state.num_steps)

        return jax.lax.scan(step, state, None, length=1500)[1]

    def four(seed):
        starts = {name: random.uniform(random.key(seed), (4,), minval=-2.0, maxval=2.0) for name in SITES}
        return chain(random.split(random.key(seed), 4), starts)

    _, first, wall = clock(lambda: four(1))
    (_, steps), again, wall_again = clock(lambda: four(2))
    gradients = int(steps.sum())
    print(
        f"NUTS, one program: first {first:.2f} s of CPU ({wall:.2f} wall), again {again:.3f} ({wall_again:.3f}), "
        f"{gradients} gradients, {1e6 * again / gradients:.1f} us each",
        flush=True,
    )
    for particles, n_steps in ((8, 2000), (8, 500), (8, 10_000), (1, 4000), (32, 500)):
        svi = SVI(model_line, guide, optax.adam(optax.cosine_decay_schedule(0.05, n_steps)), Trace_ELBO(particles))
        svi.init(random.key(0), *data)

        @jax.jit
        def fit(key, svi=svi, n_steps=n_steps):
            state, losses = jax.lax.scan(
                lambda state, _: svi.update(state, *data), svi.init(key, *data), None, length=n_steps
            )
            return svi.get_params(state), losses

        _, first, wall = clock(lambda: fit(random.key(1)))
        _, again, wall_again = clock(lambda: fit(random.key(2)))
        print(
            f"SVI {particles} x {n_steps}: first {first:.2f} s of CPU ({wall:.2f} wall), again {again:.3f} "
            f"({wall_again:.3f}), {1e6 * again / particles / n_steps:.1f} us a gradient",
            flush=True,
        )


# ---------------------------------------------------------------- new data


def pair(rng):
    """Two data sets from one line and one background, clear enough for one bump to describe them, and the truths."""
    while True:
        first = line.draw_line(rng)
        angle, distance, mean, sigma, _ = first["truth"]
        data = []
        for _ in range(2):
            for _ in range(50):
                x, e = np.sort(rng.uniform(-2, 2, 15)), rng.uniform(0.12, 0.3, 15)
                off = rng.permutation(np.arange(15) < rng.integers(3, 6))
                centre = x * np.tan(angle) + distance / np.cos(angle)
                noise = rng.normal(size=15)
                y = np.where(off, mean + np.hypot(sigma, e) * noise, centre + e * noise)
                points = {"x": x, "e": e, "y": y}
                exact = line.rough_posterior(**points)
                if line.plain(exact):
                    data.append((points, exact))
                    break
        if len(data) == 2:
            return data


def steps_to_arrive(pairs, rate, falling, particles, n_steps, every):
    """For four starts: steps until the loss of a full-rank fit is first .1 nats above the best; -1 if never.

    Returns:
        (4, pairs): from zeros, from NumPyro's default, from least squares, from the old answer.
    """
    guide = AutoMultivariateNormal(model_line)
    svi = SVI(model_line, guide, optax.adam(0.1), Trace_ELBO(particles))
    svi.init(random.key(0), *data_of(pairs[0][0][0]))
    eps = jnp.asarray(line.normals(512), jnp.float32)
    schedule = (lambda i: rate * 0.5 * (1 + jnp.cos(jnp.pi * jnp.minimum(i / n_steps, 1)))) if falling else rate

    @jax.jit
    @jax.vmap
    def fit(key, loc, tril, x, e, y):
        one = SVI(model_line, guide, optax.adam(schedule), Trace_ELBO(particles))
        state = one.init(key, x, e, y, init_params={"auto_loc": loc, "auto_scale_tril": tril})

        def some(state, _):
            state, _ = jax.lax.scan(lambda s, _: one.update(s, x, e, y), state, None, length=every)
            params = one.get_params(state)
            u = params["auto_loc"] + eps @ params["auto_scale_tril"].T
            return state, loss(u, params["auto_scale_tril"], x, e, y)

        return jax.lax.scan(some, state, None, length=n_steps // every)[1]

    def loss(u, tril, x, e, y):
        z = dict(zip(SITES, u.T))
        energy = jax.vmap(lambda z: potential_energy(model_line, (x, e, y), {}, z))(z).mean()
        return energy - jnp.log(jnp.abs(jnp.diagonal(tril))).sum() - 2.5 * (1 + jnp.log(2 * jnp.pi))

    old = [line.best_full(**points, start=exact.median) for (points, exact), _ in pairs]
    new = [line.best_full(**points, start=exact.median) for _, (points, exact) in pairs]
    data = [jnp.stack(parts) for parts in zip(*(data_of(points) for _, (points, _) in pairs))]
    n = len(pairs)
    small = jnp.broadcast_to(0.1 * jnp.eye(5), (n, 5, 5))
    starts = {
        "zeros": (jnp.zeros((n, 5)), small),
        "default": (random.uniform(random.key(3), (n, 5), minval=-2.0, maxval=2.0), small),
        "least squares": (jnp.stack([unconstrained(least_squares_start(p)) for _, (p, _) in pairs]), small),
        "old answer": (
            jnp.asarray(np.stack([o[1] for o in old]), jnp.float32),
            jnp.asarray(np.stack([o[2] for o in old]), jnp.float32),
        ),
    }
    best = np.array([o[0] for o in new])
    keys = random.split(random.key(4), n)
    arrived, ends = [], []
    for loc, tril in starts.values():
        curve = np.asarray(fit(keys, loc, tril, *data)) - best[:, None]
        there = curve < 0.1
        arrived.append(np.where(there.any(axis=1), (there.argmax(axis=1) + 1) * every, -1))
        ends.append(curve[:, -1])
    return list(starts), np.array(arrived), np.array(ends)


def new_data(n=25):
    """Steps until .1 nats above the best, medians of the runs that arrive, and how many end more than .5 above it."""
    rng = np.random.default_rng(18)
    pairs = [pair(rng) for _ in range(n)]
    article = [[(p, line.posterior(**p)) for p in (line.FIFTEEN, line.SECOND_FIFTEEN)]]
    for name, rate, falling, particles, n_steps, every in (
        ("Adam .001, 8 particles", 0.001, False, 8, 15_000, 25),
        ("Adam .02, 8 particles", 0.02, False, 8, 3000, 10),
        ("cosine .05 in 300, 16 particles", 0.05, True, 16, 300, 5),
    ):
        names, arrived, ends = steps_to_arrive(pairs, rate, falling, particles, n_steps, every)
        medians = [int(np.median(row[row > 0])) if (row > 0).any() else None for row in arrived]
        print(name, dict(zip(names, medians)), "bad ends", (ends > 0.5).sum(axis=1).tolist())
        _, arrived, ends = steps_to_arrive(article, rate, falling, particles, n_steps, every)
        print("   15 points, then the second 15:", arrived[:, 0].tolist(), ends[:, 0].round(2).tolist(), flush=True)


ALL = (counted, bill, from_the_guide, against_cost, times, new_data)

if __name__ == "__main__":
    wanted = [fn for fn in ALL if fn.__name__ in sys.argv[1:]]
    if not wanted:
        print(__doc__)
        print(*(f"{fn.__name__:16s} {fn.__doc__.splitlines()[0]}" for fn in ALL), sep="\n")
    for fn in wanted:
        start = time.time()
        fn()
        print(f"-- {fn.__name__}: {time.time() - start:.0f} s", flush=True)
