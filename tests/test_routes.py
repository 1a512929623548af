"""The reference of every exercise, computed again by another route that shares no code with it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import integrate, optimize, stats
from scipy.special import expit, logit

from autograder import lessons
from autograder.exercises import lesson04
from autograder.learner.measures import lesson04 as measures04
from autograder.references import coin, coin_routes

COURSE = lessons.course_root()
CASES = 3


def cases(exercise_id):
    """The public case and a few hidden ones of an exercise, with their references."""
    _, exercise = lessons.find_exercise(exercise_id)
    rng = np.random.default_rng(3)
    found = [exercise.public(), *(exercise.case(rng) for _ in range(CASES))]
    return [(case, exercise.reference(case)) for case in found]


def normal_average(fn, loc, scale):
    """E fn(z) under N(loc, scale**2), adaptive quadrature."""
    return integrate.quad(lambda z: fn(z) * stats.norm.pdf(z, loc, scale), loc - 12 * scale, loc + 12 * scale, epsabs=1e-12, limit=200)[0]


def log_joint_z(z, a, b):
    """The coin's log joint in z = logit f from densities of f: Beta(a, b) without its constant, times df/dz."""
    f = expit(z)
    return stats.beta.logpdf(f, a, b) - stats.beta.logpdf(0.5, a, b) + (a + b - 2) * np.log(0.5) + np.log(f * (1 - f))


def log_joint():
    for case, r in cases("log-joint"):
        near = np.abs(case["z"]) < 6
        for h, t, values, slopes in zip(case["heads"], case["tails"], r["values"], r["slopes"]):
            route = lambda z: stats.binom.logpmf(h, h + t, expit(z)) - stats.binom.logpmf(h, h + t, 0.5) + (h + t) * np.log(0.5) + stats.logistic.logpdf(z)  # noqa: E731, B023
            assert values[near] == pytest.approx(route(case["z"][near]), abs=1e-9)
            assert slopes[near] == pytest.approx((route(case["z"][near] + 1e-5) - route(case["z"][near] - 1e-5)) / 2e-5, abs=1e-5)


def elbo_mc():
    for case, r in cases("elbo-mc"):
        def elbo(loc, log_scale):
            scale = np.exp(log_scale)
            return normal_average(lambda z: case["c"] + log_joint_z(z, case["a"], case["b"]), loc, scale) + stats.norm(loc, scale).entropy()

        for i, (loc, log_scale) in enumerate(zip(case["loc"], case["log_scale"])):
            assert r["value"][i] == pytest.approx(elbo(loc, log_scale), abs=1e-7)
            h = 1e-4
            assert r["grad"][i, 0] == pytest.approx((elbo(loc + h, log_scale) - elbo(loc - h, log_scale)) / (2 * h), abs=1e-4)
            assert r["grad"][i, 1] == pytest.approx((elbo(loc, log_scale + h) - elbo(loc, log_scale - h)) / (2 * h), abs=1e-4)


def svi_step():
    with jax.enable_x64(True):
        for case, r in cases("svi-step"):
            for i, optimizer in enumerate((optax.adam(case["lr"]), optax.sgd(case["lr"], momentum=0.9))):
                loss = lambda x: case["height"] + 0.5 * (x - case["centre"]) @ case["matrix"] @ (x - case["centre"])  # noqa: E731, B023
                x = jnp.asarray(case["phi0"])
                state = optimizer.init(x)
                for step in range(5):
                    assert r["value"][i, step] == pytest.approx(float(loss(x)), abs=1e-7)
                    updates, state = optimizer.update(jax.grad(loss)(x), state, x)
                    x = optax.apply_updates(x, updates)
                    assert r["phi"][i, step] == pytest.approx(np.asarray(x), abs=1e-6)


