"""Other right answers in outlier-probability: each function stands for the learner's ``outlier_probability``."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist


def one_draw_at_a_time(draws, x, e, y):
    def one(z):
        line = x * jnp.tan(z["theta"]) + z["b_perp"] / jnp.cos(z["theta"])
        outlier = jnp.log(1 - z["Q"]) + dist.Normal(z["bg_mean"], jnp.hypot(z["bg_sigma"], e)).log_prob(y)
        on_line = jnp.log(z["Q"]) + dist.Normal(line, e).log_prob(y)
        return jnp.exp(outlier - jnp.logaddexp(on_line, outlier))

    return jax.vmap(one)(draws).mean(axis=0)


def numpy_point_by_point(draws, x, e, y):
    z = {name: np.asarray(values, dtype=np.float64) for name, values in draws.items()}
    x, e, y = (np.asarray(values, dtype=np.float64) for values in (x, e, y))
    out = []
    for i in range(len(y)):
        distance = (y[i] * np.cos(z["theta"]) - x[i] * np.sin(z["theta"]) - z["b_perp"]) / np.cos(z["theta"])
        variance = z["bg_sigma"] ** 2 + e[i] ** 2
        log_odds = 0.5 * ((distance / e[i]) ** 2 - (y[i] - z["bg_mean"]) ** 2 / variance)
        factor = (1 - z["Q"]) / z["Q"] * e[i] / np.sqrt(variance)
        out.append(np.mean(1 - 1 / (1 + factor * np.exp(np.minimum(log_odds, 600)))))
    return np.array(out)


def ratio_and_softmax(draws, x, e, y):
    theta, b_perp, bg_mean, bg_sigma, q = (
        draws[name].reshape(-1, 1) for name in ("theta", "b_perp", "bg_mean", "bg_sigma", "Q")
    )
    line = (x * jnp.sin(theta) + b_perp) / jnp.cos(theta)
    logs = jnp.stack(
        [
            jnp.log(q) + jax.scipy.stats.norm.logpdf(y, line, e),
            jnp.log1p(-q) + jax.scipy.stats.norm.logpdf(y, bg_mean, jnp.sqrt(bg_sigma**2 + e**2)),
        ]
    )
    return jax.nn.softmax(logs, axis=0)[1].mean(axis=0)
