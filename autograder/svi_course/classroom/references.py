"""Draw a class's cases and compute their references: ``python -m svi_course.classroom.references DIR < request``.

The request on standard input is JSON: names of lessons and of students; the student ""
stands for the cases that a class shares. Runs with 64-bit floats, once: cases that exist
are never drawn again.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

from svi_course import lessons
from svi_course.classroom import folder as classroom
from svi_course.classroom import seeds

MAX_DRAWS = 20  # draws for each wanted case before we give up


def wanted_roles(exercise, student):
    """role -> number of cases: a class shares hidden ones, a student has a public one too."""
    return ({"public": 1} if student else {}) | {"case": exercise.n_hidden}


def draw(exercise, lesson_name, secret, students=("",)):
    """The cases of one exercise for many students at once.

    Exercises with ``routes`` are computed by other routes too, all cases in one call; a
    case whose routes are not sound or do not agree is refused, recorded, and the next
    one drawn in its place.

    Returns:
        student -> (rows as ``save_cases`` stores them, record).

    Raises:
        RuntimeError: if too many cases are refused.
    """
    rows = {(student, role): [] for student in students for role in wanted_roles(exercise, student)}
    sizes = {(student, role): wanted_roles(exercise, student)[role] for student, role in rows}
    used = dict.fromkeys(rows, 0)
    indices, refused = {key: [] for key in rows}, {key: [] for key in rows}
    routes = lessons.load_shared(exercise.routes).routes if exercise.routes else None
    while todo := [(key, used[key] + i) for key in rows for i in range(sizes[key] - len(rows[key]))]:
        cases = [
            exercise.case(seeds.generator(secret, role, lesson_name, exercise.id, i, student))
            for (student, role), i in todo
        ]
        references = [exercise.reference(case) for case in cases]
        found = routes(cases, references) if routes else [({}, "")] * len(cases)
        for (key, i), case, reference, (numbers, trouble) in zip(todo, cases, references, found):
            used[key] = i + 1
            if trouble:
                refused[key].append({"index": i, "reason": trouble})
                if len(refused[key]) > MAX_DRAWS * sizes[key]:
                    raise RuntimeError(f"{exercise.id}: too many cases were refused: {trouble}")
            else:
                rows[key].append({"case": case, "reference": reference, "routes": numbers})
                indices[key].append(i)
    drawn = {}
    for student in students:
        keys = [(student, role) for role in wanted_roles(exercise, student)]
        mine = [row for key in keys for row in rows[key]]
        drawn[student] = (
            mine,
            {
                "exercise": exercise.id,
                "lesson": lesson_name,
                "student": student,
                "indices": {role: indices[_, role] for _, role in keys},
                "refused": {role: refused[_, role] for _, role in keys},
                "seed": "HMAC-SHA256(secret, role|lesson|exercise|index|student)",
                "versions": {name: version(name) for name in ("svi-course", "numpy", "scipy", "jax", "numpyro")},
                "routes": [{key: value.tolist() for key, value in row["routes"].items()} for row in mine],
            },
        )
    return drawn


def main(folder, names, students):
    secret = (Path(folder) / classroom.PRIVATE / "secret").read_bytes()
    todo = [
        (lessons.find_lesson(name), exercise)
        for name in names
        for exercise in lessons.find_lesson(name).exercises.values()
    ]
    for number, (lesson, exercise) in enumerate(todo, 1):
        begin = time.monotonic()
        missing = [
            student
            for student in students
            if not classroom.case_file(folder, lesson.name, exercise.id, student).exists()
        ]
        if missing:
            for student, (rows, record) in draw(exercise, lesson.name, secret, missing).items():
                classroom.save_cases(classroom.case_file(folder, lesson.name, exercise.id, student), rows, record)
        print(f"[{number}/{len(todo)}] {lesson.name}: {exercise.id}  {time.monotonic() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    request = json.load(sys.stdin)
    main(sys.argv[1], request["lessons"], request["students"])
