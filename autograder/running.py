"""Run a submission in its own kernel and bring back raw measurements.

The kernel is the learner's and may lie about everything; so nothing hidden is sent while
a learner's cell can still run, only numbers come back, and only plain outputs are kept.
"""

import asyncio
import base64
import binascii
import contextlib
import io
import os
import shutil
import subprocess
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from jupyter_client import AsyncKernelManager
from nbformat.v4 import new_output

from autograder import sandbox
from autograder.learner.kernel import problem
from autograder.submission import Unreadable, grade_id, read_regular

MAX_MEASUREMENT = 64 << 20
REPLAYS = 6


@dataclass
class Record:
    """What a run brought back.

    Attributes:
        outputs: cell index -> outputs of the learner's cell, clean.
        notes: cell index -> a sentence on how the cell was stopped.
        measurements: (exercise id, case index) -> measurement; case 0 is the public one.
        seconds: wall time of the run.
    """

    outputs: dict = field(default_factory=dict)
    notes: dict = field(default_factory=dict)
    measurements: dict = field(default_factory=dict)
    seconds: float = 0.0


def read_measurement(path):
    """A measurement from the file that a learner's kernel left. Never trusts it, never raises."""
    try:
        data = read_regular(path, MAX_MEASUREMENT)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > 100 or sum(item.file_size for item in archive.infolist()) > MAX_MEASUREMENT:
                return problem("too large", "It returned more numbers than the exercise asks for.")
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        meta = _meta(arrays.pop("__meta__"))
        return {**arrays, **meta}
    except Unreadable:
        return problem("no answer", "No measurement came back from your kernel.")
    except Exception:
        return problem("no answer", "The measurement that came back can't be read.")


def _meta(raw):
    import json

    meta = json.loads(bytes(raw.astype(np.uint8)).decode())
    text = {key: str(meta.get(key, ""))[:600] for key in ("status", "sentence", "detail")}
    return text | {"warnings": [str(w)[:200] for w in meta.get("warnings") or []][:5]}


def write_case(case, path):
    """Put a case where the kernel reads it."""
    with open(path, "wb") as file:
        np.savez(file, **case)


class Culprit(Exception):
    """The kernel died or had to be stopped while it did something; ``status`` and ``sentence`` say why."""

    def __init__(self, status, sentence):
        self.status, self.sentence = status, sentence


