"""What is measured of ``sbc_ranks``."""

import jax
import jax.numpy as jnp
import numpy as np

DATA, DRAWS, SIMS = 5, 39, 2000


@jax.jit
def _simulated(prior_mean, prior_sd, noise, key):
    """theta ~ N(prior_mean, prior_sd**2), and 5 data of N(theta, noise**2)."""
    eps = jax.random.normal(key, (1 + DATA,))
    theta = prior_mean + prior_sd * eps[0]
    return theta, theta + noise * eps[1:]


@jax.jit
def _drawn(prior_mean, prior_sd, noise, ratio, shift, key, data):
    """39 draws of a surrogate: the exact posterior, with its sd times ``ratio``, moved by ``shift`` of its sds."""
    precision = 1 / prior_sd**2 + DATA / noise**2
    mean = (prior_mean / prior_sd**2 + data.sum() / noise**2) / precision
    sd = precision**-0.5
    return mean + shift * sd + ratio * sd * jax.random.normal(key, (DRAWS,))


def measure(fn, case):
    """Ranks of 2000 simulations for four pairs of model and surrogate, and of fewer for three keys, two the same."""

    def ranks(row, key, n_sims):
        prior_mean, prior_sd, noise, ratio, shift = (jnp.float32(number) for number in case["numbers"][row])

        def simulate(key):
            return _simulated(prior_mean, prior_sd, noise, key)

        def posterior(key, data):
            return _drawn(prior_mean, prior_sd, noise, ratio, shift, key, data)

        return np.asarray(fn(key, simulate, posterior, n_sims))

    keys = jax.random.split(jax.random.key(int(case["seed"])), 6)
    few = int(case["few"])
    return {
        "ranks": np.stack([ranks(row, keys[row], SIMS) for row in range(4)]),
        "few": np.stack([ranks(0, keys[i], few) for i in (4, 4, 5)]),
    }
