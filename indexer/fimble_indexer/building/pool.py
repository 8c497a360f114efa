"""Worker processes that understand files. What crashes or hangs on a file costs this file only."""

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Self

import msgspec

from fimble_indexer.building.understand import Task, Understood, give_up
from fimble_indexer.building.worker import Order, receive, send

_SECONDS = 5.0  # for one file; most take a few milliseconds
_BATCH_FILES = 16  # in one order: a worker never waits for the next file
_MAX_FILES = 3000  # for one process: py-tree-sitter 0.26.1 never frees what a read callback has returned
_WAITING_ANSWERS = 16  # and then the workers wait for the one that writes
_LOOK_SECONDS = 0.05  # how often a cancellation is looked for

# None tells that one of the workers has no more to do.
_Answers = Queue[Understood | BaseException | None]


class WorkerError(RuntimeError):
    """Worker processes cannot be started."""


def default_workers() -> int:
    """Return half of the processors that this process may use, and at least one."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, processors // 2)


class Pool:
    """At most ``workers`` processes, each with ``seconds`` for a file.

    The first starts at once and stays until the pool is closed, so that one changed file is understood right away; the
    others run only while there is much to do. All of them end with this process, however it ends. One thread at a time
    may use a pool.
    """

    def __init__(self, workers: int | None = None, *, seconds: float = _SECONDS) -> None:
        self._workers = [_Worker(seconds) for _ in range(default_workers() if workers is None else max(1, workers))]
        self._workers[0].start()
        self._stopped = threading.Event()  # of what is being understood
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes, and what they are at. Closing twice does nothing."""
        self._is_closed = True
        self._stopped.set()
        self._end_processes()

    def _end_processes(self) -> None:
        for worker in self._workers:
            worker.stop()

    def understand(
        self, root: Path, tasks: Sequence[Task], cancelled: Callable[[], bool] | None = None
    ) -> Generator[Understood, None, None]:
        """Do the tasks and yield what became of them in any order; end early once ``cancelled`` answers true.

        A file that brings a worker down is tried again, for the worker may have been killed from outside, then taken
        as plain text, and if even that fails kept as an empty one. Raises WorkerError.
        """
        batches = [tasks[start : start + _BATCH_FILES] for start in range(0, len(tasks), _BATCH_FILES)]
        waiting = iter(batches)
        answers: _Answers = Queue(_WAITING_ANSWERS)
        stopped = self._stopped = threading.Event()
        threads = [
            threading.Thread(target=_work, args=(worker, root, waiting, answers, stopped), daemon=True)
            for worker in self._workers[: len(batches)]
        ]
        for thread in threads:
            thread.start()
        is_done = False
        try:
            is_done = yield from _collect(answers, len(threads), cancelled)
        finally:
            stopped.set()
            if not is_done:
                self._end_processes()  # nobody waits for the answers any more
                while any(thread.is_alive() for thread in threads):
                    with contextlib.suppress(Empty):
                        answers.get(timeout=_LOOK_SECONDS)
            for thread in threads:
                thread.join()
            for worker in self._workers[not self._is_closed :]:
                worker.stop()
            if not self._is_closed:  # whoever asked may let go of the answers after the pool
                self._workers[0].start()


def _work(
    worker: "_Worker", root: Path, batches: Iterator[Sequence[Task]], answers: _Answers, stopped: threading.Event
) -> None:
    """Keep one worker busy until no batch is left."""
    try:
        for batch in batches:
            for answer in worker.understand(root, batch, stopped):
                answers.put(answer)
            if stopped.is_set():
                break
    except BaseException as error:  # noqa: BLE001 - raised again where the answers are read
        answers.put(error)
    finally:
        answers.put(None)


def _collect(
    answers: _Answers, working: int, cancelled: Callable[[], bool] | None
) -> Generator[Understood, None, bool]:
    """Yield the answers of so many workers; returns whether they have all been given."""
    while working:
        if cancelled is not None and cancelled():
            return False
        try:
            answer = answers.get(timeout=_LOOK_SECONDS)
        except Empty:
            continue
        if answer is None:
            working -= 1
        elif isinstance(answer, BaseException):
            raise answer
        else:
            yield answer
    return True


class _Worker:
    """One process that is started when it is needed, and again when it has ended."""

    def __init__(self, seconds: float) -> None:
        self._command = [sys.executable, "-P", "-m", "fimble_indexer.building.worker", str(seconds)]
        self._process: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._is_ready = False
        self._has_failed_to_start = False
        self._ready = msgspec.msgpack.Decoder(None)
        self._answer = msgspec.msgpack.Decoder(Understood)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the process if it does not run; it gets ready on its own."""
        if self._process is None:
            self._files = 0
            self._is_ready = False
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def stop(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                with contextlib.suppress(OSError):
                    stream.close()

    def understand(self, root: Path, tasks: Sequence[Task], stopped: threading.Event) -> Iterator[Understood]:
        """Do the tasks in their order; end early when the process is stopped. Raises WorkerError."""
        waiting = deque(tasks)
        tries = 0  # of the first that waits
        while waiting:
            try:
                for answer in self._ask(Order(str(root), list(waiting))):
                    waiting.popleft()
                    tries = 0
                    self._files += 1
                    yield answer
            except (EOFError, OSError):
                if stopped.is_set():
                    return
                self.stop()
                if not self._is_ready:
                    if self._has_failed_to_start:
                        raise WorkerError(f"{' '.join(self._command)} does not start") from None
                    self._has_failed_to_start = True
                    continue
                tries += 1
                if tries == 2:  # noqa: PLR2004 - killed once from outside, perhaps; not twice
                    waiting[0] = replace(waiting[0], parse=False)
                elif tries > 2:  # noqa: PLR2004
                    tries = 0
                    yield give_up(root, waiting.popleft())
        if self._files >= _MAX_FILES:
            self.stop()

    def _ask(self, order: Order) -> Iterator[Understood]:
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        if not self._is_ready:
            receive(process.stdout, self._ready)
            self._is_ready, self._has_failed_to_start = True, False
        send(process.stdin, order)
        for _ in order.tasks:
            yield receive(process.stdout, self._answer)
