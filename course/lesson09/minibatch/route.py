"""The truth of minibatch by a second route, which shares no code with the judge."""

import numpy as np
import pytest
from scipy import stats


def _log_weights(params, case, n, rng):
    """ln P - ln q at ``n`` draws of the guide, group by group and point by point, with SciPy's densities."""
    loc, scale = params["hyper_loc"], params["hyper_scale"]
    hyper = rng.normal(loc, scale, (n, 4))
    mu_m, sigma_m, mu_c, sigma_c = hyper[:, 0], np.exp(hyper[:, 1]), hyper[:, 2], np.exp(hyper[:, 3])
    value = stats.norm.logpdf(mu_m, 0, 15) + stats.halfnorm.logpdf(sigma_m, scale=10)
    value += stats.norm.logpdf(mu_c, 0, 25) + stats.halfnorm.logpdf(sigma_c, scale=15)
    value -= stats.norm.logpdf(hyper[:, [0, 2]], loc[[0, 2]], scale[[0, 2]]).sum(axis=1)
    value -= stats.lognorm.logpdf(sigma_m, scale[1], scale=np.exp(loc[1]))
    value -= stats.lognorm.logpdf(sigma_c, scale[3], scale=np.exp(loc[3]))
    for j in range(len(case["x"])):
        m, c = (rng.normal(params[f"{name}_loc"][j], params[f"{name}_scale"][j], n) for name in "mc")
        value += stats.norm.logpdf(m, mu_m, sigma_m) - stats.norm.logpdf(m, params["m_loc"][j], params["m_scale"][j])
        value += stats.norm.logpdf(c, mu_c, sigma_c) - stats.norm.logpdf(c, params["c_loc"][j], params["c_scale"][j])
        for x, noise, y in zip(case["x"][j], case["noise"][j], case["y"][j]):
            value += stats.norm.logpdf(y, m * x + c, noise)
    return value


def agree(cases):
    """The loss by Monte Carlo over all groups, its gradient by differences of such estimates on common draws."""
    for case, r in cases:
        whole = case["whole"]
        params = {name: np.asarray(value, float) for name, value in whole["params"].items()}

        def loss(changed, n):
            return -_log_weights({**params, **changed}, whole, n, np.random.default_rng(5))  # noqa: B023

        values = loss({}, 4000)
        error = values.std() / np.sqrt(len(values))
        assert abs(values.mean() - r["expected"]["right"]["loss"]) < 5 * error
        for name, at in (("hyper_loc", 0), ("hyper_loc", 3), ("hyper_scale", 1), ("m_loc", 7), ("c_scale", 30)):
            step = np.zeros(len(params[name]))
            step[at] = 1e-4 * params[name.replace("loc", "scale")][at]
            both = [loss({name: params[name] + sign * step}, 1000) for sign in (1, -1)]
            slope = (both[0] - both[1]) / (2 * step[at])
            error = slope.std() / np.sqrt(len(slope))
            assert abs(slope.mean() - r["gradient"][name][at]) < 5 * error + 1e-5 * abs(slope).mean()

        alike, groups = case["alike"], 12
        p = alike["params"]
        for i, (mu_m, sigma_m, mu_c, sigma_c, m, c) in enumerate(alike["points"]):
            value = stats.norm.logpdf(mu_m, 0, 15) + stats.halfnorm.logpdf(sigma_m, 0, 10)
            value += stats.norm.logpdf(mu_c, 0, 25) + stats.halfnorm.logpdf(sigma_c, 0, 15)
            loc, scale = p["hyper_loc"], p["hyper_scale"]
            value -= stats.norm(loc[0], scale[0]).logpdf(mu_m) + stats.norm(loc[2], scale[2]).logpdf(mu_c)
            value -= stats.lognorm.logpdf(sigma_m, scale[1], 0, np.exp(loc[1]))
            value -= stats.lognorm.logpdf(sigma_c, scale[3], 0, np.exp(loc[3]))
            for _ in range(groups):
                value += stats.norm.logpdf(m, mu_m, sigma_m) + stats.norm.logpdf(c, mu_c, sigma_c)
                value -= stats.norm.logpdf(m, p["m_loc"], p["m_scale"]) + stats.norm.logpdf(c, p["c_loc"], p["c_scale"])
                value += stats.norm.logpdf(alike["y"], m * alike["x"] + c, alike["noise"]).sum()
            assert r["expected"]["right"]["held"][:, i] == pytest.approx([-value, -value], rel=1e-9)
