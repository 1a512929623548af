"""How often the grader is wrong, measured: ``svi-course calibrate LESSON``.

Honest answers (the solution and the listed others, fixed before any tolerance), every
known-wrong answer and near misses of known size go through the same ``measure`` and
``judge`` as a class, on fresh hidden cases. What comes out is written into the lesson's
table beside the tolerances; ``docs/calibration.md`` is that table to read.
"""

import contextlib
import io
import json
import multiprocessing
import os
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
from scipy.stats import beta

from svi_course import answers as cut
from svi_course import lessons, notebooks
from svi_course.judging import choose_hint, judge
from svi_course.learner import kernel, loading

SEED = 20240611


def worker_pool(jobs):
    """Fresh processes with one thread each for matrices: these are small, and threads that wait for each other cost."""
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def upper_bound(failures, trials):
    """95 % upper bound of a failure rate (Clopper & Pearson 1934, one-sided)."""
    return float(beta.ppf(0.95, failures + 1, trials - failures)) if failures < trials else 1.0


def cases(exercise, count, role=0):
    """``count`` fresh hidden cases; the i-th is the same whatever ``count`` is."""
    name = list(exercise.id.encode())
    return [exercise.case(np.random.default_rng([SEED, role, i, *name])) for i in range(count)]


def functions(lesson, exercise, source, plain=False):
    """The name space in which a learner ran ``source``; unless ``plain``, as the exercise's ``quick.py`` changes it."""
    namespace = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(notebooks.prelude(lesson), namespace)
        exec(source, namespace)
    if not plain and (exercise.folder / "quick.py").is_file():
        loading.load(f"{lesson.folder.name}.{exercise.folder.name}.quick").quick(namespace)
    return namespace


def measurer(lesson, exercise, source, plain=False):
    """A function case -> measurement for a learner's ``source``; ``plain`` leaves it as a notebook would run it."""
    measure = loading.load_measure(lesson.folder, exercise.id)
    state = {"plain": plain, "namespace": functions(lesson, exercise, source, plain)}

    def run(case):
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            result = kernel.take(measure, exercise.names, state["namespace"], case)
            if result["status"] != "ok" and not state["plain"]:
                state.update(
                    plain=True, namespace=functions(lesson, exercise, source, plain=True)
                )  # it can't be jitted as a whole, which nobody asked for
                result = kernel.take(measure, exercise.names, state["namespace"], case)
        return result

    return run