def fit():
    quantiles = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    for case, r in cases("fit"):
        a, b, c = (float(case[name]) for name in ("a", "b", "constant"))

        def sample_average(p):  # a sample average over fixed draws, minimised by L-BFGS
            return -np.mean(log_joint_z(p[0] + np.exp(p[1]) * quantiles, a, b)) - p[1] - 0.5 * np.log(2 * np.pi * np.e) - c

        found = optimize.minimize(sample_average, [0.0, 0.0], method="L-BFGS-B", options={"ftol": 1e-13})
        assert (r["loc"], r["scale"]) == pytest.approx((found.x[0], np.exp(found.x[1])), abs=2e-3)
        assert r["best"] == pytest.approx(found.fun, abs=1e-3)
        evidence = integrate.quad(lambda f: stats.beta.pdf(f, a, b), 0, 1)[0]
        assert evidence == pytest.approx(1, abs=1e-8) and r["floor"] <= r["best"]


def grad_variance():
    rng = np.random.default_rng(0)
    for case, r in cases("grad-variance"):
        (loc, log_scale), a, b = case["phi"], float(case["a"]), float(case["b"])
        eps = rng.normal(size=1_000_000)
        slope = a * (1 - expit(loc + np.exp(log_scale) * eps)) - b * expit(loc + np.exp(log_scale) * eps)
        both = np.stack([slope, slope * np.exp(log_scale) * eps + 1])
        assert np.log(both.var(axis=1) / r["variances"][0]) == pytest.approx([0, 0], abs=0.02)
        assert r["variances"][0] / r["variances"][1] == pytest.approx(case["particles"][1] / case["particles"][0])


def coin_model():
    for case, r in cases("coin-model"):
        for name in "ab":
            heads, n = case[f"data_{name}"].sum(), len(case[f"data_{name}"])
            exact = stats.bernoulli.logpmf(case[f"data_{name}"].astype(int)[:, None], case["f"].astype(float)).sum(axis=0)
            assert r[f"logp_{name}"] == pytest.approx(exact, abs=1e-6)
            assert stats.betabinom.pmf(heads, n, 1, 1) == pytest.approx(1 / (n + 1))  # what the judge expects of the numbers of heads


def guides():
    """Exact posterior and best logit-normal against NUTS and reference SVI."""
    _, exercise = lessons.find_exercise("coin-guide")
    assert exercise.routes == "coin_routes" == lessons.find_exercise("unit-guide")[1].routes
    found = cases("coin-guide")
    with jax.enable_x64(True):
        for (_, r), (numbers, trouble) in zip(found, coin_routes.routes([case for case, _ in found], None)):
            assert trouble == ""
            assert abs(numbers["nuts_mean"] - r["mean"]) < 5 * numbers["nuts_mcse"]
            assert (numbers["svi_loc"], numbers["svi_scale"]) == pytest.approx((r["loc"], r["scale"]), abs=0.05)
    for case, r in found:
        density = lambda f: stats.beta.pdf(f, r["a"], r["b"])  # noqa: E731, B023
        assert r["mean"] == pytest.approx(integrate.quad(lambda f: f * density(f), 0, 1)[0], abs=1e-8)
        prior, n = stats.beta(float(case["a0"]), float(case["b0"])), len(case["data"])
        heads = case["data"].sum()
        evidence = integrate.quad(lambda f: prior.pdf(f) * f**heads * (1 - f) ** (n - heads), 0, 1, epsabs=0, epsrel=1e-8)[0]
        assert r["floor"] == pytest.approx(-np.log(evidence), abs=1e-7)


def run_svi():
    for case, r in cases("run-svi"):
        x, noise, m0, s0 = (np.asarray(case[name], float) for name in ("x", "noise", "prior_loc", "prior_scale"))

        def log_p(mean):
            return stats.norm.logpdf(x, mean, noise).sum() + stats.norm.logpdf(mean, m0, s0)

        shift = log_p(r["loc"])
        z = integrate.quad(lambda v: np.exp(log_p(v) - shift), r["loc"] - 12 * r["scale"], r["loc"] + 12 * r["scale"])[0]
        mean = integrate.quad(lambda v: v * np.exp(log_p(v) - shift), r["loc"] - 12 * r["scale"], r["loc"] + 12 * r["scale"])[0] / z
        assert r["floor"] == pytest.approx(-np.log(z) - shift, abs=1e-6) and r["loc"] == pytest.approx(mean, abs=1e-6)
        assert r["scale"] == pytest.approx(1 / np.sqrt(12 / noise**2 + 1 / s0**2))


