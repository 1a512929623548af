"""What lesson 10 prints without computing it there: one function for each stored table.

    python -m course.lesson10.stored NAME ...        from the root of a checkout; without a name it lists them

Results depend on keys and, in the last digit, on the machine. ``ladder`` is exact. All losses are estimated anew from
100,000 draws when a fit has ended. Where a gap is given, the floor is exact: 0 for the banana and the bumps, by
quadrature for the two hierarchies.
"""

import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
from course.lesson10 import banana
from jax import random
from numpyro.distributions import constraints
from numpyro.infer import SVI, Trace_ELBO, init_to_value
from numpyro.infer.autoguide import AutoBNAFNormal, AutoDAIS, AutoIAFNormal, AutoMultivariateNormal, AutoNormal
from scipy.optimize import minimize

B, S1, S2 = 0.5, 2.0, 0.5


def run_svi(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    state, losses = jax.lax.scan(lambda state, _: svi.update(state, *args), state, None, length=n_steps)
    return svi.get_params(state), losses


def fits(seed, n, model, guide, n_steps=2000, rate=0.02, clip=10.0, particles=8, at_once=16):
    """(n,) final losses of fits with a falling rate, and draws of the guide, (n, 2000, ...)."""
    adam = optax.adam(optax.cosine_decay_schedule(rate, n_steps), b2=0.99)
    optimizer = adam if clip is None else optax.chain(optax.clip_by_global_norm(clip), adam)
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=particles))
    svi.init(random.key(0))  # the guide reads its model once, outside of jit
    end = Trace_ELBO(num_particles=10_000)

    @jax.jit
    @jax.vmap
    def one(key):
        key_fit, key_draws, *keys = random.split(key, 12)
        params, _ = run_svi(key_fit, svi, n_steps)
        losses = jax.lax.map(lambda key: end.loss(key, params, model, guide), jnp.stack(keys))
        return losses.mean(), guide.sample_posterior(key_draws, params, sample_shape=(2000,))

    keys = random.split(random.key(seed), n)
    parts = [one(keys[i : i + at_once]) for i in range(0, n, at_once)]
    losses, draws = jax.tree.map(lambda *rows: np.concatenate(rows), *parts)
    return losses, draws


def factor_model(log_p, name="u"):
    """A model of two real numbers, or more, whose log joint is ``log_p``."""

    def model():
        z = numpyro.sample(name, dist.ImproperUniform(constraints.real_vector, (), (2,)))
        numpyro.factor("log_p", log_p(z))

    return model


def log_banana(x):
    bent = (x[1] - B * (x[0] ** 2 - S1**2)) / S2
    return -0.5 * (x[0] / S1) ** 2 - 0.5 * bent**2 - jnp.log(2 * jnp.pi * S1 * S2)


def whitened():
    """The banana in the coordinates of its best normal."""
    sd1, sd2, _ = banana.best_normal(B, S1, S2)
    loc, scale = jnp.array([0.0, B * (sd1**2 - S1**2)]), jnp.array([sd1, sd2])
    return factor_model(lambda u: log_banana(loc + scale * u) + jnp.log(scale).sum())


def iaf(model):
    """The flow of exercise 4."""
    return AutoIAFNormal(model, num_flows=2, hidden_dims=[16])


def show(name, losses):
    quantiles = " ".join(f"{value:.3f}" for value in np.quantile(losses, [0, 0.25, 0.5, 0.75, 1]))
    print(f"{name:36s} least, quartiles, largest: {quantiles} ({len(losses)} runs)", flush=True)


# ---------------------------------------------------------------- numbers of parameters


def counts(sizes=(2, 5, 10, 20)):
    """Numbers that a guide stores, that the optimiser moves, and that the loss can feel."""
    for d in sizes:

        def model():
            numpyro.sample("z", dist.Normal(jnp.zeros(d), 1.0).to_event(1))  # noqa: B023

        for guide in (AutoNormal, AutoMultivariateNormal, AutoDAIS, AutoIAFNormal, AutoBNAFNormal):
            guide = guide(model)
            svi = SVI(model, guide, optax.adam(0.01), Trace_ELBO())
            state = svi.init(random.key(0))
            free = svi.optim.get_params(state.optim_state)

            def loss(key, free):
                return Trace_ELBO().loss(key, svi.constrain_fn(free), model, guide)  # noqa: B023

            gradients = jax.jit(jax.vmap(jax.grad(loss, argnums=1), (0, None)))(random.split(random.key(1), 100), free)
            stored, moved = (
                sum(np.size(leaf) for leaf in jax.tree.leaves(tree)) for tree in (svi.get_params(state), free)
            )
            felt = sum(int((g != 0).any(axis=0).sum()) for g in jax.tree.leaves(gradients))
            print(f"D {d:2d} {type(guide).__name__:24s} stored {stored}, moved {moved}, felt {felt}", flush=True)


