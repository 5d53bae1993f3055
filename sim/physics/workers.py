"""Processes that compute physics beside this one. A pipe each: no thread, no queue, nothing that outlives the run.

A pool of the standard library or of joblib has threads here, breaks as a whole when one process is killed, and leaves
its processes behind when this one is. These are out of reach of the terminal's Ctrl-C, and end when their pipe does.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import suppress
from multiprocessing.connection import wait
from typing import IO, TYPE_CHECKING, Any

from sim.physics.worker import Lending, Order, Reply, Work, read_frame, write_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.physics.port import Physics

ANSWER_S_MAX = 600.0
"""A worker that keeps us waiting longer is given up: ten times what a trailer of 1,500 cases takes to settle."""
_STOP_S = 3.0
_TAIL_BYTES = 2_000
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from sim.physics.worker import main; main()"


class Task:
    """Something that may be done elsewhere: `work` of a physics with these arguments."""

    __slots__ = ("first", "is_lost", "needs", "others", "result", "work", "worker")

    def __init__(self, work: Work, first: bytes, others: tuple[Any, ...], needs: set[int]) -> None:
        self.work: Work = work
        self.first = first
        self.others = others
        self.needs = needs
        """By number, what is sent once."""
        self.worker: _Worker | None = None
        """Who has been given it."""
        self.result: bytes | None = None
        self.is_lost = False
        """Whether nothing comes of it any more."""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.is_lost or self.result is not None


class Workers:
    """So many processes at most, each started when there is work for it and never again once it is lost.

    `make` builds the physics of each, and can be pickled. `code`: the hash of the code they are to have loaded, so that
    what they compute is what would be computed here. `say` is told in words what people should know.
    """

    def __init__(
        self,
        make: Callable[[Callable[[str], None]], Physics[Any]],
        *,
        code: str,
        count: int,
        say: Callable[[str], None],
    ) -> None:
        self.lending = Lending()
        self._code = code
        self._make = make
        self._left_to_start = count
        self._say = say
        self._workers: list[_Worker] = []
        self._waiting: deque[Task] = deque()

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that live."""
        return [worker.process.pid for worker in self._workers]

    def begin(self, task: Task) -> None:
        """Have it done when there is somebody to do it."""
        self._waiting.append(task)
        self._turn(0.0)

    def drop(self, task: Task) -> None:
        """Nobody will ask for it any more."""
        with suppress(ValueError):
            self._waiting.remove(task)

    def result_of(self, task: Task, *, is_long: bool) -> Any:  # noqa: ANN401 - whatever the work returns
        """What came of it, as soon as that is known; None if it has to be done here.

        One that nobody has begun is done here, unless it `is_long`: then it is next, and this process sees to the rest
        meanwhile.
        """
        self._turn(0.0)
        if is_long and task in self._waiting:
            self._waiting.remove(task)
            self._waiting.appendleft(task)
        while not task.is_over:
            if not self._workers or (task.worker is None and not is_long):
                self.drop(task)
                return None
            if not self._turn(ANSWER_S_MAX):
                for worker in [worker for worker in self._workers if worker.is_busy]:
                    self._lose(worker, f"did not answer within {ANSWER_S_MAX:g} s")
        return None if task.result is None else self.lending.unpickled(task.result)

    def close(self) -> None:
        """End them all, whatever they do. Closing twice is nothing; there is no more work for them after it."""
        self._left_to_start = 0
        self._waiting.clear()
        while self._workers:
            self._workers.pop().stop()

    def _turn(self, wait_s: float) -> bool:
        """Take what has come, waiting so long for the first, and give out what is to be done; returns if any came."""
        ready = [worker for worker in self._workers if worker.is_busy]
        if ready:
            ready = wait(ready, wait_s)  # type: ignore[assignment, arg-type] # of anything with a fileno
        for worker in ready:
            self._hear(worker)
        idle = [worker for worker in self._workers if not worker.is_busy]
        while self._waiting and idle:
            self._give(idle.pop(), self._waiting.popleft())
        starting = sum(worker.is_starting for worker in self._workers)
        for _ in range(min(len(self._waiting) - starting, self._left_to_start)):
            self._start()
        return bool(ready)

    def _hear(self, worker: _Worker) -> None:
        try:
            reply: Reply = read_frame(worker.output)
        except (EOFError, OSError, pickle.UnpicklingError):
            self._lose(worker)
            return
        for words in reply.said:
            self._say(words)
        if reply.error:
            self._say(f"physics computed ahead failed, and is computed anew: {reply.error.splitlines()[-1]}")
        if worker.is_starting and reply.result.decode() != self._code:
            self._lose(worker, "has other code than this process, which was started before it was changed")
            return
        worker.is_starting = False
        task, worker.task = worker.task, None
        if task is not None:
            task.result = reply.result or None
            task.is_lost = not reply.result

    def _give(self, worker: _Worker, task: Task) -> None:
        missing = sorted(task.needs - worker.lent)
        lent = {number: pickle.dumps(self.lending.things[number], pickle.HIGHEST_PROTOCOL) for number in missing}
        worker.lent |= task.needs
        worker.task, task.worker = task, worker
        try:
            write_frame(worker.input, Order(task.work, task.first, task.others, lent))
        except OSError:
            self._lose(worker)

    def _start(self) -> None:
        self._left_to_start -= 1
        try:
            worker = _Worker()
        except OSError as error:
            self._left_to_start = 0
            self._say(f"no process could be started to compute physics ahead: {error.strerror}; it is computed here")
            return
        self._workers.append(worker)
        try:
            write_frame(worker.input, self._make)
        except OSError:
            self._lose(worker)

    def _lose(self, worker: _Worker, how: str = "") -> None:
        self._workers.remove(worker)
        if worker.task is not None:
            worker.task.is_lost = True
        self._say(f"a process that computed physics ahead {how or worker.end()}; what it had begun is computed here")
        worker.stop()


class _Worker:
    """One process, with what it has and does. Starting it raises OSError."""

    def __init__(self) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen(  # noqa: S603 - this very Python, no shell
            [sys.executable, "-c", _PROGRAM, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input, self.output = self.process.stdin, self.process.stdout
        self.lent: set[int] = set()
        self.task: Task | None = None
        self.is_starting = True

    @property
    def is_busy(self) -> bool:
        """Whether something is to come from it."""
        return self.is_starting or self.task is not None

    def fileno(self) -> int:
        """Where that comes from."""
        return self.output.fileno()

    def end(self) -> str:
        """How it ended, in words."""
        try:
            status = self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            return "sent something that is no reply"
        self._log.seek(0)
        said = self._log.read()[-_TAIL_BYTES:].decode(errors="replace").split("\n")
        last = next((f" ({line.strip()})" for line in reversed(said) if line.strip()), "")
        return f"was killed by signal {-status}{last}" if status < 0 else f"ended with status {status}{last}"

    def stop(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_S)
        with suppress(OSError):  # what it did not read any more
            self.input.close()
        self.output.close()
        self._log.close()
