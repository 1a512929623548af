"""The truth of nuts-setup by a second route, which shares no code with the judge."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from numpyro.distributions import constraints
from numpyro.infer import MCMC, NUTS


def agree(cases):
    """Mean and covariance of normal draws that were moved to the supports and back, and NUTS on such a normal."""
    for case, r in cases:
        interval = constraints.interval(case["places"].min(), case["places"].max())
        supports = [interval, constraints.positive, constraints.unit_interval, constraints.real]
        with jax.enable_x64(True):
            key = jax.random.key(int(case["seed"]))
            vectors = jax.random.multivariate_normal(key, jnp.array(case["loc"]), jnp.array(case["cov"]), (100_000,))
            columns = []
            for i, kind in enumerate(case["kinds"]):
                to_support = dist.biject_to(supports[int(kind)])
                columns.append(np.asarray(to_support.inv(to_support(vectors[:, i]))))
        sds = np.sqrt(np.diag(r["cov"]))
        assert r["sds"] == pytest.approx(sds)
        assert abs((np.mean(columns, axis=1) - r["loc"]) / sds).max() < 0.02
        assert abs((np.cov(columns) - r["cov"]) / np.outer(sds, sds)).max() < 0.04
    case, r = cases[0]
    assert _steps(case, r["cov"]) < 0.5 * _steps(case, np.linalg.inv(r["cov"]))


def _steps(case, matrix):
    """Mean number of leapfrog steps of NUTS with an inverse mass matrix, on the case's normal."""

    def model():
        numpyro.sample("z", dist.MultivariateNormal(jnp.array(case["loc"]), jnp.array(case["cov"])))

    kernel = NUTS(model, inverse_mass_matrix={("z",): jnp.array(matrix)}, dense_mass=[("z",)], adapt_mass_matrix=False)
    mcmc = MCMC(kernel, num_warmup=100, num_samples=100, progress_bar=False)
    mcmc.run(jax.random.key(0), extra_fields=("num_steps",))
    return float(mcmc.get_extra_fields()["num_steps"].mean())
