"""Other right answers in new-group: each function stands for the learner's ``new_group``."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.infer import Predictive


def group_by_group(key, hyper, x, noise):
    def one(key, draw):
        key_line, key_noise = jax.random.split(key)
        z_m, z_c = jax.random.normal(key_line, (2,))
        line = (draw["mu_m"] + draw["sigma_m"] * z_m) * x + draw["mu_c"] + draw["sigma_c"] * z_c
        return line + noise * jax.random.normal(key_noise, x.shape)

    return jax.vmap(one)(jax.random.split(key, len(hyper["mu_m"])), hyper)


def _one_group(x, noise):
    mu_m, sigma_m, mu_c, sigma_c = (
        numpyro.sample(name, dist.Normal(0.0, 1.0)) for name in ("mu_m", "sigma_m", "mu_c", "sigma_c")
    )
    m, c = numpyro.sample("m", dist.Normal(mu_m, sigma_m)), numpyro.sample("c", dist.Normal(mu_c, sigma_c))
    numpyro.sample("y", dist.Normal(m * x + c, noise))


@jax.jit
def _predicted(key, hyper, x, noise):
    return Predictive(_one_group, posterior_samples=hyper, parallel=True)(key, x, noise)["y"]


def predictive(key, hyper, x, noise):
    return _predicted(key, hyper, x, noise)


def joint_normal(key, hyper, x, noise):
    mean = hyper["mu_m"][:, None] * x + hyper["mu_c"][:, None]
    sides = hyper["sigma_m"][:, None, None] ** 2 * jnp.outer(x, x) + hyper["sigma_c"][:, None, None] ** 2
    return jax.random.multivariate_normal(key, mean, sides + jnp.diag(noise**2))


def one_call(key, hyper, x, noise):
    n, k = len(hyper["mu_m"]), len(x)
    z = jax.random.normal(key, (n, k + 2))
    slopes = hyper["mu_m"] + hyper["sigma_m"] * z[:, 0]
    heights = hyper["mu_c"] + hyper["sigma_c"] * z[:, 1]
    return jnp.outer(slopes, jnp.ones(k)) * x + heights.reshape(n, 1) + z[:, 2:] * noise
