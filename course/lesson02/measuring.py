"""What measures of lesson 02 share."""

import jax
import jax.numpy as jnp


def _coin_loss(a, b, constant, particles, entropy):
    """-ELBO of a logit-normal surrogate; ``entropy`` in closed form or as the average of -log q."""

    def loss(key, phi):
        eps = jax.random.normal(key, (particles,))
        scale = jnp.exp(phi["log_scale"])
        z = phi["loc"] + scale * eps
        target = constant + a * jax.nn.log_sigmoid(z) + b * jax.nn.log_sigmoid(-z)
        if entropy == "closed":
            return -jnp.mean(target) - phi["log_scale"] - 0.5 * jnp.log(2 * jnp.pi * jnp.e)
        return -jnp.mean(target - jax.scipy.stats.norm.logpdf(z, phi["loc"], scale))

    return loss


def _pair(phi):
    return jnp.stack([jnp.asarray(phi["loc"]), jnp.asarray(phi["log_scale"])])
