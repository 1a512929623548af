"""The truth of fit-with-decay by a second route, which shares no code with the judge."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import optimize

from . import judge, measure


def agree(cases):
    """The judge's excess is the loss a learner minimises, less its least; a constant rate hovers where theory says."""
    bowl, flat, phi = measure._bowl, measure._flat, measure._phi
    rng, key, rate = np.random.default_rng(8), jax.random.key(1), 0.05
    for case, r in cases:
        curvature, centre, noise = (jnp.asarray(case[name], jnp.float32) for name in ("curvature", "centre", "noise"))
        quiet = bowl(curvature, centre, 0.0)
        least = optimize.minimize(jax.value_and_grad(lambda x: quiet(key, phi(x))), case["starts"][0], jac=True)  # noqa: B023
        assert least.x == pytest.approx(r["centre"], abs=1e-3)
        for end in case["centre"] + rng.normal(0, 2, (10, 4)):
            assert float(quiet(key, phi(jnp.asarray(end, jnp.float32)))) - least.fun == pytest.approx(
                judge._excess(r, end), rel=1e-4, abs=1e-4
            )

        optimizer = optax.adam(rate)
        slope = jax.grad(bowl(curvature, centre, noise), argnums=1)

        def step(carry, key):
            updates, state = optimizer.update(slope(key, carry[0]), carry[1])  # noqa: B023
            return (optax.apply_updates(carry[0], updates), state), flat(optax.apply_updates(carry[0], updates))

        start = phi(centre)
        _, path = jax.lax.scan(step, (start, optimizer.init(start)), jax.random.split(key, 20000))
        hover = judge._excess(r, np.asarray(path[2000:])).mean()
        assert hover == pytest.approx(float(case["noise"]) * rate, rel=0.2)
