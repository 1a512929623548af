"""The coin in closed form and by quadrature: NumPy and SciPy, float64.

The likelihood is that of one sequence of flips, ``f**heads * (1-f)**tails``; the prior
is Beta(a0, b0), so the posterior is Beta(A, B) with A = a0 + heads, B = b0 + tails
(Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 2.4). In z = logit f the joint is

    log p(z) = A log sigmoid(z) + B log sigmoid(-z) - log Beta(a0, b0).
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, log_expit

#: Nodes and weights of Gauss-Legendre quadrature on (0, 1).
_X, _W = np.polynomial.legendre.leggauss(200)
UNIT_NODES, UNIT_WEIGHTS = (_X + 1) / 2, _W / 2

#: Nodes and weights for expectations under a standard normal.
_X, _W = np.polynomial.hermite_e.hermegauss(120)
NORMAL_NODES, NORMAL_WEIGHTS = _X, _W / _W.sum()


def log_evidence(heads, tails, a0=1.0, b0=1.0):
    """ln p(flips) of this very sequence, in nats."""
    return betaln(a0 + heads, b0 + tails) - betaln(a0, b0)


def beta_kl(a, b, c, d):
    """KL(Beta(a, b) || Beta(c, d)), nats."""
    return betaln(c, d) - betaln(a, b) + (a - c) * digamma(a) + (b - d) * digamma(b) + (c - a + d - b) * digamma(a + b)


def beta_mean_sd(a, b):
    """Mean and standard deviation of Beta(a, b)."""
    mean = a / (a + b)
    return mean, np.sqrt(mean * (1 - mean) / (a + b + 1))


def beta_log_pdf(f, a, b):
    """ln Beta(f; a, b) for f in (0, 1)."""
    return (a - 1) * np.log(f) + (b - 1) * np.log1p(-f) - betaln(a, b)


def logit_normal_elbo(loc, scale, a, b):
    """E[a log s(z) + b log s(-z)] + entropy under N(loc, scale**2), nats: the ELBO less constants."""
    z = loc + scale * NORMAL_NODES
    return NORMAL_WEIGHTS @ (a * log_expit(z) + b * log_expit(-z)) + np.log(scale) + 0.5 * np.log(2 * np.pi * np.e)


def best_logit_normal(a, b):
    """Optimal logit-normal surrogate of Beta(a, b).

    Returns:
        (loc, scale, kl): its normal in z = logit f, and KL(surrogate || Beta(a, b)) in nats.
    """
    start = [np.log(a / b), 0.5 * np.log(1 / a + 1 / b)]
    found = minimize(
        lambda p: -logit_normal_elbo(p[0], np.exp(p[1]), a, b), start, method="BFGS", options={"gtol": 1e-9}
    )
    return found.x[0], np.exp(found.x[1]), betaln(a, b) + found.fun


def draw_coin(rng, n=40):
    """A hidden coin: data and prior, refused until the prior matters.

    One of the two prior parameters is from U(4, 10), the other from U(1, 2). A posterior
    with mean near 1/2 or close to Beta(1+h, 1+t) or Beta(h, t) is refused, so that a guide
    which makes up its own prior is at least 0.1 nats wrong.

    Returns:
        dict with ``data`` (n,) of 0/1 float32, ``a0`` and ``b0``.
    """
    while True:
        heads = rng.binomial(n, rng.uniform(0.1, 0.9))
        a0, b0 = rng.permutation([rng.uniform(4, 10), rng.uniform(1, 2)])
        if not 4 <= heads <= n - 4:
            continue
        a, b = a0 + heads, b0 + n - heads
        if abs(a / (a + b) - 0.5) < 0.12:
            continue
        if min(beta_kl(1 + heads, 1 + n - heads, a, b), beta_kl(heads, n - heads, a, b)) < 0.1:
            continue
        data = rng.permutation(np.repeat([1.0, 0.0], [heads, n - heads])).astype(np.float32)
        return {"data": data, "a0": np.float64(a0), "b0": np.float64(b0)}


def public_coin():
    """The coin of the lessons: 12 heads, 8 tails, uniform prior."""
    data = np.array([1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0], dtype=np.float32)
    return {"data": data, "a0": np.float64(1), "b0": np.float64(1)}


def posterior(case):
    """(A, B) of the Beta posterior of a coin case."""
    heads = float(np.sum(case["data"]))
    return float(case["a0"]) + heads, float(case["b0"]) + len(case["data"]) - heads
