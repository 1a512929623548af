"""What learners' code can reach and use inside the sandbox. Each attack is a small program that prints what it got."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from svi_course import lessons
from svi_course.classroom import folder as classroom
from svi_course.grading import kernel, replay, sandbox

LESSON = lessons.find_lesson("90-mini")
CLASS_FILES = {
    ".svi-course",
    "judging.py",
    "judge.py",
    "honest.py",
    "mistakes.py",
    "nbgrader_hooks.py",
    "gradebook.db",
    "nbgrader_config.py",
    "90-mini.md",
    "90-mini.ipynb",
    "secret",
}

WALK = f"""
import os
import sys
wanted = {CLASS_FILES!r}
for folder, folders, files in os.walk('/'):
    if folder == '/':
        folders[:] = [f for f in folders if f != 'proc']
    here = wanted & {{*folders, *files}}
    if here and 'site-packages/' not in folder and '/lib/python3' not in folder.replace('site-packages', ''):
        print('FOUND', folder, here)
    if folder.endswith('svi_course'):
        print('PACKAGE', folder, sorted(folders), sorted(files))
    for name in folders:
        path = os.path.join(folder, name)
        if any((prefix + '/').startswith(path + '/') for prefix in (sys.prefix, sys.base_prefix)):
            # only the way to a folder that must be there, whatever its name: it holds no files of its own
            if path not in (sys.prefix, sys.base_prefix) and any(entry.is_file() for entry in os.scandir(path)):
                print('FOLDER', folder, name)
        elif (name in ('work', 'solutions', 'exercises', 'references') and path != {sandbox.HOME + "/work"!r}
              and 'site-packages' not in folder and not folder.startswith('/usr')):
            print('FOLDER', folder, name)
print('walked')
"""


def inside(code, limits=sandbox.Limits(), place=None, seconds=60):
    """What ``code`` prints in the sandbox, up to where it fails; not the traceback, which may quote the code itself."""
    own = place or sandbox.make_place()
    try:
        command = sandbox.command(own, LESSON.folder, limits, True, ["-c", f"print('INSIDE', flush=True)\n{code}"])
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, env={"PATH": os.environ["PATH"]}
        )
        first, *printed = done.stdout.splitlines(keepends=True) or [""]
        assert first == "INSIDE\n", done.stderr  # it did run
        return "".join(printed)
    finally:
        if place is None:
            kernel._remove(own.root)


@pytest.fixture
def place(isolated):
    place = sandbox.make_place()
    yield place
    kernel._remove(place.root)


def test_no_file_of_the_grader_or_a_class_is_there(tmp_path, isolated):
    classroom.new_class(tmp_path / "class", ["90-mini"], progress=lambda line: None)
    assert (tmp_path / "class" / ".svi-course" / "secret").exists()  # what the walk looks for does lie outside
    found = inside(WALK, seconds=120)
    assert "walked" in found
    assert "FOUND" not in found and "FOLDER" not in found, found
    packages = [line for line in found.splitlines() if line.startswith("PACKAGE")]
    assert all("judging" not in line and "'grading'" not in line for line in packages)
    assert any("'learner'" in line for line in packages)


HALF = [
    "exercise",
    "judging",
    "grading",
    "grading.replay",
    "classroom",
    "classroom.seeds",
    "lessons",
    "panel",
    "answers",
    "cli",
]


@pytest.mark.parametrize("module", HALF)
def test_the_graders_half_cannot_be_imported(module, isolated):
    attack = f"try:\n    import svi_course.{module}\nexcept ModuleNotFoundError: print('MISSING')"
    assert inside(f"import svi_course.learner.kernel\n{attack}") == "MISSING\n"
    __import__(f"svi_course.{module}")  # and it is no misspelling


def test_of_a_lesson_only_its_measures_are_there(isolated):
    found = inside(
        "import os\nfor folder, _, files in os.walk('/svi/lessons'):\n    for name in files: print('FILE', "
        "folder, name)"
    )
    files = [line.split()[1:] for line in found.splitlines() if line.startswith("FILE")]
    assert sorted(map("/".join, files)) == [
        f"/svi/lessons/lesson90/mini_{name}/measure.py" for name in ("centre", "scale", "sites")
    ]


def test_no_network(isolated):
    listener = socket.create_server(("127.0.0.1", 0))
    reached = []

    def accept():
        while True:
            try:
                reached.append(listener.accept())
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    address = listener.getsockname()
    attack = f"import socket\nsocket.create_connection({address!r}, 3)\nprint('connected')"
    with subprocess.Popen([sys.executable, "-c", attack], stdout=subprocess.PIPE, text=True) as control:
        assert "connected" in control.communicate(timeout=20)[0]
    assert len(reached) == 1
    assert inside(attack) == ""
    assert inside("import socket\nsocket.getaddrinfo('example.org', 80)\nprint('resolved')") == ""
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0svi-course-test")
    abstract.listen()
    attack = "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0svi-course-test')\nprint('connected')"
    assert "connected" not in inside(attack)
    abstract.close()
    listener.close()
    assert len(reached) == 1


def test_no_other_process_can_be_seen_or_touched(isolated):
    with subprocess.Popen(["sleep", "300"]) as neighbour:
        found = inside(f"""
