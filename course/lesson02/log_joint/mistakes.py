"""Mistakes that learners make in log-joint: each function stands for the learner's ``log_joint_unconstrained``."""

import jax
import jax.numpy as jnp


def no_jacobian(z, heads, tails):
    return heads * jax.nn.log_sigmoid(z) + tails * jax.nn.log_sigmoid(-z)


def jacobian_upside_down(z, heads, tails):
    return (heads - 1) * jax.nn.log_sigmoid(z) + (tails - 1) * jax.nn.log_sigmoid(-z)


def heads_and_tails_swapped(z, heads, tails):
    return (tails + 1) * jax.nn.log_sigmoid(z) + (heads + 1) * jax.nn.log_sigmoid(-z)


def log_of_a_rounded_number(z, heads, tails):
    f = jax.nn.sigmoid(z)
    return (heads + 1) * jnp.log(f) + (tails + 1) * jnp.log(1 - f)


def binomial_coefficient(z, heads, tails):
    from jax.scipy.special import gammaln

    choose = gammaln(heads + tails + 1.0) - gammaln(heads + 1.0) - gammaln(tails + 1.0)
    return choose + (heads + 1) * jax.nn.log_sigmoid(z) + (tails + 1) * jax.nn.log_sigmoid(-z)


def no_jacobian__binomial_coefficient(z, heads, tails):
    from jax.scipy.special import gammaln

    choose = gammaln(heads + tails + 1.0) - gammaln(heads + 1.0) - gammaln(tails + 1.0)
    return choose + heads * jax.nn.log_sigmoid(z) + tails * jax.nn.log_sigmoid(-z)


def no_jacobian__heads_and_tails_swapped(z, heads, tails):
    return tails * jax.nn.log_sigmoid(z) + heads * jax.nn.log_sigmoid(-z)


def heads_and_tails_swapped__log_of_a_rounded_number(z, heads, tails):
    f = jax.nn.sigmoid(z)
    return (tails + 1) * jnp.log(f) + (heads + 1) * jnp.log(1 - f)
