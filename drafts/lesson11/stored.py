"""What lesson 11 prints without computing it there: one function for each stored table.

    python -m course.lesson11.stored NAME ...        from the root of a checkout; without a name it lists them

Seconds of processor time: ``schools`` 70, ``readings`` 5, ``alarms`` 20. All depend on keys or seeds.
"""

import sys
import time

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
from numpyro import handlers
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoIAFNormal, AutoNormal
from numpyro.infer.util import log_density
from scipy import stats

EFFECTS = jnp.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERRORS = jnp.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
LOG_Z = -31.31135  # by the quadrature of lesson 9


def k_hat(log_w):
    """k-hat by ArviZ."""
    return float(az.psislw(np.asarray(log_w, dtype=float))[1])


# ---------------------------------------------------------------- eight schools


def centred(y, noise):
    mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
    tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
    with numpyro.plate("schools", len(y)):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, noise), obs=y)


def noncentred(y, noise):
    mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
    tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
    with numpyro.plate("schools", len(y)):
        z = numpyro.sample("z", dist.Normal(0.0, 1.0))
        theta = numpyro.deterministic("theta", mu + tau * z)
        numpyro.sample("y", dist.Normal(theta, noise), obs=y)


def log_weights(key, model, guide, params, n, *args):
    """ln tau and log weight of n draws."""

    def one(key):
        key_guide, key_model = jax.random.split(key)
        log_q, q = log_density(handlers.seed(guide, key_guide), args, {}, params)
        z = {name: site["value"] for name, site in q.items() if site["type"] == "sample"}
        log_p, _ = log_density(handlers.seed(model, key_model), args, {}, z)
        return jnp.log(z["tau"]), log_p - log_q

    return jax.vmap(one)(jax.random.split(key, n))


def schools(n_fits=8, n_steps=3000, n=20_000):
    """Two forms of the schools, two guides, eight fits of each: gap, k-hat, ln tau, corrected tau, ESS."""
    args = EFFECTS, ERRORS
    for form, model in (("centred", centred), ("non-centred", noncentred)):
        for name, make, rate in (("AutoNormal", AutoNormal, 0.1), ("AutoIAFNormal", AutoIAFNormal, 0.01)):
            guide = make(model)
            optimizer = optax.chain(
                optax.clip_by_global_norm(10.0), optax.adam(optax.cosine_decay_schedule(rate, n_steps), b2=0.99)
            )
            svi = SVI(model, guide, optimizer, Trace_ELBO(num_particles=16))
            svi.init(jax.random.key(0), *args)

            @jax.jit
            @jax.vmap
            def fit_and_draw(key):
                key_fit, key_draws = jax.random.split(key)
                state = svi.init(key_fit, *args)
                state, _ = jax.lax.scan(lambda state, _: svi.update(state, *args), state, None, length=n_steps)
                return log_weights(key_draws, model, guide, svi.get_params(state), n, *args)

            log_tau, log_w = map(np.asarray, fit_and_draw(jax.random.split(jax.random.key(11), n_fits)))
            gaps = LOG_Z - log_w.mean(axis=1)
            k = np.array([[k_hat(part) for part in row.reshape(5, -1)] for row in log_w])
            w = np.exp(log_w - log_w.max(axis=1, keepdims=True))
            ess = w.sum(axis=1) ** 2 / (w**2).sum(axis=1)
            tau = (w * np.exp(log_tau)).sum(axis=1) / w.sum(axis=1)
            print(
                f"{form} {name}: gap {np.median(gaps):.2f} ({gaps.min():.2f} to {gaps.max():.2f}), k-hat of {n // 5} "
                f"draws {k.mean():.2f} ± {k.std():.2f}, ln tau {log_tau.mean(axis=1).mean():.2f} "
                f"({log_tau.std(axis=1).mean():.2f})"
            )
            print(
                "   corrected tau",
                np.sort(tau.astype(float)).round(2).tolist(),
                "plain",
                np.exp(log_tau).mean(axis=1).round(2),
            )
            print("   ESS of", n, np.sort(ess).astype(int).tolist(), flush=True)


# ---------------------------------------------------------------- k-hat, a noisy number


def readings(n_times=200):
    """k-hat of N(0, s**2 I) on N(0, I) in d dimensions: mean and sd, and how often it is above .7."""
    rng = np.random.default_rng(0)
    for d, s in ((1, 0.5), (5, 0.5), (10, 0.7)):
        for n in (1000, 4000, 16_000):
            times = n_times if n < 16_000 else n_times // 2
            found = []
            for _ in range(times):
                u = rng.normal(size=(n, d))
                found.append(k_hat(0.5 * (1 - s**2) * (u**2).sum(axis=1)))
            found = np.array(found)
            print(
                f"d {d}, s {s}, true {1 - s**2:.2f}, n {n}: {found.mean():.3f} ± {found.std():.3f}, above .7 in "
                f"{100 * np.mean(found > 0.7):.0f} % of {times}",
                flush=True,
            )


# ---------------------------------------------------------------- VSBC


def alarms(n_times=1000, n_draws=1000):
    """How often two tests of the ranks reject at .05: N(0, 1), one datum of noise 1, posterior with a factor in its sd.

    VSBC's test compares the shares p of draws below the truth with 1 - p, as NumPyro's does; the other compares them
    with a uniform distribution.
    """
    rng = np.random.default_rng(1)
    for factor in (1.0, 0.5):
        for n_sims in (50, 100, 200, 1000):
            folded, plain = 0, 0
            for _ in range(n_times):
                theta = rng.normal(size=n_sims)
                mean = (theta + rng.normal(size=n_sims)) / 2
                below = stats.norm.cdf((theta - mean) / (factor * np.sqrt(0.5)))
                p = rng.binomial(n_draws, below) / n_draws
                folded += stats.ks_2samp(p, 1 - p, method="asymp").pvalue < 0.05
                plain += stats.kstest(p, "uniform").pvalue < 0.05
            print(
                f"sd times {factor}, {n_sims} simulations: VSBC {100 * folded / n_times:.1f} %, one sample "
                f"{100 * plain / n_times:.1f} %",
                flush=True,
            )


ALL = (schools, readings, alarms)

if __name__ == "__main__":
    wanted = [fn for fn in ALL if fn.__name__ in sys.argv[1:]]
    if not wanted:
        print(__doc__)
    for fn in wanted:
        start = time.process_time()
        fn()
        print(f"-- {fn.__name__}: {time.process_time() - start:.0f} s", flush=True)