def posterior_draws():
    for case, r in cases("posterior-draws"):
        mean = normal_average(expit, r["shift"], r["spread"])
        assert r["mean"] == pytest.approx(mean, abs=1e-7)
        assert r["sd"] ** 2 == pytest.approx(normal_average(lambda z: (expit(z) - mean) ** 2, r["shift"], r["spread"]), abs=1e-7)


def posterior_predictive():
    for case, r in cases("posterior-predictive"):
        assert r["pmf"] == pytest.approx(stats.betabinom.pmf(np.arange(16), 15, r["a"], r["b"]), abs=1e-9)
        assert r["fixed"] == pytest.approx(stats.binom.pmf(np.arange(16), 15, r["a"] / (r["a"] + r["b"])), abs=1e-9)


def bound_check():
    for case, r in cases("bound-check"):
        for losses, log_z, broken in zip(case["losses"], case["log_z"], r["broken"]):
            if np.isfinite(losses).all() and losses.std() > 1e-5:  # noise is exactly zero where the surrogate is exact
                p = stats.ttest_1samp(np.asarray(losses, float), -log_z, alternative="less").pvalue
                assert bool(broken) == (p < 1e-6)


def posterior_coin():
    f = np.linspace(0.001, 0.999, 50)
    for case, r in cases("posterior-coin"):
        for (a, b), heads, tails, a0, b0 in zip(r["parameters"], *(case[name] for name in ("heads", "tails", "a0", "b0"))):
            log_joint = stats.beta.logpdf(f, a0, b0) + heads * np.log(f) + tails * np.log1p(-f)
            assert np.ptp(stats.beta.logpdf(f, a, b) - log_joint) < 1e-8  # prior times likelihood, up to a constant


def log_evidence():
    for case, r in cases("log-evidence"):
        for value, heads, tails, a0, b0 in zip(np.append(r["few"], r["many"]), *(case[name] for name in ("heads", "tails", "a0", "b0"))):
            choose = stats.binom.logpmf(heads, heads + tails, 0.5) + (heads + tails) * np.log(2)
            assert value == pytest.approx(stats.betabinom.logpmf(heads, heads + tails, a0, b0) - choose, abs=1e-6)


def kl_normal():
    for case, r in cases("kl-normal"):
        for value, m1, s1, m2, s2 in zip(r["kl"], *(case[name] for name in ("m1", "s1", "m2", "s2"))):
            route = normal_average(lambda x: stats.norm.logpdf(x, m1, s1) - stats.norm.logpdf(x, m2, s2), m1, s1)  # noqa: B023
            assert value == pytest.approx(route, rel=1e-6, abs=1e-7)


def kl_grid():
    """The very sum over the grid that the exercise asks for, and the closed form for Beta densities."""
    for case, r in cases("kl-grid"):
        with np.errstate(all="ignore"):
            terms = np.where(np.isneginf(case["log_q"]), 0, np.exp(case["log_q"]) * (case["log_q"] - case["log_p"]))
        assert r["kl"] == pytest.approx(terms.sum(axis=1) * (case["x"][:, 1] - case["x"][:, 0]), rel=1e-3, abs=1e-3)
        for kl, q, p in zip(r["kl"][:4], case["q"], case["p"]):
            assert kl == pytest.approx(coin.beta_kl(q[1], q[2], p[1], p[2]), abs=1e-6)


def elbo_coin():
    for case, r in cases("elbo-coin"):
        for i, (a, b, heads, tails, a0, b0) in enumerate(zip(*(case[name] for name in ("a", "b", "heads", "tails", "a0", "b0")))):
            q = stats.beta(a, b)
            joint = q.expect(lambda f: stats.beta.logpdf(f, a0, b0) + heads * np.log(f) + tails * np.log1p(-f))  # noqa: B023
            assert r["elbo"][i] == pytest.approx(joint + q.entropy(), abs=1e-5)


