"""Keep an index true for as long as an editor window is open.

The process reads one JSON object a line from stdin; paths are relative to the workspace, with "/":

- ``{"open": path, "text": ...}``: this is what the file holds for the user, whatever the disk says.
- ``{"close": path}``: the disk counts again.
- ``{"saved": [path, ...]}``: look at these at once; what was open counts as written.
- ``{"update": true}``: look at everything.
- ``{"typing": true}``: the user types and may wait for a completion; what is not urgent goes slower for a moment.
- ``{"cancel": true}``: end the update that runs; what it has done is kept.

It writes ``{"done": n, "total": m}`` while it looks at everything, ``{"updated": ...}`` after each update,
``{"state": ...}`` when its part changes, and ``{"warning": sentence}`` for the user. It ends when stdin closes.

One process of several on the same index has the lead and watches the workspace. The others only bring in what their
own window tells, and one of them takes over when the leader ends.
"""

import json
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from fimble_indexer.building.build import Summary, update
from fimble_indexer.building.pool import Pool, WorkerError
from fimble_indexer.storage.locks import is_kept, withdraw
from fimble_indexer.storage.store import Store
from fimble_indexer.storage.versions import delete_older
from fimble_indexer.storage.writer import DamagedError, StoppedError, Writer
from fimble_indexer.watching.leader import Leader
from fimble_indexer.watching.overlays import Overlays
from fimble_indexer.watching.priority import stand_back
from fimble_indexer.watching.reporter import Reporter
from fimble_indexer.watching.schedule import NEVER, Job, Schedule
from fimble_indexer.watching.watch import EXCLUDE_FILE, UnwatchableError

_TAKE_OVER_SECONDS = 2.0
_CHECK_SECONDS = 2.0
_TYPING_SECONDS = 2.0
_RESCAN_SECONDS = 600.0  # events can be lost, and rules above the workspace are not watched
_POLL_SECONDS = 2.0
_POLL_SHARE = 0.05  # of one processor, at most, goes into polling
_UNDISTURBED_SECONDS = 2.0  # looking at everything starts over after a save, but not all the time
_END_SECONDS = 3.0
_RULE_FILES = frozenset({".gitignore", ".fimbleignore", ".gitattributes"})


