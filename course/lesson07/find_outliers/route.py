"""The truth of find-outliers by a second route, which shares no code with the judge."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from ... import line_routes


def agree(cases):
    """Bayes for each draw of NUTS, then the average."""
    data = [jnp.array([np.asarray(case[name], float) for case, _ in cases]) for name in ("x", "e", "y")]
    with jax.enable_x64(True):
        starts = jnp.array([_start(case) for case, _ in cases])
        draws, _ = line_routes.nuts(jax.random.key(0), starts, *(part.astype(jnp.float64) for part in data))
    for (case, r), chains in zip(cases, draws):
        theta, b_perp, mean, sigma, q = np.moveaxis(chains.reshape(-1, 5), 1, 0)[:, ::5, None]
        on = q * stats.norm.pdf(case["y"], case["x"] * np.tan(theta) + b_perp / np.cos(theta), case["e"])
        off = (1 - q) * stats.norm.pdf(case["y"], mean, np.hypot(sigma, case["e"]))
        assert np.max(np.abs((off / (on + off)).mean(axis=0) - r["outlier"])) < 0.03


def _start(case):
    """The line of a grid that most points lie on."""
    angle, b_perp = (a.ravel() for a in np.meshgrid(np.linspace(-1.5, 1.5, 301), np.linspace(-2, 2, 101)))
    miss = (case["y"] - case["x"] * np.tan(angle)[:, None] - (b_perp / np.cos(angle))[:, None]) / case["e"]
    best = np.argmin(np.minimum(miss**2, 9).sum(axis=1))
    return [angle[best], b_perp[best], 0.0, 1.5, 0.7]
