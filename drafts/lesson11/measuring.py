"""What measures of lesson 11 share."""

import numpy as np


def texts(answer, count, length):
    """``answer(i)``, a tuple of ``length`` short texts, for i < ``count``: (count, length); "raised" where it raised.

    Raises the first exception if every one of them raised.
    """
    rows, failures = [], []
    for i in range(count):
        try:
            row = [str(text)[:40] for text in answer(i)]
            if len(row) != length:
                raise ValueError(f"it returned {len(row)} words instead of {length}.")
        except NotImplementedError:
            raise
        except Exception as exc:
            failures.append(exc)
            row = ["raised"] * length
        rows.append(row)
    if len(failures) == count:
        raise failures[0]
    return np.array(rows, dtype="U40")


# ---------------------------------------------------------------- bundles of verdict

DRAWS = 4000


def log_weights(z, fit):
    """ln P - ln q at points z (n, 2), for the target and the surrogate of ``fit`` in the plane with unit widths."""
    rho = fit["rho"]

    def bump(k):
        d = z - fit["centre"][k]
        square = (d[:, 0] ** 2 + d[:, 1] ** 2 - 2 * rho * d[:, 0] * d[:, 1]) / (1 - rho**2)
        return fit["log_mass"][k] - 0.5 * square - 0.5 * np.log(1 - rho**2)

    log_q = -0.5 * np.sum(((z - fit["mean"]) / fit["sd"]) ** 2, axis=1) - np.sum(np.log(fit["sd"]))
    return np.logaddexp(bump(0), bump(1)) - log_q


def bundle_of(fit):
    """What a learner gets of one fit, in its own units: five arrays of numbers that float32 can hold.

    Args:
        fit: one row of the case, see ``bundles.draw``. The surrogate N(mean, sd**2) and the target are given in the
            plane with unit widths, ``log_p`` is added to the log joint, ``noise`` is the rounding of the weights, and
            ``lost`` weights are NaN; where all are lost the draws are NaN too.

    Returns:
        dict: losses (1000,), log_w (4000,), draws (4000, 2), restart_loss (6,), restart_mean (6, 2).
    """
    rng = np.random.default_rng(int(fit["seed"]))
    z = fit["mean"] + fit["sd"] * rng.standard_normal((DRAWS, 2))
    log_w = fit["log_p"] + log_weights(z, fit) + fit["noise"] * rng.standard_normal(DRAWS)
    draws = fit["shift"] + fit["scale"] * z
    log_w[rng.permutation(DRAWS)[: int(fit["lost"])]] = np.nan
    if fit["lost"] == DRAWS:
        draws[:] = np.nan
    out = {
        "losses": fit["losses"],
        "log_w": log_w,
        "draws": draws,
        "restart_loss": fit["restart_loss"],
        "restart_mean": fit["restart_mean"],
    }
    return {name: np.asarray(value, np.float32).astype(float) for name, value in out.items()}


def row(case, i):
    """Row ``i`` of a dict of arrays."""
    return {name: np.asarray(value)[i] for name, value in case.items()}
