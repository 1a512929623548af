"""Mistakes that learners make in stratified-elbo: each function stands for the learner's ``stratified_elbo``."""

import jax
import jax.numpy as jnp


def drawn_index(key, phi, log_p, n):
    key_index, key_eps = jax.random.split(key)
    k = jax.random.categorical(key_index, phi["logits"], shape=(n,))
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"][k] + scale[k] * jax.random.normal(key_eps, (n,))
    each = jax.scipy.stats.norm.logpdf(z[:, None], phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(jax.nn.log_softmax(phi["logits"]) + each, axis=-1)
    return jnp.mean(log_p(z) - log_q)


def outer_weights_held(key, phi, log_p, n):
    w, log_w = jax.nn.softmax(phi["logits"]), jax.nn.log_softmax(phi["logits"])
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, (n, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return jnp.sum(jax.lax.stop_gradient(w) * jnp.mean(log_p(z) - log_q, axis=0))


def weights_held(key, phi, log_p, n):
    w, log_w = (
        jax.lax.stop_gradient(jax.nn.softmax(phi["logits"])),
        jax.lax.stop_gradient(jax.nn.log_softmax(phi["logits"])),
    )
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, (n, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return jnp.sum(w * jnp.mean(log_p(z) - log_q, axis=0))


def own_component(key, phi, log_p, n):
    w, log_w = jax.nn.softmax(phi["logits"]), jax.nn.log_softmax(phi["logits"])
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, (n, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return jnp.sum(w * jnp.mean(log_p(z) - own, axis=0))


def own_component_with_its_weight(key, phi, log_p, n):
    w, log_w = jax.nn.softmax(phi["logits"]), jax.nn.log_softmax(phi["logits"])
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, (n, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return jnp.sum(w * jnp.mean(log_p(z) - (log_w + own), axis=0))


def plain_average(key, phi, log_p, n):
    w, log_w = jax.nn.softmax(phi["logits"]), jax.nn.log_softmax(phi["logits"])
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, (n, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return jnp.mean(log_p(z) - log_q)


def weights_not_normalised(key, phi, log_p, n):
    w, log_w = jnp.exp(phi["logits"]), phi["logits"]
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, (n, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return jnp.sum(w * jnp.mean(log_p(z) - log_q, axis=0))


def one_draw(key, phi, log_p, n):
    w, log_w = jax.nn.softmax(phi["logits"]), jax.nn.log_softmax(phi["logits"])
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, (1, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return jnp.sum(w * jnp.mean(log_p(z) - log_q, axis=0))


def loss(key, phi, log_p, n):
    w, log_w = jax.nn.softmax(phi["logits"]), jax.nn.log_softmax(phi["logits"])
    scale = jnp.exp(phi["log_scale"])
    z = phi["loc"] + scale * jax.random.normal(key, (n, w.shape[0]))
    each = jax.scipy.stats.norm.logpdf(z[..., None], phi["loc"], scale)
    own = jax.scipy.stats.norm.logpdf(z, phi["loc"], scale)
    log_q = jax.scipy.special.logsumexp(log_w + each, axis=-1)
    return -jnp.sum(w * jnp.mean(log_p(z) - log_q, axis=0))


def plain_average__loss(key, phi, log_p, n):
    log_w, loc, scale = jax.nn.log_softmax(phi["logits"]), phi["loc"], jnp.exp(phi["log_scale"])
    z = loc + scale * jax.random.normal(key, (n, len(loc)))
    log_q = jax.scipy.special.logsumexp(log_w + jax.scipy.stats.norm.logpdf(z[..., None], loc, scale), axis=-1)
    return -jnp.mean(log_p(z) - log_q)
