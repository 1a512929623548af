"""Other right answers in structured-guide: each function stands for the learner's ``structured_guide``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def full_block(conditional):
    def guide(group, x, noise, n_groups, y=None):
        loc = numpyro.param("loc", jnp.array([0.0, 0.0, -1.0, -1.0]))
        tril = numpyro.param("tril", 0.3 * jnp.eye(4), constraint=constraints.lower_cholesky)
        v = numpyro.sample("v", dist.MultivariateNormal(loc, scale_tril=tril), infer={"is_auxiliary": True})
        sigma = jnp.exp(v[2:])
        for i, name in enumerate(("m", "c")):
            numpyro.sample(f"mu_{name}", dist.Delta(v[i]))
            numpyro.sample(f"sigma_{name}", dist.Delta(sigma[i], log_density=-v[2 + i]))
        mean, scale_tril = conditional(v[:2], sigma, group, x, noise, n_groups, y)
        with numpyro.plate("groups", n_groups):
            lines = dist.MultivariateNormal(mean, scale_tril=scale_tril)
            lines = numpyro.sample("lines", lines, infer={"is_auxiliary": True})
            numpyro.sample("m", dist.Delta(lines[:, 0]))
            numpyro.sample("c", dist.Delta(lines[:, 1]))

    return guide


def gamma_sigmas(conditional):
    def guide(group, x, noise, n_groups, y=None):
        mu, sigma = [], []
        for name in ("m", "c"):
            loc = numpyro.param(f"{name}_loc", 0.0)
            scale = numpyro.param(f"{name}_scale", 0.5, constraint=constraints.positive)
            shape = numpyro.param(f"{name}_shape", 3.0, constraint=constraints.positive)
            mean = numpyro.param(f"{name}_mean", 0.5, constraint=constraints.positive)
            mu.append(numpyro.sample(f"mu_{name}", dist.Normal(loc, scale)))
            sigma.append(numpyro.sample(f"sigma_{name}", dist.Gamma(shape, shape / mean)))
        mean, tril = conditional(jnp.stack(mu), jnp.stack(sigma), group, x, noise, n_groups, y)
        lines = numpyro.sample(
            "lines", dist.MultivariateNormal(mean, scale_tril=tril).to_event(1), infer={"is_auxiliary": True}
        )
        numpyro.sample("m", dist.Delta(lines[:, 0]))
        numpyro.sample("c", dist.Delta(lines[:, 1]))

    return guide


def intercept_given_slope(conditional):
    def guide(group, x, noise, n_groups, y=None):
        loc = numpyro.param("loc", jnp.zeros(4))
        log_scale = numpyro.param("log_scale", jnp.full(4, -1.0))
        scale = jnp.exp(log_scale)
        mu_m = numpyro.sample("mu_m", dist.Normal(loc[0], scale[0]))
        mu_c = numpyro.sample("mu_c", dist.Normal(loc[1], scale[1]))
        sigma_m = numpyro.sample("sigma_m", dist.LogNormal(loc[2], scale[2]))
        sigma_c = numpyro.sample("sigma_c", dist.LogNormal(loc[3], scale[3]))
        mean, L = conditional(jnp.array([mu_m, mu_c]), jnp.array([sigma_m, sigma_c]), group, x, noise, n_groups, y)
        with numpyro.plate("groups", n_groups):
            m = numpyro.sample("m", dist.Normal(mean[:, 0], L[:, 0, 0]))
            eps = (m - mean[:, 0]) / L[:, 0, 0]
            numpyro.sample("c", dist.Normal(mean[:, 1] + L[:, 1, 0] * eps, L[:, 1, 1]))

    return guide


def drawn_by_hand(conditional):
    def guide(group, x, noise, n_groups, y=None):
        loc = numpyro.param("hyper_loc", jnp.array([1.0, 1.0, 0.0, 0.0]))
        scale = numpyro.param("hyper_scale", jnp.full(4, 0.2), constraint=constraints.softplus_positive)
        mu = numpyro.sample("mu", dist.Normal(loc[:2], scale[:2]).to_event(1), infer={"is_auxiliary": True})
        ln = numpyro.sample("ln", dist.Normal(loc[2:], scale[2:]).to_event(1), infer={"is_auxiliary": True})
        numpyro.sample("mu_m", dist.Delta(mu[0]))
        numpyro.sample("mu_c", dist.Delta(mu[1]))
        numpyro.sample("sigma_m", dist.Delta(jnp.exp(ln[0]), log_density=-ln[0]))
        numpyro.sample("sigma_c", dist.Delta(jnp.exp(ln[1]), log_density=-ln[1]))
        mean, tril = conditional(mu, jnp.exp(ln), group, x, noise, n_groups, y)
        with numpyro.plate("groups", n_groups):
            eps = numpyro.sample(
                "eps", dist.Normal(jnp.zeros((n_groups, 2)), 1.0).to_event(1), infer={"is_auxiliary": True}
            )
            lines = mean + jnp.einsum("jab,jb->ja", tril, eps)
            log_stretch = jnp.log(tril[:, 0, 0]) + jnp.log(tril[:, 1, 1])
            numpyro.sample("m", dist.Delta(lines[:, 0], log_density=-log_stretch))
            numpyro.sample("c", dist.Delta(lines[:, 1]))

    return guide