def best_gaussian():
    """Forward: moments of the target on the grid. Reverse: a gradient search on a sum over the grid."""
    for case, r in cases("best-gaussian"):
        x = case["x"]
        for row, (reverse, forward) in enumerate(r["best"]):
            log_p = case["logp"][row] - np.logaddexp.reduce(case["logp"][row])
            mean = np.exp(log_p) @ x
            assert forward == pytest.approx((mean, np.sqrt(np.exp(log_p) @ (x - mean) ** 2)), abs=2e-3)

            def loss(t):
                q = np.exp(-0.5 * ((x - t[0]) / np.exp(t[1])) ** 2)
                q = q / q.sum()
                return q @ (np.log(q + 1e-300) - log_p)  # noqa: B023

            tries = [optimize.minimize(loss, [m, s], method="L-BFGS-B") for m in np.linspace(-5, 5, 9) for s in (-1, 0.3)]
            best = min(tries, key=lambda t: t.fun)
            assert loss([reverse[0], np.log(reverse[1])]) == pytest.approx(best.fun, abs=1e-4)


def loss_spread():
    rng = np.random.default_rng(0)
    for case, r in cases("loss-spread"):
        f = rng.beta(*case["phi"], size=400_000)
        losses = stats.beta.logpdf(f, *case["phi"]) - stats.beta.logpdf(f, case["a"], case["b"]) + r["floor"]
        assert r["off"] == pytest.approx(losses.std(), rel=0.01)
        assert r["level"] == pytest.approx(losses.mean(), abs=6 * losses.std() / np.sqrt(len(f)))


def plateau():
    for case, r in cases("plateau"):
        for losses, (mean, mcse) in zip(case["losses"], r["summary"]):
            tail = losses[len(losses) - int(case["window"]):].astype(float)
            assert (mean, mcse) == pytest.approx((tail.sum() / len(tail), stats.sem(tail, ddof=0)), rel=1e-9)


def has_converged():
    """Welch's test of the last two windows, where nothing is infinite."""
    for case, r in cases("has-converged"):
        n = int(case["window"])
        for losses, converged in zip(case["losses"], r["converged"]):
            last, before = losses[-n:], losses[-2 * n:-n]
            finite = np.isfinite(last).all() and np.isfinite(before).all()
            assert bool(converged) == bool(finite and stats.ttest_ind(last, before, equal_var=False).pvalue > 1e-5)


def iterate_average():
    for case, r in cases("iterate-average"):
        for i, k in enumerate(r["counts"]):
            for name in ("loc", "weights"):
                want = np.cumsum(case[name].astype(float), axis=0)
                assert r[name][i] == pytest.approx((want[-1] - want[-k - 1 if k < len(want) else 0]) / k if k < len(want) else want[-1] / k, abs=1e-9)


def fit_with_decay():
    """The judge's excess is the loss that the learner minimises, less its least; a constant rate hovers where theory says."""
    bowl, flat, phi = measures04._bowl, measures04._flat, measures04._phi
    rng, key, rate = np.random.default_rng(8), jax.random.key(1), 0.05
    for case, r in cases("fit-with-decay"):
        curvature, centre, noise = (jnp.asarray(case[name], jnp.float32) for name in ("curvature", "centre", "noise"))
        quiet = bowl(curvature, centre, 0.0)
        least = optimize.minimize(jax.value_and_grad(lambda x: quiet(key, phi(x))), case["starts"][0], jac=True)  # noqa: B023
        assert least.x == pytest.approx(r["centre"], abs=1e-3)
        for end in case["centre"] + rng.normal(0, 2, (10, 4)):
            assert float(quiet(key, phi(jnp.asarray(end, jnp.float32)))) - least.fun == pytest.approx(lesson04._excess(r, end), rel=1e-4, abs=1e-4)

        optimizer = optax.adam(rate)
        slope = jax.grad(bowl(curvature, centre, noise), argnums=1)

        def step(carry, key):
            updates, state = optimizer.update(slope(key, carry[0]), carry[1])  # noqa: B023
            return (optax.apply_updates(carry[0], updates), state), flat(optax.apply_updates(carry[0], updates))

        start = phi(centre)
        _, path = jax.lax.scan(step, (start, optimizer.init(start)), jax.random.split(key, 20000))
        hover = lesson04._excess(r, np.asarray(path[2000:])).mean()
        assert hover == pytest.approx(float(case["noise"]) * rate, rel=0.2)


