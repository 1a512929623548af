"""Other right answers in hierarchical-model: each function stands for the learner's ``model_hier``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist


def sample_shape(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0, 15))
    mu_c = numpyro.sample("mu_c", dist.Normal(0, 25))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15))
    m = numpyro.sample("m", dist.Normal(mu_m, sigma_m), sample_shape=(n_groups,))
    c = numpyro.sample("c", dist.Normal(mu_c, sigma_c), sample_shape=(n_groups,))
    numpyro.sample("y", dist.Normal(m[group] * x + c[group], noise), obs=y)


def to_event(group, x, noise, n_groups, y=None):
    scales = {"m": (15.0, 10.0), "c": (25.0, 15.0)}
    lines = {}
    for name, (wide, apart) in scales.items():
        mu = numpyro.sample(f"mu_{name}", dist.Normal(0.0, wide))
        sigma = numpyro.sample(f"sigma_{name}", dist.TruncatedNormal(0.0, apart, low=0.0))
        lines[name] = numpyro.sample(name, dist.Normal(mu, sigma).expand([n_groups]).to_event(1))
    line = jnp.take(lines["m"], group) * x + jnp.take(lines["c"], group)
    numpyro.sample("y", dist.Normal(line, noise).to_event(1), obs=y)


def two_plates_and_one_hot(group, x, noise, n_groups, y=None):
    mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
    sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
    with numpyro.plate("slopes", n_groups):
        m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
    mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
    sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
    with numpyro.plate("intercepts", n_groups):
        c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    which = (group[:, None] == jnp.arange(n_groups)).astype(float)
    with numpyro.plate("data", group.shape[0]):
        return numpyro.sample("y", dist.Normal(which @ m * x + which @ c, noise), obs=y)
