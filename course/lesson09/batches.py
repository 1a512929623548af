"""A hierarchy of lines and its normal guide, in closed form: what batches of groups are judged by.

The model has mu_m ~ N(0, 15), sigma_m ~ HalfNormal(10), mu_c ~ N(0, 25), sigma_c ~ HalfNormal(15), a line
m_j ~ N(mu_m, sigma_m), c_j ~ N(mu_c, sigma_c) for each of J groups, and K points y ~ N(m_j x + c_j, noise) on it.
The guide is independent: (mu_m, ln sigma_m, mu_c, ln sigma_c) ~ N(hyper_loc, hyper_scale), m_j ~ N(m_loc_j,
m_scale_j), c_j alike. All averages are those of normals and log-normals: for ln sigma ~ N(l, s) the average of
sigma**k is exp(k l + k**2 s**2 / 2).
"""

import numpy as np

LOG_2PI = np.log(2 * np.pi)
SLOPE, INTERCEPT = (15.0, 10.0), (25.0, 15.0)  # prior sd of mu, prior scale of sigma
NAMES = ("hyper_loc", "hyper_scale", "m_loc", "m_scale", "c_loc", "c_scale")


def parts(params, x, noise, y):
    """The ELBO in pieces, nats.

    Args:
        params: dict of NAMES: hyper_* (4,), the others (J,).
        x, noise, y: (J, K).

    Returns:
        dict: ``hyper``, a number, priors and entropy of the hyperparameters; ``prior`` (J,), that of each line given
        them; ``entropy`` (J,), of each line; ``data`` (J, J), the log likelihood of group j, column, by line i, row.
        The ELBO is ``hyper + sum(prior + entropy + diag(data))``.
    """
    loc, scale = params["hyper_loc"], params["hyper_scale"]
    hyper = prior = entropy = 0.0
    for at, name, (sd_mu, top) in ((0, "m", SLOPE), (2, "c", INTERCEPT)):
        mu, s_mu, log_sigma, s_sigma = loc[at], scale[at], loc[at + 1], scale[at + 1]
        hyper += -0.5 * LOG_2PI - np.log(sd_mu) - 0.5 * (mu**2 + s_mu**2) / sd_mu**2
        hyper += 0.5 * np.log(2 / np.pi) - np.log(top) - 0.5 * np.exp(2 * log_sigma + 2 * s_sigma**2) / top**2
        hyper += LOG_2PI + 1 + np.log(s_mu) + np.log(s_sigma) + log_sigma
        line, width = params[f"{name}_loc"], params[f"{name}_scale"]
        precision = np.exp(-2 * log_sigma + 2 * s_sigma**2)
        prior += -0.5 * LOG_2PI - log_sigma - 0.5 * precision * ((line - mu) ** 2 + width**2 + s_mu**2)
        entropy += 0.5 * (LOG_2PI + 1) + np.log(width)
    m, c, sm, sc = (params[name][:, None, None] for name in ("m_loc", "c_loc", "m_scale", "c_scale"))
    square = (y - m * x - c) ** 2 + x**2 * sm**2 + sc**2
    data = np.sum(-0.5 * LOG_2PI - np.log(noise) - 0.5 * square / noise**2, axis=2)
    return {"hyper": hyper, "prior": prior, "entropy": entropy, "data": data}


def loss_of(p):
    """Minus the ELBO, from its pieces."""
    return -(p["hyper"] + np.sum(p["prior"] + p["entropy"] + np.diag(p["data"])))


def gradient(params, x, noise, y):
    """Gradient of minus the ELBO in each parameter, dict of NAMES."""
    loc, scale = params["hyper_loc"], params["hyper_scale"]
    up_loc, up_scale, up = np.empty(4), np.empty(4), {}
    rest = (y - params["m_loc"][:, None] * x - params["c_loc"][:, None]) / noise**2
    for at, name, (sd_mu, top), side in ((0, "m", SLOPE, x), (2, "c", INTERCEPT, np.ones_like(x))):
        mu, s_mu, log_sigma, s_sigma = loc[at], scale[at], loc[at + 1], scale[at + 1]
        line, width = params[f"{name}_loc"], params[f"{name}_scale"]
        precision, square = np.exp(-2 * log_sigma + 2 * s_sigma**2), np.exp(2 * log_sigma + 2 * s_sigma**2)
        spread = np.sum((line - mu) ** 2 + width**2 + s_mu**2)
        up_loc[at] = -mu / sd_mu**2 + precision * np.sum(line - mu)
        up_scale[at] = -s_mu / sd_mu**2 + 1 / s_mu - len(line) * precision * s_mu
        up_loc[at + 1] = -square / top**2 + 1 - len(line) + precision * spread
        up_scale[at + 1] = -2 * s_sigma * square / top**2 + 1 / s_sigma - 2 * s_sigma * precision * spread
        up[f"{name}_loc"] = -precision * (line - mu) + np.sum(side * rest, axis=1)
        up[f"{name}_scale"] = -precision * width + 1 / width - width * np.sum(side**2 / noise**2, axis=1)
    return {name: -value for name, value in ({"hyper_loc": up_loc, "hyper_scale": up_scale} | up).items()}


