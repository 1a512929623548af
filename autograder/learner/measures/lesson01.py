"""Learner's half of lesson 1: what is measured of formulas and of a search. NumPy only."""

import warnings

import numpy as np


def _numbers(value, n):
    """``value`` as n floats; complains of None and of other sizes, which NumPy would let pass."""
    if value is None:
        raise TypeError("it returned None: is the `return` missing?")
    value = np.asarray(value, dtype=float).ravel()
    if value.size != n:
        raise ValueError(f"it returned {value.size} numbers instead of {n}.")
    return value


def _calls(fn, rows, n=1):
    """``fn(*row)`` for each row, (rows, n). A call that raises gives NaN and a warning; if all raise, so does this."""
    out, failures = np.full((len(rows), n), np.nan), []
    for i, row in enumerate(rows):
        try:
            out[i] = _numbers(fn(*row), n)
        except NotImplementedError:
            raise
        except Exception as exc:
            failures.append(exc)
    if len(failures) == len(rows):
        raise failures[0]
    if failures:
        exc = failures[0]
        warnings.warn(f"{len(failures)} of {len(rows)} calls failed: {type(exc).__name__}: {exc}"[:200], stacklevel=2)
    return out


def _coin_rows(case):
    """(heads, tails, a0, b0) as Python numbers: whole numbers of flips, prior parameters as floats."""
    return [(int(h), int(t), float(a), float(b)) for h, t, a, b in zip(case["heads"], case["tails"], case["a0"], case["b0"])]


def posterior_coin(posterior_coin, case):
    """Posterior parameters of 16 coins, (16, 2)."""
    return {"parameters": _calls(posterior_coin, _coin_rows(case), 2)}


def log_evidence(log_evidence_coin, case):
    """Log evidence of 16 short sequences, (16,), and of 4 long ones, (4,), nats."""
    values = _calls(log_evidence_coin, _coin_rows(case))[:, 0]
    return {"few": values[:16], "many": values[16:]}


def kl_normal(kl_normal, case):
    """KL of 36 pairs of normal densities, one call a pair, (36,); and ``grid`` (4, 9), all in one call with arrays."""
    columns = [np.asarray(case[name], dtype=float) for name in ("m1", "s1", "m2", "s2")]
    values = _calls(kl_normal, [tuple(float(x) for x in row) for row in zip(*columns)])[:, 0]
    try:
        grid = np.asarray(kl_normal(*[c.reshape(4, 9) for c in columns]), dtype=float)
    except Exception as exc:
        warnings.warn(f"with arrays: {type(exc).__name__}: {exc}"[:200], stacklevel=2)
        grid = np.full((4, 9), np.nan)
    return {"values": values, "grid": grid}


def kl_grid(kl_grid, case):
    """KL of 12 pairs of log densities on grids, (12,)."""
    rows = zip(*[np.array(case[name], dtype=float) for name in ("log_q", "log_p", "x")])
    return {"values": _calls(kl_grid, list(rows))[:, 0]}


def elbo_coin(elbo_beta_coin, case):
    """ELBO of 20 Beta surrogates, (20,), nats."""
    rows = [(float(a), float(b), *row) for a, b, row in zip(case["a"], case["b"], _coin_rows(case))]
    return {"values": _calls(elbo_beta_coin, rows)[:, 0]}


def best_gaussian(best_gaussian, case):
    """(mean, sd) for three targets, both directions, (3, 2, 2): rows two modes, skewed, two modes with an offset."""
    x, logp = np.array(case["x"], dtype=float), np.array(case["logp"], dtype=float)
    rows = [(target.copy(), x.copy(), direction) for target in logp for direction in ("reverse", "forward")]
    return {"fits": _calls(best_gaussian, rows, 2).reshape(3, 2, 2)}