import ctypes, glob, os, signal
for path in glob.glob('/proc/[0-9]*/cmdline'):
    print('PROCESS', open(path).read().replace(chr(0), ' ')[:60])
try:
    os.kill({neighbour.pid}, signal.SIGKILL); print('KILLED')
except OSError as error:
    print(error)
print('ATTACHED' if ctypes.CDLL(None).ptrace(16, {neighbour.pid}, 0, 0) == 0 else 'refused')
""")
        alive = neighbour.poll() is None
        neighbour.kill()
    assert alive and "refused" in found
    assert "KILLED" not in found and "ATTACHED" not in found
    assert "sleep 300" not in found and "pytest" not in found
    assert found.count("PROCESS") <= 4, found


def test_the_graders_environment_cannot_be_read(tmp_path, isolated, monkeypatch):
    """Process 1 inside is bubblewrap itself, and its environment is that which the grader gave it."""
    monkeypatch.setenv("SVI_TEST_PASSWORD", "open sesame")
    code = (
        "import glob\nfor path in glob.glob('/proc/[0-9]*/environ'):\n"
        "    try: print(open(path, errors='replace').read())\n    except OSError as error: print(error)"
    )
    notebook = _notebook(code)
    record = replay.run(replay.Job(notebook, {}, {}, LESSON.folder, sandbox.Limits()))
    shown = str(record.outputs)
    assert "SVI_COURSE_GRADING" in shown  # it did read its own
    assert "open sesame" not in shown


def _notebook(*cells):
    from nbformat.v4 import new_code_cell, new_notebook

    return new_notebook(cells=[new_code_cell(code) for code in cells])


@pytest.mark.parametrize(
    "target",
    [
        "/usr/x",
        "/svi/lessons/x",
        "/svi/in/x",
        "/svi/lib/svi_course/x.py",
        sys.prefix + "/x",
        "/etc/x",
        "/x",
        "/home/x",
        "/dev/x",
    ],
)
def test_nothing_outside_its_own_folders_can_be_written(target, place):
    assert "WRITTEN" not in inside(f"open({target!r}, 'a').write('x'); print('WRITTEN')", place=place), target


@pytest.mark.parametrize("folder", ["/tmp", sandbox.HOME, "/dev/shm"])
def test_memory_that_looks_like_files_is_limited(folder, isolated):
    limits = sandbox.Limits(disk=20 << 20)
    wrote = inside(
        f"import os\nos.makedirs({folder!r}, exist_ok=True)\nfor i in range(6): open({folder!r} + f'/{{i}}', "
        f"'wb').write(b'x' * (10 << 20)); print('WROTE', i)",
        limits,
    )
    assert "WROTE 4" not in wrote, wrote


def test_a_file_that_is_too_long_is_cut(place):
    assert "WROTE" not in inside("open('x', 'wb').write(b'x' * (70 << 20)); print('WROTE')", place=place)


def test_folders_can_be_masked(isolated, monkeypatch):
    """nbgrader's exchange lies below /usr and holds the submissions of others."""
    assert Path("/usr/local/share/nbgrader") in sandbox.MASKED
    monkeypatch.setattr(sandbox, "MASKED", (Path("/usr/share/doc"),))
    assert os.listdir("/usr/share/doc")
    assert "EMPTY" in inside("import os\nif not os.listdir('/usr/share/doc'): print('EMPTY')")


