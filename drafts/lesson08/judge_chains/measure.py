"""What is measured of ``judge_chains``."""

import warnings

import numpy as np


def measure(fn, case):
    """R-hat and ESS of each parameter, (12, 3) each, and the verdict, (12,), of 12 sets; NaN where a call raised."""
    sets = np.asarray(case["draws"], dtype=float)
    rhat, ess = np.full((2, len(sets), sets.shape[-1]), np.nan)
    trust = np.full(len(sets), np.nan)
    failures = []
    for i, draws in enumerate(sets):
        try:
            answer = fn(draws)
            if len(answer) != 3:
                raise ValueError(f"it returned {len(answer)} things instead of three.")
            one, two = (np.asarray(numbers, dtype=float) for numbers in answer[:2])
            for name, numbers in (("rhat", one), ("ess", two)):
                if numbers.shape != rhat[i].shape:
                    raise ValueError(f"{name} has shape {numbers.shape} instead of {rhat[i].shape}.")
            rhat[i], ess[i] = one, two
            trust[i] = float(bool(answer[2]))
        except NotImplementedError:
            raise
        except Exception as exc:
            failures.append(exc)
    if len(failures) == len(sets):
        raise failures[0]
    if failures:
        exc = failures[0]
        warnings.warn(f"{len(failures)} of {len(sets)} calls failed: {type(exc).__name__}: {exc}"[:200], stacklevel=2)
    return {"rhat": rhat, "ess": ess, "trust": trust}
