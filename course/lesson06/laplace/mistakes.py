"""Mistakes that learners make in laplace: each function stands for the learner's ``laplace``."""

import jax
import jax.numpy as jnp


def curvature_for_covariance(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(30):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) - 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, precision, log_z


def sign_of_the_Hessian(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(30):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(hessian(z))
    log_z = log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) - 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, cov, log_z


def lost_2_pi(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(30):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z) - 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, cov, log_z


def sign_of_the_log_det(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(30):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) + 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, cov, log_z


def height_for_area(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(30):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z)
    return z, cov, log_z


def sd_for_covariance(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(30):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) - 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, jnp.diag(jnp.sqrt(jnp.diag(cov))), log_z


def variances_only(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(30):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) - 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, jnp.diag(jnp.diag(cov)), log_z


def inverse_of_each_entry(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(30):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) - 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, 1 / precision, log_z


def one_Newton_step(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(1):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) - 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, cov, log_z


def no_search(log_joint, z0):
    z = jnp.asarray(z0, dtype=float)
    gradient, hessian = jax.jit(jax.grad(log_joint)), jax.jit(jax.hessian(log_joint))
    for _ in range(0):
        z = z - jnp.linalg.solve(hessian(z), gradient(z))
    precision = -hessian(z)
    cov = jnp.linalg.inv(precision)
    log_z = log_joint(z) + 0.5 * len(z) * jnp.log(2 * jnp.pi) - 0.5 * jnp.linalg.slogdet(precision)[1]
    return z, cov, log_z


def curvature_for_covariance__lost_2_pi(log_joint, z0):
    z = jnp.asarray(z0)
    for _ in range(20):
        z = z - jnp.linalg.solve(jax.hessian(log_joint)(z), jax.grad(log_joint)(z))
    precision = -jax.hessian(log_joint)(z)
    return z, precision, log_joint(z) - 0.5 * jnp.linalg.slogdet(precision)[1]
