"""The truth of warm-start by a second route, which shares no code with the judge."""

import jax
import jax.numpy as jnp
import optax
import pytest
from numpyro import handlers
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal

from ... import line_routes
from ...measuring import model_line


def agree(cases):
    """Medians against NUTS; the losses of the old answer and of a cold start, and the best one, by NumPyro's SVI."""
    with jax.enable_x64(True):
        found = line_routes.routes([case for case, _ in cases], [reference for _, reference in cases])
        guide = AutoMultivariateNormal(model_line)
        handlers.seed(guide, jax.random.key(0))(*jnp.ones((3, 15)))
        loss, fit = _loss(guide), _fit(guide)
        for (case, r), (numbers, trouble) in zip(cases, found):
            assert trouble == "" and abs(numbers["nuts_shift"]).max() < 0.1
            data = [jnp.asarray(case[name], float) for name in ("x", "e", "y")]
            old = {"auto_loc": jnp.asarray(case["old_loc"]), "auto_scale_tril": jnp.asarray(case["old_tril"])}
            cold = {"auto_loc": jnp.zeros(5), "auto_scale_tril": 0.1 * jnp.eye(5)}
            for params, name in ((old, "begin"), (cold, "cold")):
                assert loss(params, *data) == pytest.approx(r[name], abs=0.2 + 0.01 * abs(r[name]))
            assert -r["log_z"] < r["best"] and loss(fit(old, *data), *data) == pytest.approx(r["best"], abs=0.05)


def _loss(guide):
    """A function of params and data: -ELBO from 20,000 particles."""
    elbo = Trace_ELBO(num_particles=20_000)
    return jax.jit(lambda params, *data: elbo.loss(jax.random.key(1), params, model_line, guide, *data))


def _fit(guide):
    """A function of params and data: the parameters where a long fit ends."""
    svi = SVI(model_line, guide, optax.adam(optax.cosine_decay_schedule(0.02, 2000)), Trace_ELBO(num_particles=32))

    @jax.jit
    def run(params, *data):
        state = svi.init(jax.random.key(2), *data, init_params=params)
        return svi.get_params(jax.lax.scan(lambda state, _: svi.update(state, *data), state, None, length=2000)[0])

    return run
