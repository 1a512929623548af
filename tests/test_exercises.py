"""Every exercise folder on both sides: right answers pass, mistakes fail with their own hint, the table is true.

One generic file: what it needs of an exercise stands in the exercise's folder.
"""

import ast
import json
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from svi_course import answers, calibration, lessons, notebooks, panel
from svi_course.classroom import folder as classroom
from svi_course.judging import choose_hint, judge, verdict
from svi_course.learner import cases as codec
from svi_course.learner import loading

LESSONS = list(lessons.all_lessons().values())
EXERCISES = [(lesson, exercise) for lesson in LESSONS for exercise in lesson.exercises.values()]
COURSE = [(lesson, exercise) for lesson in lessons.course_lessons() for exercise in lesson.exercises.values()]
UNMEASURED = json.loads((Path(__file__).parent / "known_gaps.json").read_text())["unmeasured"]
MEASURED = [(lesson, exercise) for lesson, exercise in COURSE if exercise.id not in UNMEASURED]


def each(pairs, names=None):
    """Parametrize by exercise, and by the names that ``names(exercise)`` gives; one process for an exercise's tests."""
    rows = []
    for lesson, exercise in pairs:
        mark = pytest.mark.xdist_group(f"{lesson.name[:2]}-{exercise.id}")
        for name in names(exercise) if names else [None]:
            values = (lesson, exercise) + ((name,) if names else ())
            text = "-".join(name) if isinstance(name, tuple) else name
            rows.append(pytest.param(*values, id=f"{exercise.id}-{text}" if names else exercise.id, marks=mark))
    return pytest.mark.parametrize("lesson, exercise" + (", name" if names else ""), rows)


@pytest.fixture(autouse=True)
def room_for_programs(request):
    """Forget the last exercise's compiled programs: some hundred in one process have crashed XLA's compiler."""
    exercise = request.node.callspec.params.get("exercise") if hasattr(request.node, "callspec") else None
    if exercise is not None and room_for_programs.last not in (None, exercise.id):
        import jax

        jax.clear_caches()
    room_for_programs.last = exercise.id if exercise is not None else None


room_for_programs.last = None


