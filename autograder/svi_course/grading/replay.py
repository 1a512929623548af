"""Run a submission: its cells, then the measurements; a kernel that dies is replaced, without the culprit.

Nothing hidden is sent while a learner's cell can still run.
"""

import asyncio
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from nbformat.v4 import new_output

from svi_course.grading import demonstrations, sandbox
from svi_course.grading.kernel import Culprit, Kernel, read_measurement
from svi_course.grading.submission import grade_id
from svi_course.learner import cases
from svi_course.learner.kernel import problem

REPLAYS = 6
NEEDED_SECONDS = 10.0  # what imports and answers get when the time for the cells is up
EXPECTED_SECONDS = 5.0  # of a measurement of an exercise that was not measured yet


@dataclass
class Record:
    """What a run brought back.

    Attributes:
        outputs: cell index -> outputs of the learner's cell, clean.
        notes: cell index -> a sentence on how the cell was stopped.
        measurements: (exercise id, case index) -> measurement; case 0 is the public one.
        seconds: wall time of the run.
        sealed: True once hidden data has entered a kernel. From then on outputs and notes
            stay as they are: a replayed cell could tell by the clock, say, what an earlier
            kernel was asked.
    """

    outputs: dict = field(default_factory=dict)
    notes: dict = field(default_factory=dict)
    measurements: dict = field(default_factory=dict)
    seconds: float = 0.0
    sealed: bool = False


_CALL = "__import__('svi_course.learner.kernel', fromlist=['x']).{}"

NOT_RUN = "Not run: an unchanged demonstration, which no answer uses.\n"
NOT_MEASURED = problem("not measured", "Not measured: the time for this submission was up.")


@dataclass(frozen=True)
class Job:
    """One submission and what it is graded with.

    Attributes:
        notebook: a restored notebook (``submission.read``).
        exercises: id -> Exercise.
        pairs: id -> list of (case, reference), the public one first; a kernel gets the cases.
        lesson_folder: where the exercises are whose measures the kernel gets.
        limits: sandbox.Limits.
        isolated: False runs the kernel as an ordinary process.
        files: (path, relative name) of the learner's own files.
        compiled: a folder of programs that JAX need not compile again; the kernel gets a copy.
        harvest: a folder for what this run compiled on the public cases. Only for a notebook that is trusted.
        variant: the name of the data that are judged, for the feedback; "" for a class's shared data.
    """

    notebook: object
    exercises: dict
    pairs: dict
    lesson_folder: object
    limits: sandbox.Limits = sandbox.Limits()
    isolated: bool = True
    files: tuple = ()
    compiled: object = None
    harvest: object = None
    variant: str = ""


