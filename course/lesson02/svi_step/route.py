"""The truth of svi-step by a second route, which shares no code with the judge."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest


def agree(cases):
    with jax.enable_x64(True):
        for case, r in cases:
            for i, optimizer in enumerate((optax.adam(case["lr"]), optax.sgd(case["lr"], momentum=0.9))):
                loss = lambda x: case["height"] + 0.5 * (x - case["centre"]) @ case["matrix"] @ (x - case["centre"])  # noqa: E731, B023
                x = jnp.asarray(case["phi0"])
                state = optimizer.init(x)
                for step in range(5):
                    assert r["value"][i, step] == pytest.approx(float(loss(x)), abs=1e-7)
                    updates, state = optimizer.update(jax.grad(loss)(x), state, x)
                    x = optax.apply_updates(x, updates)
                    assert r["phi"][i, step] == pytest.approx(np.asarray(x), abs=1e-6)
