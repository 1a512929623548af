"""What is measured of ``compare``, and how the draws that it sees are made."""

import numpy as np

ROWS, CHAINS, LENGTH = 24, 4, 1000


def draws_of(case, i):
    """Guide's draws (n_guide,) and chains (4, 1000) of row ``i``.

    Their means and standard deviations are exact: those of all chains are ``level`` and ``scale``, the guide's mean is
    ``shift`` of these standard deviations above, its own is larger by exp(log_ratio). Each chain is autoregressive:
    its correlation from one draw to the next is ``stickiness``. One chain lies ``stuck`` of the others' standard
    deviations off.
    """
    rng = np.random.default_rng(int(case["seed"][i]))
    level, scale, a = (float(case[name][i]) for name in ("level", "scale", "stickiness"))
    fresh = rng.normal(size=(LENGTH, CHAINS)) * np.sqrt(1 - a**2)
    chains = np.empty((LENGTH, CHAINS))
    chains[0] = rng.normal(size=CHAINS)
    for t in range(1, LENGTH):
        chains[t] = a * chains[t - 1] + fresh[t]
    chains[:, rng.integers(CHAINS)] += float(case["stuck"][i])
    guide = rng.normal(size=int(case["n_guide"][i]))
    guide, chains = (((z - z.mean()) / z.std()) for z in (guide, chains.T))
    guide = float(case["shift"][i]) + np.exp(float(case["log_ratio"][i])) * guide
    return level + scale * guide, np.ascontiguousarray(level + scale * chains)


def measure(fn, case):
    """The answer to each of 24 rows as text, (24,); "raised" where there is none."""
    answers, failures = [], []
    for i in range(ROWS):
        try:
            answers.append(str(fn(*draws_of(case, i)))[:40])
        except NotImplementedError:
            raise
        except Exception as exc:
            failures.append(exc)
            answers.append("raised")
    if len(failures) == ROWS:
        raise failures[0]
    return {"answers": np.array(answers, dtype="U40")}
