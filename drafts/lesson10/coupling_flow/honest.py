"""Other right answers in coupling-flow: each class stands for the learner's two functions."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist


class derivatives_by_jax:
    def _flow(u, layers):
        for i, (log_scale, shift) in enumerate(layers):
            k = i % 2
            u = u.at[1 - k].set(u[1 - k] * jnp.exp(log_scale(u[k])) + shift(u[k]))
        return u

    def coupling_flow(u, layers):
        matrices = jax.vmap(jax.jacfwd(lambda point: _flow(point, layers)))(u)  # noqa: F821
        return jax.vmap(lambda point: _flow(point, layers))(u), jnp.linalg.slogdet(matrices)[1]  # noqa: F821

    def flow_log_q(x, layers):
        u = x
        for i, (log_scale, shift) in list(enumerate(layers))[::-1]:
            k = i % 2
            u = u.at[:, 1 - k].set((u[:, 1 - k] - shift(u[:, k])) * jnp.exp(-log_scale(u[:, k])))
        return dist.Normal(0, 1).log_prob(u).sum(axis=1) - coupling_flow(u, layers)[1]  # noqa: F821


class two_columns:
    def coupling_flow(u, layers):
        columns, total = [u[:, 0], u[:, 1]], jnp.zeros(len(u))
        for i in range(len(layers)):
            stay, move = (0, 1) if i % 2 == 0 else (1, 0)
            stretch = jnp.exp(layers[i][0](columns[stay]))
            columns[move] = columns[move] * stretch + layers[i][1](columns[stay])
            total = total + jnp.log(stretch)
        return jnp.column_stack(columns), total

    def flow_log_q(x, layers):
        columns = [x[:, 0], x[:, 1]]
        for i in range(len(layers) - 1, -1, -1):
            stay, move = (0, 1) if i % 2 == 0 else (1, 0)
            columns[move] = (columns[move] - layers[i][1](columns[stay])) / jnp.exp(layers[i][0](columns[stay]))
        u = jnp.column_stack(columns)
        return dist.MultivariateNormal(jnp.zeros(2), jnp.eye(2)).log_prob(u) - coupling_flow(u, layers)[1]  # noqa: F821


class swapping_columns:
    def coupling_flow(u, layers):
        keep, move, total = u[:, 0], u[:, 1], 0.0
        for log_scale, shift in layers:
            keep, move, total = (
                move * jnp.exp(log_scale(keep)) + shift(keep),
                keep,
                total + log_scale(keep),
            )
        pair = (keep, move) if len(layers) % 2 == 0 else (move, keep)
        return jnp.stack(pair, -1), total

    def flow_log_q(x, layers):
        keep, move = (x[:, 0], x[:, 1]) if len(layers) % 2 == 0 else (x[:, 1], x[:, 0])
        total = 0.0
        for log_scale, shift in layers[::-1]:
            keep, move = move, (keep - shift(move)) / jnp.exp(log_scale(move))
            total += log_scale(keep)
        return -(keep**2 + move**2) / 2 - jnp.log(2 * jnp.pi) - total
