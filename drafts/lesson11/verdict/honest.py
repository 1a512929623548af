"""Other right answers in verdict: each function stands for the learner's ``verdict``."""

import jax.numpy as jnp
import numpy as np
from scipy import stats

from ..given import k_hat


def _settled(losses, errors):
    tail = losses[-400:].reshape(2, 200)
    return abs(np.diff(tail.mean(axis=1))[0]) <= errors * np.sqrt(np.sum(tail.var(axis=1, ddof=1)) / 200)


def _elsewhere(bundle, sds, share):
    """Whether another run ended more than ``sds`` away, with more than this share of the best one's mass."""
    best = np.argmin(bundle["restart_loss"])
    mass = np.exp(bundle["restart_loss"][best] - bundle["restart_loss"])
    far = np.abs(bundle["restart_mean"] - bundle["restart_mean"][best]) > sds * bundle["draws"].std(axis=0)
    return bool(np.any(far.any(axis=1) & (mass > share)))


def _ess_fraction(log_w):
    w = np.exp(log_w - log_w.max())
    return w.mean() ** 2 / np.mean(w**2)


def strict_limits(bundle):
    if not all(np.all(np.isfinite(part)) for part in bundle.values()):
        return "reject", "numbers"
    if not _settled(bundle["losses"], 3):
        return "reject", "settled"
    if _elsewhere(bundle, 1.5, 0.01):
        return "reject", "restarts"
    log_w = bundle["log_w"]
    if log_w.std() > 1e-6 and k_hat(log_w) > 0.65:
        return "reject", "tail"
    return ("correct", "moments") if _ess_fraction(log_w) < 0.85 else ("use", "fine")


def wide_limits(bundle):
    losses, log_w, draws = bundle["losses"], bundle["log_w"], bundle["draws"]
    if not np.isfinite(losses[-400:].sum() + log_w.sum() + draws.sum()):
        return ["reject", "numbers"]
    if not _settled(losses, 6):
        return ["reject", "settled"]
    if _elsewhere(bundle, 4, 0.1):
        return ["reject", "restarts"]
    k = k_hat(log_w)
    if np.isfinite(k) and k > 0.75:
        return ["reject", "tail"]
    gap = np.log(np.mean(np.exp(log_w - log_w.max()))) + log_w.max() - log_w.mean()  # ln Z less the ELBO
    return ["correct", "moments"] if gap > 0.06 else ["use", "fine"]


def own_tail(bundle):
    """The tail by a fit of SciPy's generalised Pareto distribution, the moments by hand."""
    x = {name: np.array(value, dtype=np.float64) for name, value in bundle.items()}
    if np.isnan(x["losses"]).any() or np.isnan(x["log_w"]).any() or np.isnan(x["draws"]).any():
        return "reject", "numbers"
    if not _settled(x["losses"], 4):
        return "reject", "settled"
    if _elsewhere(bundle, 2, 0.05):
        return "reject", "restarts"
    w = np.exp(x["log_w"] - x["log_w"].max())
    top = np.sort(w)[-191:]
    if w.std() > 1e-3:
        k = stats.genpareto.fit(top[1:] - top[0], floc=0)[0]
        if k > 0.7:
            return "reject", "tail"
    mean = np.average(x["draws"], axis=0, weights=w)
    sd = np.sqrt(np.average((x["draws"] - mean) ** 2, axis=0, weights=w))
    shift = np.abs(mean - x["draws"].mean(axis=0)) / sd
    change = np.abs(sd / x["draws"].std(axis=0) - 1)
    return ("correct", "moments") if max(*shift, *change) > 0.1 else ("use", "fine")


def in_jax(bundle):
    losses, log_w, draws = (jnp.asarray(bundle[name]) for name in ("losses", "log_w", "draws"))
    if jnp.isnan(losses[-400:]).any() | jnp.isnan(log_w).any() | jnp.isnan(draws).any():
        return "reject", "numbers"
    last, before = losses[-200:], losses[-400:-200]
    if abs(last.mean() - before.mean()) > 5 * jnp.sqrt((last.var() + before.var()) / 200):
        return "reject", "settled"
    if _elsewhere(bundle, 3, 0.03):
        return "reject", "restarts"
    log_w = log_w - log_w.max()
    if jnp.ptp(log_w) > 0 and k_hat(log_w) > 0.7:
        return "reject", "tail"
    return ("correct", "moments") if float(jnp.var(log_w)) / 2 > 0.06 else ("use", "fine")
