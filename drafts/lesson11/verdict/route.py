"""The truth of verdict by a second route, which shares no code with the judge."""

import numpy as np
from scipy import special, stats


def agree(cases):
    """Decisions by ten million draws' worth of truth: a large sample of each target, and ArviZ's k-hat.

    The weighted draws come from new draws of the surrogate, so that the decision does not hang on one sample.
    """
    rng = np.random.default_rng(8)
    for case, r in cases:
        for i, (decision, reason) in enumerate(zip(r["decisions"], r["reasons"])):
            assert (decision, reason) in {
                ("use", "fine"),
                ("correct", "moments"),
                *(("reject", word) for word in ("numbers", "settled", "restarts", "tail")),
            }
            if int(case["lost"][i]):
                assert reason == "numbers"
                continue
            rho, weight = float(case["rho"][i]), np.exp(case["log_mass"][i])
            normals = [stats.multivariate_normal(c, [[1, rho], [rho, 1]]) for c in case["centre"][i]]
            second = rng.random(40_000) < weight[1]
            truth = np.where(second[:, None], normals[1].rvs(40_000, rng), normals[0].rvs(40_000, rng))
            q = stats.norm(case["mean"][i], case["sd"][i])
            z = q.rvs((40_000, 2), random_state=rng)
            log_p = special.logsumexp([n.logpdf(z) for n in normals], axis=0, b=weight[:, None])
            w = special.softmax(log_p - q.logpdf(z).sum(axis=1))
            mean = w @ z
            found = {"plain": (z.mean(axis=0), z.std(axis=0)), "weighted": (mean, np.sqrt(w @ (z - mean) ** 2))}
            error = {
                name: max(
                    np.max(np.abs(m - truth.mean(axis=0)) / truth.std(axis=0)),
                    np.max(np.abs(np.log(s / truth.std(axis=0)))),
                )
                for name, (m, s) in found.items()
            }
            assert (error["plain"] < 0.1) == (decision == "use")
            if decision == "correct":
                assert error["weighted"] < 0.15 and error["plain"] > 0.13
            if decision == "reject":
                assert error["plain"] > 0.4