def slope_gradient(params, x, noise, y, meets, counted):
    """Gradient of minus the ELBO in m_loc, (J,), where lines and data are paired otherwise.

    Args:
        meets: (J, J), how often on average line i, row, meets the data of group j.
        counted: (J,), how often all that has to do with line i is counted.
    """
    mu, log_sigma, s_sigma = params["hyper_loc"][0], params["hyper_loc"][1], params["hyper_scale"][1]
    m, c = params["m_loc"], params["c_loc"]
    xy, xx, x1 = (meets @ np.sum(x * part / noise**2, axis=1) for part in (y, x, 1))
    return -counted * (xy - m * xx - c * x1 - np.exp(-2 * log_sigma + 2 * s_sigma**2) * (m - mu))


def scatter(params, x, noise, y, batch, n, rng):
    """Standard deviation of one draw's loss and of its gradient, from ``n`` draws of latents and of groups.

    Returns:
        (number, dict of NAMES).
    """
    groups, weight = len(x), len(x) / batch
    inside = weight * (np.argsort(rng.uniform(size=(n, groups)), axis=1) < batch)  # J/M in the batch, 0 outside
    eps = {name: rng.normal(size=(n, groups)) for name in "mc"}
    eps_hyper = rng.normal(size=(n, 4))
    z = {name: params[f"{name}_loc"] + params[f"{name}_scale"] * eps[name] for name in "mc"}
    hyper = params["hyper_loc"] + params["hyper_scale"] * eps_hyper
    rest = (y - z["m"][:, :, None] * x - z["c"][:, :, None]) / noise
    value = np.sum(inside * np.sum(-0.5 * LOG_2PI - np.log(noise) - 0.5 * rest**2, axis=2), axis=1)
    value += np.sum(0.5 * LOG_2PI + 0.5 * eps_hyper**2 + np.log(params["hyper_scale"]), axis=1)
    up_loc, up = np.empty((n, 4)), {}
    for at, name, (sd_mu, top), side in ((0, "m", SLOPE, x), (2, "c", INTERCEPT, np.ones_like(x))):
        mu, log_sigma = hyper[:, at, None], hyper[:, at + 1, None]
        step = (z[name] - mu) * np.exp(-log_sigma)
        value += -0.5 * LOG_2PI - np.log(sd_mu) - 0.5 * (mu[:, 0] / sd_mu) ** 2 + log_sigma[:, 0]
        value += 0.5 * np.log(2 / np.pi) - np.log(top) - 0.5 * np.exp(2 * log_sigma[:, 0]) / top**2
        value += np.sum(
            inside * (-log_sigma - 0.5 * step**2 + 0.5 * eps[name] ** 2 + np.log(params[f"{name}_scale"])), axis=1
        )
        up_loc[:, at] = -mu[:, 0] / sd_mu**2 + np.sum(inside * step * np.exp(-log_sigma), axis=1)
        up_loc[:, at + 1] = -np.exp(2 * log_sigma[:, 0]) / top**2 + 1 + np.sum(inside * (step**2 - 1), axis=1)
        up[f"{name}_loc"] = inside * (-step * np.exp(-log_sigma) + np.sum(side * rest / noise, axis=2))
        up[f"{name}_scale"] = up[f"{name}_loc"] * eps[name] + inside / params[f"{name}_scale"]
    up |= {"hyper_loc": up_loc, "hyper_scale": up_loc * eps_hyper + 1 / params["hyper_scale"]}
    return value.std(), {name: up[name].std(axis=0) for name in NAMES}


def pinned(hyper, hyper_loc, hyper_scale, line, line_loc, line_scale, x, noise, y):
    """Pieces of the log densities with all latents held at given values, every group alike, nats.

    Args:
        hyper: (4,) mu_m, sigma_m, mu_c, sigma_c.
        hyper_loc, hyper_scale: (4,) parameters of the guide.
        line, line_loc, line_scale: (2,) slope and intercept, and the guide's parameters of them.
        x, noise, y: (K,) points of one group.

    Returns:
        dict of numbers: ``hyper``, prior minus guide density of the hyperparameters; and of one group ``prior``,
        ``guide`` and ``data``, its log prior, minus log guide density, and log likelihood.
    """

    def normal(value, loc, scale):
        return -0.5 * LOG_2PI - np.log(scale) - 0.5 * ((value - loc) / scale) ** 2

    out = {"hyper": 0.0, "prior": 0.0, "guide": 0.0}
    for i, (at, (sd_mu, top)) in enumerate(((0, SLOPE), (2, INTERCEPT))):
        mu, sigma = hyper[at], hyper[at + 1]
        out["hyper"] += normal(mu, 0, sd_mu) + np.log(2) + normal(sigma, 0, top)
        out["hyper"] -= normal(mu, hyper_loc[at], hyper_scale[at])
        out["hyper"] -= normal(np.log(sigma), hyper_loc[at + 1], hyper_scale[at + 1]) - np.log(sigma)
        out["prior"] += normal(line[i], mu, sigma)
        out["guide"] -= normal(line[i], line_loc[i], line_scale[i])
    return out | {"data": np.sum(normal(y, line[0] * x + line[1], noise))}
