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
import math
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from filelock import Timeout

from fimble_indexer.build import OVERLAY_SIZE, Summary, update
from fimble_indexer.changes import Changes
from fimble_indexer.locks import announce, is_kept, watch_lock, withdraw
from fimble_indexer.pool import Pool, WorkerError
from fimble_indexer.priority import stand_back
from fimble_indexer.store import Store
from fimble_indexer.versions import delete_older
from fimble_indexer.watch import EXCLUDE_FILE, UnwatchableError, Watch, watch
from fimble_indexer.writer import DamagedError, StoppedError, Writer

_TAKE_OVER_SECONDS = 2.0
_CHECK_SECONDS = 2.0
_TYPING_SECONDS = 2.0
_RESCAN_SECONDS = 600.0  # events can be lost, and rules above the workspace are not watched
_POLL_SECONDS = 2.0
_POLL_SHARE = 0.05  # of one processor, at most, goes into polling
_LONGEST_RETRY_SECONDS = 60.0
_UNDISTURBED_SECONDS = 2.0  # looking at everything starts over after a save, but not all the time
_PROGRESS_SECONDS = 0.1
_END_SECONDS = 3.0
_RULE_FILES = frozenset({".gitignore", ".fimbleignore", ".gitattributes"})


class Service:
    """One workspace's index, and the loop that keeps it true."""

    def __init__(self, root: Path, database: Path, pool: Pool, output: Callable[[dict[str, Any]], object]) -> None:
        """Prepare; ``output`` is given the messages for the window."""
        self._root = root
        self._database = database
        self._pool = pool
        self._output = output
        self._inbox: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._is_stopped = False
        self._is_cancelled = False
        self._writer = Writer(database, self._tell_replaced)
        self._lead = watch_lock(database)
        self._watch: Watch | None = None
        self._overlays: dict[str, str] = {}
        self._written_overlays: set[str] = set()
        self._version = 0
        self._urgent: set[str] = set()
        self._changes = Changes()
        self._next_lead = 0.0
        self._next_look = math.inf
        self._next_check = math.inf
        self._typed = -math.inf
        self._is_furthest = False
        self._failures = 0
        self._state = ""
        self._said: set[str] = set()

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
            self._stop_watching()
            self._writer.close()
            self._lead.release()

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
                self._overlays[path] = text
                self._urgent.add(path)
            case {"close": str(path)}:
                self._overlays.pop(path, None)
                self._urgent.add(path)
            case {"saved": list(paths)}:
                for path in paths:
                    self._overlays.pop(path, None)
                    self._urgent.add(path)
                    self._heed_rules(path)
            case {"update": True}:
                self._next_look = 0
            case {"typing": True}:
                self._typed = time.monotonic()
            case {"cancel": True}:
                self._is_cancelled = True

    def _hear(self, path: str) -> None:
        self._changes.add(path)
        self._heed_rules(path)

    def _heed_rules(self, path: str) -> None:
        if path == EXCLUDE_FILE or path.rpartition("/")[2] in _RULE_FILES:
            self._changes.add("")

    def _receive(self, seconds: float = 0) -> None:
        """Handle what has come; wait so long for it, at most."""
        try:
            while True:
                handle = self._inbox.get(seconds > 0, max(seconds, 0) if seconds < math.inf else None)
                seconds = 0
                try:
                    handle()
                except UnwatchableError as error:
                    self._poll(error)
        except queue.Empty:
            return

    # Doing

    def _step(self) -> None:
        now = time.monotonic()
        if self._next_lead <= now:
            self._try_to_lead()
        elif self._urgent:
            paths, self._urgent = self._urgent, set()
            self._update(paths)
        elif self._changes.due() <= now:
            paths = self._changes.take()
            if "" not in paths:
                self._update(paths)
            elif self._lead.is_locked or not is_kept(self._database):
                self._stop_watching()
                self._next_look = 0
        elif self._next_look <= now:
            self._update(None)
        elif self._next_check <= now:
            self._check_overlays()
        else:
            self._receive(min(self._changes.due(), self._next_look, self._next_lead, self._next_check) - now)
        self._receive()

    def _try_to_lead(self) -> None:
        try:
            self._database.parent.mkdir(parents=True, exist_ok=True)
            self._lead.acquire(blocking=False)
        except Timeout:
            self._next_lead = time.monotonic() + _TAKE_OVER_SECONDS
            self._be("following")
        except OSError as error:
            self._fail(error)
            self._next_lead = self._next_look
        else:
            withdraw(self._database)  # the one before may have been killed
            self._next_lead = math.inf
            self._next_look = 0

    def _update(self, paths: set[str] | None) -> None:
        """Bring these paths up to date, or everything."""
        if not self._is_present():
            self._wait_for_root()
            return
        if paths is None:
            self._next_look = math.inf
            self._cover()
        started = time.process_time()
        self._is_cancelled = False
        try:
            with self._writer.writing(lambda: self._is_stopped) as store:
                summary, is_complete = self._write(store, paths)
                self._note_overlays(store)
        except StoppedError:
            return
        except DamagedError:
            self._next_look = 0
            return
        except (OSError, sqlite3.Error, WorkerError) as error:
            self._fail(error)
            return
        self._failures = 0
        self._output({"updated": asdict(summary), "paths": paths and sorted(paths), "complete": is_complete})
        if paths is None:
            self._plan(time.process_time() - started, is_complete=is_complete)

    def _write(self, store: Store, paths: set[str] | None) -> tuple[Summary, bool]:
        """Return what was done, and whether it was all of it."""
        started = said = time.monotonic()
        is_complete = True

        def progress(done: int, total: int) -> None:
            nonlocal said
            if paths is None and (done == total or time.monotonic() - said > _PROGRESS_SECONDS):
                said = time.monotonic()
                self._output({"done": done, "total": total})

        def cancelled() -> bool:
            nonlocal is_complete
            self._receive()
            self._stand_back(furthest=paths is None and time.monotonic() - self._typed < _TYPING_SECONDS)
            is_disturbed = bool(self._urgent) and time.monotonic() - started > _UNDISTURBED_SECONDS
            if self._is_stopped or (paths is None and (self._is_cancelled or is_disturbed)):
                is_complete = False
            return not is_complete

        summary = update(
            self._root,
            store,
            paths=paths,
            overlays=self._overlays,
            pool=self._pool,
            progress=progress,
            cancelled=cancelled,
        )
        return summary, is_complete

    def _plan(self, seconds: float, *, is_complete: bool) -> None:
        """Decide when to look at everything again, after it has taken so much of the processor's time."""
        if self._is_cancelled:
            return  # until somebody asks for it
        if not is_complete:
            self._next_look = 0
            return
        delete_older(self._database)
        if self._lead.is_locked and self._watch is not None:
            self._next_look = time.monotonic() + _RESCAN_SECONDS
            announce(self._database)
        elif self._lead.is_locked:
            self._next_look = time.monotonic() + max(_POLL_SECONDS, seconds / _POLL_SHARE)

    def _stand_back(self, *, furthest: bool) -> None:
        if furthest != self._is_furthest:
            self._is_furthest = furthest
            stand_back(furthest=furthest)

    # Open buffers

    def _note_overlays(self, store: Store) -> None:
        self._written_overlays = {path for path in self._overlays if _is_overlay(store, path)}
        self._version = store.version()
        self._next_check = time.monotonic() + _CHECK_SECONDS if self._written_overlays else math.inf

    def _check_overlays(self) -> None:
        """Write those again that an update of another process has undone; what another window has open may stay."""
        self._next_check = time.monotonic() + _CHECK_SECONDS
        try:
            with self._writer.writing(lambda: self._is_stopped) as store:
                if store.version() != self._version:
                    self._version = store.version()
                    self._urgent |= {path for path in self._written_overlays if not _is_overlay(store, path)}
        except (StoppedError, DamagedError, OSError, sqlite3.Error):
            self._next_look = 0

    # Watching

    def _cover(self) -> None:
        """Watch what belongs, before it is looked at, so that no change falls between."""
        withdraw(self._database)
        try:
            if self._watch is None and self._lead.is_locked and self._state != "polling":
                self._watch = watch(self._root, self._inbox.put, self._hear)
                self._be("watching")
        except UnwatchableError as error:
            self._poll(error)

    def _poll(self, error: UnwatchableError) -> None:
        """Look from time to time instead of watching."""
        self._stop_watching()
        self._next_look = min(self._next_look, time.monotonic() + _POLL_SECONDS)
        self._be("polling")
        self._warn(f"{error}. Fimble looks for changes from time to time instead.")

    def _stop_watching(self) -> None:
        if self._lead.is_locked:
            withdraw(self._database)
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _is_present(self) -> bool:
        """Tell a workspace from one that is gone, or whose file system is not mounted: its files are not deleted."""
        try:
            with os.scandir(self._root) as entries:
                return any(entries)
        except OSError:
            return False

    def _wait_for_root(self) -> None:
        self._stop_watching()
        self._next_look = time.monotonic() + _POLL_SECONDS
        self._be("missing")

    # Telling

    def _fail(self, error: Exception) -> None:
        """Say what is wrong, and try everything again later."""
        self._failures += 1
        self._next_look = time.monotonic() + min(2**self._failures, _LONGEST_RETRY_SECONDS)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        self._warn(f"The index of {self._root} cannot be written to {self._database.parent}: {reason}.")

    def _tell_replaced(self) -> None:
        if self._failures:
            return  # it could only be begun
        self._warn(f"The index of {self._root} is damaged or of another version of Fimble, and is built anew.")

    def _warn(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._output({"warning": sentence})

    def _be(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self._output({"state": state})


def _is_overlay(store: Store, path: str) -> bool:
    record = store.file(path)
    return record is not None and record.size == OVERLAY_SIZE
