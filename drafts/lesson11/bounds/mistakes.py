"""Mistakes that learners make in bounds: each class holds the learner's two functions."""

import jax
import jax.numpy as jnp


def _iwae(log_w, K):
    return jnp.mean(jax.nn.logsumexp(log_w.reshape(-1, K), axis=1)) - jnp.log(K)


def _renyi(log_w, alpha):
    if alpha == 1:
        return jnp.mean(log_w)
    return (jax.nn.logsumexp((1 - alpha) * log_w) - jnp.log(len(log_w))) / (1 - alpha)


class mean_of_all:
    renyi_bound = _renyi

    def iwae_bound(log_w, K):
        return jax.nn.logsumexp(log_w) - jnp.log(len(log_w))


class mean_of_logs:
    renyi_bound = _renyi

    def iwae_bound(log_w, K):
        return jnp.mean(jnp.mean(log_w.reshape(-1, K), axis=1))


class log_K_lost:
    renyi_bound = _renyi

    def iwae_bound(log_w, K):
        return jnp.mean(jax.nn.logsumexp(log_w.reshape(-1, K), axis=1))


class one_group:
    renyi_bound = _renyi

    def iwae_bound(log_w, K):
        return jax.nn.logsumexp(log_w[:K]) - jnp.log(K)


class sorted_groups:
    renyi_bound = _renyi

    def iwae_bound(log_w, K):
        return _iwae(jnp.sort(log_w), K)


class divided_by_K:
    renyi_bound = _renyi

    def iwae_bound(log_w, K):
        return _iwae(log_w, K) / K


class no_division:
    iwae_bound = _iwae

    def renyi_bound(log_w, alpha):
        if alpha == 1:
            return jnp.mean(log_w)
        return jax.nn.logsumexp((1 - alpha) * log_w) - jnp.log(len(log_w))


class no_limit:
    iwae_bound = _iwae

    def renyi_bound(log_w, alpha):
        return (jax.nn.logsumexp((1 - alpha) * log_w) - jnp.log(len(log_w))) / (1 - jnp.float32(alpha))


class sign_of_alpha:
    iwae_bound = _iwae

    def renyi_bound(log_w, alpha):
        if alpha == -1:
            return jnp.mean(log_w)
        return (jax.nn.logsumexp((1 + alpha) * log_w) - jnp.log(len(log_w))) / (1 + alpha)


class alpha_for_one_minus_alpha:
    iwae_bound = _iwae

    def renyi_bound(log_w, alpha):
        if alpha == 0:
            return jnp.mean(log_w)
        return (jax.nn.logsumexp(alpha * log_w) - jnp.log(len(log_w))) / alpha


class overflow:
    def iwae_bound(log_w, K):
        return jnp.mean(jnp.log(jnp.mean(jnp.exp(log_w).reshape(-1, K), axis=1)))

    def renyi_bound(log_w, alpha):
        if alpha == 1:
            return jnp.mean(log_w)
        return jnp.log(jnp.mean(jnp.exp((1 - alpha) * log_w))) / (1 - alpha)


class mean_of_all__no_division:
    def iwae_bound(log_w, K):
        return jax.nn.logsumexp(log_w) - jnp.log(len(log_w))

    def renyi_bound(log_w, alpha):
        if alpha == 1:
            return jnp.mean(log_w)
        return jax.nn.logsumexp((1 - alpha) * log_w) - jnp.log(len(log_w))


class log_K_lost__no_limit:
    def iwae_bound(log_w, K):
        return jnp.mean(jax.nn.logsumexp(log_w.reshape(-1, K), axis=1))

    def renyi_bound(log_w, alpha):
        return (jax.nn.logsumexp((1 - alpha) * log_w) - jnp.log(len(log_w))) / (1 - jnp.float32(alpha))
