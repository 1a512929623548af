"""How often the grader is wrong, measured: ``svi-course calibrate LESSON``.

Honest answers (the solution and the listed others, fixed before any tolerance), every
known-wrong answer and near misses of known size go through the same ``measure`` and
``judge`` as a class, on fresh hidden cases. What comes out is written into the lesson's
table beside the tolerances; ``docs/calibration.md`` is that table to read.
"""

import contextlib
import functools
import io
import json
import multiprocessing
import time
import types
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
from scipy import special

from autograder import lessons, notebooks
from autograder.judging import choose_hint, judge
from autograder.learner import kernel

SEED = 20240611
HIDDEN = 3  # hidden cases of one answer, as in a class

#: Learners' functions that would be traced anew on each call: positions of their static arguments.
COMPILED = {"run_svi": (1, 2), "posterior_draws": (1, 3, 4), "posterior_predictive": (1, 2, 4, 5), "counts_posterior": ()}


def _compiled_laplace(fn):
    """A learner's ``laplace``, compiled once for each kind of target: the numbers in a log joint become arguments."""
    import jax

    whole = jax.jit(lambda target, numbers, z0: fn(functools.partial(target, numbers), z0), static_argnums=0)
    return lambda log_joint, z0: whole(log_joint.func, log_joint.args[0], z0)


def _quick_logsumexp(a, **options):
    """``scipy.special.logsumexp``; of a plain vector in an eighth of the time."""
    if options:
        return special.logsumexp(a, **options)
    top = np.max(a)
    return np.log(np.sum(np.exp(a - top))) + top


#: (exercise, honest answer) that take seconds a case, and how many cases each gets.
SLOW = {
    ("run-svi", "python loop"): 60, ("fit", "python loop"): 60, ("svi-step", "jitted inside"): 60,
    ("fit-autoguide", "jitted loop in plain Python"): 60, ("fit-autoguide", "svi.run"): 60, ("posterior-draws", "named site"): 300,
    ("loss-spread", "two moments"): 300, ("plateau", "jax"): 300, ("has-converged", "jax"): 300, ("best-restart", "jax all through"): 300,
    ("best-gaussian", "brute force"): 900,
}


def upper_bound(failures, trials):
    """95 % upper bound of a failure rate (Clopper & Pearson 1934, one-sided)."""
    from scipy.stats import beta

    return float(beta.ppf(0.95, failures + 1, trials - failures)) if failures < trials else 1.0


def cases(exercise, count, role=0):
    """``count`` fresh hidden cases; the i-th is the same whatever ``count`` is."""
    name = list(exercise.id.encode())
    return [exercise.case(np.random.default_rng([SEED, role, i, *name])) for i in range(count)]


def functions(lesson, source, names=()):
    """The objects that a learner's ``source`` defines; those in ``names`` traced once, and quicker, where that changes nothing."""
    import jax

    namespace = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(notebooks.prelude(lesson), namespace)
        exec(source, namespace)
    if names and namespace.get("special") is special:
        namespace["special"] = types.SimpleNamespace(**{**vars(special), "logsumexp": _quick_logsumexp})
    for name in names:
        if name in COMPILED and callable(namespace.get(name)):
            namespace[name] = jax.jit(namespace[name], static_argnums=COMPILED[name])
        if name == "laplace" and callable(namespace.get(name)):
            namespace[name] = _compiled_laplace(namespace[name])
    return namespace


def measurer(lesson, exercise, source, plain=False):
    """A function case -> measurement for a learner's ``source``; ``plain`` leaves it as a notebook would run it."""
    measure = getattr(kernel.load_measures(lesson.measures), exercise.measure_name)
    state = {"plain": plain, "namespace": functions(lesson, source, () if plain else exercise.names)}

    def run(case):
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            result = kernel.take(measure, exercise.names, state["namespace"], case)
            if result["status"] != "ok" and not state["plain"]:
                state.update(plain=True, namespace=functions(lesson, source))  # it can't be jitted as a whole, which nobody asked for
                result = kernel.take(measure, exercise.names, state["namespace"], case)
        return result

    return run


