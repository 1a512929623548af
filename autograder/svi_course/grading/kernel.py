"""One learner's kernel, seen from the grader: start it, run code, keep plain outputs, read a measurement.

The kernel is the learner's and may lie about everything: only numbers come back, and only text,
PNG and errors are kept of what it shows.
"""

import asyncio
import base64
import binascii
import contextlib
import io
import json
import os
import shutil
import stat
import struct
import subprocess
import time
import zipfile

import numpy as np
import psutil
import zmq.asyncio
from jupyter_client import AsyncKernelManager
from nbformat.v4 import new_output

from svi_course.grading import sandbox
from svi_course.grading.submission import Unreadable, read_regular
from svi_course.learner.kernel import problem

MAX_MEASUREMENT = 64 << 20
MAX_MESSAGE = 256 << 20  # bytes; a longer one closes its channel
MAX_WAITING = 32  # messages that wait here unread; more wait in the kernel, whose memory is limited
MAX_PIXELS = 4000 * 4000

#: What a learner's kernel may say of a measurement. Free text there could carry hidden data out.
STATUSES = ("ok", "missing", "wrong signature", "unwritten", "crashed", "out of time", "wrong type")


def read_measurement(path):
    """A measurement from the file that a learner's kernel left. Never trusts it, never raises."""
    try:
        data = read_regular(path, MAX_MEASUREMENT)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > 100 or sum(item.file_size for item in archive.infolist()) > MAX_MEASUREMENT:
                return problem("too large", "It returned more numbers than the exercise asks for.")
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        if any(array.size > MAX_MEASUREMENT for array in arrays.values()):  # elements of no bytes cost nothing to send
            return problem("too large", "It returned more numbers than the exercise asks for.")
        meta = _meta(arrays.pop("__meta__"))
        if meta["status"] not in STATUSES:
            raise ValueError(meta["status"])
        return {**arrays, **meta}
    except Unreadable:
        return problem("no answer", "No measurement came back from your kernel.")
    except Exception:
        return problem("no answer", "The measurement that came back can't be read.")


def _meta(raw):
    meta = json.loads(bytes(raw.astype(np.uint8)).decode())
    text = {key: str(meta.get(key, ""))[:600] for key in ("status", "sentence", "detail")}
    return text | {"warnings": [str(w)[:200] for w in meta.get("warnings") or []][:5]}


class Culprit(Exception):
    """The kernel died or had to be stopped while it did something; ``status`` and ``sentence`` say why."""

    def __init__(self, status, sentence):
        self.status, self.sentence = status, sentence


class Kernel:
    """One learner's kernel, isolated or not.

    nbclient would keep every output format, follow display updates into other cells and
    trust the form of messages; a hostile kernel needs a client that does none of it.
    """

    def __init__(self, lesson_folder, limits, isolated, files=(), compiled=None):
        self.place = sandbox.make_place()
        if compiled:
            shutil.copytree(compiled, self.place.compiled, dirs_exist_ok=True)
        self.limits, self.isolated = limits, isolated
        for path, name in files:
            target = self.place.work / name
            with contextlib.suppress(OSError):  # a file that can't be read is a file that the learner doesn't get
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target, follow_symlinks=False)
        self.context = zmq.asyncio.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE)
        self.context.setsockopt(zmq.RCVHWM, MAX_WAITING)
        self.manager = AsyncKernelManager(
            context=self.context,
            kernel_name="learner",
            transport="ipc",
            ip=str(self.place.sockets / "k"),
            connection_file=str(self.place.sockets / "kernel.json"),
            kernel_spec_manager=sandbox.kernel_specs(self.place, lesson_folder, limits, isolated),
        )
        self.trouble = None  # (status, sentence) once the watch has stopped the kernel
        self.listening = None  # (message id, outputs) of the learner's cell that runs

    async def start(self):
        # Bubblewrap's own environment can be read inside as that of process 1, so it is empty too.
        env = {"PATH": os.environ.get("PATH", os.defpath)} if self.isolated else os.environ
        await self.manager.start_kernel(
            env=env, cwd=str(self.place.work), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
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
        self.context.destroy(linger=0)
        _remove(self.place.root)

    def _process(self):
        return getattr(self.manager.provisioner, "process", None)

    async def _watch(self):
        """Stop the kernel when the whole tree of its processes uses too much."""
        process = self._process()
        while process.poll() is None:
            try:
                self.trouble = self._excess(process.pid)
            except Exception:  # whatever defeats the watch must not outlive it
                self.trouble = ("stopped", "What it used could not be measured.")
            if self.trouble:
                process.kill()
                return
            await asyncio.sleep(0.25)

    def _excess(self, pid):
        """(status, sentence) of a limit that is passed, or None."""
        limits = self.limits
        memory = count = 0
        disk = _folder_size(self.place.root)
        with contextlib.suppress(psutil.Error):
            top = psutil.Process(pid)
            for child in (top, *top.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    memory += child.memory_info().rss
                    count += 1
                disk += _unlinked_size(child.pid)
        if memory > limits.memory:
            return "out of memory", f"It used more than {limits.memory / 2**30:.1f} GB of memory."
        if count > limits.processes:
            return "too many processes", f"It started more than {limits.processes} processes."
        if disk > limits.disk:
            return "disk full", f"It wrote more than {limits.disk >> 20} MB of files."
        return None

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
                        raise Culprit(
                            "out of time", f"It ran longer than {seconds:.0f} s and could not be interrupted."
                        ) from None
                    interrupted, deadline = True, time.monotonic() + 5
                    self._interrupt()
        if self.listening:
            for _ in range(100):  # outputs travel on another channel and may come a little later
                if self.listening.idle:
                    break
                await asyncio.sleep(0.1)
            flooded = flooded or self.listening.flood
            self.listening = None
        if _asks_exit(reply):  # the kernel ends a moment later, and another cell would be blamed
            raise Culprit("kernel died", "It called quit() or exit(), which ends the kernel.")
        if flooded:
            return "too much output"
        if interrupted:
            return "out of time"
        return "ok" if reply.get("content", {}).get("status") == "ok" else "error"

    def _interrupt(self):
        self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))


def _asks_exit(reply):
    payload = reply.get("content", {}).get("payload")
    return (
        any(isinstance(item, dict) and item.get("source") == "ask_exit" for item in payload)
        if isinstance(payload, list)
        else False
    )


def _folder_size(root):
    """Bytes of all files below ``root``; 10,000 entries are too many. Not recursive: folders may lie very deep."""
    total = count = 0
    folders = [root]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                count += 1
                if count > 10_000:
                    return 1 << 62
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
    return total


def _unlinked_size(pid):
    """Bytes of the open files of a process that no folder lists any more, in memory or on disk."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                info = entry.stat()
                if stat.S_ISREG(info.st_mode) and info.st_nlink == 0:
                    total += info.st_blocks * 512
    return total


def _remove(root):
    try:
        shutil.rmtree(root, ignore_errors=True)
    except RecursionError:  # folders a thousand deep
        subprocess.run(["rm", "-rf", "--", str(root)], stderr=subprocess.DEVNULL)


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
        self.seen += sum(
            len(str(part)) for part in (content.get("text", ""), content.get("data", ""), content.get("traceback", ""))
        )
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
        return new_output(
            "error", ename=str(content["ename"])[:200], evalue=str(content["evalue"])[:2000], traceback=lines
        )
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
    if not raw.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") or not 24 < len(raw) < 3_000_000:
        return None
    width, height = struct.unpack(">II", raw[16:24])
    return base64.b64encode(raw).decode() if width * height <= MAX_PIXELS else None