class Kernel:
    """One learner's kernel, isolated or not.

    nbclient would keep every output format, follow display updates into other cells and
    trust the form of messages; a hostile kernel needs a client that does none of it.
    """

    def __init__(self, measures, limits, isolated, files=()):
        self.place = sandbox.make_place()
        self.limits, self.isolated = limits, isolated
        for path, name in files:
            target = self.place.work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target, follow_symlinks=False)
        self.manager = AsyncKernelManager(
            kernel_name="learner", transport="ipc", ip=str(self.place.sockets / "k"),
            connection_file=str(self.place.sockets / "kernel.json"),
            kernel_spec_manager=sandbox.kernel_specs(self.place, measures, limits, isolated),
        )
        self.trouble = None  # (status, sentence) once the watch has stopped the kernel
        self.listening = None  # (message id, outputs) of the learner's cell that runs

    async def start(self):
        await self.manager.start_kernel(cwd=str(self.place.work), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()
        try:
            await self.client.wait_for_ready(timeout=60)
        except RuntimeError:
            raise Culprit("no kernel", "The kernel did not start.") from None
        self.tasks = [asyncio.ensure_future(self._listen()), asyncio.ensure_future(self._watch())]

    async def stop(self):
        for task in getattr(self, "tasks", ()):
            task.cancel()
        with contextlib.suppress(Exception):
            self.client.stop_channels()
        with contextlib.suppress(Exception):
            await self.manager.shutdown_kernel(now=True)
        shutil.rmtree(self.place.root, ignore_errors=True)

    def _process(self):
        return getattr(self.manager.provisioner, "process", None)

    async def _watch(self):
        """Stop the kernel when the whole tree of its processes uses too much."""
        limits = self.limits
        while True:
            await asyncio.sleep(0.25)
            process = self._process()
            if process is None or process.poll() is not None:
                return
            memory = count = 0
            with contextlib.suppress(psutil.Error):
                top = psutil.Process(process.pid)
                for child in (top, *top.children(recursive=True)):
                    with contextlib.suppress(psutil.Error):
                        memory += child.memory_info().rss
                        count += 1
            if memory > limits.memory:
                self.trouble = ("out of memory", f"It used more than {limits.memory / 2**30:.1f} GB of memory.")
            elif count > limits.processes:
                self.trouble = ("too many processes", f"It started more than {limits.processes} processes.")
            elif _folder_size(self.place.root) > limits.disk:
                self.trouble = ("disk full", f"It wrote more than {limits.disk >> 20} MB of files.")
            if self.trouble:
                process.kill()
                return

    async def _listen(self):
        """Read the kernel's messages as they come; keep only those of the cell that runs."""
        while True:
            try:
                message = await self.client.get_iopub_msg(timeout=None)
                if self.listening and message["parent_header"].get("msg_id") == self.listening.request:
                    self.listening.add(message["msg_type"], message["content"])
            except asyncio.CancelledError:
                raise
            except Exception:  # a message of a wrong form is no output
                await asyncio.sleep(0.01)

    async def run(self, code, seconds, outputs=None):
        """Execute ``code``; the outputs are kept only where a list for them is given.

        Returns:
            "ok", "error" or "out of time" (interrupted, and the kernel lives on).

        Raises:
            Culprit: the kernel is dead or does not answer any more.
        """
        keep = outputs is not None
        request = self.client.execute(code, silent=not keep, store_history=keep, allow_stdin=False, stop_on_error=False)
        self.listening = Outputs(request, outputs, self.limits.output) if keep else None
        deadline, interrupted, flooded = time.monotonic() + seconds, False, False
        while True:
            if self.listening and self.listening.flood and not interrupted:
                flooded, interrupted, deadline = True, True, time.monotonic() + 5
                self._interrupt()
            try:
                reply = await self.client.get_shell_msg(timeout=0.2)
                if reply["parent_header"].get("msg_id") == request:
                    break
            except asyncio.CancelledError:
                raise
            except Exception:  # queue.Empty, or a message of a wrong form
                process = self._process()
                if process is None or process.poll() is not None:
                    await asyncio.sleep(0.3)
                    raise Culprit(*(self.trouble or ("kernel died", "The kernel died while this ran."))) from None
                if time.monotonic() > deadline:
                    if interrupted:
                        process.kill()
                        raise Culprit("out of time", f"It ran longer than {seconds:.0f} s and could not be interrupted.") from None
                    interrupted, deadline = True, time.monotonic() + 5
                    self._interrupt()
        if self.listening:
            for _ in range(20):  # outputs travel on another channel and may come a little later
                if self.listening.idle:
                    break
                await asyncio.sleep(0.1)
            self.listening = None
        if flooded:
            return "too much output"
        if interrupted:
            return "out of time"
        return "ok" if reply.get("content", {}).get("status") == "ok" else "error"

    def _interrupt(self):
        self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))


def _folder_size(root):
    total = count = 0
    for folder, _, names in os.walk(root):
        for name in names:
            count += 1
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_size
        if count > 10_000:
            return 1 << 62
    return total


class Outputs:
    """Collects the outputs of one cell as text, PNG and errors, up to a limit."""

    def __init__(self, request, outputs, limit):
        self.request, self.kept, self.limit = request, outputs, limit
        self.used = self.seen = 0
        self.idle = self.flood = False

    def add(self, kind, content):
        if kind == "status":
            self.idle = content["execution_state"] == "idle"
            return
        self.seen += sum(len(str(part)) for part in (content.get("text", ""), content.get("data", ""), content.get("traceback", "")))
        if self.seen > 100 * self.limit:
            self.flood = True
        output = clean_output(kind, content)
        if output is None or self.used > self.limit or len(self.kept) >= 200:
            return
        text = output.get("text") or output.get("traceback") or ""
        self.used += sum(map(len, text)) if isinstance(text, list) else len(text)
        if self.used > self.limit:
            self.kept.append(new_output("stream", name="stdout", text="… more output was cut off here.\n"))
            return
        last = self.kept[-1] if self.kept else None
        if kind == "stream" and last is not None and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            self.kept.append(output)


def clean_output(kind, content):
    """An nbformat output with nothing but text, PNG and errors in it, or None.

    The formgrader shows outputs in the instructor's own Jupyter, so HTML, scripts,
    widgets and metadata go.
    """
    if kind == "stream":
        name = "stderr" if content["name"] == "stderr" else "stdout"
        return new_output("stream", name=name, text=str(content["text"])[:1_000_000])
    if kind == "error":
        lines = [str(line)[:5000] for line in list(content["traceback"])[:100]]
        return new_output("error", ename=str(content["ename"])[:200], evalue=str(content["evalue"])[:2000], traceback=lines)
    if kind in ("display_data", "execute_result"):
        data = {}
        if isinstance(content["data"].get("text/plain"), str):
            data["text/plain"] = content["data"]["text/plain"][:100_000]
        png = clean_png(content["data"].get("image/png"))
        if png:
            data["image/png"] = png
        return new_output("display_data", data=data) if data else None
    return None


