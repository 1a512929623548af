"""Draw a class's hidden cases and compute their references: ``python -m autograder.references.build DIR LESSON…``.

Runs once a class, with 64-bit floats. Cases that exist are never drawn again.
"""

import importlib
import sys
import time
from importlib.metadata import version
from pathlib import Path

from autograder import classroom, lessons, seeds

MAX_DRAWS = 20  # draws for each wanted case before we give up


def draw(exercise, lesson_name, secret, student=""):
    """The hidden cases of one exercise: rows as ``save_cases`` stores them, and their record.

    Exercises with ``routes`` are computed by other routes too; a case whose routes are
    not sound or do not agree is refused, recorded, and the next one drawn in its place.

    Raises:
        RuntimeError: if too many cases are refused.
    """
    rows, refused, index, indices = [], [], 0, []
    routes = importlib.import_module(f"autograder.references.{exercise.routes}").routes if exercise.routes else None
    while len(rows) < exercise.n_hidden:
        if index >= MAX_DRAWS * exercise.n_hidden:
            raise RuntimeError(f"{exercise.id}: too many cases were refused: {refused[-1]}")
        wanted = range(index, index + exercise.n_hidden - len(rows))
        cases = [exercise.case(seeds.generator(secret, "case", lesson_name, exercise.id, i, student)) for i in wanted]
        references = [exercise.reference(case) for case in cases]
        found = routes(cases, references) if routes else [({}, "")] * len(cases)
        for i, case, reference, (numbers, trouble) in zip(wanted, cases, references, found):
            if trouble:
                refused.append({"index": i, "reason": trouble})
            else:
                rows.append({"case": case, "reference": reference, "routes": numbers})
                indices.append(i)
        index = wanted.stop
    record = {
        "exercise": exercise.id, "lesson": lesson_name, "student": student, "indices": indices, "refused": refused,
        "seed": "HMAC-SHA256(secret, case|lesson|exercise|index|student)",
        "versions": {name: version(name) for name in ("svi-course", "numpy", "scipy", "jax", "numpyro")},
        "routes": [{key: value.tolist() for key, value in row["routes"].items()} for row in rows],
    }
    return rows, record


def main(folder, names):
    secret = (Path(folder) / classroom.PRIVATE / "secret").read_bytes()
    todo = [(lessons.find_lesson(name), exercise) for name in names for exercise in lessons.find_lesson(name).exercises.values()]
    for number, (lesson, exercise) in enumerate(todo, 1):
        path = classroom.case_file(folder, lesson.name, exercise.id)
        begin = time.monotonic()
        if not path.exists():
            classroom.save_cases(path, *draw(exercise, lesson.name, secret))
        print(f"[{number}/{len(todo)}] {lesson.name}: {exercise.id}  {time.monotonic() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
