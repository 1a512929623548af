"""What is measured of ``illegal_share``."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints

from svi_course.learner.measuring import attempt

#: The latent sites in the order of a case's ``names``, and where their numbers stand in its ``loc`` and ``scale``.
POSITIVE, UNIT, BETWEEN, JOINED, PLATED, REAL = range(6)
NUMBERS = (0, 1, 2, slice(3, 5), slice(5, 7), 7)

FEW = 7


def _model(names, observed, order):
    """Six latent sites in some order, two of them with two numbers, and an observed one."""

    def model(x, y):
        two = jnp.array([2.0, 2.0])
        sites = {
            POSITIVE: dist.HalfNormal(3.0),
            UNIT: dist.Uniform(0.0, 1.0),
            BETWEEN: dist.Uniform(jnp.min(x), jnp.max(x)),
            JOINED: dist.HalfNormal(two).to_event(1),
            REAL: dist.Normal(0.0, 1.0),
        }
        z = {}
        for i in order:
            if i == PLATED:
                with numpyro.plate("two", 2):
                    z[i] = numpyro.sample(names[i], dist.HalfNormal(two))
            else:
                z[i] = numpyro.sample(names[i], sites[i])
        with numpyro.plate("points", len(x)):
            mean = z[REAL] + z[JOINED][0] * (x > z[BETWEEN]) + z[PLATED][1] * z[UNIT]
            numpyro.sample(observed, dist.Normal(mean, z[POSITIVE]), obs=y)

    return model


def _guide(names, order):
    """Independent normals with parameters NAME_loc and NAME_scale for all sites, whatever the model allows."""

    def guide(x, y):
        for i in order:
            start = jnp.ones(2) if i in (JOINED, PLATED) else 1.0
            loc = numpyro.param(f"{names[i]}_loc", 4 * start)
            scale = numpyro.param(f"{names[i]}_scale", 0.1 * start, constraint=constraints.positive)
            if i == PLATED:
                with numpyro.plate("two", 2):
                    numpyro.sample(names[i], dist.Normal(loc, scale))
            else:
                normal = dist.Normal(loc, scale)
                numpyro.sample(names[i], normal.to_event(1) if i == JOINED else normal)

    return guide


def measure(fn, case):
    """Shares of illegal draws of six latent sites for two keys, and from 7 draws.

    Returns:
        dict with ``shares`` (6,) in the order of the case's names, ``again`` (6,) with another key, ``few`` (6,)
        from 7 draws, NaN for a name that is missing, and ``names``, text, all names that came back the first time.
    """
    names = [str(name) for name in case["names"]]
    model = _model(names, str(case["observed"]), case["model_order"])
    guide = _guide(names, case["guide_order"])
    params = {
        f"{name}_{part}": jnp.asarray(case[part][which], jnp.float32)
        for name, which in zip(names, NUMBERS)
        for part in ("loc", "scale")
    }
    args = jnp.asarray(case["x"], jnp.float32), jnp.asarray(case["y"], jnp.float32)
    first, second = (jax.random.key(int(seed)) for seed in case["seeds"])

    def shares(key, n):
        answer = fn(key, model, guide, dict(params), n, *args)
        if not isinstance(answer, dict):
            raise TypeError(f"it returned {type(answer).__name__} instead of a dict.")
        found = np.full(len(names), np.nan)
        for i, name in enumerate(names):
            if name in answer:
                found[i] = np.asarray(answer[name], float).reshape(())
        return found, np.array(sorted(str(name) for name in answer), dtype="U40")

    def many():
        found, listed = shares(first, int(case["n"]))
        return {"shares": found, "names": listed}

    return attempt(
        {
            "many draws": many,
            "another key": lambda: {"again": shares(second, int(case["n"]))[0]},
            "few draws": lambda: {"few": shares(first, FEW)[0]},
        }
    )
