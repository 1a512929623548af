"""What is measured of ``tail_index``."""

import jax
import jax.numpy as jnp
import numpy as np

DRAWS, TAIL = 4000, 0.15


def _log_weights(seed, k, offset, depth, bend):
    """Log weights whose largest 15 % are exactly Pareto with index k, the others bounded, (4000,), shuffled.

    Their quantiles are evenly spread, one to each of 4000 cells: the tail is as long as it should be, every time.
    """
    key_place, key_order = jax.random.split(jax.random.key(seed))
    cells = jax.random.permutation(key_order, jnp.arange(DRAWS))
    above = (cells + jax.random.uniform(key_place, (DRAWS,), minval=1e-3, maxval=1.0)) / DRAWS
    tail = -k * jnp.log(above / TAIL)
    rest = -depth * (jnp.abs(above - TAIL) / (1 - TAIL)) ** bend
    return offset + jnp.where(above < TAIL, tail, rest)


def measure(fn, case):
    """Tail index of 24 arrays of log weights, and of the first six with a number added and in another order.

    Returns:
        dict with ``k`` (24,), ``moved`` (6,), and ``unsorted`` (24,), what comes of the last ones in place of the
        largest.
    """
    rows = zip(case["seeds"], *(np.asarray(case[name], np.float32) for name in ("k", "offset", "depth", "bend")))
    arrays = [_log_weights(int(seed), *row) for seed, *row in rows]
    shift = jnp.float32(case["shift"])
    return {
        "k": np.array([float(fn(log_w)) for log_w in arrays]),
        "unsorted": np.array([float(jnp.mean(log_w[-189:]) - log_w[-190]) for log_w in arrays]),
        "moved": np.array([float(fn(log_w[::-1] + shift)) for log_w in arrays[:6]]),
    }
