"""What measures of lesson 01 share."""

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
    return [
        (int(h), int(t), float(a), float(b)) for h, t, a, b in zip(case["heads"], case["tails"], case["a0"], case["b0"])
    ]
