"""Mistakes that learners make in structured-guide: each function stands for the learner's ``structured_guide``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal


def _population():
    """(mu, sigma) from independent normals, the lesson's own way."""
    loc = numpyro.param("loc", jnp.zeros(4))
    scale = numpyro.param("scale", jnp.full(4, 0.3), constraint=constraints.positive)
    mu_m = numpyro.sample("mu_m", dist.Normal(loc[0], scale[0]))
    mu_c = numpyro.sample("mu_c", dist.Normal(loc[1], scale[1]))
    sigma_m = numpyro.sample("sigma_m", dist.LogNormal(loc[2], scale[2]))
    sigma_c = numpyro.sample("sigma_c", dist.LogNormal(loc[3], scale[3]))
    return jnp.stack([mu_m, mu_c]), jnp.stack([sigma_m, sigma_c])


def _lines(n_groups, mean, scale_tril):
    with numpyro.plate("groups", n_groups):
        lines = dist.MultivariateNormal(mean, scale_tril=scale_tril)
        lines = numpyro.sample("lines", lines, infer={"is_auxiliary": True})
        numpyro.sample("m", dist.Delta(lines[:, 0]))
        numpyro.sample("c", dist.Delta(lines[:, 1]))


def _model(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("groups", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    with numpyro.plate("points", len(x)):
        numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def drawn_apart(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu, sigma = _population()
        mean, L = conditional(mu, sigma, group, x, noise, n_groups, y)
        sd = jnp.sqrt(jnp.sum(L**2, axis=-1))
        with numpyro.plate("groups", n_groups):
            numpyro.sample("m", dist.Normal(mean[:, 0], sd[:, 0]))
            numpyro.sample("c", dist.Normal(mean[:, 1], sd[:, 1]))

    return guide


def diagonal_of_the_triangle(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu, sigma = _population()
        mean, L = conditional(mu, sigma, group, x, noise, n_groups, y)
        with numpyro.plate("groups", n_groups):
            numpyro.sample("m", dist.Normal(mean[:, 0], L[:, 0, 0]))
            numpyro.sample("c", dist.Normal(mean[:, 1], L[:, 1, 1]))

    return guide


def one_population_for_all_draws(conditional):
    def guide(group, x, noise, n_groups, y=None):
        _population()
        loc = numpyro.param("loc", jnp.zeros(4))
        mean, scale_tril = conditional(loc[:2], jnp.exp(loc[2:]), group, x, noise, n_groups, y)
        _lines(n_groups, mean, scale_tril)

    return guide


def groups_at_their_mean(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu, sigma = _population()
        mean, _ = conditional(mu, sigma, group, x, noise, n_groups, y)
        with numpyro.plate("groups", n_groups):
            numpyro.sample("m", dist.Delta(mean[:, 0]))
            numpyro.sample("c", dist.Delta(mean[:, 1]))

    return guide


def no_claim(conditional):
    def guide(group, x, noise, n_groups, y=None):
        loc = numpyro.param("loc", jnp.zeros(4))
        scale = numpyro.param("scale", jnp.full(4, 0.3), constraint=constraints.positive)
        v = numpyro.sample("v", dist.Normal(loc, scale).to_event(1), infer={"is_auxiliary": True})
        mu, sigma = v[:2], jnp.exp(v[2:])
        for i, name in enumerate(("m", "c")):
            numpyro.sample(f"mu_{name}", dist.Delta(mu[i]))
            numpyro.sample(f"sigma_{name}", dist.Delta(sigma[i]))
        mean, scale_tril = conditional(mu, sigma, group, x, noise, n_groups, y)
        _lines(n_groups, mean, scale_tril)

    return guide


def point_sigmas(conditional):
    def guide(group, x, noise, n_groups, y=None):
        loc = numpyro.param("loc", jnp.zeros(2))
        scale = numpyro.param("scale", jnp.full(2, 0.3), constraint=constraints.positive)
        sigma = numpyro.param("sigma", jnp.ones(2), constraint=constraints.positive)
        mu = [numpyro.sample(f"mu_{name}", dist.Normal(loc[i], scale[i])) for i, name in enumerate(("m", "c"))]
        for i, name in enumerate(("m", "c")):
            numpyro.sample(f"sigma_{name}", dist.Delta(sigma[i]))
        mean, scale_tril = conditional(jnp.stack(mu), sigma, group, x, noise, n_groups, y)
        _lines(n_groups, mean, scale_tril)

    return guide


def covariance_for_triangle(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu, sigma = _population()
        mean, L = conditional(mu, sigma, group, x, noise, n_groups, y)
        _lines(n_groups, mean, L @ jnp.swapaxes(L, -1, -2))

    return guide


def slope_and_intercept_exchanged(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu, sigma = _population()
        mean, scale_tril = conditional(mu, sigma, group, x, noise, n_groups, y)
        with numpyro.plate("groups", n_groups):
            lines = dist.MultivariateNormal(mean, scale_tril=scale_tril)
            c, m = jnp.moveaxis(numpyro.sample("lines", lines, infer={"is_auxiliary": True}), -1, 0)
            numpyro.sample("m", dist.Delta(m))
            numpyro.sample("c", dist.Delta(c))

    return guide


def population_exchanged(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu, sigma = _population()
        mean, scale_tril = conditional(mu[::-1], sigma, group, x, noise, n_groups, y)
        _lines(n_groups, mean, scale_tril)

    return guide


def AutoNormal_of_the_model(conditional):
    return AutoNormal(_model)


def AutoMultivariateNormal_of_the_model(conditional):
    return AutoMultivariateNormal(_model)


def population_from_the_prior(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
        sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
        mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
        sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
        mu, sigma = jnp.stack([mu_m, mu_c]), jnp.stack([sigma_m, sigma_c])
        mean, scale_tril = conditional(mu, sigma, group, x, noise, n_groups, y)
        _lines(n_groups, mean, scale_tril)

    return guide


def drawn_apart__no_claim(conditional):
    def guide(group, x, noise, n_groups, y=None):
        loc = numpyro.param("loc", jnp.zeros(4))
        scale = numpyro.param("scale", jnp.full(4, 0.3), constraint=constraints.positive)
        v = numpyro.sample("v", dist.Normal(loc, scale).to_event(1), infer={"is_auxiliary": True})
        mu, sigma = v[:2], jnp.exp(v[2:])
        for i, name in enumerate(("m", "c")):
            numpyro.sample(f"mu_{name}", dist.Delta(mu[i]))
            numpyro.sample(f"sigma_{name}", dist.Delta(sigma[i]))
        mean, L = conditional(mu, sigma, group, x, noise, n_groups, y)
        sd = jnp.sqrt(jnp.sum(L**2, axis=-1))
        with numpyro.plate("groups", n_groups):
            numpyro.sample("m", dist.Normal(mean[:, 0], sd[:, 0]))
            numpyro.sample("c", dist.Normal(mean[:, 1], sd[:, 1]))

    return guide


def slope_and_intercept_exchanged__population_exchanged(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu, sigma = _population()
        mean, scale_tril = conditional(mu[::-1], sigma, group, x, noise, n_groups, y)
        _lines(n_groups, mean[:, ::-1], scale_tril)

    return guide
