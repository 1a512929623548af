"""What is measured of ``kl_normal``."""

import warnings

import numpy as np

from ..measuring import _calls


def measure(kl_normal, case):
    """KL of 36 pairs of normal densities, one call a pair, (36,); and ``grid`` (4, 9), all in one call with arrays."""
    columns = [np.asarray(case[name], dtype=float) for name in ("m1", "s1", "m2", "s2")]
    values = _calls(kl_normal, [tuple(float(x) for x in row) for row in zip(*columns)])[:, 0]
    try:
        grid = np.asarray(kl_normal(*[c.reshape(4, 9) for c in columns]), dtype=float)
    except Exception as exc:
        warnings.warn(f"with arrays: {type(exc).__name__}: {exc}"[:200], stacklevel=2)
        grid = np.full((4, 9), np.nan)
    return {"values": values, "grid": grid}