def honest_plan(exercise, names, answers):
    """Which honest answer takes which case: a list of names, as many of each as a class has hidden cases."""
    quick = [name for name in names if name not in exercise.slow]
    plan = [quick[i % len(quick)] for i in range(answers)]
    for name, count in exercise.slow.items():
        share = min(count // exercise.n_hidden, answers // 10)
        plan[:share] = [name] * share
    return [name for name in plan for _ in range(exercise.n_hidden)]


def honest_rows(lesson, exercise, answers, near_cases):
    """Distances of honest answers, as rows of the table, and right measurements for the near misses."""
    sources = {"solution": notebooks.answers(lesson)[exercise.id], **cut.honest(exercise)}
    begin = time.process_time()
    plan = honest_plan(exercise, list(sources), answers)
    todo = cases(exercise, len(plan))
    distances = {criterion.name: [] for criterion in exercise.criteria}
    fails, failed_answers, kept = {criterion.name: 0 for criterion in exercise.criteria}, set(), []
    order = sorted(range(len(plan)), key=lambda i: plan[i])
    run, current = None, None
    for i in order:
        if plan[i] != current:
            current = plan[i]
            run = measurer(lesson, exercise, sources[current], plain=current in exercise.slow)
        measurement, reference = run(todo[i]), exercise.reference(todo[i])
        for row in judge(exercise, measurement, reference):
            distances[row.name].append(row.distance)
            fails[row.name] += not row.passed
            if not row.passed:
                failed_answers.add(i // exercise.n_hidden)
        if current == "solution" and len(kept) < near_cases:
            kept.append((measurement, reference))
    result = {}
    for criterion in exercise.criteria:
        values = np.asarray(distances[criterion.name])
        quantiles = np.quantile(
            np.where(np.isnan(values), np.inf, values), (0.5, 0.9, 0.99, 0.999, 1.0), method="higher"
        )
        result[criterion.name] = {
            "tolerance": exercise.tolerance(criterion.name),
            "honest": {
                "cases": len(values),
                **{key: _short(q) for key, q in zip(("median", "q90", "q99", "q999", "max"), quantiles)},
                "false_fails": fails[criterion.name],
                "rate_below": _short(upper_bound(fails[criterion.name], len(values))),
            },
        }
    result["_answers"] = {
        "honest": list(sources),
        "answers": answers,
        "false_fails": sorted(failed_answers),
        "seconds": float(f"{(time.process_time() - begin) / answers:.2g}"),  # CPU seconds an answer, cases included
    }
    return result, kept


def honest_again(exercise, table):
    """The honest rows as they were measured, where a tolerance was made smaller and still passes them all."""
    rows = {name: table[name] for name in (*(criterion.name for criterion in exercise.criteria), "_answers")}
    for criterion in exercise.criteria:
        if not rows[criterion.name]["honest"]["max"] <= rows[criterion.name]["tolerance"]:
            raise ValueError(
                f"{exercise.id}, {criterion.name}: honest answers were measured beyond this tolerance; "
                f"calibrate with answers"
            )
    return rows


def mistake_row(lesson, exercise, mistake, source, drawn):
    """On how many hidden cases an answer with a listed mistake fails, and gets its own hint.

    Args:
        drawn: (case, reference) of each.
    """
    run, failed, hinted = measurer(lesson, exercise, source), 0, 0
    for case, reference in drawn:
        measurement = run(case)
        rows = judge(exercise, measurement, reference)
        bad = not all(row.passed for row in rows)
        failed += bad
        hinted += bad and choose_hint(exercise, [(measurement, reference, rows)]) == mistake.hint
    return {"cases": len(drawn), "failed": failed, "hinted": hinted}


def calibrate_exercise(lesson_name, exercise_id, answers, wrong_cases, near_cases):
    """All numbers of one exercise, as its part of the table."""
    lesson = lessons.find_lesson(lesson_name)
    exercise = lesson.exercises[exercise_id]
    begin = time.monotonic()
    if answers:
        result, kept = honest_rows(lesson, exercise, answers, near_cases)
    else:
        run, result = (
            measurer(lesson, exercise, notebooks.answers(lesson)[exercise_id]),
            honest_again(exercise, exercise.table()),
        )
        kept = [(run(case), exercise.reference(case)) for case in cases(exercise, near_cases)]
    result["_known_wrong"] = {}
    sources = cut.mistakes(exercise)
    drawn = [(case, exercise.reference(case)) for case in cases(exercise, wrong_cases, role=1)]
    for mistake in exercise.mistakes:
        result["_known_wrong"][mistake.name] = mistake_row(lesson, exercise, mistake, sources[mistake.name], drawn)
    result["_near"] = {}
    for near in exercise.near:
        far = {
            _short(size): np.array([_farthest(exercise, near, size, m, r) for m, r in kept])
            for size in sorted({*near.sizes, near.must})
        }
        shares = {size: float(np.mean(distances > 1)) for size, distances in far.items()}
        detected = [size for size in shares if all(shares[bigger] >= 0.99 for bigger in shares if bigger >= size)]
        result["_near"][near.name] = {
            "unit": near.unit,
            "cases": len(kept),
            "failed": {str(size): _short(share) for size, share in shares.items()},
            "smallest_failed_99_of_100": detected[0] if detected else None,
            "must": near.must,
            "must_failed": shares[_short(near.must)],
            "must_distance": _short(min(far[_short(near.must)].min(), 1e6)),
        }
    return result, time.monotonic() - begin


def _short(x):
    return float(f"{float(x):.4g}")


def _farthest(exercise, near, size, measurement, reference):
    """Distance of a near miss in tolerances, in the criterion that shows it best; above 1 where it fails."""
    changed = {
        key: value if isinstance(value, (str, list)) else np.asarray(value)
        for key, value in near.perturb(measurement, reference, size).items()
    }
    rows = judge(exercise, changed, reference)
    ratios = [
        row.distance / row.tolerance if row.tolerance and np.isfinite(row.distance) else np.inf
        for row in rows
        if not row.passed
    ]
    return max(ratios, default=0.0)


def calibrate(lesson, answers, wrong_cases, near_cases, jobs, progress, only=()):
    """Measure every exercise of ``lesson`` and write its ``table.json``.

    Args:
        lesson: the Lesson.
        answers: honest answers an exercise, each on as many hidden cases as in a class; 0 keeps those measured before.
        wrong_cases: hidden cases for each known-wrong answer.
        near_cases: right measurements that near misses are made of.
        jobs: exercises at a time.
        progress: called with a line of text.
        only: ids of exercises; all of them if empty.
    """
    chosen = [name for name in lesson.exercises if not only or name in only]
    with worker_pool(jobs) as pool:
        todo = {
            pool.submit(calibrate_exercise, lesson.name, name, answers, wrong_cases, near_cases): name
            for name in chosen
        }
        for done in as_completed(todo):
            result, seconds = done.result()
            exercise = lesson.exercises[todo[done]]
            other = {name: row for name, row in exercise.table().items() if name in ("_mutants", "_tested")}
            (exercise.folder / "table.json").write_text(as_json({**result, **other}))
            progress(
                f"{todo[done]}: {seconds:.0f} s, {len(result['_answers']['false_fails'])} of {answers} honest "
                f"answers failed"
            )


def as_json(table):
    """The table of an exercise with one line a row."""
    inner = []
    for name, row in table.items():
        if name in ("_known_wrong", "_near"):
            entries = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in row.items())
            inner.append(f"  {json.dumps(name)}: {{\n{entries}\n  }}" if row else f"  {json.dumps(name)}: {{}}")
        else:
            inner.append(f"  {json.dumps(name)}: {json.dumps(row)}")
    return "{\n" + ",\n".join(inner) + "\n}\n"


HEAD = """# How often the grader is wrong

Made by `svi-course calibrate`, from the `table.json` of each exercise; not edited by hand.

A class judges each answer on the public case and on hidden ones, mostly three. Here honest answers (the solution and
the right ones of `honest.py`, with other parameterisations, optimisers, estimators and keys), every known-wrong answer,
and near misses of known size went through the same measurement and the same judge on fresh hidden cases.

- **Honest**: distances of honest answers beside the tolerance. The rate of false fails is below the last column with
  95 % confidence. 3,000 answers an exercise; where one answer with its three cases costs more than five seconds of
  processor time, as many as could be afforded, and at least 500.
- **Known-wrong**: on how many hidden cases each was failed, and how often the hint was that of the mistake made.
- **Near misses**: an error of known size put into a right measurement, which carries its own honest noise. The power
  curve says which share was failed at each size. Then come the smallest size that is failed at least 99 times of 100,
  and the size that must always fail: without the noise it lies at least 3 tolerances from the truth.
"""


def _curve(failed):
    return ", ".join(f"{size}: {share:.0%}" for size, share in failed.items())


def report():
    """``docs/calibration.md`` from the tables of all lessons of the course."""
    out = [HEAD]
    for lesson in lessons.course_lessons():
        table = {name: exercise.table() for name, exercise in lesson.exercises.items()}
        counted = [rows["_answers"] for rows in table.values() if "_answers" in rows]
        out.append(f"\n## {lesson.name}\n")
        if len(counted) == len(lesson.exercises):
            answers = min(row["answers"] for row in counted)
            failed = len({i for row in counted for i in row["false_fails"] if i < answers})
            out.append(
                f"{answers:,} honest answers to the whole lesson, {failed} of them failed: the rate is below "
                f"{upper_bound(failed, answers):.2g}.\n"
            )
        missing = [name for name, rows in table.items() if "_answers" not in rows]
        if missing:
            out.append(f"Not measured yet: {', '.join(missing)}.\n")
        honest, wrong, near = [], [], []
        for name in lesson.exercises:
            for key, row in table[name].items():
                if key == "_known_wrong":
                    wrong += [
                        f"| {name} | {k} | {v['failed']} of {v['cases']} | {v['hinted'] / max(v['failed'], 1):.1%} |"
                        for k, v in row.items()
                    ]
                elif key == "_near":
                    near += [
                        f"| {name} | {k} | {v['unit']} | {_curve(v['failed'])} | "
                        f"{v['smallest_failed_99_of_100']} | {v['must']} |"
                        for k, v in row.items()
                    ]
                elif key != "_answers" and "honest" in row:
                    h = row["honest"]
                    numbers = f"{row['tolerance']:g} | {h['median']:.2g} | {h['q99']:.2g} | {h['max']:.2g}"
                    fails = f"{h['false_fails']} of {h['cases']:,} | {h['rate_below']:.1g}"
                    honest.append(f"| {name} | {key} | {numbers} | {fails} |")
        if honest:
            out.append(
                "| exercise | criterion | tolerance | median | 99 % | worst | false fails | rate below "
                "|\n|---|---|---|---|---|---|---|---|"
            )
            out.append("\n".join(honest) + "\n")
            out.append("| exercise | known-wrong answer | failed | right hint |\n|---|---|---|---|")
            out.append("\n".join(wrong) + "\n")
        if near:
            out.append(
                "| exercise | near miss | size in | power curve, size: share failed | 99 of 100 | must fail "
                "|\n|---|---|---|---|---|---|"
            )
            out.append("\n".join(near) + "\n")
    return "\n".join(out)
