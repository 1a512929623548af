"""Answers that every exercise must fail: empty ones earn no row, ignored arguments and mutants do not pass.

What is not yet failed, or not yet tried, is listed in ``known_gaps.json``, by name; the list may only get shorter.
"""

import json
from pathlib import Path

import pytest

from svi_course import lessons, mutation, notebooks, probes

COURSE = [(lesson, exercise) for lesson in lessons.course_lessons() for exercise in lesson.exercises.values()]
GAPS = json.loads((Path(__file__).parent / "known_gaps.json").read_text())


def each(rows):
    """Parametrize by (lesson, exercise, *what); the tests of an exercise run in one process."""
    marked = [
        pytest.param(
            *row, id="-".join([row[1].id, *row[2:]]), marks=pytest.mark.xdist_group(f"{row[0].name[:2]}-{row[1].id}")
        )
        for row in rows
    ]
    return pytest.mark.parametrize(["lesson", "exercise", "what", "argument"][: len(rows[0])], marked)


EMPTY = [(lesson, exercise, kind) for lesson, exercise in COURSE for kind in probes.EMPTY]
ARGUMENTS = [
    (lesson, exercise, name, argument)
    for lesson, exercise in COURSE
    for name, signature in exercise.names.items()
    for argument in probes.parameters(signature)
]


@pytest.mark.slow
@each(EMPTY)
def test_an_empty_answer_earns_nothing(lesson, exercise, what):
    known = GAPS["empty"].get(exercise.id, {}).get(what, [])
    try:
        passed = probes.points_of_nothing(lesson, exercise, what)
    except probes.NotApplicable as reason:
        assert not known, f"the gap is closed, take it off the list: {reason}"
        pytest.skip(str(reason))
    assert set(passed) <= set(known), "an empty answer earns these rows"
    assert set(known) <= set(passed), "these gaps are closed, take them off the list"


@pytest.mark.slow
@each(ARGUMENTS)
def test_an_argument_cannot_be_ignored(lesson, exercise, what, argument):
    known = argument in GAPS["arguments"].get(exercise.id, [])
    if argument in exercise.unused:
        assert exercise.unused[argument].strip() and not known
        return
    assert probes.passes_frozen(lesson, exercise, what, argument) == known, "on the list if it passes, and only then"


@each(COURSE)
def test_mutants_are_failed_or_named_as_equivalent(lesson, exercise):
    rows = exercise.table().get("_mutants")
    if exercise.id in GAPS["mutants"]:
        assert rows is None or rows["surviving"], "this gap is closed, take it off the list"
        return
    assert rows is not None, f"run `svi-course mutate {exercise.id} --write`"
    assert rows["solution"] == mutation.fingerprint(lesson, exercise), "the solution has changed since: mutate again"
    assert rows["surviving"] == []
    names = mutation.mutants(notebooks.answers(lesson)[exercise.id])
    assert rows["mutants"] == len(names) >= 5 and set(exercise.equivalent) <= set(names)
    assert all(len(reason) > 10 for reason in exercise.equivalent.values())


def test_the_list_names_only_exercises_that_there_are():
    ids = {exercise.id for _, exercise in COURSE}
    assert set(GAPS["empty"]) | set(GAPS["arguments"]) | set(GAPS["mutants"]) <= ids
    assert {name for rows in GAPS["empty"].values() for name in rows} <= set(probes.EMPTY)


# The probes themselves


def test_an_answer_in_words_has_no_numbers_to_replace():
    """It would come back as it is, right, and would pass for an empty one."""
    assert not probes._holds_numbers(["agree", "differ"]) and not probes._holds_numbers(None)
    assert probes._holds_numbers({"shift": 1.0, "name": "x"}) and probes._holds_numbers((2, 3))


SOURCE = """
def f(x, n):
    if n > 3:
        return jnp.logaddexp(x[0], x[1]) - 2.0
    return round(n)
"""


@pytest.mark.parametrize(
    "mutant",
    [
        "if n > 3: => if n >= 3:",
        "if n > 3: => if n > 4:",
        "return jnp.logaddexp(x[0], x[1]) - 2.0 => return jnp.maximum(x[0], x[1]) - 2.0",
        "return jnp.logaddexp(x[0], x[1]) - 2.0 => return jnp.logaddexp(x[1], x[0]) - 2.0",
        "return jnp.logaddexp(x[0], x[1]) - 2.0 => return jnp.logaddexp(x[0], x[1])",
        "return round(n) => return int(n)",
        "return round(n) => return n",
    ],
)
def test_one_node_changes_of_many_kinds_are_tried(mutant):
    found = mutation.mutants(SOURCE)
    assert mutant in found and len(set(found.values())) == len(found)
    for text in found.values():
        compile(text, "mutant", "exec")


def test_mutants_that_hang_or_crash_are_failed_and_cost_only_themselves(monkeypatch):
    monkeypatch.setattr(mutation, "SECONDS", 3.0)
    lesson, exercise = lessons.find_exercise("mini-centre")
    sources = {
        "right": "def centre(x):\n    return x.mean()\n",
        "hangs": "def centre(x):\n    while True: pass\n",
        "crashes": "def centre(x):\n    import os; os._exit(1)\n",
        "wrong": "def centre(x):\n    return x.sum()\n",
        "no syntax": "def centre(x:\n",
        "right too": "def centre(x):\n    return sum(x) / len(x)\n",
    }
    assert mutation.survivors(lesson, exercise, sources, hidden=1) == ["right", "right too"]


def test_an_argument_that_is_ignored_is_seen():
    lesson, exercise = lessons.find_exercise("mini-centre")
    assert probes.parameters("key, x, n=3, *args") == ["key", "x", "n", "*args"]
    assert not probes.passes_frozen(lesson, exercise, "centre", "x")
    names = ["a", "b", "*rest"]
    fixed = probes.frozen(lambda a, b, *rest: (a, b, rest), names, "b", 7)
    assert fixed(1, 2, 3, 4) == (1, 7, (3, 4)) and fixed(a=1, b=2) == (1, 7, ())


def test_arguments_are_recorded_inside_traced_programs():
    import jax
    import jax.numpy as jnp

    recorder = probes.Recorder(lambda key, x, n: x * n + jax.random.normal(key), ["key", "x", "n"])
    fn = recorder.function()
    jax.jit(lambda keys, x: jax.vmap(lambda key: fn(key, x, 3))(keys))(
        jax.random.split(jax.random.key(5), 4), jnp.float32(2.5)
    )
    jax.effects_barrier()
    assert float(recorder.first["x"]) == 2.5 and recorder.first["n"] == 3
    assert (
        jax.random.key_data(recorder.first["key"]).tolist()
        in jax.random.key_data(jax.random.split(jax.random.key(5), 4)).tolist()
    )


def test_rows_that_nothing_earns_are_seen():
    lesson, exercise = lessons.find_exercise("mini-centre")
    assert probes.points_of_nothing(lesson, exercise, "zeros") == []
    assert probes.points_of_nothing(lesson, exercise, "first argument") == []
    with pytest.raises(probes.NotApplicable):
        probes.points_of_nothing(lesson, exercise, "params without a site")
