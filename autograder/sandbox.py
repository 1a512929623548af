"""Where a learner's kernel runs: bubblewrap with an allow-list of mounts and limits.

The kernel sees system libraries, the interpreter, the learner's half of this package,
its own notebook's files and nothing else: no network, no home, no class, no reference.
"""

import shutil
import site
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

PACKAGE = Path(__file__).resolve().parent
HOME = "/home/learner"

#: Folders below the mounted ones that hold the work of others: nbgrader's exchange.
MASKED = (Path("/usr/local/share/nbgrader"), Path("/usr/share/nbgrader"))


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: time of one learner's cell.
        measure_seconds: time to measure one exercise on one case.
        total_seconds: time of the whole submission, replays included.
        memory: bytes of the whole process tree.
        processes: processes in the sandbox.
        file_size: bytes of one written file.
        disk: bytes of all files written outside memory.
        output: characters of output kept of one cell; a hundred times that is a flood.
    """

    cell_seconds: float = 120.0
    measure_seconds: float = 120.0
    total_seconds: float = 600.0
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


def environment(measures, inbox, outbox, compiled):
    """Environment variables of a learner's kernel."""
    return {
        "SVI_COURSE_GRADING": "1",
        "SVI_COURSE_MEASURES": str(measures),
        "SVI_COURSE_INBOX": str(inbox),
        "SVI_COURSE_OUTBOX": str(outbox),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "JAX_PLATFORMS": "cpu",
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


def bwrap_arguments(place, measures, limits):
    """Arguments of bubblewrap up to the command.

    Args:
        place: the Place, or None for a probe.
        measures: the lesson's module of measures.
        limits: Limits.
    """
    args = ["bwrap", "--unshare-user", "--unshare-all", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv"]
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
        if (Path(folder) / "autograder").is_dir():  # the grader's half, references and solutions
            args += ["--tmpfs", f"{folder}/autograder"]
    args += ["--ro-bind", f"{PACKAGE}/__init__.py", "/svi/lib/autograder/__init__.py"]
    args += ["--ro-bind", f"{PACKAGE}/learner", "/svi/lib/autograder/learner"]
    args += ["--ro-bind", str(measures), "/svi/measures.py"]
    fonts = _font_cache()
    if fonts:
        args += ["--ro-bind", str(fonts), f"{HOME}/.cache/matplotlib/{fonts.name}"]
    if place:
        args += ["--bind", str(place.sockets), str(place.sockets)]
        args += ["--ro-bind", str(place.inbox), "/svi/in", "--bind", str(place.outbox), "/svi/out"]
        args += ["--bind", str(place.compiled), "/svi/jax"]
        args += ["--bind", str(place.work), f"{HOME}/work", "--chdir", f"{HOME}/work"]
    args += ["--remount-ro", "/dev", "--remount-ro", "/"]  # else they are memory without a limit
    variables = environment("/svi/measures.py", "/svi/in", "/svi/out", "/svi/jax") | {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": "/svi/lib",
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


def command(place, measures, limits, isolated, python_arguments):
    """The whole command that runs the learner's interpreter."""
    python = [sys.executable, *python_arguments]
    if isolated:
        inside = ["prlimit", "--nproc=1024", "--"]
        return [*_resource_limits(limits), *bwrap_arguments(place, measures, limits), "--", *inside, *python]
    return [*(_resource_limits(limits) if shutil.which("prlimit") else []), *python]


@cache
def probe():
    """Whether the sandbox works here, tried with its real flags: "" if it does, else why not."""
    for tool in ("bwrap", "prlimit"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (packages bubblewrap and util-linux)"
    arguments = command(None, PACKAGE / "learner" / "errors.py", Limits(), True, ["-c", "import autograder.learner; print('inside')"])
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


def kernel_specs(place, measures, limits, isolated):
    """A kernel spec manager for one learner's kernel in ``place``."""
    arguments = ["-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
    env = {} if isolated else environment(measures, place.inbox, place.outbox, place.compiled) | {"IPYTHONDIR": str(place.root / "ipython")}
    manager = Specs()
    manager.spec = KernelSpec(
        argv=command(place, measures, limits, isolated, arguments),
        display_name="learner", language="python", interrupt_mode="message", env=env,
    )
    return manager
