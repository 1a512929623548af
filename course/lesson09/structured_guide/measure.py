"""What is measured of ``structured_guide``."""

from functools import partial

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
import optax
from jax import random
from numpyro import handlers
from numpyro.infer import SVI, Trace_ELBO

from svi_course.learner.measuring import attempt, site_lines

from ...measuring import QUICK

N_STEPS, PARTICLES, N_DRAWS = 2000, 16, 4096
HYPER = ("mu_m", "mu_c", "sigma_m", "sigma_c")


def model(group, x, noise, n_groups, y=None):
    """The lesson's regression."""
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def conditional(mu, sigma, group, x, noise, n_groups, y):
    """Every group's slope and intercept given the population, which are jointly normal.

    With A the sum of w [[x**2, x], [x, 1]] over a group, h that of w y [x, 1], w = noise**-2 and D = diag(sigma**2),
    the covariance is C = D (I + A D)**-1 and the mean mu + C (h - A mu).

    Args:
        mu: (2,) mean slope and mean intercept of the population.
        sigma: (2,) their standard deviations.
        group, x, noise, y: (N,) the points.
        n_groups: number of groups J.

    Returns:
        (mean, scale_tril): (J, 2) and (J, 2, 2), slope first; the lower triangle L with C = L L'.
    """
    w = 1 / noise**2
    total = lambda terms: jnp.zeros(n_groups).at[group].add(terms)  # noqa: E731
    a11, a12, a22 = total(w * x * x), total(w * x), total(w)
    h1, h2 = total(w * y * x), total(w * y)
    d1, d2 = sigma**2
    det = (1 + a11 * d1) * (1 + a22 * d2) - a12**2 * d1 * d2  # of I + A D, whose inverse is written out
    c11, c12, c22 = d1 * (1 + a22 * d2) / det, -a12 * d1 * d2 / det, d2 * (1 + a11 * d1) / det
    r1, r2 = h1 - a11 * mu[0] - a12 * mu[1], h2 - a12 * mu[0] - a22 * mu[1]
    mean = jnp.stack([mu[0] + c11 * r1 + c12 * r2, mu[1] + c12 * r1 + c22 * r2], axis=-1)
    l11 = jnp.sqrt(c11)
    first, second = jnp.stack([l11, 0 * l11], axis=-1), jnp.stack([c12, jnp.sqrt(d1 * d2 / det)], axis=-1)
    return mean, jnp.stack([first, second / l11[:, None]], axis=-2)


def made_up(shift, tril, calls):
    """A conditional that has nothing to do with the data: mean mu + sigma shift_j, triangle diag(sigma) tril_j."""

    def conditional(mu, sigma, group, x, noise, n_groups, y):
        calls.append(n_groups)
        return mu + sigma * shift, sigma[:, None] * tril

    return conditional


def _draws(guide, params, key, args):
    """N_DRAWS of the four hyperparameters (n, 4), and of the groups' lines (n, J, 2), slope first."""

    def one(key):
        trace = handlers.trace(handlers.seed(handlers.substitute(guide, params), key)).get_trace(*args)
        return [trace[name]["value"] for name in HYPER], [trace[name]["value"] for name in ("m", "c")]

    hyper, lines = jax.vmap(one)(random.split(key, N_DRAWS))
    return jnp.stack(hyper, axis=-1), jnp.stack(lines, axis=-1)


@partial(jax.jit, static_argnums=(0, 1), compiler_options=QUICK)
def _fit(structured_guide, n_groups, key, group, x, noise, y):
    """The judge's fit and its draws as one program."""
    args = (group, x, noise, n_groups, y)
    guide = structured_guide(conditional)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.3, N_STEPS), b2=0.99), Trace_ELBO(PARTICLES))
    key_init, key_draws = random.split(key)
    state = svi.init(key_init, *args)
    state, losses = jax.lax.scan(lambda state, _: svi.update(state, *args), state, length=N_STEPS)
    hyper, lines = _draws(guide, svi.get_params(state), key_draws, args)
    return {"losses": losses, "hyper": hyper, "lines": lines}


@partial(jax.jit, static_argnums=(0, 1), compiler_options=QUICK)
def _other(structured_guide, n_groups, key, group, x, noise, y, shift, tril):
    """Draws with the params' first values and a made-up conditional, and whether it was called."""
    calls = []
    guide = structured_guide(made_up(shift, tril, calls))
    hyper, lines = _draws(guide, {}, key, (group, x, noise, n_groups, y))
    return {"other_hyper": hyper, "other_lines": lines, "called": jnp.float32(len(calls) > 0)}


def measure(structured_guide, case):
    """Losses and draws of the judge's fit; draws with a made-up conditional; the sites."""

    def points(part):
        return [jnp.asarray(part["group"], jnp.int32)] + [
            jnp.asarray(part[name], jnp.float32) for name in ("x", "noise", "y")
        ]

    key_fit, key_other = random.split(random.key(int(case["seed"])))
    group, x, noise, y = points(case)
    other, n_groups = case["other"], int(case["n_groups"])
    shift, tril = (jnp.asarray(other[name], jnp.float32) for name in ("shift", "tril"))
    return attempt(
        {
            "fit": lambda: _fit(structured_guide, n_groups, key_fit, group, x, noise, y),
            "another conditional": lambda: _other(structured_guide, len(shift), key_other, *points(other), shift, tril),
            "sites": lambda: {"sites": site_lines(structured_guide(conditional), group, x, noise, n_groups, y)},
        }
    )