class Service:
    """One workspace's index, and the loop that keeps it true."""

    def __init__(self, root: Path, database: Path, pool: Pool, output: Callable[[dict[str, Any]], object]) -> None:
        """Prepare; ``output`` is given the messages for the window."""
        self._root = root
        self._database = database
        self._pool = pool
        self._reporter = Reporter(output)
        self._inbox: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._is_stopped = False
        self._is_cancelled = False
        self._writer = Writer(database, self._report_replaced)
        self._leader = Leader(root, database)
        self._overlays = Overlays()
        self._schedule = Schedule()
        self._typed = -NEVER
        self._is_furthest = False

    def stop(self) -> None:
        """End soon; signal handlers and other threads may call it."""
        self._is_stopped = True
        self._inbox.put(lambda: None)

    def run(self, messages: BinaryIO) -> None:
        """Work until ``messages`` ends or ``stop`` is called."""
        threading.Thread(target=self._read, args=(messages,), daemon=True).start()
        try:
            while not self._is_stopped:
                self._step()
        finally:
            self._leader.stop_watching()
            self._writer.close()
            self._leader.release()

    # Hearing

    def _read(self, messages: BinaryIO) -> None:
        for line in messages:
            self._inbox.put(partial(self._take, json.loads(line)))
        self.stop()
        # Whatever hangs must not outlive the editor, and the database survives an end at any moment.
        time.sleep(_END_SECONDS)
        os._exit(1)

    def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"open": str(path), "text": str(text)}:
                self._overlays.texts[path] = text
                self._schedule.urgent.add(path)
            case {"close": str(path)}:
                self._overlays.texts.pop(path, None)
                self._schedule.urgent.add(path)
            case {"saved": list(paths)}:
                for path in paths:
                    self._overlays.texts.pop(path, None)
                    self._schedule.urgent.add(path)
                    self._heed_rules(path)
            case {"update": True}:
                self._schedule.plan(Job.EVERYTHING)
            case {"typing": True}:
                self._typed = time.monotonic()
            case {"cancel": True}:
                self._is_cancelled = True

    def _hear(self, path: str) -> None:
        self._schedule.changes.add(path)
        self._heed_rules(path)

    def _heed_rules(self, path: str) -> None:
        if path == EXCLUDE_FILE or path.rpartition("/")[2] in _RULE_FILES:
            self._schedule.changes.add("")

    def _receive(self, seconds: float = 0) -> None:
        """Handle what has come; wait so long for it, at most."""
        try:
            while True:
                handle = self._inbox.get(seconds > 0, seconds if seconds < NEVER else None)
                seconds = 0
                try:
                    handle()
                except UnwatchableError as error:
                    self._poll(error)
        except queue.Empty:
            return

    # Doing

    def _step(self) -> None:
        match self._schedule.due():
            case Job.LEAD:
                self._try_to_lead()
            case Job.URGENT:
                self._update(self._schedule.take_urgent())
            case Job.CHANGES:
                self._take_up(self._schedule.changes.take())
            case Job.EVERYTHING:
                self._update(None)
            case Job.OVERLAYS:
                self._check_overlays()
            case None:
                self._receive(self._schedule.seconds_until_due())
        self._receive()

    def _try_to_lead(self) -> None:
        try:
            is_leading = self._leader.try_to_lead()
        except OSError as error:
            self._fail(error, Job.LEAD)
            return
        if is_leading:
            self._schedule.plan(Job.LEAD, NEVER)
            self._schedule.plan(Job.EVERYTHING)
        else:
            self._schedule.plan(Job.LEAD, _TAKE_OVER_SECONDS)
            self._reporter.enter("following")

    def _take_up(self, paths: set[str]) -> None:
        if "" not in paths:
            self._update(paths)
        elif self._leader.is_leading or not is_kept(self._database):
            self._leader.stop_watching()
            self._schedule.plan(Job.EVERYTHING)

    def _update(self, paths: set[str] | None) -> None:
        """Bring these paths up to date, or everything."""
        if not self._is_present():
            self._wait_for_root()
            return
        if paths is None:
            self._schedule.plan(Job.EVERYTHING, NEVER)
            self._cover()
        started = time.process_time()
        self._is_cancelled = False
        try:
            with self._writer.writing(lambda: self._is_stopped) as store:
                summary, is_complete = self._write(store, paths)
                self._schedule.plan(Job.OVERLAYS, _CHECK_SECONDS if self._overlays.note(store) else NEVER)
        except StoppedError:
            return
        except DamagedError:
            self._schedule.plan(Job.EVERYTHING)
            return
        except (OSError, sqlite3.Error, WorkerError) as error:
            self._fail(error)
            return
        self._schedule.failures = 0
        self._reporter.updated(summary, paths, is_complete=is_complete)
        if paths is None:
            self._plan(time.process_time() - started, is_complete=is_complete)

    def _write(self, store: Store, paths: set[str] | None) -> tuple[Summary, bool]:
        """Return what was done, and whether it was all of it."""
        started = time.monotonic()
        is_complete = True

        def cancelled() -> bool:
            nonlocal is_complete
            self._receive()
            self._stand_back(furthest=paths is None and time.monotonic() - self._typed < _TYPING_SECONDS)
            is_disturbed = bool(self._schedule.urgent) and time.monotonic() - started > _UNDISTURBED_SECONDS
            if self._is_stopped or (paths is None and (self._is_cancelled or is_disturbed)):
                is_complete = False
            return not is_complete

        summary = update(
            self._root,
            store,
            paths=paths,
            overlays=self._overlays.texts,
            pool=self._pool,
            progress=self._reporter.progress() if paths is None else None,
            cancelled=cancelled,
        )
        return summary, is_complete

    def _plan(self, seconds: float, *, is_complete: bool) -> None:
        """Decide when to look at everything again, after it has taken so much of the processor's time."""
        if self._is_cancelled:
            return  # until somebody asks for it
        if not is_complete:
            self._schedule.plan(Job.EVERYTHING)
            return
        delete_older(self._database)
        if self._leader.is_watching:
            self._schedule.plan(Job.EVERYTHING, _RESCAN_SECONDS)
            self._leader.announce()
        elif self._leader.is_leading:
            self._schedule.plan(Job.EVERYTHING, max(_POLL_SECONDS, seconds / _POLL_SHARE))

    def _stand_back(self, *, furthest: bool) -> None:
        if furthest != self._is_furthest:
            self._is_furthest = furthest
            stand_back(furthest=furthest)

    def _check_overlays(self) -> None:
        self._schedule.plan(Job.OVERLAYS, _CHECK_SECONDS)
        try:
            with self._writer.writing(lambda: self._is_stopped) as store:
                self._schedule.urgent |= self._overlays.undone(store)
        except (StoppedError, DamagedError, OSError, sqlite3.Error):
            self._schedule.plan(Job.EVERYTHING)

    # Watching

    def _cover(self) -> None:
        """Watch what belongs, before it is looked at, so that no change falls between."""
        withdraw(self._database)
        try:
            if self._leader.is_leading and not self._leader.is_watching and self._reporter.state != "polling":
                self._leader.watch(self._inbox.put, self._hear)
                self._reporter.enter("watching")
        except UnwatchableError as error:
            self._poll(error)

    def _poll(self, error: UnwatchableError) -> None:
        """Look from time to time instead of watching."""
        self._leader.stop_watching()
        self._schedule.plan_at_latest(Job.EVERYTHING, _POLL_SECONDS)
        self._reporter.enter("polling")
        self._reporter.warn(f"{error}. Fimble looks for changes from time to time instead.")

    def _is_present(self) -> bool:
        """Tell a workspace from one that is gone, or whose file system is not mounted: its files are not deleted."""
        try:
            with os.scandir(self._root) as entries:
                return any(entries)
        except OSError:
            return False

    def _wait_for_root(self) -> None:
        self._leader.stop_watching()
        self._schedule.plan(Job.EVERYTHING, _POLL_SECONDS)
        self._reporter.enter("missing")

    # Failures

    def _fail(self, error: Exception, *jobs: Job) -> None:
        """Say what is wrong, and try everything again later, and these jobs with it."""
        self._schedule.plan_retry(Job.EVERYTHING, *jobs)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        self._reporter.warn(f"The index of {self._root} cannot be written to {self._database.parent}: {reason}.")

    def _report_replaced(self) -> None:
        if self._schedule.failures:
            return  # it could only be begun
        self._reporter.warn(f"The index of {self._root} is damaged or of another version of Fimble, and is built anew.")
