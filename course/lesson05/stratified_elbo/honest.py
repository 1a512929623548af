"""Other right answers in stratified-elbo: each function stands for the learner's ``stratified_elbo``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist


def a_loop_over_components(key, phi, log_p, n):
    log_w = phi["logits"] - jax.scipy.special.logsumexp(phi["logits"])
    total = 0.0
    for k, key_k in enumerate(jax.random.split(key, len(phi["loc"]))):
        z = phi["loc"][k] + jnp.exp(phi["log_scale"][k]) * jax.random.normal(key_k, (n,))
        log_q = jax.scipy.special.logsumexp(
            log_w + dist.Normal(phi["loc"], jnp.exp(phi["log_scale"])).log_prob(z[:, None]), axis=1
        )
        total += jnp.exp(log_w[k]) * jnp.mean(log_p(z) - log_q)
    return total


def the_same_draws_for_all(key, phi, log_p, n):
    q = dist.MixtureSameFamily(
        dist.Categorical(logits=phi["logits"]), dist.Normal(phi["loc"], jnp.exp(phi["log_scale"]))
    )
    eps = jax.random.normal(key, (n,))

    def mean_of(loc, log_scale):
        z = loc + jnp.exp(log_scale) * eps
        return jnp.mean(log_p(z) - q.log_prob(z))

    return jnp.dot(jax.nn.softmax(phi["logits"]), jax.vmap(mean_of)(phi["loc"], phi["log_scale"]))


def mirrored_draws(key, phi, log_p, n):
    half = jax.random.normal(key, (len(phi["loc"]), n // 2))
    eps = jnp.concatenate([half, -half], axis=1)
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"][:, None] + scale[:, None] * eps
    q = dist.MixtureSameFamily(dist.Categorical(logits=phi["logits"]), dist.Normal(phi["loc"], scale))
    return jnp.sum(jax.nn.softmax(phi["logits"]) * (log_p(z) - q.log_prob(z)).mean(axis=1))
