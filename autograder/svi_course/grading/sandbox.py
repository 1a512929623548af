"""Where a learner's kernel runs: bubblewrap with an allow-list of mounts and limits.

The kernel sees system libraries, the interpreter, the learner's half of this package,
its own notebook's files and nothing else: no network, no home, no class, no reference.
"""

import os
import shutil
import site
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

ENGINE = Path(__file__).resolve().parent.parent
LESSONS = "/svi/lessons"  # inside
HOME = "/home/learner"
OLD_NAME = "svi_course/learner/old_name"  # where the import name of older notebooks lies

#: Folders below the mounted ones that hold the work of others: nbgrader's exchange.
MASKED = (Path("/usr/local/share/nbgrader"), Path("/usr/share/nbgrader"))


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: time of one learner's cell.
        measure_seconds: time to measure one exercise on one case.
        total_seconds: time of the whole submission, replays included.
        cells_share: part of it that the learner's cells may use; the rest is kept for measuring.
        memory: bytes of the whole process tree.
        processes: processes in the sandbox.
        file_size: bytes of one written file.
        disk: bytes of all files written outside memory.
        output: characters of output kept of one cell; a hundred times that is a flood.
    """

    cell_seconds: float = 120.0
    measure_seconds: float = 120.0
    total_seconds: float = 600.0
    cells_share: float = 0.5
    memory: int = 4 << 30
    processes: int = 64
    file_size: int = 64 << 20
    disk: int = 256 << 20
    output: int = 200_000


@dataclass(frozen=True)
class Place:
    """Folders of one kernel on the grader's side.

    Attributes:
        root: holds the others; removed afterwards.
        sockets: ZeroMQ sockets and the connection file; writable inside.
        inbox: cases; read-only inside.
        outbox: measurements; writable inside.
        work: the learner's files and working directory; writable inside.
        compiled: JAX's cache of compiled programs, this kernel's own copy; writable inside.
    """

    root: Path
    sockets: Path
    inbox: Path
    outbox: Path
    work: Path
    compiled: Path


def make_place():
    """A fresh Place below /tmp (short, for the length limit of socket paths)."""
    root = Path(tempfile.mkdtemp(prefix="svi-", dir="/tmp"))
    place = Place(root, root / "s", root / "in", root / "out", root / "work", root / "jax")
    for folder in (place.sockets, place.inbox, place.outbox, place.work, place.compiled):
        folder.mkdir(mode=0o700)
    return place


def environment(lesson_folder, inbox, outbox, compiled):
    """Environment variables of a learner's kernel."""
    return {
        "SVI_COURSE_GRADING": "1",
        "SVI_COURSE_LESSON": str(lesson_folder),
        "SVI_COURSE_INBOX": str(inbox),
        "SVI_COURSE_OUTBOX": str(outbox),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "JAX_PLATFORMS": "cpu",
        "NPROC": "16",  # see svi_course/__init__.py
        "JAX_COMPILATION_CACHE_DIR": str(compiled),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "LANG": "C.UTF-8",
    }


@cache
def _font_cache():
    """Matplotlib's list of fonts, made once: building it takes seconds in every new home."""
    import matplotlib
    import matplotlib.font_manager as fonts

    path = Path(matplotlib.get_cachedir()) / f"fontlist-v{fonts.FontManager.__version__}.json"
    return path if path.is_file() else None


def _within(path, roots):
    return any(Path(path).is_relative_to(root) for root in roots)


def measure_files(lesson_folder):
    """The learner's half of a lesson, the only files of it that a kernel may read: paths relative to its root."""
    root = lesson_folder.parent
    found = [*root.glob("measuring.py"), *lesson_folder.glob("measuring.py"), *lesson_folder.glob("*/measure.py")]
    return [path.relative_to(root) for path in found]


