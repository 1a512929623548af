"""Other right answers in fit-flow: each function stands for the learner's ``fit_flow``."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
import optax
from numpyro.distributions import constraints
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoIAFNormal

from ..given import run_svi


def three_narrow_flows(key, log_p, loc, scale_tril, n_steps, n):
    det = jnp.linalg.slogdet(scale_tril)[1]

    def model():
        eps = numpyro.sample("eps", dist.ImproperUniform(constraints.real_vector, (), (2,)))
        numpyro.factor("log_p", log_p(scale_tril @ eps + loc) + det)

    guide = AutoIAFNormal(model, num_flows=3, hidden_dims=[8, 8])
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adam(optax.exponential_decay(0.02, n_steps // 4, 0.3))
    )
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    svi.init(key)
    params, losses = jax.vmap(lambda key: run_svi(key, svi, n_steps))(jax.random.split(key, 4))
    best = jnp.argmin(jnp.nan_to_num(losses[:, -100:].mean(axis=1), nan=jnp.inf))
    flow = guide.get_posterior(jax.tree.map(lambda leaf: leaf[best], params))
    draws = flow.sample(jax.random.fold_in(key, 1), (n,))
    return jax.vmap(lambda eps: scale_tril @ eps + loc)(draws), flow.log_prob(draws) - det, losses[best]


def own_coupling_layers(key, log_p, loc, scale_tril, n_steps, n):
    def net(weights, v):
        hidden = jnp.tanh(v[..., None] * weights["slope"] + weights["shift"])
        return hidden @ weights["out"] + weights["level"]

    def start(key):
        keys = jax.random.split(key, 4)
        return [
            {
                "slope": jax.random.normal(k, (10,)),
                "shift": jax.random.normal(jax.random.fold_in(k, 1), (10,)),
                "out": 0.01 * jax.random.normal(jax.random.fold_in(k, 2), (10, 2)),
                "level": jnp.zeros(2),
            }
            for k in keys
        ]

    def flow(key, phi, n):
        u = jax.random.normal(key, (n, 2))
        log_q = dist.Normal().log_prob(u).sum(axis=-1)
        first, second = u[:, 0], u[:, 1]
        for weights in phi:
            out = net(weights, first)
            second = second * jnp.exp(out[:, 0]) + out[:, 1]
            log_q = log_q - out[:, 0]
            first, second = second, first
        return loc + jnp.stack([first, second], axis=1) @ scale_tril.T, log_q - jnp.log(jnp.linalg.det(scale_tril))

    def loss(phi, key):
        z, log_q = flow(key, phi, 16)
        return jnp.mean(log_q - jax.vmap(log_p)(z))

    optimizer = optax.chain(optax.clip_by_global_norm(10.0), optax.adam(optax.cosine_decay_schedule(0.02, n_steps)))

    def run(key):
        key, key_start = jax.random.split(key)
        phi = start(key_start)

        def step(carry, key):
            phi, state = carry
            value, grad = jax.value_and_grad(loss)(phi, key)
            change, state = optimizer.update(grad, state)
            return (optax.apply_updates(phi, change), state), value

        (phi, _), losses = jax.lax.scan(step, (phi, optimizer.init(phi)), jax.random.split(key, n_steps))
        return phi, losses

    key, key_draws = jax.random.split(key)
    phis, losses = jax.vmap(run)(jax.random.split(key, 4))
    best = jnp.nanargmin(losses[:, -200:].mean(axis=1))
    draws, log_q = flow(key_draws, jax.tree.map(lambda leaf: leaf[best], phis), n)
    return draws, log_q, losses[best]


def more_runs_one_after_the_other(key, log_p, loc, scale_tril, n_steps, n):
    normal = dist.MultivariateNormal(jnp.zeros(2), jnp.eye(2))
    det = jnp.sum(jnp.log(jnp.diag(scale_tril)))

    def model():
        u = numpyro.sample("u", normal)
        numpyro.factor("rest", log_p(loc + scale_tril @ u) + det - normal.log_prob(u))

    guide = AutoIAFNormal(model, num_flows=2, hidden_dims=[8])
    optimizer = optax.chain(optax.clip_by_global_norm(10.0), optax.adam(optax.cosine_decay_schedule(0.02, n_steps)))
    svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
    svi.init(key)
    params, losses = jax.lax.map(lambda key: run_svi(key, svi, n_steps), jax.random.split(key, 5))
    best = jnp.nanargmin(jnp.mean(losses[:, -100:], axis=-1))
    flow = guide.get_posterior(jax.tree.map(lambda leaf: leaf[best], params))
    u, inner = flow.sample_with_intermediates(jax.random.fold_in(key, 7), (n,))
    return u @ scale_tril.T + loc, flow.log_prob(u, inner) - det, losses[best]
