"""The process that keeps a workspace's index true, as the language server sees it.

It runs for as long as the window is open, and is started again if it ends. Whatever it does, nobody here waits for it:
messages to it are kept until it takes them, the newest of each file only.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from fimble_indexer.files.listing import MAX_BYTES
from fimble_indexer.files.secrets import is_secret_file
from fimble_server.index import database_path

_log = logging.getLogger(__name__)
_FIRST_RESTART_SECONDS = 0.5
_LONGEST_RESTART_SECONDS = 60.0
_WORRYING_SECONDS = 1.0
"""A longer pause is worth a word to the user: the process has ended at least twice in a row."""
_HEALTHY_SECONDS = 60.0
"""A process that has lived so long did not fail at its start."""
_END_SECONDS = 2.0
_TYPING_SECONDS = 1.0
_LONGEST_LINE = 64 * 1024 * 1024
"""In bytes, of what the process says; an update can name many files."""

Listener = Callable[[dict[str, Any]], None]
"""Is given what the process says; `service.py` of the indexer describes it."""


class Indexer:
    """Keeps the index of one workspace true until it is closed."""

    def __init__(self, root: Path, listener: Listener, *, workers: int = 0) -> None:
        """Prepare; nothing runs before `start`."""
        self.root = root
        self._listener = listener
        self.workers = workers
        self.state = "starting"
        """What the process says of its part."""
        self.is_ready = False
        """Whether all files were looked at once, by this process or by that of the window it follows."""
        self._first_look = asyncio.Event()
        """Set as soon as the first look at all files has ended, whether it got to all of them or not."""
        self._buffers: dict[str, str] = {}
        self._waiting: dict[str, dict[str, Any]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._next_typing = 0.0

    def start(self) -> None:
        """Start the process, and see to it that it runs."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End the process."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def first_look(self, seconds: float) -> bool:
        """Wait for so long at most until the first look at all files has ended; tells whether all were looked at."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._first_look.wait()
        return self.is_ready

    # What the window tells

    def edited(self, path: str, text: str) -> None:
        """Let this text stand for what is on disk. What is too large or holds secrets does not leave this process."""
        if len(text) > MAX_BYTES or is_secret_file(self.root / path):
            self.closed(path)
            return
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()  # editors can send half a character
        self._buffers[path] = text
        self._send(path, {"open": path, "text": text})

    def closed(self, path: str) -> None:
        """Let the disk count again."""
        if self._buffers.pop(path, None) is not None:
            self._send(path, {"close": path})

    def saved(self, path: str) -> None:
        """Have a file looked at that was just written from its buffer."""
        self._buffers.pop(path, None)
        self._send(path, {"saved": [path]})

    def changed(self, path: str) -> None:
        """Have a file looked at that somebody has changed; a buffer that is open still stands for it."""
        if path in self._buffers:
            self.edited(path, self._buffers[path])
        else:
            self._send(path, {"saved": [path]})

    def typing(self) -> None:
        """Have work in bulk stand back for a moment."""
        now = asyncio.get_running_loop().time()
        if now >= self._next_typing:
            self._next_typing = now + _TYPING_SECONDS
            self._send("", {"typing": True})

    def update(self) -> None:
        """Have everything looked at, also after `cancel`."""
        self._send("", {"update": True})

    def cancel(self) -> None:
        """Have the update end that runs; what it has done is kept."""
        self._send("", {"cancel": True})

    def _send(self, path: str, message: dict[str, Any]) -> None:
        # What is newer replaces what waits under the same name; a file comes in the order of its last change.
        name = path or next(iter(message))
        self._waiting.pop(name, None)
        self._waiting[name] = message
        self._wake.set()

    # The process

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_RESTART_SECONDS
        while True:
            started = loop.time()
            try:
                await self._serve()
            except OSError as error:
                _log.warning("the indexer cannot be started: %s", error)
            is_healthy = loop.time() - started > _HEALTHY_SECONDS
            pause = _FIRST_RESTART_SECONDS if is_healthy else 2 * pause
            if pause > _WORRYING_SECONDS:
                self._take({"warning": f"The indexer of {self.root} ends again and again; the server's log says why."})
            await asyncio.sleep(min(pause, _LONGEST_RESTART_SECONDS))

    async def _serve(self) -> None:
        """Start a process, and talk to it until it ends."""
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-P", "-m", "fimble_indexer", "watch", f"--workers={self.workers}", "--"],
            *[str(self.root), str(database_path(self.root))],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=os.name != "nt",  # so that it can stand back as a whole
        )
        assert process.stdin is not None
        assert process.stdout is not None
        for path, text in self._buffers.items():
            self._send(path, {"open": path, "text": text})
        sender = asyncio.create_task(self._write(process.stdin))
        try:
            async for line in process.stdout:
                self._take(msgspec.json.decode(line))
            _log.warning("the indexer of %s ended with status %s", self.root, await process.wait())
        finally:
            self._take({"state": "ended"})
            sender.cancel()
            process.stdin.close()
            await _ended(process)

    def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"state": str(state)}:
                self.state = state
                self.is_ready |= state == "following"
                if state in {"following", "ended"}:
                    self._first_look.set()
            case {"updated": _, "paths": None, "complete": bool(is_complete)}:
                self.is_ready |= is_complete
                self._first_look.set()
        self._listener(message)

    async def _write(self, stream: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    name = next(iter(self._waiting))
                    stream.write(msgspec.json.encode(self._waiting.pop(name)) + b"\n")
                    await stream.drain()


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