def honest_plan(exercise, answers):
    """Which honest answer takes which case: a list of names, HIDDEN cases each."""
    names = ["solution", *exercise.honest]
    quick = [name for name in names if (exercise.id, name) not in SLOW]
    plan = [quick[i % len(quick)] for i in range(answers)]
    for (exercise_id, name), count in SLOW.items():
        if exercise_id == exercise.id and name in names:
            share = min(count // HIDDEN, answers // 10)
            plan[:share] = [name] * share
    return [name for name in plan for _ in range(HIDDEN)]


def honest_rows(lesson, exercise, solution, answers, near_cases):
    """Distances of honest answers, as rows of the table, and right measurements for the near misses."""
    plan = honest_plan(exercise, answers)
    todo = cases(exercise, len(plan))
    distances = {criterion.name: [] for criterion in exercise.criteria}
    fails, failed_answers, kept = {criterion.name: 0 for criterion in exercise.criteria}, set(), []
    order = sorted(range(len(plan)), key=lambda i: plan[i])
    run, current = None, None
    for i in order:
        if plan[i] != current:
            current = plan[i]
            run = measurer(lesson, exercise, solution if current == "solution" else exercise.honest[current], plain=(exercise.id, current) in SLOW)
        measurement, reference = run(todo[i]), exercise.reference(todo[i])
        for row in judge(exercise, measurement, reference, lesson.tolerances):
            distances[row.name].append(row.distance)
            fails[row.name] += not row.passed
            if not row.passed:
                failed_answers.add(i // HIDDEN)
        if current == "solution" and len(kept) < near_cases:
            kept.append((measurement, reference))
    table = json.loads(lesson.tolerances.read_text())[exercise.id]
    result = {}
    for criterion in exercise.criteria:
        values = np.asarray(distances[criterion.name])
        quantiles = np.quantile(np.where(np.isnan(values), np.inf, values), (0.5, 0.9, 0.99, 0.999, 1.0), method="higher")
        result[criterion.name] = {
            "tolerance": table[criterion.name]["tolerance"],
            "honest": {"cases": len(values), **{key: _short(q) for key, q in zip(("median", "q90", "q99", "q999", "max"), quantiles)},
                       "false_fails": fails[criterion.name], "rate_below": _short(upper_bound(fails[criterion.name], len(values)))},
        }
    result["_answers"] = {"honest": ["solution", *exercise.honest], "answers": answers, "false_fails": sorted(failed_answers)}
    return result, kept


def honest_again(exercise, table):
    """The honest rows as they were measured, where a tolerance was made smaller and still passes them all."""
    rows = {name: table[name] for name in (*(criterion.name for criterion in exercise.criteria), "_answers")}
    for criterion in exercise.criteria:
        if not rows[criterion.name]["honest"]["max"] <= rows[criterion.name]["tolerance"]:
            raise ValueError(f"{exercise.id}, {criterion.name}: honest answers were measured beyond this tolerance; calibrate with answers")
    return rows


def wrong_row(lesson, exercise, wrong, count):
    """On how many of ``count`` fresh hidden cases a known-wrong answer fails, and gets its own hint."""
    run, failed, hinted = measurer(lesson, exercise, wrong.source), 0, 0
    for case in cases(exercise, count, role=1):
        measurement, reference = run(case), exercise.reference(case)
        rows = judge(exercise, measurement, reference, lesson.tolerances)
        bad = not all(row.passed for row in rows)
        failed += bad
        hinted += bad and choose_hint(exercise, [(measurement, reference, rows)]) == wrong.hint
    return {"cases": count, "failed": failed, "hinted": hinted}


def calibrate_exercise(lesson_name, exercise_id, answers, wrong_cases, near_cases):
    """All numbers of one exercise, as its part of the table."""
    lesson = lessons.find_lesson(lesson_name)
    exercise = lesson.exercises[exercise_id]
    begin = time.monotonic()
    solution = notebooks.answers(lesson)[exercise_id]
    table = json.loads(lesson.tolerances.read_text())[exercise_id]
    if answers:
        result, kept = honest_rows(lesson, exercise, solution, answers, near_cases)
    else:
        run, result = measurer(lesson, exercise, solution), honest_again(exercise, table)
        kept = [(run(case), exercise.reference(case)) for case in cases(exercise, near_cases)]
    result["_known_wrong"] = {}
    for wrong in exercise.known_wrong:
        result["_known_wrong"][wrong.name] = wrong_row(lesson, exercise, wrong, wrong_cases)
    result["_near"] = {}
    for near in exercise.near:
        far = {_short(size): np.array([_farthest(lesson, exercise, near, size, m, r) for m, r in kept]) for size in sorted({*near.sizes, near.must})}
        shares = {size: float(np.mean(distances > 1)) for size, distances in far.items()}
        detected = [size for size in shares if all(shares[bigger] >= 0.99 for bigger in shares if bigger >= size)]
        result["_near"][near.name] = {
            "unit": near.unit, "cases": len(kept), "failed": {str(size): _short(share) for size, share in shares.items()},
            "smallest_failed_99_of_100": detected[0] if detected else None, "must": near.must, "must_failed": shares[_short(near.must)],
            "must_distance": _short(min(far[_short(near.must)].min(), 1e6)),
        }
    return result, time.monotonic() - begin


def _short(x):
    return float(f"{float(x):.4g}")


def _farthest(lesson, exercise, near, size, measurement, reference):
    """Distance of a near miss in tolerances, in the criterion that shows it best; above 1 where it fails."""
    changed = {key: value if isinstance(value, (str, list)) else np.asarray(value) for key, value in near.perturb(measurement, reference, size).items()}
    rows = judge(exercise, changed, reference, lesson.tolerances)
    ratios = [row.distance / row.tolerance if row.tolerance and np.isfinite(row.distance) else np.inf for row in rows if not row.passed]
    return max(ratios, default=0.0)


def calibrate(lesson, answers, wrong_cases, near_cases, jobs, progress, only=()):
    """Measure every exercise of ``lesson`` and write its table.

    Args:
        lesson: the Lesson.
        answers: honest answers an exercise, each on three hidden cases; 0 keeps those measured before.
        wrong_cases: hidden cases for each known-wrong answer.
        near_cases: right measurements that near misses are made of.
        jobs: exercises at a time.
        progress: called with a line of text.
        only: ids of exercises; all of them if empty.
    """
    chosen = [name for name in lesson.exercises if not only or name in only]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        todo = {pool.submit(calibrate_exercise, lesson.name, name, answers, wrong_cases, near_cases): name for name in chosen}
        for done in as_completed(todo):
            result, seconds = done.result()
            table = json.loads(lesson.tolerances.read_text())
            table[todo[done]] = result
            lesson.tolerances.write_text(as_json(table))
            progress(f"{todo[done]}: {seconds:.0f} s, {len(result['_answers']['false_fails'])} of {answers} honest answers failed")


def as_json(table):
    """The table with one line a row."""
    lines = []
    for exercise, rows in table.items():
        inner = []
        for name, row in rows.items():
            if name in ("_known_wrong", "_near"):
                entries = ",\n".join(f"      {json.dumps(key)}: {json.dumps(value)}" for key, value in row.items())
                inner.append(f"    {json.dumps(name)}: {{\n{entries}\n    }}" if row else f"    {json.dumps(name)}: {{}}")
            else:
                inner.append(f"    {json.dumps(name)}: {json.dumps(row)}")
        lines.append(f"  {json.dumps(exercise)}: {{\n" + ",\n".join(inner) + "\n  }")
    return "{\n" + ",\n".join(lines) + "\n}\n"


HEAD = """# How often the grader is wrong

Made by `svi-course calibrate`, from the tables beside the exercises; not edited by hand.

A class judges each answer on the public case and on three hidden ones. Here honest answers (the solution and other right
ones, with other parameterisations, optimisers, estimators and keys, listed in `autograder/exercises/`), every known-wrong answer,
and near misses of known size went through the same measurement and the same judge on fresh hidden cases.

- **Honest**: distances of honest answers beside the tolerance. The rate of false fails is below the last column with 95 % confidence.
- **Known-wrong**: on how many hidden cases each was failed, and how often the hint was that of the mistake made.
- **Near misses**: an error of known size put into a right measurement, which carries its own honest noise. The power curve says which share
  was failed at each size. Then come the smallest size that is failed at least 99 times of 100, and the size that must always fail: without the
  noise it lies at least 3 tolerances from the truth.
"""


def _curve(failed):
    return ", ".join(f"{size}: {share:.0%}" for size, share in failed.items())


def report():
    """``docs/calibration.md`` from the tables of all lessons of the course."""
    out = [HEAD]
    root = lessons.course_root()
    for lesson in lessons.all_lessons().values():
        if not lesson.source.is_relative_to(root / "course"):
            continue
        table = json.loads(lesson.tolerances.read_text())
        counted = [rows["_answers"] for rows in table.values() if "_answers" in rows]
        out.append(f"\n## {lesson.name}\n")
        if len(counted) == len(lesson.exercises):
            answers = min(row["answers"] for row in counted)
            failed = len({i for row in counted for i in row["false_fails"] if i < answers})
            out.append(f"{answers:,} honest answers to the whole lesson, {failed} of them failed: the rate is below {upper_bound(failed, answers):.2g}.\n")
        honest, wrong, near = [], [], []
        for name in lesson.exercises:
            for key, row in table[name].items():
                if key == "_known_wrong":
                    wrong += [f"| {name} | {k} | {v['failed']} of {v['cases']} | {v['hinted'] / max(v['failed'], 1):.1%} |" for k, v in row.items()]
                elif key == "_near":
                    near += [f"| {name} | {k} | {v['unit']} | {_curve(v['failed'])} | {v['smallest_failed_99_of_100']} | {v['must']} |" for k, v in row.items()]
                elif key != "_answers" and "honest" in row:
                    h = row["honest"]
                    out_row = f"| {name} | {key} | {row['tolerance']:g} | {h['median']:.2g} | {h['q99']:.2g} | {h['max']:.2g} | {h['false_fails']} of {h['cases']:,} | {h['rate_below']:.1g} |"
                    honest.append(out_row)
        if honest:
            out.append("| exercise | criterion | tolerance | median | 99 % | worst | false fails | rate below |\n|---|---|---|---|---|---|---|---|")
            out.append("\n".join(honest) + "\n")
            out.append("| exercise | known-wrong answer | failed | right hint |\n|---|---|---|---|")
            out.append("\n".join(wrong) + "\n")
        if near:
            out.append("| exercise | near miss | size in | power curve, size: share failed | 99 of 100 | must fail |\n|---|---|---|---|---|---|")
            out.append("\n".join(near) + "\n")
    return "\n".join(out)
