"""What is measured of ``error_at_budget``."""

import warnings

import numpy as np


def measure(fn, case):
    """The error that each of six budgets buys, (6,), and whether the call worked, (6,): NaN may be an answer."""
    n_warmup, n = int(case["n_warmup"]), int(case["n_draws"])
    draws, steps = np.asarray(case["draws"], float)[:, :n], case["steps"][:, : n_warmup + n]
    errors, worked, failures = np.full(len(case["budgets"]), np.nan), [], []
    for i, budget in enumerate(case["budgets"].tolist()):
        try:
            errors[i] = np.asarray(
                fn(draws, steps, n_warmup, budget, case["median"], case["half_width"]), dtype=float
            ).reshape(())
            worked.append(1.0)
        except NotImplementedError:
            raise
        except Exception as exc:
            failures.append(exc)
            worked.append(0.0)
    if len(failures) == len(errors):
        raise failures[0]
    if failures:
        exc = failures[0]
        warnings.warn(f"{len(failures)} of {len(errors)} calls failed: {type(exc).__name__}: {exc}"[:200], stacklevel=2)
    return {"errors": errors, "worked": np.array(worked)}
