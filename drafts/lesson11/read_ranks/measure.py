"""What is measured of ``read_ranks``."""

import numpy as np

from ..measuring import texts


def measure(fn, case):
    """The word for each of 20 sets of ranks, (20,)."""

    def word(i):
        return (fn(np.array(case["ranks"][i], dtype=int), int(case["n_draws"][i])),)

    return {"words": texts(word, len(case["ranks"]), 1)[:, 0]}
