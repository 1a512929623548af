"""Mistakes that learners make in verdict: each function stands for the learner's ``verdict``."""

import numpy as np

from ..given import has_converged, k_hat


def _moved(draws, log_w):
    w = np.exp(log_w - log_w.max())
    w = w / w.sum()
    mean, sd = draws.mean(axis=0), draws.std(axis=0)
    new_mean = w @ draws
    new_sd = np.sqrt(w @ (draws - new_mean) ** 2)
    return np.max(np.abs(new_mean - mean) / sd), np.max(np.abs(np.log(new_sd / sd)))


def _nan(bundle):
    return any(np.isnan(bundle[name]).any() for name in ("losses", "log_w", "draws"))


def _missed(bundle, limit=3.0):
    rise = bundle["restart_loss"] - bundle["restart_loss"].min()
    away = np.abs(bundle["restart_mean"] - bundle["draws"].mean(axis=0)) / bundle["draws"].std(axis=0)
    return np.any((away.max(axis=1) > 2) & (rise < limit))


def _heavy(log_w):
    return np.ptp(log_w) > 0 and k_hat(log_w) > 0.7


def _verdict(bundle, skip=()):
    """All six questions in order but for those in ``skip``."""
    draws, log_w = bundle["draws"], bundle["log_w"]
    if "numbers" not in skip and _nan(bundle):
        return "reject", "numbers"
    if "settled" not in skip and not has_converged(bundle["losses"], 200):
        return "reject", "settled"
    if "restarts" not in skip and _missed(bundle):
        return "reject", "restarts"
    if "tail" not in skip and _heavy(log_w):
        return "reject", "tail"
    if "moments" not in skip and max(_moved(draws, log_w)) > 0.1:
        return "correct", "moments"
    return "use", "fine"


def k_hat_alone(bundle):
    k = k_hat(bundle["log_w"])
    return ("use", "fine") if k < 0.5 else ("correct", "moments") if k < 0.7 else ("reject", "tail")


def losses_alone(bundle):
    return ("use", "fine") if has_converged(bundle["losses"], 200) else ("reject", "settled")


def spread_of_the_log_weights(bundle):
    return ("use", "fine") if np.std(bundle["log_w"]) < 0.3 else ("reject", "tail")


def small_losses(bundle):
    return ("use", "fine") if abs(np.mean(bundle["losses"][-200:])) < 15 else ("reject", "settled")


def no_restarts(bundle):
    return _verdict(bundle, ("restarts",))


def any_restart_elsewhere(bundle):
    verdict = _verdict(bundle, ("restarts",))
    if verdict[1] not in ("numbers", "settled") and _missed(bundle, np.inf):
        return "reject", "restarts"
    return verdict


def levels_only(bundle):
    rise = bundle["restart_loss"] - bundle["restart_loss"].min()
    verdict = _verdict(bundle, ("restarts",))
    if verdict[1] not in ("numbers", "settled") and np.any((rise > 0.2) & (rise < 3)):
        return "reject", "restarts"
    return verdict


def infinite_k_hat_rejected(bundle):
    verdict = _verdict(bundle, ("tail",))
    if verdict[1] not in ("numbers", "settled", "restarts") and k_hat(bundle["log_w"]) > 0.7:
        return "reject", "tail"
    return verdict


def never_correct(bundle):
    return _verdict(bundle, ("moments",))


def always_correct(bundle):
    verdict = _verdict(bundle)
    return verdict if verdict[0] == "reject" else ("correct", "moments")


def k_hat_below_a_half_means_use(bundle):
    verdict = _verdict(bundle)
    if verdict[0] != "correct":
        return verdict
    return ("use", "fine") if k_hat(bundle["log_w"]) < 0.5 else verdict


def widths_only(bundle):
    verdict = _verdict(bundle)
    small = verdict[0] == "correct" and _moved(bundle["draws"], bundle["log_w"])[1] < 0.1
    return ("use", "fine") if small else verdict


def means_only(bundle):
    verdict = _verdict(bundle)
    small = verdict[0] == "correct" and _moved(bundle["draws"], bundle["log_w"])[0] < 0.1
    return ("use", "fine") if small else verdict


def NaN_slips_through(bundle):
    losses = bundle["losses"]
    last, before = losses[-200:], losses[-400:-200]
    if abs(last.mean() - before.mean()) > 4 * np.sqrt((last.var() + before.var()) / 200):
        return "reject", "settled"
    return _verdict(bundle, ("numbers", "settled"))


def NaN_comes_last(bundle):
    return _verdict(bundle, ("numbers",))


def no_tail_test(bundle):
    return _verdict(bundle, ("tail",))


def ESS_for_k_hat(bundle):
    verdict = _verdict(bundle, ("tail",))
    w = np.exp(bundle["log_w"] - np.max(bundle["log_w"]))
    if verdict[1] in ("moments", "fine") and w.sum() ** 2 / np.sum(w**2) < 100:
        return "reject", "tail"
    return verdict


def no_settled_test(bundle):
    return _verdict(bundle, ("settled",))


def no_restarts__no_tail_test(bundle):
    return _verdict(bundle, ("restarts", "tail"))


def never_correct__no_settled_test(bundle):
    return _verdict(bundle, ("moments", "settled"))