# ---------------------------------------------------------------- flows on the banana


def single_runs(n=64):
    """Gaps of single runs on the lesson's banana, from its best normal, whose gap is .850."""
    model = whitened()
    for name, guide, clip in (
        ("IAF, gradients clipped at 10", iaf(model), 10.0),
        ("IAF, not clipped", iaf(model), None),
        ("BNAF, gradients clipped at 10", AutoBNAFNormal(model), 10.0),
    ):
        losses, _ = fits(1, n, model, guide, clip=clip)
        losses = np.where(np.isfinite(losses), losses, np.inf)
        best = losses[: n // 4 * 4].reshape(-1, 4).min(axis=1)
        show(name, losses)
        gap = banana.best_normal(B, S1, S2)[2]
        print(f"    above .4 of the normal's gap: {np.sum(losses > 0.4 * gap)}; best of four: worst {best.max():.3f}")


def dais_banana(n=8):
    """Bounds of AutoDAIS on the banana."""
    model = factor_model(log_banana)
    for steps, eta_max in ((4, 0.1), (16, 0.1), (16, 1.0)):
        losses, _ = fits(2, n, model, AutoDAIS(model, K=steps, eta_max=eta_max))
        show(f"DAIS K {steps}, eta_max {eta_max}", losses)


def away(n=8):
    """Plain flows on bananas at a distance, and the same with the best normal underneath."""
    sd1, sd2, _ = banana.best_normal(B, S1, S2)
    scale = jnp.array([sd1, sd2])
    for centre in ((0.0, 0.0), (10.0, -10.0), (30.0, 30.0)):
        moved = lambda x, c=jnp.array(centre): log_banana(x - c)
        loc = jnp.array(centre) + jnp.array([0.0, B * (sd1**2 - S1**2)])
        inner = factor_model(lambda u, loc=loc, moved=moved: moved(loc + scale * u) + jnp.log(scale).sum())
        plain = factor_model(moved)
        show(f"{centre} plain IAF", fits(3, n, plain, iaf(plain))[0])
        show(f"{centre} plain BNAF", fits(3, n, plain, AutoBNAFNormal(plain))[0])
        show(f"{centre} IAF on the normal", fits(3, n, inner, iaf(inner))[0])
    far = factor_model(lambda x: log_banana(x - 30.0))
    start = init_to_value(values={"u": jnp.array([30.0, 30.0])})
    for guide in (AutoIAFNormal, AutoBNAFNormal, AutoMultivariateNormal, AutoDAIS):
        guide = guide(far, init_loc_fn=start)
        params = SVI(far, guide, optax.adam(0.01), Trace_ELBO())
        params = params.get_params(params.init(random.key(0)))
        draws = guide.sample_posterior(random.key(1), params, sample_shape=(1000,))["u"]
        print(
            f"{type(guide).__name__} told to start at (30, 30): mean of draws {draws.mean(axis=0).round(1)}", flush=True
        )


def bumps(n=10):
    """A flow on two bumps of mass .7 and .3 at +-a: gap, and the share of draws on the lighter side."""
    for a in (2.0, 3.0, 5.0):

        def log_p(x, a=a):
            sides = jnp.stack([-0.5 * (x[0] - a) ** 2 + jnp.log(0.7), -0.5 * (x[0] + a) ** 2 + jnp.log(0.3)])
            return jax.scipy.special.logsumexp(sides) - 0.5 * x[1] ** 2 - jnp.log(2 * jnp.pi)

        model = factor_model(log_p)
        losses, draws = fits(4, n, model, iaf(model))
        light = (draws["u"][:, :, 0] < 0).mean(axis=1)
        rows = sorted(zip(losses.round(3).tolist(), light.round(2).tolist()))
        print(f"bumps at +-{a}: (gap, share on the side of .3): {rows}", flush=True)


# ---------------------------------------------------------------- annealing


def ladder(rho=0.9, steps=(0, 1, 2, 4, 8, 16, 32)):
    """Gap of the annealed bound on a normal target with correlation rho, exactly: base sd and step at their best.

    All points are linear maps of the standard normal numbers that were drawn, so that expectations are sums of squares.
    """
    precision = np.linalg.inv(np.array([[1.0, rho], [rho, 1.0]]))

    def gap(t, n_moves):
        sd, eta = np.exp(t[0]), np.exp(t[1])
        z = np.zeros((2, 2 + 2 * n_moves))
        z[:, :2] = sd * np.eye(2)
        elbo = 2 * t[0] + 1 - 0.5 * np.log(1 - rho**2)
        for k in range(1, n_moves + 1):
            beta = k / n_moves
            v = np.zeros_like(z)
            v[:, 2 * k : 2 * k + 2] = np.eye(2)
            half = z + 0.5 * eta * v
            moved = v - eta * ((1 - beta) / sd**2 * half + beta * precision @ half)
            z = half + 0.5 * eta * moved
            elbo += 1 - 0.5 * np.sum(moved**2)
        return -(elbo - 0.5 * np.sum(z * (precision @ z)))

    for n_moves in steps:
        starts = [np.array([np.log(s), np.log(eta)]) for s in (0.45, 0.7) for eta in (0.02, 0.2, 0.5)]
        found = min((minimize(gap, start, (n_moves,), "Nelder-Mead") for start in starts), key=lambda best: best.fun)
        sd, eta = np.exp(found.x)
        print(
            f"K {n_moves:2d}: gap {found.fun:.4f}, sd of the base {sd:.3f}, step {eta if n_moves else 0:.3f}",
            flush=True,
        )


# ---------------------------------------------------------------- the two hierarchies of lesson 9


def _hierarchy():
    try:
        from course import hierarchy
    except ImportError:
        from drafts import hierarchy
    return hierarchy


def _families(model):
    return {
        "independent normals": (AutoNormal(model), 0.03),
        "full covariance": (AutoMultivariateNormal(model), 0.03),
        "AutoDAIS, K 8": (AutoDAIS(model, K=8), 0.03),
        "AutoIAFNormal": (AutoIAFNormal(model), 0.003),
        "AutoBNAFNormal": (AutoBNAFNormal(model), 0.003),
    }


def schools(n=4, n_steps=4000):
    """Gaps on the eight schools, centred and not."""
    hierarchy = _hierarchy()
    y, noise = jnp.asarray(hierarchy.SCHOOLS_Y), jnp.asarray(hierarchy.SCHOOLS_NOISE)
    log_z = hierarchy.schools_exact(hierarchy.SCHOOLS_Y, hierarchy.SCHOOLS_NOISE)["log_z"]

    def centred():
        mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
        tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
        with numpyro.plate("schools", 8):
            theta = numpyro.sample("theta", dist.Normal(mu, tau))
            numpyro.sample("y", dist.Normal(theta, noise), obs=y)

    def noncentred():
        mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
        tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
        with numpyro.plate("schools", 8):
            z = numpyro.sample("z", dist.Normal(0.0, 1.0))
            numpyro.sample("y", dist.Normal(mu + tau * z, noise), obs=y)

    for model in (centred, noncentred):
        for name, (guide, rate) in _families(model).items():
            show(f"{model.__name__}, {name}", fits(5, n, model, guide, n_steps, rate, particles=16)[0] + log_z)


def regression(n=2, n_steps=5000):
    """Gaps on lesson 9's eight lines, as they stand (centred)."""
    hierarchy = _hierarchy()
    floor = -hierarchy.regression_exact(hierarchy.GROUP, hierarchy.X, hierarchy.NOISE, hierarchy.Y, 8)["log_z"]
    group = jnp.asarray(hierarchy.GROUP)
    x, noise, y = (jnp.asarray(value, jnp.float32) for value in (hierarchy.X, hierarchy.NOISE, hierarchy.Y))

    def model():
        mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
        sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
        mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
        sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
        with numpyro.plate("groups", 8):
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
        with numpyro.plate("points", len(x)):
            numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)

    for name, (guide, rate) in _families(model).items():
        show(name, fits(6, n, model, guide, n_steps, rate, particles=16)[0] - floor)


ALL = (counts, single_runs, dais_banana, away, bumps, ladder, schools, regression)

if __name__ == "__main__":
    wanted = [fn for fn in ALL if fn.__name__ in sys.argv[1:]]
    if not wanted:
        print(__doc__)
        print("names:", ", ".join(fn.__name__ for fn in ALL))
    for fn in wanted:
        start = time.time()
        fn()
        print(f"-- {fn.__name__}: {time.time() - start:.0f} s", flush=True)
