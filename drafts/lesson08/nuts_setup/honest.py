"""Other right answers in nuts-setup: each function stands for the learner's ``nuts_setup``."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from numpyro.infer.util import unconstrain_fn


def exact_covariance(key, model, guide, params, n_chains, *args):
    posterior = guide.get_posterior(params)
    starts = guide._unpack_latent(posterior.sample(key, (n_chains,)))
    names = tuple(guide._unpack_latent(params["auto_loc"]))  # of many vectors at once they come in the alphabet's order
    return dict(starts), {names: posterior.covariance_matrix}


def site_by_site_from_the_guides_trace(key, model, guide, params, n_chains, *args):
    draws = guide.sample_posterior(key, params, *args, sample_shape=(n_chains + 6000,))
    free = {}
    for name in sorted(draws):
        free[name] = np.asarray(dist.biject_to(guide.prototype_trace[name]["fn"].support).inv(draws[name]), float)
    rows = np.stack(list(free.values()))
    return {name: values[:n_chains] for name, values in free.items()}, {tuple(free): np.cov(rows)}


def unconstrain_draw_by_draw(key, model, guide, params, n_chains, *args):
    key_starts, key_many = jax.random.split(key)

    def free(key, n):
        draws = guide.sample_posterior(key, params, *args, sample_shape=(n,))
        return jax.vmap(lambda draw: unconstrain_fn(model, args, {}, draw))(draws)

    many = free(key_many, 20_000)
    names = tuple(sorted(many, reverse=True))
    centred = jnp.stack([many[name] - many[name].mean() for name in names], axis=1)
    return free(key_starts, n_chains), {names: centred.T @ centred / len(centred)}
