"""Other right answers in best-gaussian: each function stands for the learner's ``best_gaussian``."""

import numpy as np
from scipy import optimize, special, stats


def brute_force(logp_grid, x, direction):
    logp = logp_grid - special.logsumexp(logp_grid)
    best = (np.inf, 0.0, 1.0)
    keep = slice(None, None, 4)
    grid, logp = x[keep], logp[keep]
    p = np.exp(logp - special.logsumexp(logp))
    for m in np.linspace(-8, 8, 81):
        for s in np.geomspace(0.2, 6, 70):
            log_q = -0.5 * ((grid - m) / s) ** 2
            log_q = log_q - np.log(np.exp(log_q).sum())
            value = np.sum(np.exp(log_q) * (log_q - logp)) if direction == "reverse" else -p @ log_q
            best = min(best, (value, m, s))
    start = np.array(best[1:])

    def objective(t):
        log_q = -0.5 * ((x - t[0]) / t[1]) ** 2
        log_q = log_q - special.logsumexp(log_q)
        full = logp_grid - special.logsumexp(logp_grid)
        return np.sum(np.exp(log_q) * (log_q - full)) if direction == "reverse" else -np.exp(full) @ log_q

    return optimize.minimize(objective, start, method="Nelder-Mead").x


def ELBO_and_BFGS(logp_grid, x, direction):
    p = np.exp(logp_grid - logp_grid.max())
    p = p / p.sum()
    mean = np.sum(p * x)
    sd = np.sqrt(np.sum(p * (x - mean) ** 2))
    if direction == "forward":
        return mean, sd
    eps, weight = np.polynomial.hermite_e.hermegauss(40)
    weight = weight / weight.sum()
    logp = logp_grid - logp_grid.max()
    loss = lambda t: -weight @ np.interp(t[0] + np.exp(t[1]) * eps, x, logp) - t[1]
    fits = [
        optimize.minimize(loss, [m, 0.0], method="L-BFGS-B", bounds=[(-10, 10), (-2, 1.2)])
        for m in np.linspace(-6, 6, 7)
    ]
    best = min(fits, key=lambda fit: fit.fun)
    return best.x[0], np.exp(best.x[1])


def Powell_both_searched(logp_grid, x, direction):
    logp = logp_grid - logp_grid.max()
    log_p = logp - np.log(np.exp(logp).sum())

    def objective(t):
        log_q = stats.norm.logpdf(x, t[0], np.exp(t[1]))
        log_q = log_q - special.logsumexp(log_q)
        top, bottom = (log_q, log_p) if direction == "reverse" else (log_p, log_q)
        return np.sum(np.exp(top) * (top - bottom))

    fits = [
        optimize.minimize(objective, [m, 0.3], method="Powell", bounds=[(-14, 14), (-3, 3)])
        for m in (-4.0, -1.5, 1.5, 4.0)
    ]
    best = min(fits, key=lambda fit: fit.fun)
    return best.x[0], np.exp(best.x[1])
