"""What is measured of ``stratified_elbo``."""

from functools import partial

import jax
import jax.numpy as jnp


@partial(jax.jit, static_argnums=(0, 1))
def _stratified(fn, n, keys, logits, loc, log_scale, weights, means, sds, constant):
    def log_p(z):
        z = jnp.asarray(z)[..., None]
        return constant + jax.scipy.special.logsumexp(
            jnp.log(weights) + jax.scipy.stats.norm.logpdf(z, means, sds), axis=-1
        )

    def one(logits, loc, log_scale, key):
        phi = {"logits": logits, "loc": loc, "log_scale": log_scale}
        value, grad = jax.value_and_grad(lambda phi: fn(key, phi, log_p, n))(phi)
        return jnp.concatenate([value[None], grad["logits"], grad["loc"], grad["log_scale"]])

    return jax.vmap(lambda *phi: jax.vmap(lambda key: one(*phi, key))(keys))(logits, loc, log_scale)


def measure(stratified_elbo, case):
    """Value and gradient by logits, loc and log_scale for four phis and 128 keys: (4, 128, 10)."""
    keys = jax.random.split(jax.random.key(int(case["seed"])), 128)
    names = ("logits", "loc", "log_scale", "weights", "means", "sds", "constant")
    return {
        "out": _stratified(
            stratified_elbo, int(case["n"]), keys, *(jnp.asarray(case[name], jnp.float32) for name in names)
        )
    }