def bwrap_arguments(place, lesson_folder, limits):
    """Arguments of bubblewrap up to the command.

    Args:
        place: the Place, or None for a probe.
        lesson_folder: the lesson's folder, of which the kernel sees the measures; None for a probe.
        limits: Limits.
    """
    args = [
        "bwrap",
        "--unshare-user",
        "--unshare-all",
        "--disable-userns",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
    ]
    args += ["--hostname", "sandbox", "--proc", "/proc", "--dev", "/dev"]
    for folder in ("/usr", "/lib", "/lib64", "/lib32", "/bin"):
        args += ["--ro-bind-try", folder, folder]
    for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "fonts", "alternatives"):
        args += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for folder in ("/tmp", HOME, "/dev/shm"):
        args += ["--size", str(limits.disk), "--tmpfs", folder]
    for folder in MASKED:
        if folder.is_dir():
            args += ["--tmpfs", str(folder)]
    roots = [Path("/usr")]
    packages = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages") and Path(p).is_dir()]
    for folder in (sys.base_prefix, sys.prefix, *packages):
        if not _within(folder, roots):
            args += ["--ro-bind", folder, folder]
            roots.append(Path(folder))
    for folder in {*packages, *site.getsitepackages()}:
        if (Path(folder) / "svi_course").is_dir():  # the grader's half, references and solutions
            args += ["--tmpfs", f"{folder}/svi_course"]
    args += ["--ro-bind", f"{ENGINE}/__init__.py", "/svi/lib/svi_course/__init__.py"]
    args += ["--ro-bind", f"{ENGINE}/learner", "/svi/lib/svi_course/learner"]
    for path in measure_files(lesson_folder) if lesson_folder else ():
        args += ["--ro-bind", str(lesson_folder.parent / path), f"{LESSONS}/{path}"]
    fonts = _font_cache()
    if fonts:
        args += ["--ro-bind", str(fonts), f"{HOME}/.cache/matplotlib/{fonts.name}"]
    if place:
        args += ["--bind", str(place.sockets), str(place.sockets)]
        args += ["--ro-bind", str(place.inbox), "/svi/in", "--bind", str(place.outbox), "/svi/out"]
        args += ["--bind", str(place.compiled), "/svi/jax"]
        args += ["--bind", str(place.work), f"{HOME}/work", "--chdir", f"{HOME}/work"]
    args += ["--remount-ro", "/dev", "--remount-ro", "/"]  # else they are memory without a limit
    variables = environment(
        f"{LESSONS}/{lesson_folder.name if lesson_folder else ''}", "/svi/in", "/svi/out", "/svi/jax"
    ) | {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": f"/svi/lib:/svi/lib/{OLD_NAME}",
        "HOME": HOME,
        "USER": "learner",
        "LOGNAME": "learner",
        "TMPDIR": "/tmp",
        "IPYTHONDIR": "/tmp/ipython",
        "JUPYTER_RUNTIME_DIR": "/tmp/jupyter",
    }
    for name, value in variables.items():
        args += ["--setenv", name, value]
    return args


def _resource_limits(limits):
    return ["prlimit", f"--fsize={limits.file_size}", "--nofile=1024", "--core=0", f"--as={limits.memory * 8}", "--"]


def command(place, lesson_folder, limits, isolated, python_arguments):
    """The whole command that runs the learner's interpreter."""
    python = [sys.executable, *python_arguments]
    if isolated:
        inside = ["prlimit", "--nproc=1024", "--"]
        return [*_resource_limits(limits), *bwrap_arguments(place, lesson_folder, limits), "--", *inside, *python]
    return [*(_resource_limits(limits) if shutil.which("prlimit") else []), *python]


@cache
def probe():
    """Whether the sandbox works here, tried with its real flags: "" if it does, else why not."""
    for tool in ("bwrap", "prlimit"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (packages bubblewrap and util-linux)"
    arguments = command(None, None, Limits(), True, ["-c", "import svi_course.learner; print('inside')"])
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "bubblewrap did not answer within a minute"
    if done.stdout.strip() == "inside":
        return ""
    return " ".join(done.stderr.split())[:300] or "bubblewrap failed without a word"


class Specs(KernelSpecManager):
    """Finds one kernel, the learner's, without an installed kernelspec."""

    spec = None

    def get_kernel_spec(self, kernel_name):
        return self.spec

    def find_kernel_specs(self):
        return {"learner": ""}


def kernel_specs(place, lesson_folder, limits, isolated):
    """A kernel spec manager for one learner's kernel in ``place``."""
    arguments = ["-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
    env = {}
    if not isolated:
        path = [str(ENGINE.parent / OLD_NAME), os.environ.get("PYTHONPATH", "")]
        env = environment(lesson_folder, place.inbox, place.outbox, place.compiled) | {
            "IPYTHONDIR": str(place.root / "ipython"),
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
        }
    manager = Specs()
    manager.spec = KernelSpec(
        argv=command(place, lesson_folder, limits, isolated, arguments),
        display_name="learner",
        language="python",
        interrupt_mode="message",
        env=env,
    )
    return manager