HOGS = {
    "memory": ("a = [bytes([i]) * (1 << 28) for i in range(40)]", "out of memory"),
    "memory of children": (
        "import os\nfor _ in range(6):\n    if os.fork() == 0:\n        a = b'x' * (200 << 20)\n        import "
        "time; time.sleep(20)\nimport time; time.sleep(20)",
        "out of memory",
    ),
    "files in memory": (
        "import os, time\nfor i in range(8): os.write(os.memfd_create('x'), b'x' * (30 << 20))\ntime.sleep(20)",
        "disk full",
    ),
    "processes": (
        "import os, time\nfor _ in range(200):\n    if os.fork() == 0: time.sleep(20)\ntime.sleep(20)",
        "too many processes",
    ),
    "daemons": (
        "import os, time\nfor _ in range(100):\n    if os.fork() == 0:\n        os.setsid()\n        if "
        "os.fork() == 0: time.sleep(30)\n        os._exit(0)\ntime.sleep(20)",
        "too many processes",
    ),
    "files": (
        "import time\nfor i in range(4): open(str(i), 'wb').write(b'x' * (30 << 20))\ntime.sleep(20)",
        "disk full",
    ),
    "files without a name": (
        "import os, time\nk = []\nfor i in range(4): k.append(open('x', 'wb')); k[-1].write(b'x' * (30 << "
        "20)); k[-1].flush(); os.unlink('x')\ntime.sleep(20)",
        "disk full",
    ),
    "many files": ("import time\nfor i in range(20_000): open(f'f{i}', 'w')\ntime.sleep(20)", "disk full"),
    "deep folders, then memory": (
        "import os\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')\nimport time; time.sleep(1)\na = "
        "[bytes([i]) * (1 << 28) for i in range(40)]",
        "out of memory",
    ),
}


@pytest.mark.parametrize("name", HOGS)
def test_hogs_are_stopped_and_leave_nothing(name, isolated, monkeypatch):
    code, status = HOGS[name]
    places, reasons = [], []
    make = sandbox.make_place
    monkeypatch.setattr(sandbox, "make_place", lambda: places.append(make()) or places[-1])
    excess = kernel.Kernel._excess
    monkeypatch.setattr(kernel.Kernel, "_excess", lambda self, pid: reasons.append(excess(self, pid)) or reasons[-1])
    limits = sandbox.Limits(cell_seconds=15, memory=(8 << 30) if "processes" in status else (800 << 20), disk=64 << 20)
    record = replay.run(replay.Job(_notebook(code, "print('after')"), {}, {}, LESSON.folder, limits))
    assert [reason[0] for reason in reasons if reason] == [status]
    assert 0 in record.notes and "after" in record.outputs[1][0].text
    assert not [place for place in places if place.root.exists()]


def test_no_process_is_left_behind(isolated):
    mark = f"7{os.getpid()}.25"
    code = f"""
import os, subprocess
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp('sleep', ['sleep', '{mark}'])
    os._exit(0)
subprocess.Popen(['setsid', 'sh', '-c', "trap '' HUP TERM INT; sleep {mark}"])
import time; time.sleep(0.5)
print(sum('{mark}' in open(f'/proc/{{p}}/cmdline').read() for p in os.listdir('/proc') if p.isdigit()))
"""
    record = replay.run(replay.Job(_notebook(code), {}, {}, LESSON.folder, sandbox.Limits()))
    (printed,) = [output.text for output in record.outputs[0] if output.get("name") == "stdout"]
    assert int(printed) >= 2  # they did run
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert mark not in left


def test_the_probe_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "bwrap is not installed" in sandbox.probe.__wrapped__()
    fake = tmp_path / "bwrap"
    for tool in ("bwrap", "prlimit"):
        (tmp_path / tool).write_text("#!/bin/sh\necho 'No permissions to create a new namespace' >&2\nexit 1\n")
        (tmp_path / tool).chmod(0o755)
    assert fake.exists() and "No permissions" in sandbox.probe.__wrapped__()
