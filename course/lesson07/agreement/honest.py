"""Other right answers in agreement: each function stands for the learner's ``agreement``."""

import jax
import jax.numpy as jnp
import numpy as np


def sorted_draws(surrogate, chains):
    def three(draws):
        draws = np.sort(np.asarray(draws), axis=None)
        return [float(draws[int(share * len(draws))]) for share in (0.16, 0.5, 0.84)]

    out = {}
    for name in chains:
        (low, middle, high), (below, centre, above) = three(surrogate[name]), three(chains[name])
        out[name] = (2 * (middle - centre) / (above - below), (high - low) / (above - below))
    return out


def one_sigma(surrogate, chains):
    def one(draws, others):
        ends = jnp.array([0.1587, 0.5, 0.8413])
        low, middle, high = jnp.quantile(draws, ends)
        below, centre, above = jnp.quantile(jnp.concatenate(list(others)), ends)
        return jnp.array([(middle - centre) / ((above - below) / 2), (high - low) / (above - below)])

    return jax.tree.map(one, surrogate, chains)


def weibull_rule(surrogate, chains):
    out = {}
    for name, draws in surrogate.items():
        q = [np.quantile(np.asarray(x).reshape(-1), [0.16, 0.84], method="weibull") for x in (draws, chains[name])]
        medians = np.median(draws), np.median(chains[name])
        half = np.diff(q[1])[0] / 2
        out[name] = ((medians[0] - medians[1]) / half, np.diff(q[0])[0] / 2 / half)
    return out


def chain_by_chain(surrogate, chains):
    out = {}
    for name in surrogate:
        low, centre, high = np.quantile(np.asarray(surrogate[name]), [0.16, 0.5, 0.84])
        below, middle, above = np.mean([np.quantile(np.asarray(chain), [0.16, 0.5, 0.84]) for chain in chains[name]], 0)
        out[name] = ((centre - middle) / (above - below) * 2, (high - low) / (above - below))
    return out
