"""The truth of start-values by a second route, which shares no code with the judge."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpyro.infer.util import initialize_model
from scipy import optimize

from ... import line_routes


def agree(cases):
    """The best loss of some data sets, by gradients of NumPyro's own potential from the grid point that fits best."""
    with jax.enable_x64(True):
        for case, r in cases:
            for i in (0, 7, 15):
                assert r["best"][i] == pytest.approx(_best(*(case[name][i] for name in ("x", "e", "y"))), abs=0.06)


def _start(x, e, y):
    """Unconstrained start: the line of a grid that most points lie on."""
    angle, b_perp = (a.ravel() for a in np.meshgrid(np.linspace(-1.5, 1.5, 301), np.linspace(-2, 2, 101)))
    miss = (y - x * np.tan(angle)[:, None] - (b_perp / np.cos(angle))[:, None]) / e
    best = np.argmin(np.minimum(miss**2, 9).sum(axis=1))
    return [np.log((np.pi / 2 + angle[best]) / (np.pi / 2 - angle[best])), b_perp[best], 0, 0, 1, *[-2.0] * 5]


def _best(x, e, y):
    potential = initialize_model(jax.random.key(0), line_routes.model, model_args=(x, e, y)).potential_fn
    eps = jax.random.normal(jax.random.key(1), (4000, 5))

    def loss(phi):
        draws = phi[:5] + jnp.exp(phi[5:]) * eps
        z = {name: draws[:, i] for i, name in enumerate(line_routes.SITES)}
        return jax.vmap(potential)(z).mean() - phi[5:].sum() - 2.5 * jnp.log(2 * jnp.pi * jnp.e)

    found = optimize.minimize(jax.jit(jax.value_and_grad(loss)), _start(x, e, y), jac=True, method="BFGS")
    return found.fun
