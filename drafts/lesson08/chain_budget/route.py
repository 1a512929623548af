"""The truth of chain-budget by a second route, which shares no code with the judge."""

import numpy as np


def agree(cases):
    """Averages over made-up draws of that many independent ones are off by the error that was asked for."""
    rng = np.random.default_rng(8)
    for case, r in cases:
        draws, gradients = r["answers"].T
        independent = np.maximum(1, np.round(draws * case["ess_per_draw"])).astype(int)
        for n, wanted, error in zip(independent, draws * case["ess_per_draw"], case["error"]):
            if n > 400:
                continue
            seen = rng.normal(size=(4000, n)).mean(axis=1).std() * np.sqrt(n / wanted)
            assert abs(np.log(seen / error)) < 0.06
        bill = [
            sum((int(warmup), n * steps)) for warmup, n, steps in zip(case["warmup"], draws, case["steps_per_draw"])
        ]
        assert np.allclose(gradients, bill)
