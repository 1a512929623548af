"""What is measured of ``chain_budget``."""

import warnings

import numpy as np

ARGUMENTS = ("error", "ess_per_draw", "steps_per_draw", "warmup")


def measure(fn, case):
    """Draws and gradients for each of 16 rows of numbers, (16, 2); NaN where a call raised."""
    answers, failures = [], []
    for row in zip(*(case[name].tolist() for name in ARGUMENTS)):
        try:
            draws, gradients = fn(*row)
            answers.append([np.asarray(number, float).reshape(()) for number in (draws, gradients)])
        except NotImplementedError:
            raise
        except Exception as exc:
            failures.append(exc)
            answers.append([np.nan, np.nan])
    if len(failures) == len(answers):
        raise failures[0]
    if failures:
        exc = failures[0]
        warnings.warn(
            f"{len(failures)} of {len(answers)} calls failed: {type(exc).__name__}: {exc}"[:200], stacklevel=2
        )
    return {"answers": np.array(answers)}
