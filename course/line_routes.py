"""The posterior of lines with outliers by a second route: NUTS, all cases in one call.

The exact posterior sums over all sets of outliers. A case is refused when NUTS is not sound (R-hat and ESS of ranks,
divergences) or when it disagrees with the exact posterior. Compared are medians and central 68 % intervals:
a far mode with a third of a per cent of the mass, which chains rarely visit, can hold a quarter of a variance.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import lax, random
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer.hmc import hmc
from numpyro.infer.util import initialize_model
from scipy.special import ndtri
from scipy.stats import rankdata

SITES = ("theta", "b_perp", "bg_mean", "bg_sigma", "Q")
CHAINS, WARMUP, DRAWS = 4, 1000, 2500
MAX_RHAT, MIN_ESS, MAX_DIVERGENCES = 1.01, 2000, 20
MAX_SHIFT, MAX_RATIO = 0.08, 0.08  # exact half-widths; ln of the ratio of half-widths


def model(x, e, y):
    """The line with outliers, its mixture written as a factor."""
    theta = numpyro.sample("theta", dist.Uniform(-jnp.pi / 2, jnp.pi / 2))
    b_perp = numpyro.sample("b_perp", dist.Normal(0.0, 1.0))
    bg_mean = numpyro.sample("bg_mean", dist.Normal(0.0, 1.0))
    bg_sigma = numpyro.sample("bg_sigma", dist.HalfNormal(3.0))
    q = numpyro.sample("Q", dist.Uniform(0.0, 1.0))
    on = dist.Normal(x * jnp.tan(theta) + b_perp / jnp.cos(theta), e).log_prob(y)
    off = dist.Normal(bg_mean, jnp.sqrt(bg_sigma**2 + e**2)).log_prob(y)
    numpyro.factor("points", jnp.logaddexp(jnp.log(q) + on, jnp.log1p(-q) + off).sum())


def nuts(key, starts, x, e, y):
    """NUTS for many data sets in one vmapped call.

    Args:
        key: JAX key.
        starts: (cases, 5) in the model's coordinates; chains begin around them, so that none is stuck far off.
        x, e, y: (cases, points).

    Returns:
        Draws, (cases, CHAINS, DRAWS, 5) in the model's coordinates, and numbers of divergences, (cases,).
    """
    setup = initialize_model(random.key(0), model, model_args=(x[0], e[0], y[0]), dynamic_args=True)
    init, sample = hmc(potential_fn_gen=setup.potential_fn, algo="NUTS")

    def chain(key, start, *data):
        around, run = random.split(key)
        z = {"theta": jnp.log((start[0] / jnp.pi + 0.5) / (0.5 - start[0] / jnp.pi)), "b_perp": start[1]}
        z |= {"bg_mean": start[2], "bg_sigma": jnp.log(start[3]), "Q": jnp.log(start[4] / (1 - start[4]))}
        noise = 0.1 * random.normal(around, (len(SITES),))
        z = {name: z[name] + noise[i] for i, name in enumerate(SITES)}
        state = init(z, WARMUP, model_args=data, rng_key=run, target_accept_prob=0.9)

        def step(state, _):
            state = sample(state, data, {})
            return state, (state.z, state.diverging)

        state, _ = lax.scan(step, state, length=WARMUP)
        _, (z, diverging) = lax.scan(step, state, length=DRAWS)
        z["theta"] = jnp.pi * (jax.nn.sigmoid(z["theta"]) - 0.5)
        z |= {"bg_sigma": jnp.exp(z["bg_sigma"]), "Q": jax.nn.sigmoid(z["Q"])}
        return jnp.stack([z[name] for name in SITES], axis=-1), diverging.sum()

    run = jax.vmap(jax.vmap(chain, (0, None, None, None, None)))
    draws, diverging = jax.jit(run)(random.split(key, (len(starts), CHAINS)), starts, x, e, y)
    return np.asarray(draws), np.asarray(diverging).sum(axis=1)


def _normal_ranks(chains):
    """Normal scores of the draws' ranks, each parameter's on its own (A. Vehtari and others 2021, section 4).

    Args:
        chains: (chains, draws, parameters).
    """
    flat = chains.reshape(-1, chains.shape[-1])
    return ndtri((rankdata(flat, axis=0) - 0.375) / (len(flat) + 0.25)).reshape(chains.shape)


def routes(cases, references, seed=0):
    """NUTS beside the references of line cases with equally many points.

    Args:
        cases: list of cases (``x``, ``e``, ``y``).
        references: their references (``median``, ``half_width``).
        seed: of the JAX key.

    Returns:
        A list of (numbers, trouble): arrays to store, and "" or why the case is refused.
    """
    starts = jnp.array([reference["median"] for reference in references])
    data = [jnp.array([np.asarray(case[name], float) for case in cases]) for name in ("x", "e", "y")]
    draws, divergences = nuts(random.key(seed), starts, *data)
    found = []
    for chains, diverging, reference in zip(draws, divergences, references):
        low, median, high = np.quantile(chains.reshape(-1, len(SITES)), (0.16, 0.5, 0.84), axis=0)
        shift = (median - reference["median"]) / reference["half_width"]
        ratio = (high - low) / 2 / reference["half_width"]
        ranks = _normal_ranks(chains)
        rhat = float(np.max([split_gelman_rubin(ranks[..., i]) for i in range(len(SITES))]))
        ess = float(np.min([effective_sample_size(ranks[..., i]) for i in range(len(SITES))]))
        numbers = {
            "nuts_shift": shift,
            "nuts_ratio": ratio,
            "nuts_rhat": rhat,
            "nuts_ess": ess,
            "nuts_divergences": diverging,
        }
        trouble = ""
        if diverging > MAX_DIVERGENCES or not rhat <= MAX_RHAT or not ess >= MIN_ESS:
            trouble = f"NUTS is not sound: R-hat {rhat:.4f}, ESS {ess:.0f}, {diverging} divergences"
        elif not (np.max(abs(shift)) <= MAX_SHIFT and np.max(abs(np.log(ratio))) <= MAX_RATIO):
            trouble = (
                f"NUTS disagrees with the exact posterior: medians by {np.max(abs(shift)):.3f} half-widths, "
                f"widths by {np.max(abs(np.log(ratio))):.3f} in ln"
            )
        found.append(({key: np.asarray(value) for key, value in numbers.items()}, trouble))
    return found
