"""Other right answers in judge-chains: each function stands for the learner's ``judge_chains``."""

import arviz
import numpy as np
from numpyro.diagnostics import summary


def by_arviz(draws):
    columns = range(draws.shape[2])
    rhat = np.array([arviz.rhat(draws[:, :, i]) for i in columns])
    ess = np.array([arviz.ess(draws[:, :, i]) for i in columns])
    copies = len(np.unique(draws[:, 0], axis=0)) < len(draws)
    return rhat, ess, bool((rhat < 1.05).all() and (ess >= 400).all() and not copies)


def by_summary(draws):
    table = summary({str(i): draws[:, :, i] for i in range(draws.shape[2])})
    rhat, ess = (np.array([row[name] for row in table.values()]) for name in ("r_hat", "n_eff"))
    same = [np.allclose(draws[i], draws[j]) for i in range(4) for j in range(i + 1, 4)]
    return rhat, ess, max(rhat) < 1.05 and min(ess) >= 400 and not any(same)


def by_batches(draws):
    chains, n, _ = draws.shape
    halves = draws.reshape(2 * chains, n // 2, -1)
    within, between = halves.var(axis=1).mean(axis=0), halves.mean(axis=1).var(axis=0)
    rhat = np.sqrt((within + between) / within)
    batches = draws.reshape(chains * n // 50, 50, -1).mean(axis=1)
    ess = len(batches) * draws.reshape(chains * n, -1).var(axis=0) / batches.var(axis=0, ddof=1)
    copies = any(np.abs(draws[i] - draws[j]).max() == 0 for i in range(chains) for j in range(i))
    return rhat, ess, np.all((rhat < 1.05) & (ess >= 400)) and not copies


def by_hand(draws):
    x = draws
    chains, n, _ = x.shape
    halves = np.concatenate([x[:, : n // 2], x[:, n // 2 :]])
    within = halves.var(axis=1, ddof=1).mean(0)
    rhat = np.sqrt((n // 2 - 1) / (n // 2) + halves.mean(axis=1).var(0, ddof=1) / within)
    centred = x - x.mean(axis=(0, 1))
    variance = (centred**2).mean(axis=(0, 1))
    lags = range(1, 100)
    rho = np.array([(centred[:, lag:] * centred[:, :-lag]).mean(axis=(0, 1)) / variance for lag in lags])
    kept = np.cumprod(rho > 0.02, axis=0)
    ess = chains * n / (1 + 2 * (rho * kept).sum(0))
    copies = len({chain.tobytes() for chain in draws}) < chains
    return rhat, ess, rhat.max() < 1.05 and ess.min() >= 400 and not copies
