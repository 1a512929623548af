"""What is measured of ``restarts_needed``."""

import warnings

import numpy as np


def measure(fn, case):
    """Share and number of runs for each of 8 sets of scores, (8, 2); NaN where a call raised."""
    answers, failures = [], []
    for i, count in enumerate(case["counts"]):
        try:
            share, n = fn(case["scores"][i, :count], float(case["tolerance"][i]), float(case["miss"][i]))
            answers.append([np.asarray(number, float).reshape(()) for number in (share, n)])
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
