"""Mistakes that learners make in coupling-flow: each class stands for the learner's two functions."""

import jax.numpy as jnp


def _log_base(u):
    return -0.5 * jnp.sum(u**2, axis=-1) - jnp.log(2 * jnp.pi)


def _run(u, layers, kept=lambda i: i % 2, factor=jnp.exp):
    columns, log_det = [u[:, 0], u[:, 1]], jnp.zeros(len(u))
    for i, (log_scale, shift) in enumerate(layers):
        k = kept(i)
        log_det = log_det + log_scale(columns[k])
        columns[1 - k] = columns[1 - k] * factor(log_scale(columns[k])) + shift(columns[k])
    return jnp.stack(columns, axis=1), log_det


def _back(x, layers, kept=lambda i: i % 2, same_order=False, shift_first=True):
    columns, log_det = [x[:, 0], x[:, 1]], jnp.zeros(len(x))
    for i in range(len(layers)) if same_order else reversed(range(len(layers))):
        k, (log_scale, shift) = kept(i), layers[i]
        small = jnp.exp(-log_scale(columns[k]))
        moved = columns[1 - k]
        columns[1 - k] = (moved - shift(columns[k])) * small if shift_first else moved * small - shift(columns[k])
        log_det = log_det + log_scale(columns[k])
    return jnp.stack(columns, axis=1), log_det


def _density(x, layers, **how):
    u, log_det = _back(x, layers, **how)
    return _log_base(u) - log_det


class coordinates_never_swapped:
    def coupling_flow(u, layers):
        return _run(u, layers, kept=lambda i: 0)

    def flow_log_q(x, layers):
        return _density(x, layers, kept=lambda i: 0)


class other_coordinate_first:
    def coupling_flow(u, layers):
        return _run(u, layers, kept=lambda i: 1 - i % 2)

    def flow_log_q(x, layers):
        return _density(x, layers, kept=lambda i: 1 - i % 2)


class factor_without_exp:
    def coupling_flow(u, layers):
        return _run(u, layers, factor=lambda log_scale: log_scale)

    def flow_log_q(x, layers):
        return _density(x, layers)


class log_det_at_the_first_u:
    def coupling_flow(u, layers):
        log_det = sum(log_scale(u[:, i % 2]) for i, (log_scale, _) in enumerate(layers))
        return _run(u, layers)[0], log_det

    def flow_log_q(x, layers):
        u, _ = _back(x, layers)
        return _log_base(u) - sum(log_scale(u[:, i % 2]) for i, (log_scale, _) in enumerate(layers))


class factors_added:
    def coupling_flow(u, layers):
        columns, log_det = [u[:, 0], u[:, 1]], jnp.zeros(len(u))
        for i, (log_scale, shift) in enumerate(layers):
            factor = jnp.exp(log_scale(columns[i % 2]))
            log_det = log_det + factor
            columns[1 - i % 2] = columns[1 - i % 2] * factor + shift(columns[i % 2])
        return jnp.stack(columns, axis=1), log_det

    def flow_log_q(x, layers):
        return _density(x, layers)


class log_det_of_the_way_back:
    def coupling_flow(u, layers):
        x, log_det = _run(u, layers)
        return x, -log_det

    def flow_log_q(x, layers):
        return _density(x, layers)


class log_det_added_to_the_density:
    def coupling_flow(u, layers):
        return _run(u, layers)

    def flow_log_q(x, layers):
        u, log_det = _back(x, layers)
        return _log_base(u) + log_det


class no_log_det_in_the_density:
    def coupling_flow(u, layers):
        return _run(u, layers)

    def flow_log_q(x, layers):
        return _log_base(_back(x, layers)[0])


class inverse_in_the_same_order:
    def coupling_flow(u, layers):
        return _run(u, layers)

    def flow_log_q(x, layers):
        return _density(x, layers, same_order=True)


class unscaled_before_unshifted:
    def coupling_flow(u, layers):
        return _run(u, layers)

    def flow_log_q(x, layers):
        return _density(x, layers, shift_first=False)


class base_density_at_x:
    def coupling_flow(u, layers):
        return _run(u, layers)

    def flow_log_q(x, layers):
        return _log_base(x) - _back(x, layers)[1]


class factors_added__base_density_at_x:
    def coupling_flow(u, layers):
        columns, log_det = [u[:, 0], u[:, 1]], jnp.zeros(len(u))
        for i, (log_scale, shift) in enumerate(layers):
            factor = jnp.exp(log_scale(columns[i % 2]))
            log_det = log_det + factor
            columns[1 - i % 2] = columns[1 - i % 2] * factor + shift(columns[i % 2])
        return jnp.stack(columns, axis=1), log_det

    def flow_log_q(x, layers):
        return _log_base(x) - _back(x, layers)[1]
