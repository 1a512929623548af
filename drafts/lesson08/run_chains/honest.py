"""Other right answers in run-chains: each function stands for the learner's ``run_chains``."""

import jax
import jax.numpy as jnp
from numpyro.infer import MCMC, NUTS, init_to_median


def smaller_steps_and_another_key(key, model, n_warmup, n_samples, *args):
    key_warmup, key_draws = jax.random.split(key)
    kernel = NUTS(model, target_accept_prob=0.9, init_strategy=init_to_median(num_samples=10))
    mcmc = MCMC(kernel, num_warmup=n_warmup, num_samples=n_samples, num_chains=4, chain_method="vectorized")
    mcmc.warmup(key_warmup, *args, collect_warmup=True, extra_fields=["num_steps"])
    before = mcmc.get_extra_fields(group_by_chain=True)["num_steps"]
    mcmc.run(key_draws, *args, extra_fields=["num_steps", "diverging"])
    fields = mcmc.get_extra_fields(group_by_chain=True)
    return mcmc.get_samples(True), jnp.hstack([before, fields["num_steps"]]), fields["diverging"].astype(float)


def dense_matrix_and_own_keys(key, model, n_warmup, n_samples, *args):
    keys = jax.random.split(key, 4)
    options = {"num_chains": 4, "chain_method": "vectorized", "progress_bar": False}
    mcmc = MCMC(NUTS(model, dense_mass=True), num_warmup=n_warmup, num_samples=n_samples, **options)
    mcmc.warmup(keys, *args, collect_warmup=True, extra_fields=("num_steps", "accept_prob"))
    warmup = mcmc.get_extra_fields(group_by_chain=True)["num_steps"]
    mcmc.run(mcmc.post_warmup_state.rng_key, *args, extra_fields=("num_steps",))
    fields = mcmc.get_extra_fields(group_by_chain=True)
    return (
        mcmc.get_samples(group_by_chain=True),
        jnp.concatenate([warmup, fields["num_steps"]], axis=1),
        fields["diverging"],
    )


def chains_by_vmap(key, model, n_warmup, n_samples, *args):
    def one(key):
        mcmc = MCMC(NUTS(model), num_warmup=n_warmup, num_samples=n_samples, progress_bar=False)
        mcmc.warmup(key, *args, collect_warmup=True, extra_fields=("num_steps",))
        before = mcmc.get_extra_fields()["num_steps"]
        mcmc.run(jax.random.fold_in(key, 1), *args, extra_fields=("num_steps", "diverging"))
        after = mcmc.get_extra_fields()
        return mcmc.get_samples(), jnp.append(before, after["num_steps"]), after["diverging"]

    return jax.vmap(one)(jax.random.split(key, 4))


def kernel_in_a_scan(key, model, n_warmup, n_samples, *args):
    kernel = NUTS(model)

    def one(key):
        state = kernel.init(key, n_warmup, None, args, {})

        def step(state, _):
            state = kernel.sample(state, args, {})
            return state, (state.z, state.num_steps, state.diverging)

        state, (_, before, _) = jax.lax.scan(step, state, length=n_warmup)
        _, (z, after, diverging) = jax.lax.scan(step, state, length=n_samples)
        return jax.vmap(kernel.postprocess_fn(args, {}))(z), jnp.concatenate([before, after]), diverging

    return jax.vmap(one)(jax.random.split(key, 4))
