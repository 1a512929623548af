"""What is measured of ``nuts_setup``."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer.autoguide import AutoMultivariateNormal

MANY = 4096
INTERVAL, POSITIVE, UNIT, REAL = range(4)


def _model(names, kinds):
    """Four sites in the order of the case, one of each kind of support, and data."""

    def prior(kind, places):
        if kind == INTERVAL:
            return dist.Uniform(places.min(), places.max())
        return {POSITIVE: dist.HalfNormal(3.0), UNIT: dist.Beta(2.0, 2.0), REAL: dist.Normal(0.0, 3.0)}[kind]

    def model(places, values):
        z = [numpyro.sample(name, prior(kind, places)) for name, kind in zip(names, kinds)]
        with numpyro.plate("points", len(values)):
            numpyro.sample("y", dist.Normal(z[kinds.index(REAL)], z[kinds.index(POSITIVE)]), obs=values)

    return model


def _set_up(model, args, inside):
    """A guide that has read the model, outside ``jax.jit`` or inside, and its sites in the order of its vector."""
    guide = AutoMultivariateNormal(model)

    def read(key):
        handlers.seed(guide, key)(*args)
        return key

    (jax.jit(read) if inside else read)(jax.random.key(0))
    if inside:  # the sites that it has read belong to a program that is over
        other, _ = _set_up(model, args, inside=False)
        guide.prototype_trace = other.prototype_trace
    return guide, list(guide._unpack_latent(jnp.zeros(4)))


def _table(starts, names, count):
    """Starts as (count, 4) numbers, NaN for a name that is missing."""
    if not isinstance(starts, dict):
        raise TypeError(f"init_params is {type(starts).__name__} instead of a dict.")
    columns = [np.asarray(starts.get(name, np.full(count, np.nan)), float) for name in names]
    for name, column in zip(names, columns):
        if column.shape != (count,):
            raise ValueError(f"init_params has shape {column.shape} for {name} instead of {(count,)}.")
    return np.stack(columns, axis=1)


def _matrix(blocks, names):
    """The matrix in the order of ``names``, NaN for one that is missing; a block of variances alone is a diagonal."""
    if not isinstance(blocks, dict):
        raise TypeError(f"inverse_mass_matrix is {type(blocks).__name__} instead of a dict of names.")
    matrix, found = np.zeros((4, 4)), []
    for rows, block in blocks.items():
        rows = [rows] if isinstance(rows, str) else list(rows)
        unknown = set(rows) - set(names)
        if unknown:
            raise ValueError(f"inverse_mass_matrix names {sorted(unknown)[0]}, which is no latent site of the model.")
        places, block = [names.index(row) for row in rows], np.asarray(block, float)
        matrix[np.ix_(places, places)] = np.diag(block) if block.ndim == 1 else block
        found += places
    for place in set(range(4)) - set(found):
        matrix[place] = matrix[:, place] = np.nan
    return matrix


def measure(fn, case):
    """Starts and matrix for a guide set up outside ``jit``, with many chains, and twice for one inside, with few."""
    names, kinds = [str(name) for name in case["names"]], [int(kind) for kind in case["kinds"]]
    args = [jnp.asarray(case[name], jnp.float32) for name in ("places", "values")]
    keys = jax.random.split(jax.random.key(int(case["seed"])), 3)
    few = int(case["n_chains"])
    model = _model(names, kinds)
    starts, matrices = [], []
    for inside, count, chosen in ((False, MANY, keys[:1]), (True, few, keys[1:])):
        guide, order = _set_up(model, args, inside)
        rows = [names.index(name) for name in order]
        cov = np.asarray(case["cov"], float)[np.ix_(rows, rows)]
        params = {"auto_loc": np.asarray(case["loc"])[rows], "auto_scale_tril": np.linalg.cholesky(cov)}
        params = {name: jnp.asarray(value, jnp.float32) for name, value in params.items()}
        for key in chosen:
            init_params, inverse_mass_matrix = fn(key, model, guide, params, count, *args)
            starts.append(_table(init_params, names, count))
            matrices.append(_matrix(inverse_mass_matrix, names))
    return {"starts": starts[0], "few": np.stack(starts[1:]), "matrix": np.stack(matrices)}
