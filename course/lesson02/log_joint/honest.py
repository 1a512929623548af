"""Other right answers in log-joint: each function stands for the learner's ``log_joint_unconstrained``."""

import jax
import jax.numpy as jnp


def softplus(z, heads, tails):
    return (heads + 1) * z - (heads + tails + 2) * jax.nn.softplus(z)


def logaddexp(z, heads, tails):
    log_f, log_1mf = -jnp.logaddexp(0.0, -z), -jnp.logaddexp(0.0, z)
    log_jacobian = log_f + log_1mf
    return heads * log_f + tails * log_1mf + log_jacobian


def numpyro(z, heads, tails):
    import numpyro.distributions as dist

    likelihood = heads * dist.Bernoulli(logits=z).log_prob(1.0) + tails * dist.Bernoulli(logits=z).log_prob(0.0)
    return likelihood - jax.nn.softplus(z) - jax.nn.softplus(-z)
