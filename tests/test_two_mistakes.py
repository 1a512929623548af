"""Two mistakes at once: the answer fails, and the hint, if there is one, is that of a mistake it does make."""

import numpy as np
import pytest

from autograder import calibration, lessons
from autograder.judging import choose_hint, judge

#: (lesson, exercise, the two known-wrong answers that it combines, source)
PAIRS = [
    ("01-divergence-evidence-bound", "posterior-coin", ("uniform prior", "swapped"), """
def posterior_coin(heads, tails, a0, b0):
    return tails + 1, heads + 1
"""),
    ("01-divergence-evidence-bound", "log-evidence", ("prior not normalised", "minus sign"), """
def log_evidence_coin(heads, tails, a0, b0):
    return -special.betaln(a0 + heads, b0 + tails)
"""),
    ("01-divergence-evidence-bound", "kl-normal", ("arguments swapped", "no half"), """
def kl_normal(m1, s1, m2, s2):
    return np.log(s1 / s2) + (s2**2 + (m1 - m2) ** 2) / (2 * s1**2)
"""),
    ("01-divergence-evidence-bound", "kl-grid", ("swapped", "no spacing"), """
def kl_grid(log_q, log_p, x):
    keep = np.exp(log_p) > 0
    return np.sum(np.exp(log_p[keep]) * (log_p[keep] - log_q[keep]))
"""),
    ("01-divergence-evidence-bound", "elbo-coin", ("no prior", "negated"), """
def elbo_beta_coin(a, b, heads, tails, a0, b0):
    f, not_f = special.digamma(a) - special.digamma(a + b), special.digamma(b) - special.digamma(a + b)
    return (a - 1) * f + (b - 1) * not_f - special.betaln(a, b) - heads * f - tails * not_f
"""),
    ("01-divergence-evidence-bound", "best-gaussian", ("directions swapped", "variance"), """
def best_gaussian(logp_grid, x, direction):
    p = np.exp(logp_grid - special.logsumexp(logp_grid))
    mean = np.sum(p * x)
    if direction == "reverse":
        return mean, np.sum(p * (x - mean) ** 2)
    i, dx = np.argmax(logp_grid), x[1] - x[0]
    return x[i], -(dx**2) / (logp_grid[i - 1] - 2 * logp_grid[i] + logp_grid[i + 1])
"""),
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
    ("04-has-it-converged", "loss-spread", ("variance", "own key"), """
def loss_spread(key, loss, phi, n):
    return jnp.var(jax.vmap(lambda k: loss(k, phi))(jax.random.split(jax.random.key(0), n)))
"""),
    ("04-has-it-converged", "plateau", ("median", "sd"), """
def plateau(losses, window):
    return np.median(losses[-window:]), np.std(losses[-window:])
"""),
    ("04-has-it-converged", "plateau", ("whole run", "squared"), """
def plateau(losses, window):
    return np.mean(losses), np.var(losses) / len(losses)
"""),
    ("04-has-it-converged", "has-converged", ("falling only", "NaN slips through"), """
def has_converged(losses, window):
    last, before = losses[-window:], losses[-2 * window : -window]
    return not before.mean() - last.mean() > 4 * np.sqrt((last.var() + before.var()) / window)
"""),
    ("04-has-it-converged", "has-converged", ("within one sd", "past not forgiven"), """
def has_converged(losses, window):
    last, before = losses[-window:], losses[-2 * window : -window]
    return bool(np.isfinite(losses).all() and abs(last.mean() - before.mean()) <= last.std())
"""),
    ("04-has-it-converged", "iterate-average", ("first part", "median"), """
def iterate_average(phis, frac):
    return jax.tree.map(lambda x: jnp.median(x[: round(frac * len(x))], axis=0), phis)
"""),
    ("04-has-it-converged", "fit-with-decay", ("constant and large", "one noise for all"), """
def fit_with_decay(key, loss, phi0, n_steps):
    same = key
    return minimise(key, lambda key, phi: loss(same, phi), phi0, n_steps, optax.adam(0.2))[0]
"""),
    ("05-structured-guides", "two-bumps", ("one bump", "factor without its half"), """
def log_target(x, y, b, s1, s2, theta):
    c, s = jnp.cos(theta), jnp.sin(theta)
    return -0.5 * ((c * x + s * y - b) / s1) ** 2 - jnp.log1p(((c * y - s * x) / s2) ** 2)
"""),
    ("05-structured-guides", "two-bumps", ("factor forgotten", "turned the other way"), """
def log_target(x, y, b, s1, s2, theta):
    u = jnp.cos(theta) * x - jnp.sin(theta) * y
    return jnp.logaddexp(-0.5 * ((u - b) / s1) ** 2, -0.5 * ((u + b) / s1) ** 2)
"""),
    ("05-structured-guides", "affine-guide", ("plus", "transposed"), """
def guide_affine(A, m):
    u = numpyro.sample("u", dist.Normal(jnp.zeros(3), 1.0).to_event(1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(A.T @ u + m, log_density=jnp.linalg.slogdet(A)[1], event_dim=1))
"""),
    ("05-structured-guides", "bimodal-guide", ("no rotation", "one scale for both"), """
def guide_bimodal():
    b = numpyro.param("b", 3.0, constraint=constraints.positive)
    s1 = numpyro.param("s1", 1.0, constraint=constraints.positive)
    s2 = numpyro.param("s2", 1.0, constraint=constraints.positive)
    theta = numpyro.param("theta", jnp.pi / 4)
    halves = dist.Categorical(probs=jnp.array([0.5, 0.5]))
    u1 = numpyro.sample("u1", dist.MixtureSameFamily(halves, dist.Normal(jnp.stack([b, -b]), s1)), infer={"is_auxiliary": True})
    u2 = numpyro.sample("u2", dist.Normal(0.0, s1), infer={"is_auxiliary": True})
    numpyro.sample("x", dist.Delta(u1))
    numpyro.sample("y", dist.Delta(u2))
"""),
    ("05-structured-guides", "stratified-elbo", ("plain average", "loss"), """
def stratified_elbo(key, phi, log_p, n):
    log_w, loc, scale = jax.nn.log_softmax(phi["logits"]), phi["loc"], jnp.exp(phi["log_scale"])
    z = loc + scale * jax.random.normal(key, (n, len(loc)))
    log_q = jax.scipy.special.logsumexp(log_w + jax.scipy.stats.norm.logpdf(z[..., None], loc, scale), axis=-1)
    return -jnp.mean(log_p(z) - log_q)
"""),
    ("05-structured-guides", "best-restart", ("highest score", "the last loss"), """
def best_of_restarts(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    scores = np.asarray(losses[:, -1])
    return jax.tree.map(lambda leaf: leaf[np.nanargmax(scores)], phis), scores
"""),
    ("06-autoguides", "mean-field-gaussian", ("variances", "gap without a half"), """
def mean_field_gaussian(precision):
    diagonal = np.diag(precision)
    return 1 / diagonal, np.sum(np.log(diagonal)) - np.linalg.slogdet(precision)[1]
"""),
    ("06-autoguides", "fit-autoguide", ("always normal", "a tenth of the steps"), """
def fit_autoguide(key, model, kind, n_steps):
    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(0.005), Trace_ELBO(num_particles=16))
    return guide, *run_svi(key, svi, n_steps // 10)
"""),
    ("06-autoguides", "principal-axes", ("ascending", "radians"), """
def principal_axes(scale_tril):
    values, vectors = np.linalg.eigh(scale_tril @ scale_tril.T)
    return np.sqrt(values), np.arctan2(vectors[1, 1], vectors[0, 1])
"""),
    ("06-autoguides", "principal-axes", ("transposed product", "variances"), """
def principal_axes(scale_tril):
    values, vectors = np.linalg.eigh(scale_tril.T @ scale_tril)
    return values[::-1], np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
"""),
    ("06-autoguides", "constrain-draws", ("centre only", "not stretched"), """
def constrain_draws(key, guide, params, n):
    middle = guide.median(params)
    low, high = guide.prototype_trace["place"]["fn"].low, guide.prototype_trace["place"]["fn"].high
    middle["place"] = (middle["place"] - low) / (high - low)
    return {name: jnp.broadcast_to(x, (n, *jnp.shape(x))) for name, x in middle.items()}
"""),
    ("06-autoguides", "laplace", ("curvature for covariance", "2 pi lost"), """
def laplace(log_joint, z0):
    z = jnp.asarray(z0)
    for _ in range(20):
        z = z - jnp.linalg.solve(jax.hessian(log_joint)(z), jax.grad(log_joint)(z))
    precision = -jax.hessian(log_joint)(z)
    return z, precision, log_joint(z) - 0.5 * jnp.linalg.slogdet(precision)[1]
"""),
    ("06-autoguides", "counts-posterior", ("one count", "loss negated"), """
def counts_posterior(key, counts, mu0, sigma0):
    def model():
        numpyro.sample("obs", dist.Poisson(numpyro.sample("rate", dist.LogNormal(mu0, sigma0))), obs=counts[0])
    guide = AutoNormal(model)
    svi = SVI(model, guide, optax.adam(optax.cosine_decay_schedule(0.05, 2000)), Trace_ELBO(num_particles=8))
    params, losses = run_svi(key, svi, 2000)
    return guide.sample_posterior(jax.random.fold_in(key, 1), params, sample_shape=(4096,))["rate"], -losses
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
        assert measurement["status"] == "ok" and not all(row.passed for row in rows), measurement["sentence"]
        assert choose_hint(exercise, [(measurement, reference, rows)]) in {"", *(hints[name] for name in both)}
