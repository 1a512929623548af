"""Lesson 3, SVI in NumPyro: what its exercises ask and how they are judged."""

import numpy as np
from scipy.special import betaln, gammaln

from svi_course.exercise import Field

from .. import coin
from ..tools import BLUE, ORANGE

#: The nodes as the measurement's float32 sees them.
NODES = coin.UNIT_NODES.astype(np.float32).astype(np.float64)


#: Where a guide is probed with every unconstrained parameter at -3.
CORNER_PROBES = np.array([0.1, 0.3, 0.5, 0.7, 0.9], dtype=np.float32).astype(np.float64)


def residual(y, *columns):
    """Largest distance of ``y`` from the span of ``columns`` and a constant, and the coefficients.

    Only points within 30 nats of the highest count: further out float32 has little to say.
    """
    keep = y > np.max(y) - 30
    design = np.stack([np.ones_like(y), *columns], axis=1)[keep]
    if not keep.any() or not np.all(np.isfinite(design)) or not np.all(np.isfinite(y[keep])):
        return np.nan, np.full(1 + len(columns), np.nan)
    coefficients = np.linalg.lstsq(design, y[keep], rcond=None)[0]
    return np.max(np.abs(design @ coefficients - y[keep])), coefficients


def close(x, y, tol):
    """Whether two arrays agree everywhere, absolutely and relatively to ``y``."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    return x.shape == y.shape and bool(np.all(np.abs(x - y) <= tol * (1 + np.abs(y))))


def sites_of(m, kind):
    """Names of the sites of one kind in the lines "name kind shape" of a measurement."""
    return [line.rsplit(f" {kind} ", 1)[0] for line in m["sites"] if f" {kind} (" in line]


def _log_choose(n, h):
    return gammaln(n + 1) - gammaln(h + 1) - gammaln(n - h + 1)


def recount(flips, old, new):
    """Flips with other numbers of heads: those of chances ``old``, moved by their quantiles to the chances ``new``."""
    n = flips.shape[1]
    heads = flips.sum(axis=1).astype(int)
    within = np.empty(len(heads))  # spreads equal numbers of heads over their step of the distribution function
    for k in np.unique(heads):
        tied = heads == k
        within[tied] = (np.arange(tied.sum()) + 0.5) / tied.sum()
    ranks = np.append(0, np.cumsum(old))[heads] + within * old[heads]
    moved = np.minimum(np.searchsorted(np.cumsum(new), ranks), n)
    return ((np.arange(n) + np.arange(len(heads))[:, None]) % n < moved[:, None]).astype(float)


def _heads_chances(n, a, b):
    """Chances of 0..n heads with f from Beta(a, b)."""
    k = np.arange(n + 1)
    return np.exp(_log_choose(n, k) + betaln(a + k, b + n - k) - betaln(a, b))


def draw_guide_case(rng):
    return {**coin.draw_coin(rng, n=20), "seed": rng.integers(2**31)}


def public_guide_case():
    return {**coin.public_coin(), "seed": np.array(7)}


def guide_reference(case):
    a, b = coin.posterior(case)
    heads = float(np.sum(case["data"]))
    mean, sd = coin.beta_mean_sd(a, b)
    loc, scale, kl = coin.best_logit_normal(a, b)
    return {
        "a": np.float64(a),
        "b": np.float64(b),
        "heads": np.float64(heads),
        "tails": np.float64(len(case["data"]) - heads),
        "a0": np.float64(case["a0"]),
        "b0": np.float64(case["b0"]),
        "mean": np.float64(mean),
        "sd": np.float64(sd),
        "loc": np.float64(loc),
        "scale": np.float64(scale),
        "best_kl": np.float64(kl),
        "floor": -np.float64(coin.log_evidence(heads, len(case["data"]) - heads, float(case["a0"]), float(case["b0"]))),
    }


GUIDE_FIELDS = {
    "losses": Field((3000,), allow="inf nan"),
    "draws": Field((4096,), allow="inf nan"),
    "logq": Field((4096,), allow="inf nan"),
    "probe": Field((204,), allow="inf nan"),
    "corner": Field((5,), allow="inf nan"),
    "sites": Field((None,), text=True),
}


def leaks(m):
    """Whether the guide has density at one of the probes outside (0, 1)."""
    return bool(np.isfinite(m["probe"][200:]).any())


def draws_off(m, r):
    """The larger of the error of the mean, in posterior sds, and twice that of the log sd, which has less noise."""
    return np.max(np.abs([(m["draws"].mean() - r["mean"]) / r["sd"], 2 * np.log(m["draws"].std() / r["sd"])]))


def bound(m, r):
    """How far the last losses lie below the floor, nats; at or above it the distance is zero."""
    level = m["losses"][-200:].mean()
    return max(r["floor"] - level, 0.0) if not np.isnan(level) else np.nan


def posterior_figure(axes, m, r, line, name):
    """A learner's surrogate over the exact posterior."""
    f = np.linspace(0.001, 0.999, 500)
    exact = np.exp(coin.beta_log_pdf(f, r["a"], r["b"]))
    x, claimed = line
    inside = (x > 0) & (x < 1)
    off = np.abs(claimed - np.exp(coin.beta_log_pdf(np.where(inside, x, 0.5), r["a"], r["b"])))[inside]
    good, right_claim = draws_off(m, r) < 0.15, off.size > 0 and np.max(off) < 0.2 * exact.max()
    title = "Your surrogate lies on the posterior" if good else "Your surrogate is not the posterior"
    if good and not right_claim:
        title = "Your draws lie on the posterior, the density that you claim does not"
    axes.hist(
        m["draws"][np.isfinite(m["draws"])],
        bins=np.linspace(0, 1, 51),
        density=True,
        color=ORANGE,
        alpha=0.45,
        label="your draws",
    )
    axes.plot(f, exact, color="black", label="exact posterior")
    axes.plot(x, claimed, color=BLUE, linestyle="--", linewidth=2, label=name)
    axes.set(xlabel="f", ylabel="density", xlim=(0, 1), ylim=(0, 1.6 * exact.max()))
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8)
    return (
        f"The exact posterior of f, with mean {r['mean']:.3f} and sd {r['sd']:.3f}; the density of your guide; "
        f"and a histogram of its draws, "
        f"with mean {m['draws'].mean():.3f} and sd {m['draws'].std():.3f}."
    )