def two_bumps():
    for case, r in cases("two-bumps"):
        b, s1, s2, theta = (float(case[name]) for name in ("b", "s1", "s2", "theta"))
        turned = np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]])

        def route(x, y):
            u1, u2 = turned @ np.array([x, y])
            bumps = np.logaddexp(-0.5 * ((u1 - b) / s1) ** 2, -0.5 * ((u1 + b) / s1) ** 2)
            return bumps - np.log1p(0.5 * (u2 / s2) ** 2)  # noqa: B023

        for i, (x, y) in enumerate(zip(case["x"], case["y"])):
            assert r["values"][i] == pytest.approx(route(x, y), abs=1e-8)
            slope = (route(x + 1e-5, y) - route(x - 1e-5, y)) / 2e-5, (route(x, y + 1e-5) - route(x, y - 1e-5)) / 2e-5
            assert r["slopes"][:, i] == pytest.approx(slope, rel=1e-4, abs=1e-4)


def affine_guide():
    """The judge's density of A u + m against SciPy's normal with covariance A A^T."""
    from autograder.exercises import lesson05

    rng = np.random.default_rng(0)
    for _, r in cases("affine-guide"):
        draws = np.stack([rng.normal(size=(50, 3)) @ a.T + m for a, m in zip(r["a"], r["m"])])
        want = np.stack([stats.multivariate_normal(m, a @ a.T).logpdf(x) for a, m, x in zip(r["a"], r["m"], draws)])
        assert lesson05._log_gauss(draws, r["a"], r["m"]) == pytest.approx(want, abs=1e-8)


def bimodal_guide():
    """The best loss by a grid over the plane: two normal bumps along u1, the best normal across them."""
    for case, r in cases("bimodal-guide"):
        b, s1, s2 = (float(case[name]) for name in ("b", "s1", "s2"))

        def loss(log_scale):
            q = stats.norm(0, np.exp(log_scale[0]))
            across = q.expect(lambda u: -np.log1p(0.5 * (u / s2) ** 2), lb=-40 * s2, ub=40 * s2) + q.entropy()  # noqa: B023
            return np.log(200.0**2) - across

        found = optimize.minimize(loss, [np.log(2 * s2)], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10})
        assert r["best_s2"] == pytest.approx(np.exp(found.x[0]), rel=1e-3)
        u = np.linspace(-b - 10 * s1, b + 10 * s1, 20_001)
        bumps = np.exp(-0.5 * ((u - b) / s1) ** 2) + np.exp(-0.5 * ((u + b) / s1) ** 2)
        q = bumps / integrate.trapezoid(bumps, u)
        along = integrate.trapezoid(q * (np.log(bumps + 1e-300) - np.log(q + 1e-300)), u)
        assert r["best"] == pytest.approx(found.fun - along, abs=2e-3)


def stratified_elbo():
    """The ELBO of a mixture by adaptive quadrature, its gradient by differences of that."""
    for case, r in list(cases("stratified-elbo"))[:2]:
        p = [stats.norm(m, s) for m, s in zip(case["means"], case["sds"])]

        def elbo(logits, loc, log_scale):
            w = np.exp(logits - np.logaddexp.reduce(logits))

            def inside(z):
                log_q = np.logaddexp.reduce([np.log(wk) + stats.norm.logpdf(z, m, np.exp(s)) for wk, m, s in zip(w, loc, log_scale)])
                return np.exp(log_q) * (target(z) - log_q)

            return integrate.quad(inside, -15, 15, limit=400, epsabs=1e-9)[0]

        log_p = lambda z: np.logaddexp.reduce([np.log(w) + d.logpdf(z) for w, d in zip(case["weights"], p)])  # noqa: E731, B023
        target = lambda z: case["constant"] + log_p(z)  # noqa: E731, B023
        phi = [case[name][0] for name in ("logits", "loc", "log_scale")]
        if abs(elbo(*phi) - r["truth"][0, 0]) > 1e-5:
            pytest.fail(f"{elbo(*phi)} {r['truth'][0]}")
        for part in range(3):
            up, down = [x.copy() for x in phi], [x.copy() for x in phi]
            up[part][1] += 1e-4
            down[part][1] -= 1e-4
            assert r["truth"][0, 1 + 3 * part + 1] == pytest.approx((elbo(*up) - elbo(*down)) / 2e-4, abs=1e-3)


