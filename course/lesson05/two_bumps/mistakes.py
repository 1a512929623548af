"""Mistakes that learners make in two-bumps: each function stands for the learner's ``log_target``."""

import jax.numpy as jnp


def _bumps(u, b, s):
    return jnp.logaddexp(-0.5 * ((u - b) / s) ** 2, -0.5 * ((u + b) / s) ** 2)


def log_of_a_sum_of_exponentials(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = c * x + s * y, c * y - s * x
    return jnp.log(jnp.exp(-0.5 * ((u1 - b) / s1) ** 2) + jnp.exp(-0.5 * ((u1 + b) / s1) ** 2)) - jnp.log1p(
        0.5 * (u2 / s2) ** 2
    )


def factor_without_its_half(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = c * x + s * y, c * y - s * x
    return _bumps(u1, b, s1) - jnp.log1p((u2 / s2) ** 2)


def two_cosines_in_a_row(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = c * x + s * y, c * x - s * y
    return _bumps(u1, b, s1) - jnp.log1p(0.5 * (u2 / s2) ** 2)


def cosines_in_both_rows(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = c * x - s * y, c * x + s * y
    return _bumps(u1, b, s1) - jnp.log1p(0.5 * (u2 / s2) ** 2)


def one_bump(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = c * x + s * y, c * y - s * x
    return -0.5 * ((u1 - b) / s1) ** 2 - jnp.log1p(0.5 * (u2 / s2) ** 2)


def factor_forgotten(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = c * x + s * y, c * y - s * x
    return _bumps(u1, b, s1)


def turned_the_other_way(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = c * x - s * y, s * x + c * y
    return _bumps(u1, b, s1) - jnp.log1p(0.5 * (u2 / s2) ** 2)


def axes_swapped(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    u1, u2 = c * y - s * x, c * x + s * y
    return _bumps(u1, b, s1) - jnp.log1p(0.5 * (u2 / s2) ** 2)


def one_bump__factor_without_its_half(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    return -0.5 * ((c * x + s * y - b) / s1) ** 2 - jnp.log1p(((c * y - s * x) / s2) ** 2)


def factor_forgotten__turned_the_other_way(x, y, b, s1, s2, theta):
    u = jnp.cos(theta) * x - jnp.sin(theta) * y
    return jnp.logaddexp(-0.5 * ((u - b) / s1) ** 2, -0.5 * ((u + b) / s1) ** 2)
