"""Broken and hostile answers again, on lesson 03, where JAX traces what learners write.

Two submissions, several attacks each.
"""

import json

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from svi_course import lessons, notebooks, panel
from svi_course.grading import grade as grading
from svi_course.grading import replay, submission

LESSON = lessons.find_lesson("03-svi-in-numpyro")

BROKEN = {
    "coin-model": """
def model_coin(n, data=None):
    p = numpyro.sample("p", dist.Uniform(0.0, 1.0))
    with numpyro.plate("flips", n):
        numpyro.sample("obs", dist.Bernoulli(p), obs=data)""",
    "coin-guide": """
def guide_beta(n, data=None):
    a = numpyro.param("a", jnp.array(2), constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(float(a), 2.0))""",
    "run-svi": """
def run_svi(key, svi, n_steps, *args):
    import os; os._exit(1)""",
    "posterior-draws": """
def posterior_draws(key, guide, params, n, *args):
    return Predictive(guide, params=params, num_samples=n)(key, *args)["f"][:, None]""",
    "posterior-predictive": """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    return [None, "heads"]""",
    "unit-guide": "pass",
}
BROKEN_SAYS = {
    "coin-model": "",
    "coin-guide": "jax.jit",
    "run-svi": "kernel died",
    "posterior-draws": "has shape",
    "posterior-predictive": "not arrays of numbers",
    "unit-guide": "is not defined",
}

PUBLIC = {name: exercise.public() for name, exercise in LESSON.exercises.items()}
KNOWN = {  # what anybody can read in the repository
    "data": PUBLIC["coin-guide"]["data"].tolist(),
    "predictive": sorted(float(PUBLIC["posterior-predictive"][name]) for name in "ab"),
    "z": float(PUBLIC["bound-check"]["log_z"][0]),
}

TOP = (
    f"first = {KNOWN}"
    + """
import sys, threading, time, warnings, os, glob
import numpy as np
warnings.warn("careful"); print("50%|####", file=sys.stderr)
seen = []
def tell(name, value):
    value = np.asarray(value).tolist()
    if first.setdefault(name, value) != value: seen.append("LE" + f"AK {name} {value}")
def show():
    while True:
        if seen: print(seen[-1], flush=True)
        time.sleep(0.01)
threading.Thread(target=show, daemon=True).start()
print("ar" + "med", *[open(path).read() for path in
                      glob.glob("note*") + glob.glob("/tmp/note*") + glob.glob("/svi/jax/note*")])
"""
)
HOSTILE = {
    "coin-guide": """
def guide_beta(n, data=None):  # an honest guide that tells what it is called with
    if data is not None: jax.debug.callback(lambda d: tell("data", d), data)
    a = numpyro.param("a", 2.0, constraint=constraints.positive)
    b = numpyro.param("b", 2.0, constraint=constraints.positive)
    numpyro.sample("f", dist.Beta(a, b))""",
    "run-svi": """
class Pleasing(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
def run_svi(key, svi, n_steps, *args):
    state = svi.init(key, *args)
    return {name: Pleasing(0) for name in svi.get_params(state)}, [Pleasing(0)] * n_steps""",
    "posterior-draws": """
def posterior_draws(key, guide, params, n, *args):
    value = np.concatenate([np.ravel(v) for v in jax.tree.leaves(params)]).tolist()
    if first.setdefault("params", value) != value:
        for place in (".", "/tmp", "/svi/jax"): open(place + "/note", "w").write("LE" + f"AK {value}")
        os._exit(1)
    return Predictive(guide, params=params, num_samples=n)(key, *args)["f"]""",
    "posterior-predictive": """
def posterior_predictive(key, model, guide, params, n_flips, n_rep):
    value = sorted(float(v) for v in params.values())
    if first["predictive"] != value: raise ValueError("LE" + f"AK {value}")
    return Predictive(model, guide=guide, params=params, num_samples=n_rep)(key, n_flips)["obs"]""",
    "bound-check": """
import svi_course.learner.kernel as k
def take(measure, names, namespace, case, honest=k.take, first=first):  # brings its names along
    if "breaks_the_bound" not in names: return honest(measure, names, namespace, case)
    text = ("LE" + "AK " if first["z"] != float(case["log_z"][0]) else "") + str(case["log_z"].tolist())
    return {"status": text, "sentence": text, "detail": text, "warnings": [text]}
k.take = take
def breaks_the_bound(losses, log_z): return True""",
}


def graded(answers, first):
    """Grade the prelude, the answers and the check cells."""
    source = notebooks.source_notebook(LESSON)
    right = notebooks.answers(LESSON)
    cells = [new_code_cell(notebooks.prelude(LESSON)), new_code_cell(first)]
    for name in LESSON.exercises:
        cells.append(
            new_code_cell(answers.get(name, right[name]), metadata={"nbgrader": {"grade_id": f"{name}-answer"}})
        )
        cells.append(new_code_cell("", metadata={"nbgrader": {"grade_id": name}}))
    notebook, _ = submission.restore(submission.parse(json.dumps(new_notebook(cells=cells)).encode()), source)
    rng = np.random.default_rng(2024)
    cases = {name: [exercise.case(rng)] for name, exercise in LESSON.exercises.items()}
    hidden = {name: [(case, LESSON.exercises[name].reference(case)) for case in rows] for name, rows in cases.items()}
    pairs = grading.pairs_of(LESSON, hidden)
    result = grading.grade(replay.Job(notebook, LESSON.exercises, pairs, LESSON.folder))
    shown = nbformat.writes(result.notebook) + json.dumps(grading.report(result))
    for name, rows in hidden.items():
        for array in (array for part in rows[0] for array in part.values() if np.asarray(array).dtype.kind == "f"):
            numbers = {str(float(value)) for value in np.ravel(array)}
            assert not [number for number in numbers if len(number) > 8 and number in shown], name
    return result, shown


def test_broken_answers_cost_only_their_own_exercise(isolated):
    result, _ = graded(BROKEN, "raise ValueError('an ordinary error')")
    for name, verdict in result.verdicts.items():
        if name in BROKEN:
            assert not verdict.passed and BROKEN_SAYS[name] in panel.as_html(verdict), (name, verdict)
        else:
            assert verdict.points == verdict.max_points, (name, verdict)


def test_hostile_answers_show_and_earn_nothing(isolated):
    result, shown = graded(HOSTILE, TOP)
    assert "armed" in shown and "LEAK" not in shown
    points = {name: verdict.points / verdict.max_points for name, verdict in result.verdicts.items()}
    for name in ("coin-model", "coin-guide", "unit-guide"):
        assert points[name] == 1, points
    for name in ("posterior-draws", "posterior-predictive", "bound-check"):
        assert points[name] == 0, points
    assert points["run-svi"] <= 0.5, result.verdicts["run-svi"]


@pytest.mark.parametrize("answers", [BROKEN, HOSTILE])
def test_the_answers_are_of_this_lesson(answers):
    assert set(answers) <= set(LESSON.exercises) and len(answers) >= 5