def clean_png(value):
    """Base64 text of a PNG, encoded anew, or None: what is not base64 could leave its attribute."""
    try:
        raw = base64.b64decode("".join(value.split()), validate=True)
    except (AttributeError, binascii.Error, ValueError):
        return None
    return base64.b64encode(raw).decode() if raw.startswith(b"\x89PNG\r\n\x1a\n") and len(raw) < 3_000_000 else None


_CALL = "__import__('autograder.learner.kernel', fromlist=['x']).{}"


async def _attempt(notebook, exercises, cases, measures, limits, isolated, files, record, skip_cells, skip_measures, deadline):
    """One kernel's life. Fills ``record``; raises Culprit with ``.where`` set."""
    kernel = Kernel(measures, limits, isolated, files)
    where = None

    def left(seconds):
        rest = deadline - time.monotonic()
        if rest <= 0:
            raise Culprit("out of time", f"The submission used up its {limits.total_seconds:.0f} s.")
        return min(seconds, rest)

    try:
        await kernel.start()
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            name = grade_id(cell)
            where = ("cell", index)
            if name in exercises:
                call = _CALL.format(f"keep({name!r}, {list(exercises[name].names)!r})")
                await kernel.run(call, left(limits.cell_seconds))
            elif index not in skip_cells and cell.source.strip():
                outputs = record.outputs[index] = []
                status = await kernel.run(cell.source, left(limits.cell_seconds), outputs)
                if status == "out of time":
                    record.notes[index] = f"This cell was stopped after {limits.cell_seconds:.0f} s."
                elif status == "too much output":
                    record.notes[index] = "This cell was stopped: it printed too much."
        # From here on no learner's cell runs and no output is kept. All public cases come
        # before the first hidden one, so nothing hidden can reach what is shown of them.
        todo = [(name, 0) for name in exercises] + [(name, i) for name in exercises for i in range(1, len(cases[name]))]
        for name, index in todo:
            if (name, index) in record.measurements or name in skip_measures:
                continue
            where = ("exercise", name)
            write_case(cases[name][index], kernel.place.inbox / f"{name}-{index}.npz")
            call = _CALL.format(f"serve({name!r}, {dict(exercises[name].names)!r}, {index})")
            status = await kernel.run(call, left(limits.measure_seconds))
            if status == "out of time":
                raise Culprit("out of time", f"Measuring it took longer than {limits.measure_seconds:.0f} s.")
            record.measurements[name, index] = read_measurement(kernel.place.outbox / f"{name}-{index}.npz")
    except Culprit as culprit:
        culprit.where = where
        raise
    finally:
        await kernel.stop()


async def _run(notebook, exercises, cases, measures, limits, isolated, files):
    record = Record()
    begin = time.monotonic()
    deadline = begin + limits.total_seconds
    skip_cells, skip_measures = set(), {}
    for _ in range(REPLAYS):
        try:
            await _attempt(notebook, exercises, cases, measures, limits, isolated, files, record, skip_cells, skip_measures, deadline)
            break
        except Culprit as culprit:
            reason = problem(culprit.status, culprit.sentence)
            kind, what = culprit.where or ("start", None)
            if kind == "cell" and time.monotonic() < deadline:
                skip_cells.add(what)
                record.notes[what] = f"{culprit.sentence} The rest was graded without this cell."
                record.outputs[what] = []
            elif kind == "exercise" and time.monotonic() < deadline:
                skip_measures[what] = reason
            else:
                skip_measures.update({name: reason for name in exercises if name not in skip_measures})
                break
    for name in exercises:
        fallback = skip_measures.get(name) or problem("no answer", "Too many of the submission's cells ended the kernel.")
        for index in range(len(cases[name])):
            record.measurements.setdefault((name, index), fallback)
    record.seconds = time.monotonic() - begin
    return record


def run(notebook, exercises, cases, measures, limits, isolated=True, files=()):
    """Run the learner's cells and measure each exercise on its cases.

    Args:
        notebook: a restored notebook (``submission.read``).
        exercises: id -> Exercise.
        cases: id -> list of cases, the public one first.
        measures: the lesson's module of measures, a path.
        limits: sandbox.Limits.
        isolated: False runs the kernel as an ordinary process.
        files: (path, relative name) of the learner's own files.

    Returns:
        A Record.
    """
    # In a thread of its own: the formgrader calls this inside a running event loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _run(notebook, exercises, cases, measures, limits, isolated, tuple(files))).result()
