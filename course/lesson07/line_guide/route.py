"""The truth of line-guide by a second route, which shares no code with the judge."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpyro.infer.util import initialize_model
from scipy import optimize, special, stats

from ... import line_routes


def agree(cases):
    """Medians and widths against NUTS, ln Z and the gap by importance sampling around its draws."""
    with jax.enable_x64(True):
        found = line_routes.routes([case for case, _ in cases], [reference for _, reference in cases])
        gaps = [_smallest_gap(case, r) for case, r in cases]
    for (case, r), (numbers, trouble), gap in zip(cases, found, gaps):
        assert trouble == ""
        assert abs(numbers["nuts_shift"]).max() < 0.1
        assert r["log_z"] == pytest.approx(_log_evidence(case, r), abs=0.03)
        assert r["gap"] == pytest.approx(gap, abs=0.03)


def _log_evidence(case, r, n=200_000):
    """ln Z from the average of the likelihood's product with the prior over a wide t around the medians."""
    rng = np.random.default_rng(0)
    theta, b, m, s, q = r["median"]
    centre = np.array([np.log((np.pi / 2 + theta) / (np.pi / 2 - theta)), b, m, np.log(s), np.log(q / (1 - q))])
    slope = np.array([np.pi / ((np.pi / 2 + theta) * (np.pi / 2 - theta)), 1, 1, 1 / s, 1 / (q * (1 - q))])
    proposal = stats.multivariate_t(centre, np.diag((1.5 * slope * r["half_width"]) ** 2), df=5, seed=rng)
    u = proposal.rvs(n)
    total = np.zeros(n)
    angle, sigma, share = np.pi * (special.expit(u[:, 0]) - 0.5), np.exp(u[:, 3]), special.expit(u[:, 4])
    total += np.log(np.pi * special.expit(u[:, 0]) * special.expit(-u[:, 0])) - np.log(np.pi)
    total += stats.norm.logpdf(u[:, 1]) + stats.norm.logpdf(u[:, 2])
    total += stats.halfnorm.logpdf(sigma, scale=3) + u[:, 3] + np.log(share * (1 - share))
    for x, e, y in zip(case["x"], case["e"], case["y"]):
        on = stats.norm.pdf(y, x * np.tan(angle) + u[:, 1] / np.cos(angle), e)
        off = stats.norm.pdf(y, u[:, 2], np.hypot(sigma, e))
        with np.errstate(divide="ignore"):  # of a few far draws no explanation is left
            total += np.log(share * on + (1 - share) * off)
    return special.logsumexp(total - proposal.logpdf(u)) - np.log(n)


def _smallest_gap(case, r):
    """KL of the best independent normals, by gradients of NumPyro's own potential at random draws."""
    data = [jnp.asarray(case[name], float) for name in ("x", "e", "y")]
    potential = initialize_model(jax.random.key(0), line_routes.model, model_args=tuple(data)).potential_fn
    eps = jax.random.normal(jax.random.key(1), (30_000, 5))

    def loss(phi):
        draws = phi[:5] + jnp.exp(phi[5:]) * eps
        z = {name: draws[:, i] for i, name in enumerate(line_routes.SITES)}
        return jax.vmap(potential)(z).mean() - phi[5:].sum() - 2.5 * jnp.log(2 * jnp.pi * jnp.e)

    theta, b, m, s, q = r["median"]
    start = [np.log((np.pi / 2 + theta) / (np.pi / 2 - theta)), b, m, np.log(s), np.log(q / (1 - q)), *[-2.0] * 5]
    found = optimize.minimize(jax.jit(jax.value_and_grad(loss)), start, jac=True, method="BFGS")
    return found.fun + r["log_z"]
