"""What data of their own cost for a class of many: ``python tests/benchmarks/students.py [STUDENTS] [LESSON…]``.

Makes a class without students, then hands out data for them, and prints the seconds of each
exercise (cases, references and their second routes, all students in one call), the whole,
and how large the class and one student's folder become.
"""

import sys
import tempfile
import time
from pathlib import Path

from svi_course import lessons
from svi_course.classroom import folder as classroom


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main(count, names):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "class"
        begin = time.monotonic()
        classroom.new_class(folder, names, progress=lambda line: None)
        alone = time.monotonic() - begin
        print(f"a class that shares its data: {alone:.0f} s, {size(folder):.1f} MB")
        begin = time.monotonic()
        students = [f"student{i:03d}" for i in range(count)]
        classroom.hand_out(folder, students, lambda line: print(f"  {line}", flush=True))
        wall = time.monotonic() - begin
        handed = size(folder / "handout" / students[0])
        print(
            f"data for {count} students: {wall:.0f} s, {wall / alone:.1f} times the class that shares; "
            f"{size(folder):.0f} MB in all, {handed:.1f} MB handed to each"
        )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 300,
        sys.argv[2:] or [lesson.name for lesson in lessons.all_lessons().values()],
    )