def best_restart():
    for case, r in cases("best-restart"):
        window = int(case["window"])
        scores = [sum(float(x) for x in losses[len(losses) - window:]) / window for losses in case["losses"]]
        assert r["scores"] == pytest.approx(scores, rel=1e-9, nan_ok=True)
        assert int(r["best"]) == min((s, i) for i, s in enumerate(scores) if s == s)[1]


def smallest_mean_field_kl(cov):
    """(sds, KL) of the independent normals nearest to N(0, cov), by a gradient search on the textbook KL of normals."""
    precision = np.linalg.inv(cov)

    def kl(log_sds):
        variances = np.exp(2 * log_sds)
        return 0.5 * (np.diag(precision) @ variances - len(cov) + np.log(np.linalg.det(cov)) - np.log(variances).sum())

    found = optimize.minimize(kl, np.zeros(len(cov)), method="BFGS", options={"gtol": 1e-8})
    return np.exp(found.x), found.fun


def mean_field_gaussian():
    for case, r in cases("mean-field-gaussian"):
        for precision, sds, gap in zip(case["precision"], r["sds"], r["gap"]):
            want, kl = smallest_mean_field_kl(np.linalg.inv(precision))
            assert sds == pytest.approx(want, rel=1e-4) and gap == pytest.approx(kl, abs=1e-6)


def fit_autoguide():
    for case, r in cases("fit-autoguide"):
        target = stats.multivariate_normal(r["loc"], r["cov"])
        x = np.random.default_rng(0).normal(size=(5, 3))
        log_density = case["height"] - 0.5 * np.sum(((x - case["loc"]) @ case["whiten"].T) ** 2, axis=1)
        assert log_density - target.logpdf(x) == pytest.approx(np.full(5, -r["floor"]), abs=1e-8)  # their ratio is the evidence
        assert r["gap"] == pytest.approx(smallest_mean_field_kl(r["cov"])[1], abs=1e-6)


def principal_axes():
    """Where the variance along a direction is largest and smallest, over a fine grid of directions."""
    angles = np.radians(np.arange(0, 180, 0.005))
    v = np.stack([np.cos(angles), np.sin(angles)])
    for case, r in cases("principal-axes"):
        for tril, sds, angle in zip(case["scale_tril"], r["sds"], r["angle"]):
            variance = np.sum((tril.T @ v) ** 2, axis=0)
            assert sds == pytest.approx((np.sqrt(variance.max()), np.sqrt(variance.min())), rel=1e-6)
            assert abs((np.degrees(angles[variance.argmax()]) - angle + 90) % 180 - 90) < 0.01


def constrain_draws():
    rng = np.random.default_rng(0)
    for case, r in cases("constrain-draws"):
        z = rng.normal(size=(200_000, 5)) @ np.asarray(case["scale_tril"]).T
        assert r["sds"] == pytest.approx(z.std(axis=0), rel=0.02)
        assert r["correlation"] == pytest.approx(np.corrcoef(z.T), abs=0.02)


