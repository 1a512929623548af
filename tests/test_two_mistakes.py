"""Two mistakes at once: the answer fails, and the hint, if there is one, is that of a mistake it does make."""

import numpy as np
import pytest

from autograder import calibration, lessons
from autograder.judging import choose_hint, judge

#: (lesson, exercise, the two known-wrong answers that it combines, source)
PAIRS = [
    ("02-your-own-svi", "log-joint", ("no jacobian", "binomial coefficient"), """
def log_joint_unconstrained(z, heads, tails):
    from jax.scipy.special import gammaln
    choose = gammaln(heads + tails + 1.0) - gammaln(heads + 1.0) - gammaln(tails + 1.0)
    return choose + heads * jax.nn.log_sigmoid(z) + tails * jax.nn.log_sigmoid(-z)
"""),
    ("02-your-own-svi", "log-joint", ("no jacobian", "heads and tails swapped"), """
def log_joint_unconstrained(z, heads, tails):
    return tails * jax.nn.log_sigmoid(z) + heads * jax.nn.log_sigmoid(-z)
"""),
    ("02-your-own-svi", "log-joint", ("heads and tails swapped", "log of a rounded number"), """
def log_joint_unconstrained(z, heads, tails):
    f = jax.nn.sigmoid(z)
    return (tails + 1) * jnp.log(f) + (heads + 1) * jnp.log(1 - f)
"""),
    ("02-your-own-svi", "elbo-mc", ("negated", "no log q"), """
def elbo_mc(key, phi, log_joint, n):
    z = phi["loc"] + jnp.exp(phi["log_scale"]) * jax.random.normal(key, (n,))
    return -jnp.mean(log_joint(z))
"""),
    ("02-your-own-svi", "elbo-mc", ("draws cut off", "key ignored"), """
def elbo_mc(key, phi, log_joint, n):
    scale = jnp.exp(phi["log_scale"])
    z = jax.lax.stop_gradient(phi["loc"] + scale * jax.random.normal(jax.random.key(0), (n,)))
    return jnp.mean(log_joint(z) - jax.scipy.stats.norm.logpdf(z, phi["loc"], scale))
"""),
    ("02-your-own-svi", "svi-step", ("uphill", "own key"), """
def svi_step(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(jax.random.key(0), p))(phi)
    updates, opt_state = optimizer.update(grads, opt_state, phi)
    return jax.tree.map(lambda p, u: p - u, phi, updates), opt_state, value
"""),
    ("02-your-own-svi", "svi-step", ("old state", "late value"), """
def svi_step(key, phi, opt_state, loss, optimizer):
    value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
    updates, _ = optimizer.update(grads, opt_state, phi)
    phi = optax.apply_updates(phi, updates)
    return phi, opt_state, loss(key, phi)
"""),
    ("02-your-own-svi", "fit", ("own key", "start returned"), """
def fit(key, loss, phi0, n_steps, lr):
    optimizer = optax.adam(lr)
    def step(carry, key):
        phi, opt_state = carry
        value, grads = jax.value_and_grad(lambda p: loss(key, p))(phi)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(phi, updates), opt_state), value
    (phi, _), losses = jax.lax.scan(step, (phi0, optimizer.init(phi0)), jax.random.split(jax.random.key(0), n_steps))
    return phi0, losses
"""),
    ("02-your-own-svi", "grad-variance", ("sd", "variance of the mean"), """
def grad_variance(key, loss, phi, n):
    grads = jax.vmap(lambda k: jax.grad(loss, argnums=1)(k, phi))(jax.random.split(key, n))
    return jax.tree.map(lambda g: g.std(axis=0) / jnp.sqrt(n), grads)
"""),
    ("03-svi-in-numpyro", "coin-model", ("plate of 20", "another prior"), """
def model_coin(n, data=None):
    f = numpyro.sample("f", dist.Beta(2.0, 2.0))
    with numpyro.plate("flips", 20):
        numpyro.sample("obs", dist.Bernoulli(f), obs=data)
"""),
    ("03-svi-in-numpyro", "coin-model", ("no obs", "f in the plate"), """
def model_coin(n, data=None):
    with numpyro.plate("flips", n):
        f = numpyro.sample("f", dist.Uniform(0.0, 1.0))
        numpyro.sample("obs", dist.Bernoulli(f))
"""),
    ("03-svi-in-numpyro", "coin-guide", ("other site", "one name"), """
def guide_beta(n, data=None):
    a = numpyro.param("concentration", 2.0, constraint=constraints.positive)
    b = numpyro.param("concentration", 2.0, constraint=constraints.positive)
    numpyro.sample("fairness", dist.Beta(a, b))
"""),
    ("03-svi-in-numpyro", "coin-guide", ("capped", "one name"), """
def guide_beta(n, data=None):
    a = numpyro.param("a", 2.0, constraint=constraints.interval(0.0, 10.0))
    numpyro.sample("f", dist.Beta(a, a))
"""),
    ("03-svi-in-numpyro", "run-svi", ("unconstrained", "init each step"), """
def run_svi(key, svi, n_steps, *args):
    def step(state, _):
        state = svi.init(key, *args)
        return svi.update(state, *args)
    state, losses = jax.lax.scan(step, svi.init(key, *args), None, length=n_steps)
    return svi.optim.get_params(state.optim_state), losses
"""),
]


@pytest.mark.parametrize("lesson_name, exercise_id, both, source", PAIRS, ids=lambda x: " and ".join(x) if isinstance(x, tuple) else "")
def test_two_mistakes_fail_and_get_no_third_ones_hint(lesson_name, exercise_id, both, source):
    lesson = lessons.find_lesson(lesson_name)
    exercise = lesson.exercises[exercise_id]
    hints = {wrong.name: wrong.hint for wrong in exercise.known_wrong}
    run, rng = calibration.measurer(lesson, exercise, source), np.random.default_rng(6)
    for _ in range(3):
        case = exercise.case(rng)
        measurement, reference = run(case), exercise.reference(case)
        rows = judge(exercise, measurement, reference, lesson.tolerances)
        assert not all(row.passed for row in rows)
        assert choose_hint(exercise, [(measurement, reference, rows)]) in {"", *(hints[name] for name in both)}
