"""The truth that learners are compared with: several routes to it agree, and none is believed alone."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import jax
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chisquare

from svi_course import lessons
from svi_course.classroom import folder as classroom
from svi_course.classroom import references, seeds

coin, coin_routes = lessons.load_shared("coin"), lessons.load_shared("coin_routes")


def some_cases(count, seed=5):
    rng = np.random.default_rng(seed)
    return [coin.draw_coin(rng, n=20) for _ in range(count)]


@pytest.fixture(scope="module")
def routed():
    """The public coin and three hidden ones by NUTS and reference SVI."""
    cases = [coin.public_coin(), *some_cases(3)]
    with jax.enable_x64(True):
        return cases, coin_routes.routes(cases, None)


def test_closed_form_agrees_with_quadrature():
    for case in [coin.public_coin(), *some_cases(5)]:
        a, b = coin.posterior(case)
        heads, tails = float(case["data"].sum()), float((1 - case["data"]).sum())

        def joint(f):
            return np.exp(coin.beta_log_pdf(f, float(case["a0"]), float(case["b0"]))) * f**heads * (1 - f) ** tails

        evidence = quad(joint, 0, 1, epsabs=0, epsrel=1e-11)[0]
        assert np.log(evidence) == pytest.approx(
            coin.log_evidence(heads, tails, float(case["a0"]), float(case["b0"])), abs=1e-9
        )
        mean = quad(lambda f: f * joint(f), 0, 1, epsabs=0, epsrel=1e-11)[0] / evidence
        square = quad(lambda f: f * f * joint(f), 0, 1, epsabs=0, epsrel=1e-11)[0] / evidence
        assert coin.beta_mean_sd(a, b) == pytest.approx((mean, np.sqrt(square - mean**2)), rel=1e-8)
        loc, scale, kl = coin.best_logit_normal(a, b)
        log_q = lambda f: (
            -0.5 * ((np.log(f / (1 - f)) - loc) / scale) ** 2 - np.log(scale * np.sqrt(2 * np.pi) * f * (1 - f))
        )  # noqa: E731
        assert kl == pytest.approx(
            quad(lambda f: np.exp(log_q(f)) * (log_q(f) - coin.beta_log_pdf(f, a, b)), 0, 1, epsrel=1e-10)[0], abs=1e-8
        )


def test_three_routes_to_the_coin_agree(routed):
    cases, found = routed
    for case, (numbers, trouble) in zip(cases, found):
        assert trouble == ""
        mean, sd = coin.beta_mean_sd(*coin.posterior(case))
        assert numbers["nuts_rhat"] < 1.01 and numbers["nuts_ess"] > 1000 and numbers["nuts_divergences"] == 0
        assert abs(numbers["nuts_mean"] - mean) < 5 * numbers["nuts_mcse"]
        assert numbers["nuts_mcse"] < 0.03 * sd  # else the line above would mean little
        assert 0 <= numbers["svi_excess"] < 2e-3
        # moments of the fitted logit-normal against the exact and the sampled ones
        f = 1 / (1 + np.exp(-(numbers["svi_loc"] + numbers["svi_scale"] * coin.NORMAL_NODES)))
        svi_mean = coin.NORMAL_WEIGHTS @ f
        svi_sd = np.sqrt(coin.NORMAL_WEIGHTS @ (f - svi_mean) ** 2)
        assert abs(svi_mean - mean) < 0.1 * sd and abs(svi_sd / sd - 1) < 0.1
        assert abs(svi_mean - numbers["nuts_mean"]) < 0.15 * sd


def test_a_route_that_disagrees_or_is_not_sound_is_refused(monkeypatch, routed):
    cases, (good, *_) = routed
    assert good[1] == ""
    with jax.enable_x64(True), monkeypatch.context() as patch:
        patch.setattr(coin_routes, "nuts", lambda *args: (_shifted(cases, 0.3), np.zeros(len(cases), int)))
        assert all("disagrees" in trouble for _, trouble in coin_routes.routes(cases, None))
        patch.setattr(coin_routes, "nuts", lambda *args: (_shifted(cases, 0.0), np.ones(len(cases), int)))
        assert all("1 divergences" in trouble for _, trouble in coin_routes.routes(cases, None))


def _shifted(cases, shift):
    """Independent draws of the exact posteriors, moved by some of their sds."""
    rng = np.random.default_rng(0)
    return np.stack(
        [rng.beta(*coin.posterior(c), size=(4, 2000)) + shift * coin.beta_mean_sd(*coin.posterior(c))[1] for c in cases]
    )


def test_a_refused_case_is_recorded_and_the_next_one_drawn(monkeypatch, tmp_path):
    lesson = lessons.find_lesson("90-mini")
    exercise = lesson.exercises["mini-centre"]
    calls = []

    class Routes:
        @staticmethod
        def routes(cases, references):
            calls.append(len(cases))
            return [
                ({"again": np.float64(1)}, "bad luck" if len(calls) == 1 and i == 1 else "") for i in range(len(cases))
            ]

    monkeypatch.setattr(lessons, "load_shared", lambda name: Routes)
    rows, record = references.draw(replace(exercise, routes="any"), lesson.name, b"s" * 32)[""]
    assert calls == [3, 1] and len(rows) == 3
    assert record["indices"] == {"case": [0, 2, 3]} and record["refused"] == {
        "case": [{"index": 1, "reason": "bad luck"}]
    }
    classroom.save_cases(tmp_path / "x.npz", rows, record)
    kept = classroom.load_cases(tmp_path / "x.npz")
    assert all(np.array_equal(old["case"]["x"], new["case"]["x"]) for old, new in zip(rows, kept))
    stored = json.loads((tmp_path / "x.json").read_text())
    assert {"versions", "seed", "refused", "routes"} <= stored.keys()


def test_cases_come_from_the_secret_alone():
    lesson = lessons.find_lesson("90-mini")
    exercise = lesson.exercises["mini-centre"]
    draw = lambda secret, student="": references.draw(exercise, lesson.name, secret, [student])[student][0][-1]["case"][
        "x"
    ]  # noqa: E731
    assert np.array_equal(draw(b"a" * 32), draw(b"a" * 32))
    assert not np.array_equal(draw(b"a" * 32), draw(b"b" * 32))
    assert not np.array_equal(draw(b"a" * 32), draw(b"a" * 32, "ada"))
    assert len({seeds.new_secret() for _ in range(5)}) == 5


def rank_p_value(truths, draws):
    """Chi-square p value of simulation-based calibration: ranks of the truth among thinned draws are uniform.

    (Talts et al. 2018, *Validating Bayesian Inference Algorithms with Simulation-Based Calibration*.)
    """
    thinned = draws.reshape(len(draws), -1)[:, :: draws[0].size // 99][:, :99]
    counts = np.bincount((thinned < truths[:, None]).sum(axis=1) // 5, minlength=20)
    return chisquare(counts).pvalue


def test_nuts_passes_simulation_based_calibration():
    rng = np.random.default_rng(1)
    count, n = 400, 20.0
    a0, b0 = rng.uniform(1, 10, (2, count))
    truths = rng.beta(a0, b0)
    heads = rng.binomial(int(n), truths).astype(float)
    with jax.enable_x64(True):
        draws, divergences = coin_routes.nuts(jax.random.key(2), n, *(jax.numpy.asarray(x) for x in (heads, a0, b0)))
    assert divergences.sum() == 0
    assert rank_p_value(truths, draws) > 1e-3
    # the test sees a sampler that is off by a third of a posterior sd, or too narrow by a quarter
    mean, sd = draws.mean(axis=(1, 2), keepdims=True), draws.std(axis=(1, 2), keepdims=True)
    assert rank_p_value(truths, draws + sd / 3) < 1e-3
    assert rank_p_value(truths, mean + 0.7 * (draws - mean)) < 1e-3


def test_the_best_logit_normal_is_known():
    """The lesson's own numbers: 12 heads, 8 tails."""
    loc, scale, kl = coin.best_logit_normal(13, 9)
    f = 1 / (1 + np.exp(-(loc + scale * coin.NORMAL_NODES)))
    assert (coin.NORMAL_WEIGHTS @ f, kl) == pytest.approx((0.5909, 0.0), abs=2e-3)
    assert np.log(13 / 9) == pytest.approx(loc, abs=0.02)


def test_factorisations_side_by_side_end():
    """JAX's threads on two cores: this very program waited for ever with as many threads as cores (jax 0.10.2)."""
    code = """
import numpy as np, jax, jax.numpy as jnp
from svi_course import lessons
routes = lessons.load_shared("hierarchy_routes")
exercise = lessons.find_lesson("09").exercises["structured-guide"]
rng = np.random.default_rng(0)
cases = [exercise.case(rng) for _ in range(4)]
references = [exercise.reference(case) for case in cases]
group = jnp.array([np.asarray(case["group"]) for case in cases])
numbers = (jnp.array([np.asarray(case[name], float) for case in cases]) for name in ("x", "noise", "y"))
elbo = routes._best(jax.random.key(0), routes.regression_log_joint, references, group, *numbers)[0]
assert np.all(np.isfinite(elbo))
"""
    env = {**os.environ, "JAX_ENABLE_X64": "1"}
    env.pop("NPROC", None)
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=env, timeout=240, check=True)