def _quadratic_in_f(m):
    """The claimed log density at the draws is a quadratic of f, as a Normal's is; clipped draws don't count."""
    f, logq = m["draws"], m["logq"]
    good = np.isfinite(logq) & (f > f.min()) & (f < f.max())
    far, c = residual(logq[good], f[good], f[good] ** 2)
    return far < 5e-3 and c[2] < -1


def _is_normal(m):
    """A Normal on f itself. Where its losses are infinite its fit may end anywhere, so the corner tells."""
    if sites_of(m, "latent") != ["f"] or not (leaks(m) or np.isnan(m["probe"]).all()):
        return False
    if not np.isfinite(m["corner"]).all():
        return _quadratic_in_f(m)
    x = CORNER_PROBES
    design = np.stack([np.ones(5), x, x**2], axis=1)
    c = np.linalg.lstsq(design, m["corner"], rcond=None)[0]
    return close(design @ c, m["corner"], 1e-4) and c[2] < -1


def _beta_of(mean, sd):
    """(a, b) of the Beta with this mean and sd."""
    total = mean * (1 - mean) / sd**2 - 1
    return mean * total, (1 - mean) * total


_SD_SIZES, _MEAN_SIZES = (0.02, 0.05, 0.075, 0.1, 0.15, 0.3), (0.03, 0.06, 0.1, 0.15, 0.25, 0.5)


def inside(m):
    """Whether all draws are inside (0, 1), and no density outside."""
    return not leaks(m) and bool(np.all((m["draws"] > 0) & (m["draws"] < 1)))


def ks(draws, cdf):
    """Kolmogorov distance of draws from a distribution function."""
    values = cdf(np.sort(draws))
    n = len(draws)
    return max(np.max(np.arange(1, n + 1) / n - values), np.max(values - np.arange(n) / n))
