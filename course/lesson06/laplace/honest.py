"""Other right answers in laplace: each function stands for the learner's ``laplace``."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import optax
from scipy import optimize


def scipy(log_joint, z0):
    gradient = jax.grad(log_joint)
    slope = lambda z: -np.asarray(gradient(jnp.asarray(z)), dtype=float)
    found = optimize.minimize(lambda z: -float(log_joint(jnp.asarray(z))), np.asarray(z0), jac=slope)
    hessian = np.asarray(jax.hessian(log_joint)(jnp.asarray(found.x)), dtype=np.float64)
    cov = np.linalg.inv(-hessian)
    return found.x, cov, -found.fun + 0.5 * np.log(np.linalg.det(2 * np.pi * cov))


def adam(log_joint, z0):
    optimizer = optax.adam(optax.cosine_decay_schedule(0.1, 2000))

    def step(carry, _):
        z, state = carry
        updates, state = optimizer.update(jax.grad(lambda z: -log_joint(z))(z), state)
        return (optax.apply_updates(z, updates), state), None

    z0 = jnp.asarray(z0, jnp.float32)
    (z, _), _ = jax.lax.scan(step, (z0, optimizer.init(z0)), None, length=2000)
    cov = jnp.linalg.inv(-jax.hessian(log_joint)(z))
    normal = dist.MultivariateNormal(z, covariance_matrix=cov)
    return z, cov, log_joint(z) - normal.log_prob(z)


def damped_newton(log_joint, z0):
    grad, hess = jax.grad(log_joint), jax.jacfwd(jax.grad(log_joint))
    z = jax.lax.fori_loop(0, 60, lambda _, z: z - 0.7 * jnp.linalg.solve(hess(z), grad(z)), jnp.asarray(z0))
    L = jnp.linalg.cholesky(-hess(z))
    cov = jax.scipy.linalg.cho_solve((L, True), jnp.eye(z.size))
    return z, cov, log_joint(z) + z.size * 0.5 * jnp.log(2 * jnp.pi) - jnp.log(jnp.diag(L)).sum()