def laplace():
    for case, r in cases("laplace"):
        def coin_joint(z):
            return case["coin_constant"] + case["coin_a"] * np.log(expit(z[0])) + case["coin_b"] * np.log(expit(-z[0]))  # noqa: B023

        def pair_joint(name):
            def joint(z):
                u = case[f"{name}_unmix"] @ (z - case[f"{name}_shift"])  # noqa: B023
                return case[f"{name}_constant"] + np.sum(case[f"{name}_k"] * u - np.exp(u))  # noqa: B023

            return joint

        for name, joint in (("coin", coin_joint), ("pair1", pair_joint("pair1")), ("pair2", pair_joint("pair2"))):
            found = optimize.minimize(lambda z: -joint(z), case[f"{name}_z0"], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 5000})  # noqa: B023
            mode, d, h = found.x, len(found.x), 1e-4
            steps = h * np.eye(d)
            hessian = np.array([[(joint(mode + a + b) - joint(mode + a - b) - joint(mode - a + b) + joint(mode - a - b)) / (4 * h * h) for a in steps] for b in steps])
            cov = np.linalg.inv(-hessian)
            assert r[f"{name}_loc"] == pytest.approx(mode, abs=1e-4) and r[f"{name}_cov"] == pytest.approx(cov, rel=1e-3, abs=1e-4)
            assert r[f"{name}_log_z"] == pytest.approx(joint(mode) + 0.5 * d * np.log(2 * np.pi) + 0.5 * np.log(np.linalg.det(cov)), abs=1e-4)


def counts_posterior():
    for case, r in cases("counts-posterior"):
        prior = stats.lognorm(case["sigma0"], scale=np.exp(case["mu0"]))
        shift = r["true_log_z"]

        def moment(power):
            joint = lambda rate: rate**power * prior.pdf(rate) * np.exp(stats.poisson.logpmf(case["counts"], rate).sum() - shift)  # noqa: E731, B023
            return integrate.quad(joint, 1e-6, 60, limit=300, points=[r["true_mean"]])[0]  # noqa: B023

        z, first, second = moment(0), moment(1), moment(2)
        assert z == pytest.approx(1, abs=1e-5)
        assert (r["true_mean"], r["true_sd"]) == pytest.approx((first / z, np.sqrt(second / z - (first / z) ** 2)), rel=1e-4)


ROUTES = {
    "mean-field-gaussian": mean_field_gaussian, "fit-autoguide": fit_autoguide, "principal-axes": principal_axes, "constrain-draws": constrain_draws,
    "laplace": laplace, "counts-posterior": counts_posterior,
    "two-bumps": two_bumps, "affine-guide": affine_guide, "bimodal-guide": bimodal_guide, "stratified-elbo": stratified_elbo, "best-restart": best_restart,
    "posterior-coin": posterior_coin, "log-evidence": log_evidence, "kl-normal": kl_normal, "kl-grid": kl_grid, "elbo-coin": elbo_coin,
    "best-gaussian": best_gaussian,
    "loss-spread": loss_spread, "plateau": plateau, "has-converged": has_converged, "iterate-average": iterate_average, "fit-with-decay": fit_with_decay,
    "log-joint": log_joint, "elbo-mc": elbo_mc, "svi-step": svi_step, "fit": fit, "grad-variance": grad_variance,
    "coin-model": coin_model, "coin-guide": guides, "unit-guide": None, "run-svi": run_svi, "posterior-draws": posterior_draws,
    "posterior-predictive": posterior_predictive, "bound-check": bound_check,
}


@pytest.mark.parametrize("exercise", [name for name, route in ROUTES.items() if route])
def test_two_routes_agree(exercise):
    ROUTES[exercise]()


def test_every_exercise_has_a_second_route():
    ours = [lesson for lesson in lessons.all_lessons().values() if lesson.source.is_relative_to(COURSE / "course")]
    assert {name for lesson in ours for name in lesson.exercises} == set(ROUTES)


def test_best_logit_normal_is_known():
    """The lesson's own numbers: 12 heads, 8 tails."""
    loc, scale, kl = coin.best_logit_normal(13, 9)
    f = expit(loc + scale * coin.NORMAL_NODES)
    assert (coin.NORMAL_WEIGHTS @ f, kl) == pytest.approx((0.5909, 0.0), abs=2e-3)
    assert logit(13 / 22) == pytest.approx(loc, abs=0.02)
