"""Mistakes that learners make in tail-index: each function stands for the learner's ``tail_index``."""

import jax.numpy as jnp


def _tail(log_w):
    """The largest 3 sqrt(n) log weights, and the next one."""
    m = int(3 * len(log_w) ** 0.5)
    ordered = jnp.sort(log_w)
    return ordered[-m:], ordered[-m - 1]


def ratios(log_w):
    tail, cut = _tail(log_w)
    return jnp.mean(jnp.exp(tail - cut) - 1)


def upside_down(log_w):
    tail, cut = _tail(log_w)
    return 1 / jnp.mean(tail - cut)


def smallest(log_w):
    tail, cut = _tail(-log_w)
    return jnp.mean(tail - cut)


def all_weights(log_w):
    return jnp.mean(log_w - log_w.min())


def half_of_all(log_w):
    ordered = jnp.sort(log_w)
    half = len(log_w) // 2
    return jnp.mean(ordered[half:] - ordered[half - 1])


def not_sorted(log_w):
    m = int(3 * len(log_w) ** 0.5)
    return jnp.mean(log_w[-m:] - log_w[-m - 1])


def no_cut(log_w):
    return jnp.mean(_tail(log_w)[0])


def largest_only(log_w):
    tail, cut = _tail(log_w)
    return tail[-1] - cut


def sd_of_all(log_w):
    return jnp.std(log_w)


def squared(log_w):
    return jnp.var(_tail(log_w)[0])


def upside_down__half_of_all(log_w):
    ordered = jnp.sort(log_w)
    half = len(log_w) // 2
    return 1 / jnp.mean(ordered[half:] - ordered[half - 1])


def ratios__no_cut(log_w):
    return jnp.mean(jnp.exp(_tail(log_w)[0]) - 1)