class Replay:
    """The kernels of one submission: when one dies, the next replays the notebook without the culprit."""

    def __init__(self, job):
        self.job, self.record = job, Record()
        self.skip_cells, self.skip_measures = set(), {}
        self.spent = dict.fromkeys(job.exercises, 0.0)  # seconds of measuring
        self.doing = ("start", None)  # what to blame if the kernel dies now
        self.begin = time.monotonic()
        self.deadline = self.begin + job.limits.total_seconds
        self.cells_deadline = self.begin + job.limits.total_seconds * job.limits.cells_share
        self.cells_seconds = 0.0

    def left(self):
        """Seconds until the submission's time is up."""
        return self.deadline - time.monotonic()

    async def run(self):
        self.skip_cells |= demonstrations.unneeded(self.job.notebook)
        for index in self.skip_cells:
            self.record.outputs[index] = [new_output("stream", name="stdout", text=NOT_RUN)]
        for attempt in range(REPLAYS):
            if attempt == REPLAYS - 1:  # the last chance: the imports and the answers alone
                self._leave_out_plain_cells()
            try:
                await self._attempt()
                break
            except Culprit as culprit:
                if not self._blame(culprit):
                    break
        for name, wanted in self.job.pairs.items():
            fallback = self.skip_measures.get(name) or (
                NOT_MEASURED
                if self.left() <= 0
                else problem("no answer", "Too many of the submission's cells ended the kernel.")
            )
            for index in range(len(wanted)):
                self.record.measurements.setdefault((name, index), fallback)
        self.record.seconds = time.monotonic() - self.begin
        return self.record

    def _leave_out_plain_cells(self):
        plain = [
            i for i, cell in enumerate(self.job.notebook.cells) if cell.cell_type == "code" and not grade_id(cell)
        ][1:]
        left_out = [i for i in plain if i not in self.skip_cells]
        self.skip_cells.update(left_out)
        if not self.record.sealed:
            self.record.notes.update(dict.fromkeys(left_out, "It was left out: too many cells ended the kernel."))
            self.record.outputs.update({i: [] for i in left_out})

    def _blame(self, culprit):
        """Take what ended the kernel out of the next attempt; False if there can be none."""
        kind, what = self.doing
        if kind == "cell":
            self.skip_cells.add(what)
            if not self.record.sealed:
                self.record.notes[what] = f"{culprit.sentence} The rest was graded without this cell."
                self.record.outputs[what] = []
        elif kind == "exercise":
            self.skip_measures[what] = problem(culprit.status, culprit.sentence)
        else:
            self.skip_measures.update(
                {
                    name: problem(culprit.status, culprit.sentence)
                    for name in self.job.exercises
                    if name not in self.skip_measures
                }
            )
            return False
        return self.left() > 0

    async def _attempt(self):
        """One kernel's life; raises Culprit if it dies, with ``doing`` saying of what."""
        self.doing = ("start", None)
        job = self.job
        kernel = Kernel(job.lesson_folder, job.limits, job.isolated, job.files, job.compiled)
        try:
            await kernel.start()
            begin = time.monotonic()
            await self._run_cells(kernel)
            self.cells_seconds = time.monotonic() - begin
            await self._measure(kernel)
        finally:
            await kernel.stop()

    async def _run_cells(self, kernel):
        limits, record, first = self.job.limits, self.record, True
        for index, cell in enumerate(self.job.notebook.cells):
            name = grade_id(cell)
            if cell.cell_type != "code" or not (name in self.job.exercises or cell.source.strip()):
                continue
            if name in self.job.exercises:  # a kernel that is dead here died of the cell before
                await kernel.run(_CALL.format(f"keep({name!r})"), max(1.0, min(limits.cell_seconds, self.left())))
                continue
            needed, first = bool(name) or first, False  # the imports and the answers
            if index in self.skip_cells:
                continue
            rest = self.cells_deadline - time.monotonic()
            if rest <= 0 and not needed:
                if not record.sealed:
                    record.notes[index] = "This cell was not run: the time for the cells was up."
                continue
            self.doing = ("cell", index)
            outputs = []
            if not record.sealed:
                record.outputs[index] = outputs
            seconds = min(limits.cell_seconds, max(rest, NEEDED_SECONDS if needed else 1.0))
            status = await kernel.run(cell.source, seconds, outputs)
            if record.sealed:
                continue
            if status == "out of time":
                record.notes[index] = f"This cell was stopped after {seconds:.0f} s."
            elif status == "too much output":
                record.notes[index] = "This cell was stopped: it printed too much."

    async def _measure(self, kernel):
        """Ask for all measurements that are missing. No learner's cell runs from here on, and no output is kept."""
        job, record = self.job, self.record
        while (task := self._next()) and self.left() > 0:
            name, index = task
            self.doing = ("exercise", name)
            if index > 0 and not record.sealed:
                record.sealed = True
                if job.harvest:  # a compiled program may hold the numbers it was compiled with
                    shutil.copytree(kernel.place.compiled, job.harvest, dirs_exist_ok=True)
            cases.write(kernel.place.inbox / f"{name}-{index}.npz", job.pairs[name][index][0])
            seconds = self._seconds_for(name)
            begin = time.monotonic()
            try:
                status = await kernel.run(
                    _CALL.format(f"serve({name!r}, {dict(job.exercises[name].names)!r}, {index})"), seconds
                )
            except Culprit as culprit:
                raise self._out_of_time(seconds, culprit) if culprit.status == "out of time" else culprit from None
            finally:
                self.spent[name] += time.monotonic() - begin
            if status == "out of time":  # it was interrupted, and the kernel lives on
                culprit = self._out_of_time(seconds)
                self.skip_measures[name] = problem(culprit.status, culprit.sentence)
            else:
                record.measurements[name, index] = read_measurement(kernel.place.outbox / f"{name}-{index}.npz")

    def _next(self):
        """The next (exercise, case): all public cases first, so that nothing hidden can reach what is shown of
        them; then whoever has used the least time, so that a slow answer only delays itself. None at the end.
        """
        missing = self._missing()
        missing = [task for task in missing if task[1] == 0] or missing
        return min(missing, key=lambda task: self.spent[task[0]], default=None)

    def _missing(self):
        return [
            (name, index)
            for name, wanted in self.job.pairs.items()
            for index in range(len(wanted))
            if (name, index) not in self.record.measurements and name not in self.skip_measures
        ]

    def _seconds_for(self, name):
        """The limit of one measurement: what the others need for theirs is kept for them."""
        missing = [other for other, _ in self._missing()]
        done = {other: sum(key[0] == other for key in self.record.measurements) for other in missing}
        kept = sum(
            self.spent[other] / done[other] if done[other] else EXPECTED_SECONDS for other in missing if other != name
        )
        rest = self.left() - kept - self.cells_seconds  # a kernel that has to be killed costs a replay of the cells
        return max(1.0, min(self.job.limits.measure_seconds, max(rest, self.left() / len(set(missing)))))

    def _out_of_time(self, seconds, culprit=None):
        """What is said of a measurement that was stopped; nothing is said of an answer that got less than its time."""
        if seconds < self.job.limits.measure_seconds:
            return Culprit(NOT_MEASURED["status"], NOT_MEASURED["sentence"])
        return culprit or Culprit("out of time", f"Measuring it took longer than {seconds:.0f} s.")


def run(job):
    """Run the learner's cells and measure each exercise on its cases: a Job to a Record."""
    # In a thread of its own: the formgrader calls this inside a running event loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, Replay(job).run()).result()
