"""Mistakes that learners make in new-group: each function stands for the learner's ``new_group``."""

import jax
import jax.numpy as jnp


def _rows(key, mu_m, sigma_m, mu_c, sigma_c, x, noise, n):
    key_m, key_c, key_y = jax.random.split(key, 3)
    m = mu_m + sigma_m * jax.random.normal(key_m, (n,))
    c = mu_c + sigma_c * jax.random.normal(key_c, (n,))
    return m[:, None] * x + c[:, None] + noise * jax.random.normal(key_y, (n, len(x)))


def plug_in(key, hyper, x, noise):
    mean = {name: draws.mean() for name, draws in hyper.items()}
    n = len(hyper["mu_m"])
    return _rows(key, mean["mu_m"], mean["sigma_m"], mean["mu_c"], mean["sigma_c"], x, noise, n)


def sigma_at_its_mean(key, hyper, x, noise):
    n, sigma_m, sigma_c = len(hyper["mu_m"]), hyper["sigma_m"].mean(), hyper["sigma_c"].mean()
    return _rows(key, hyper["mu_m"], sigma_m, hyper["mu_c"], sigma_c, x, noise, n)


def mu_at_its_mean(key, hyper, x, noise):
    n, mu_m, mu_c = len(hyper["mu_m"]), hyper["mu_m"].mean(), hyper["mu_c"].mean()
    return _rows(key, mu_m, hyper["sigma_m"], mu_c, hyper["sigma_c"], x, noise, n)


def no_spread_of_groups(key, hyper, x, noise):
    return _rows(key, hyper["mu_m"], 0.0, hyper["mu_c"], 0.0, x, noise, len(hyper["mu_m"]))


def line_redrawn(key, hyper, x, noise):
    key_m, key_c, key_y = jax.random.split(key, 3)
    shape = (len(hyper["mu_m"]), len(x))
    m = hyper["mu_m"][:, None] + hyper["sigma_m"][:, None] * jax.random.normal(key_m, shape)
    c = hyper["mu_c"][:, None] + hyper["sigma_c"][:, None] * jax.random.normal(key_c, shape)
    return m * x + c + noise * jax.random.normal(key_y, shape)


def one_line(key, hyper, x, noise):
    key_m, key_c, key_y = jax.random.split(key, 3)
    m = hyper["mu_m"][0] + hyper["sigma_m"][0] * jax.random.normal(key_m)
    c = hyper["mu_c"][0] + hyper["sigma_c"][0] * jax.random.normal(key_c)
    return m * x + c + noise * jax.random.normal(key_y, (len(hyper["mu_m"]), len(x)))


def no_noise(key, hyper, x, noise):
    key_m, key_c = jax.random.split(key)
    m = hyper["mu_m"] + hyper["sigma_m"] * jax.random.normal(key_m, hyper["mu_m"].shape)
    c = hyper["mu_c"] + hyper["sigma_c"] * jax.random.normal(key_c, hyper["mu_c"].shape)
    return m[:, None] * x + c[:, None]


def one_noise_a_row(key, hyper, x, noise):
    key_m, key_c, key_y = jax.random.split(key, 3)
    n = len(hyper["mu_m"])
    m = hyper["mu_m"] + hyper["sigma_m"] * jax.random.normal(key_m, (n,))
    c = hyper["mu_c"] + hyper["sigma_c"] * jax.random.normal(key_c, (n,))
    return m[:, None] * x + c[:, None] + noise * jax.random.normal(key_y, (n, 1))


def noise_as_variance(key, hyper, x, noise):
    return _rows(
        key, *[hyper[name] for name in ("mu_m", "sigma_m", "mu_c", "sigma_c")], x, noise**0.5, len(hyper["mu_m"])
    )


def sigma_as_variance(key, hyper, x, noise):
    sigma_m, sigma_c = jnp.sqrt(hyper["sigma_m"]), jnp.sqrt(hyper["sigma_c"])
    return _rows(key, hyper["mu_m"], sigma_m, hyper["mu_c"], sigma_c, x, noise, len(hyper["mu_m"]))


def one_z(key, hyper, x, noise):
    key_z, key_y = jax.random.split(key)
    n = len(hyper["mu_m"])
    z = jax.random.normal(key_z, (n,))
    m, c = hyper["mu_m"] + hyper["sigma_m"] * z, hyper["mu_c"] + hyper["sigma_c"] * z
    return m[:, None] * x + c[:, None] + noise * jax.random.normal(key_y, (n, len(x)))


def slope_and_intercept_exchanged(key, hyper, x, noise):
    return _rows(key, *[hyper[name] for name in ("mu_c", "sigma_c", "mu_m", "sigma_m")], x, noise, len(hyper["mu_m"]))


def draws_shuffled(key, hyper, x, noise):
    key_order, key_rows = jax.random.split(key)
    n = len(hyper["mu_m"])
    order = jax.random.randint(key_order, (n,), 0, n)
    return _rows(key_rows, *[hyper[name][order] for name in ("mu_m", "sigma_m", "mu_c", "sigma_c")], x, noise, n)


def one_normal(key, hyper, x, noise):
    lines = hyper["mu_m"][:, None] * x + hyper["mu_c"][:, None]
    spread = jnp.mean(hyper["sigma_m"] ** 2) * jnp.outer(x, x) + jnp.mean(hyper["sigma_c"] ** 2)
    cov = jnp.cov(lines.T) + spread + jnp.diag(noise**2)
    return jax.random.multivariate_normal(key, lines.mean(axis=0), cov, (len(lines),))


def own_key(key, hyper, x, noise):
    names, n = ("mu_m", "sigma_m", "mu_c", "sigma_c"), len(hyper["mu_m"])
    return _rows(jax.random.key(0), *[hyper[name] for name in names], x, noise, n)


def plug_in__no_noise(key, hyper, x, noise):
    mean = {name: draws.mean() for name, draws in hyper.items()}
    n = len(hyper["mu_m"])
    return _rows(key, mean["mu_m"], mean["sigma_m"], mean["mu_c"], mean["sigma_c"], x, 0.0 * noise, n)


def sigma_as_variance__one_line(key, hyper, x, noise):
    key_m, key_c, key_y = jax.random.split(key, 3)
    m = hyper["mu_m"][0] + hyper["sigma_m"][0] ** 0.5 * jax.random.normal(key_m)
    c = hyper["mu_c"][0] + hyper["sigma_c"][0] ** 0.5 * jax.random.normal(key_c)
    return m * x + c + noise * jax.random.normal(key_y, (len(hyper["mu_m"]), len(x)))
