"""Mistakes that learners make in run-chains: each function stands for the learner's ``run_chains``."""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer import MCMC, NUTS


def _sampler(model, n_warmup, n_samples, chains=4):
    options = {"num_chains": chains, "chain_method": "vectorized", "progress_bar": False}
    return MCMC(NUTS(model), num_warmup=n_warmup, num_samples=n_samples, **options)


def _run(key, model, n_warmup, n_samples, *args, chains=4):
    """Draws, steps of the warm-up, steps of the draws, and divergences, with an axis for the chains in front."""
    mcmc = _sampler(model, n_warmup, n_samples, chains)
    mcmc.warmup(key, *args, collect_warmup=True, extra_fields=("num_steps",))
    before = mcmc.get_extra_fields(group_by_chain=True)["num_steps"]
    mcmc.run(mcmc.post_warmup_state.rng_key, *args, extra_fields=("num_steps", "diverging"))
    fields = mcmc.get_extra_fields(group_by_chain=True)
    return mcmc.get_samples(group_by_chain=True), before, fields["num_steps"], fields["diverging"]


def _unconstrained(key, model, draws, args):
    trace = handlers.trace(handlers.seed(model, key)).get_trace(*args)
    return {name: dist.biject_to(trace[name]["fn"].support).inv(values) for name, values in draws.items()}


def one_key_for_all(key, model, n_warmup, n_samples, *args):
    draws, before, after, diverging = _run(key, model, n_warmup, n_samples, *args, chains=1)
    four = lambda values: jnp.concatenate([values] * 4)
    return jax.tree.map(four, draws), four(jnp.concatenate([before, after], axis=1)), four(diverging)


def one_chain_cut_in_four(key, model, n_warmup, n_samples, *args):
    draws, before, after, diverging = _run(key, model, n_warmup, 4 * n_samples, *args, chains=1)
    draws = {name: values.reshape(4, n_samples) for name, values in draws.items()}
    steps = jnp.concatenate([jnp.tile(before, (4, 1)), after.reshape(4, n_samples)], axis=1)
    return draws, steps, diverging.reshape(4, n_samples)


def steps_of_the_draws_only(key, model, n_warmup, n_samples, *args):
    mcmc = _sampler(model, n_warmup, n_samples)
    mcmc.run(key, *args, extra_fields=("num_steps", "diverging"))
    fields = mcmc.get_extra_fields(group_by_chain=True)
    return mcmc.get_samples(group_by_chain=True), fields["num_steps"], fields["diverging"]


def draws_first(key, model, n_warmup, n_samples, *args):
    draws, before, after, diverging = _run(key, model, n_warmup, n_samples, *args)
    return draws, jnp.concatenate([after, before], axis=1), diverging


def short_warm_up(key, model, n_warmup, n_samples, *args):
    draws, before, after, diverging = _run(key, model, 20, n_samples, *args)
    return draws, jnp.concatenate([before, after], axis=1), diverging


def few_draws(key, model, n_warmup, n_samples, *args):
    draws, before, after, diverging = _run(key, model, n_warmup, 40, *args)
    return draws, jnp.concatenate([before, after], axis=1), diverging


def warm_up_among_the_draws(key, model, n_warmup, n_samples, *args):
    mcmc = _sampler(model, n_warmup, n_samples)
    mcmc.warmup(key, *args, collect_warmup=True, extra_fields=("num_steps", "diverging"))
    first, fields = mcmc.get_samples(group_by_chain=True), mcmc.get_extra_fields(group_by_chain=True)
    mcmc.run(mcmc.post_warmup_state.rng_key, *args, extra_fields=("num_steps", "diverging"))
    both = lambda a, b: jnp.concatenate([a, b], axis=1)
    draws = jax.tree.map(both, first, mcmc.get_samples(group_by_chain=True))
    fields = jax.tree.map(both, fields, mcmc.get_extra_fields(group_by_chain=True))
    return draws, fields["num_steps"], fields["diverging"]


def chains_in_one_row(key, model, n_warmup, n_samples, *args):
    mcmc = _sampler(model, n_warmup, n_samples)
    mcmc.warmup(key, *args, collect_warmup=True, extra_fields=("num_steps",))
    before = mcmc.get_extra_fields()["num_steps"]
    mcmc.run(mcmc.post_warmup_state.rng_key, *args, extra_fields=("num_steps", "diverging"))
    fields = mcmc.get_extra_fields()
    return mcmc.get_samples(), jnp.concatenate([before, fields["num_steps"]]), fields["diverging"]


def unconstrained_draws(key, model, n_warmup, n_samples, *args):
    draws, before, after, diverging = _run(key, model, n_warmup, n_samples, *args)
    return _unconstrained(key, model, draws, args), jnp.concatenate([before, after], axis=1), diverging


def divergences_of_the_warm_up(key, model, n_warmup, n_samples, *args):
    mcmc = _sampler(model, n_warmup, n_samples)
    mcmc.warmup(key, *args, collect_warmup=True, extra_fields=("num_steps", "diverging"))
    before = mcmc.get_extra_fields(group_by_chain=True)
    mcmc.run(mcmc.post_warmup_state.rng_key, *args, extra_fields=("num_steps", "diverging"))
    after = mcmc.get_extra_fields(group_by_chain=True)
    fields = {name: jnp.concatenate([before[name], after[name]], axis=1) for name in before}
    return mcmc.get_samples(group_by_chain=True), fields["num_steps"], fields["diverging"]


def steps_of_the_draws_only__unconstrained_draws(key, model, n_warmup, n_samples, *args):
    draws, _, after, diverging = _run(key, model, n_warmup, n_samples, *args)
    return _unconstrained(key, model, draws, args), after, diverging