@cache
def drawn(exercise_folder, count):
    """The public case and ``count`` hidden ones with their references, as a class stores and reads them."""
    exercise = next(e for _, e in EXERCISES if e.folder == exercise_folder)
    rng = np.random.default_rng(11)
    found = [exercise.public(), *(exercise.case(rng) for _ in range(count))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.npz"
        classroom.save_cases(
            path, [{"case": case, "reference": exercise.reference(case), "routes": {}} for case in found], {}
        )
        return [(row["case"], row["reference"]) for row in classroom.load_cases(path)]


def judged(lesson, exercise, source, hidden, quick=False):
    """(verdict, measurements) of a learner's source on the public case and hidden ones; ``quick`` compiles it."""
    run = calibration.measurer(lesson, exercise, source, plain=not quick)
    pairs = [(run(case), reference) for case, reference in drawn(exercise.folder, hidden)]
    return verdict(exercise, pairs[0], pairs[1:]), pairs


def right(exercise):
    """Names of the right answers."""
    return ["solution", *answers.honest(exercise)]


def first_honest(exercise):
    return right(exercise)[:1]


def source_of(lesson, exercise, name):
    return notebooks.answers(lesson)[exercise.id] if name == "solution" else answers.honest(exercise)[name]


# ---------------------------------------------------------------- the form of a folder


@each(EXERCISES)
def test_the_folder_has_its_parts(lesson, exercise):
    assert exercise.folder == lesson.folder / exercise.id.replace("-", "_")
    assert list(exercise.table())[: len(exercise.criteria)] == [criterion.name for criterion in exercise.criteria]
    for name in ("measure.py", "judge.py", "mistakes.py", "honest.py", "route.py"):
        path = exercise.folder / name
        if path.exists():
            assert ast.get_docstring(ast.parse(path.read_text())), f"{path} says nothing at its top"
    assert set(answers.mistakes(exercise)) == {mistake.name for mistake in exercise.mistakes}
    found = answers.read(exercise.folder / "mistakes.py", exercise.names)
    listed = {answers.identifier(mistake.name) for mistake in exercise.mistakes}
    assert {part for name in found for part in name.split("__")} <= listed, (
        "code of a mistake that the judge does not list"
    )
    assert set(exercise.slow) <= set(answers.honest(exercise))


@each(EXERCISES)
def test_the_halves_import_what_they_may(lesson, exercise):
    """``measure.py`` sees the learner's half and ``measuring``, ``judge.py`` no JAX: a grader need not import it."""
    for name, allowed in (
        ("measure.py", ("svi_course.learner", "measuring")),
        ("judge.py", ("svi_course.exercise", "")),
    ):
        for node in ast.walk(ast.parse((exercise.folder / name).read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = ["." * node.level + (node.module or "")]
            else:
                continue
            for module in modules:
                if name == "measure.py" and module.startswith("."):
                    assert module in ("..measuring", "...measuring"), f"{exercise.id}: measure.py imports {module}"
                if module.startswith("svi_course"):
                    assert module.startswith(allowed[0]), f"{exercise.id}: {name} imports {module}"
                if name == "judge.py":
                    assert module.split(".")[0] not in ("jax", "numpyro", "optax"), (
                        f"{exercise.id}: judge.py imports {module}"
                    )


# ---------------------------------------------------------------- answers


@pytest.mark.quick
@each(EXERCISES, first_honest)
def test_the_solution_passes(lesson, exercise, name):
    result, _ = judged(lesson, exercise, source_of(lesson, exercise, name), hidden=1)
    assert result.passed, result


@each(EXERCISES, lambda exercise: right(exercise)[1:])
def test_other_right_answers_pass(lesson, exercise, name):
    result, pairs = judged(lesson, exercise, source_of(lesson, exercise, name), hidden=2)
    assert result.passed, result
    assert_panel_stands(exercise, pairs)


@pytest.mark.quick
@each(EXERCISES, lambda exercise: [m.name for m in exercise.mistakes[:1]])
def test_a_mistake_fails_with_its_hint(lesson, exercise, name):
    mistake_fails(lesson, exercise, name)


@each(EXERCISES, lambda exercise: [m.name for m in exercise.mistakes[1:]])
def test_each_mistake_fails_with_its_hint(lesson, exercise, name):
    mistake_fails(lesson, exercise, name)


def mistake_fails(lesson, exercise, name):
    result, pairs = judged(lesson, exercise, answers.mistakes(exercise)[name], hidden=1, quick=True)
    assert not result.passed
    assert result.hint == next(m.hint for m in exercise.mistakes if m.name == name), result
    assert_panel_stands(exercise, pairs)


@each(COURSE, answers.pairs)
def test_two_mistakes_fail_and_get_no_third_ones_hint(lesson, exercise, name):
    hints = {mistake.name: mistake.hint for mistake in exercise.mistakes}
    run = calibration.measurer(lesson, exercise, answers.pairs(exercise)[name])
    for case, reference in drawn(exercise.folder, 2)[1:]:
        measurement = run(case)
        rows = judge(exercise, measurement, reference)
        assert measurement["status"] == "ok" and not all(row.passed for row in rows), measurement["sentence"]
        assert choose_hint(exercise, [(measurement, reference, rows)]) in {"", *(hints[part] for part in name)}


@each(EXERCISES)
def test_unwritten_and_missing_say_the_name(lesson, exercise):
    for name, signature in exercise.names.items():
        missing, _ = judged(lesson, exercise, "", hidden=0)
        assert missing.status == "missing" and next(iter(exercise.names)) in missing.sentence and missing.points == 0
        stub = "".join(f"def {n}({s}):\n    raise NotImplementedError\n" for n, s in exercise.names.items())
        unwritten, _ = judged(lesson, exercise, stub, hidden=0)
        assert unwritten.status == "unwritten" and unwritten.points == 0, (name, signature)


# ---------------------------------------------------------------- panel, figure, files


def assert_panel_stands(exercise, pairs):
    """Panel and figure of a measurement exist, whatever it is, and an alternative text goes with every picture."""
    (measurement, reference), result = pairs[0], verdict(exercise, pairs[0], pairs[1:])
    page = panel.as_page(result, exercise, measurement, reference)
    assert exercise.id in page and panel.as_text(result)
    assert "<img" not in page or 'alt="' in page and 'alt=""' not in page


def extreme(exercise, fill):
    """A measurement of the asked shapes filled with one value, text with a site's name."""
    arrays = {}
    for name, wanted in exercise.fields.items():
        shape = tuple(7 if n is None else n for n in wanted.shape)
        arrays[name] = np.full(shape, "x", dtype="U1") if wanted.text else fill(shape)
    return {"status": "ok", "sentence": "", "detail": "", "warnings": [], **arrays}


EXTREMES = {
    "nan": lambda shape: np.full(shape, np.nan),
    "infinite": lambda shape: np.full(shape, np.inf),
    "minus infinite": lambda shape: np.full(shape, -np.inf),
    "huge": lambda shape: np.full(shape, 1e300),
    "tiny": lambda shape: np.full(shape, 5e-324),
    "zero": lambda shape: np.zeros(shape),
    "alternating": lambda shape: np.resize([1e300, -1e300], shape),
    "empty": lambda shape: np.zeros((0,) * max(1, len(shape))),
    "text": lambda shape: np.full(shape, "many"),
    "whole numbers": lambda shape: np.full(shape, 2**62),
    "complex": lambda shape: np.full(shape, 1j),
}


@each(EXERCISES)
def test_extreme_numbers_cost_no_panel(lesson, exercise):
    (case, reference), *_ = drawn(exercise.folder, 0)
    for fill in EXTREMES.values():
        assert_panel_stands(exercise, [(extreme(exercise, fill), reference)])
    assert_panel_stands(exercise, [({"status": "ok", "sentence": "", "detail": ""}, reference)])
    for broken in ("figure", "hint"):

        def fails(*arguments):
            raise RuntimeError(broken)

        from dataclasses import replace

        changed = (
            replace(exercise, figure=fails)
            if broken == "figure"
            else replace(exercise, mistakes=tuple(replace(mistake, looks_like=fails) for mistake in exercise.mistakes))
        )
        assert_panel_stands(changed, [(extreme(exercise, EXTREMES["zero"]), reference)])


@each(EXERCISES)
def test_a_case_survives_its_file(lesson, exercise, tmp_path):
    """What a student is handed, ``case.json``, and what a class keeps hold the very numbers that were drawn."""
    case = exercise.case(np.random.default_rng(12))
    pair = case, exercise.reference(case)
    (tmp_path / "case.json").write_text(codec.dumps(lesson.name, "abc", {exercise.id: pair}))
    codec.write(tmp_path / "case.npz", case)
    classroom.save_cases(tmp_path / "class.npz", [{"case": case, "reference": pair[1], "routes": {}}], {})
    (row,) = classroom.load_cases(tmp_path / "class.npz")
    read = [
        codec.load(tmp_path / "case.json")[1][exercise.id],
        (row["case"], row["reference"]),
        (codec.read(tmp_path / "case.npz"), pair[1]),
    ]
    for after in read:
        for one, other in zip(pair, after):
            one, other = codec.flatten(one), codec.flatten(other)
            assert list(one) == list(other)
            for name, value in one.items():
                same = np.array_equal(value, other[name], equal_nan=value.dtype.kind == "f")
                assert value.dtype == other[name].dtype and same, name


# ---------------------------------------------------------------- the truth, and what was measured


@each(COURSE)
def test_the_truth_has_a_second_route(lesson, exercise):
    rng = np.random.default_rng(3)
    found = [exercise.public(), *(exercise.case(rng) for _ in range(3))]
    loading.load(f"{lesson.folder.name}.{exercise.folder.name}.route").agree(
        [(case, exercise.reference(case)) for case in found]
    )


@each(MEASURED)
def test_honest_answers_fail_less_than_once_in_a_thousand(lesson, exercise):
    """Or did not fail in 500, where an answer is so dear that no more could be afforded: 0.6 % at most, then."""
    rows = exercise.table()
    assert rows["_answers"]["honest"] == right(exercise)
    number, failed = rows["_answers"]["answers"], rows["_answers"]["false_fails"]
    dear = rows["_answers"].get("seconds", 0) > 5
    assert calibration.upper_bound(len(failed), number) < (6e-3 if dear else 1e-3)
    for criterion in exercise.criteria:
        honest = rows[criterion.name]["honest"]
        assert honest["cases"] >= exercise.n_hidden * number and honest["max"] <= rows[criterion.name]["tolerance"]


@each(MEASURED)
def test_the_table_shows_that_mistakes_fail_with_their_hint(lesson, exercise):
    rows = exercise.table()
    assert list(rows["_known_wrong"]) == [mistake.name for mistake in exercise.mistakes] and len(exercise.mistakes) >= 4
    assert list(rows["_near"]) == [near.name for near in exercise.near]
    for name, row in rows["_known_wrong"].items():
        assert row["cases"] >= 200 and row["failed"] == row["cases"], name
        assert row["hinted"] >= 0.95 * row["failed"], name
    for name, row in rows["_near"].items():
        assert row["must_failed"] == 1.0 and row["smallest_failed_99_of_100"] <= row["must"], name
        assert row["must_distance"] > 2, name  # in tolerances, the honest noise of the answer included; 3 without it


@each(MEASURED)
def test_a_quick_run_agrees_with_the_table(lesson, exercise):
    """Other seeds than the table's: about a tenth of the distances lie above its 90 % quantile."""
    rng, rows = np.random.default_rng(2), exercise.table()
    run = calibration.measurer(lesson, exercise, notebooks.answers(lesson)[exercise.id])
    above, count = dict.fromkeys((c.name for c in exercise.criteria), 0), 12
    for _ in range(count):
        case = exercise.case(rng)
        for row in judge(exercise, run(case), exercise.reference(case)):
            assert row.passed, row
            above[row.name] += row.distance > rows[row.name]["honest"]["q90"]
    assert all(number <= 8 for number in above.values()), above


@each(COURSE)
def test_garbage_passes_nothing_and_gets_no_hint(lesson, exercise):
    """Numbers of the right shapes that no listed mistake explains."""
    rng = np.random.default_rng(4)
    kinds = (
        lambda shape: rng.normal(size=shape),
        lambda shape: 1000 * rng.normal(size=shape),
        lambda shape: rng.exponential(size=shape),
    )
    for fill in kinds:
        for _, reference in drawn(exercise.folder, 5)[1:]:
            garbage = extreme(exercise, lambda shape: np.asarray(fill(shape)))  # noqa: B023
            rows = judge(exercise, garbage, reference)
            assert not all(row.passed for row in rows)
            assert choose_hint(exercise, [(garbage, reference, rows)]) == "", rows


def test_what_the_first_cell_gives_is_what_given_py_says():
    """``given.py`` is there for the editor: it holds functions of the lesson's first cell, as they stand there."""
    for lesson in lessons.course_lessons():
        path = lesson.folder / "given.py"
        if path.exists():
            cell = {
                node.name: ast.dump(node)
                for node in ast.parse(notebooks.prelude(lesson)).body
                if isinstance(node, ast.FunctionDef)
            }
            given = {
                node.name: ast.dump(node)
                for node in ast.parse(path.read_text()).body
                if isinstance(node, ast.FunctionDef)
            }
            assert given and given.items() <= cell.items(), lesson.name


def test_the_judge_fits_the_model_that_lesson_07_hands_in():
    """Its copy: what a learner's notebook holds under that name is the learner's."""

    def code(source):
        (model,) = (node for node in ast.parse(source).body if getattr(node, "name", "") == "model_line")
        return [ast.dump(node) for node in model.body[1:]]  # without the docstring

    own = (lessons.course_root() / "course" / "measuring.py").read_text()
    assert code(own) == code(notebooks.prelude(lessons.find_lesson("07")))


def test_the_engine_knows_no_exercise():
    """No id, no function that a lesson asks for and no title stands in the engine."""
    engine = Path(lessons.__file__).parent
    text = "\n".join(path.read_text() for path in engine.rglob("*.py"))
    tree_names = {
        name
        for path in engine.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [node.value]
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            else [node.id]
            if isinstance(node, ast.Name)
            else [node.name]
            if isinstance(node, ast.FunctionDef)
            else []
        )
    }
    for lesson, exercise in COURSE:
        for word in (f'"{exercise.id}"', exercise.title, lesson.name, *(f"def {name}(" for name in exercise.names)):
            assert word not in text, f"the engine speaks of {word}"
        long_names = {name for name in exercise.names if "_" in name}
        assert not long_names & tree_names, f"the engine knows {long_names & tree_names}"


def test_what_is_not_measured_is_named():
    """Exercises whose false fails and hints are not yet counted; this list, too, may only get shorter."""
    assert {exercise.id for _, exercise in COURSE if "_answers" not in exercise.table()} == set(UNMEASURED)


def test_docs_calibration_is_made_from_the_tables():
    assert (lessons.course_root() / "docs" / "calibration.md").read_text() == calibration.report()


def test_tables_are_json_with_a_line_a_row():
    for _, exercise in COURSE:
        text = (exercise.folder / "table.json").read_text()
        assert text == calibration.as_json(json.loads(text)), exercise.id
