"""The truth of log-mixture by a second route, which shares no code with the judge."""

from decimal import Decimal, getcontext

import pytest


def agree(cases):
    """Plain densities with 60 digits and exponents without end; derivatives as differences of them."""
    getcontext().prec = 60
    two_pi = Decimal("6.28318530717958647692528676655900576839433879875021")

    def log_density(y, mu, e, bg_mean, bg_sigma, q):
        density = Decimal(0)
        for weight, mean, variance in ((q, mu, e * e), (1 - q, bg_mean, bg_sigma * bg_sigma + e * e)):
            density += weight * (-((y - mean) ** 2) / (2 * variance)).exp() / (two_pi * variance).sqrt()
        return density.ln()

    step = Decimal("1e-15")
    for case, r in cases:
        shared = [Decimal(float(case[name])) for name in ("bg_mean", "bg_sigma", "q")]
        for kind, wanted in (("points", "values"), ("curve", "curve")):
            rows = zip(*(case[kind][name] for name in ("y", "mu", "e")))
            for i, row in enumerate(rows):
                arguments = [*(Decimal(float(x)) for x in row), *shared]
                assert float(log_density(*arguments)) == pytest.approx(r[wanted][i], rel=1e-10)
                if kind == "points" and i % 3 == 0:
                    for place, name in ((1, "by_mu"), (3, "by_bg_mean"), (4, "by_bg_sigma"), (5, "by_q")):
                        up, down = list(arguments), list(arguments)
                        up[place], down[place] = up[place] + step, down[place] - step
                        slope = (log_density(*up) - log_density(*down)) / (2 * step)
                        assert float(slope) == pytest.approx(r[name][i], rel=1e-7, abs=1e-9), name
