"""The truth of hierarchical-model by a second route, which shares no code with the judge."""

import numpy as np
import pytest


def _normal(z, mean, sd):
    return -0.5 * ((z - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)


def agree(cases):
    """The sum of all terms, one after the other."""
    for case, r in cases:
        for name in ("few", "many"):
            p = case[name]
            for k in range(len(p["mu_m"])):
                mu_m, mu_c, sigma_m, sigma_c = (float(p[z][k]) for z in ("mu_m", "mu_c", "sigma_m", "sigma_c"))
                total = _normal(mu_m, 0, 15) + _normal(mu_c, 0, 25)
                total += _normal(sigma_m, 0, 10) + _normal(sigma_c, 0, 15) + 2 * np.log(2)  # folded at zero
                for j in range(int(p["n_groups"])):
                    total += _normal(float(p["m"][k, j]), mu_m, sigma_m) + _normal(float(p["c"][k, j]), mu_c, sigma_c)
                for g, x, noise, y in zip(p["group"], *(p[z].astype(float) for z in ("x", "noise", "y"))):
                    total += _normal(y, float(p["m"][k, g]) * x + float(p["c"][k, g]), noise)
                assert r[f"logp_{name}"][k] == pytest.approx(total, abs=1e-8)
