"""The clients' side of the engine: `Engine` is all that the rest of Fimble sees of it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Protocol

import msgspec

from fimble_server.directories import log_directory, runtime_directory
from fimble_server.engine.options import EngineOptions, fingerprint
from fimble_server.engine.protocol import (
    VERSION,
    Cancel,
    Cancelled,
    Complete,
    Completion,
    Failure,
    Generate,
    Generated,
    Hello,
    Reply,
    Request,
    Shutdown,
    Status,
    StatusRequest,
    Text,
    Welcome,
    decode_reply,
    encode,
)
from fimble_server.engine.transport import connect, read_frame
from fimble_server.errors import FimbleError

_START_SECONDS = 20.0
_RETRY_SECONDS = 0.02
_LARGEST_LOG = 1024 * 1024

_started: list[subprocess.Popen[bytes]] = []
"""Kept, because they go on after whoever started them: a handle that is dropped counts as a forgotten child."""


class EngineGoneError(FimbleError):
    """The engine process ended while it was serving; the next request starts it again."""


class Engine(Protocol):
    """Whatever answers completions and conversations: the local engine process, later a server elsewhere."""

    async def complete(self, request: Complete, on_text: Callable[[str], None] | None = None) -> Completion | None:
        """Return the completion, or None if a newer request superseded it; text is passed on as it comes.

        Cancelling the task cancels the request. Raises `FimbleError`.
        """

    def generate(self, request: Generate) -> AsyncIterator[str | Generated]:
        """Yield the answer's text in pieces and, last, the facts about it. Raises `FimbleError`."""

    async def status(self) -> Status:
        """Describe the engine. Raises `FimbleError`."""

    async def close(self) -> None:
        """Give the connection up; the engine itself goes on for others."""


class Connection:
    """One connection to an engine process; replies find their requests by id."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read replies until the connection ends."""
        self._writer = writer
        self._identifiers = count(1)
        self._waiting: dict[int, asyncio.Queue[Reply | None]] = {}
        self._reading = asyncio.create_task(self._read(reader))

    @property
    def open(self) -> bool:
        """Whether requests can still be answered."""
        return not self._reading.done()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                reply = decode_reply(await read_frame(reader))
                if (queue := self._waiting.get(reply.id)) is not None:
                    queue.put_nowait(reply)
        except (asyncio.IncompleteReadError, OSError, msgspec.MsgspecError):
            pass
        finally:
            for queue in self._waiting.values():
                queue.put_nowait(None)
            self._writer.close()

    async def replies(self, make: Callable[[int], Request]) -> AsyncIterator[Reply]:
        """Send a request and yield its replies; one that is left early is cancelled.

        Raises:
            EngineGoneError: the connection ended.
            FimbleError: the engine says that it cannot serve the request.

        """
        identifier = next(self._identifiers)
        queue: asyncio.Queue[Reply | None] = asyncio.Queue()
        self._waiting[identifier] = queue
        finished = False
        try:
            self._send(make(identifier))
            while not finished:
                reply = await queue.get()
                if reply is None:
                    finished = True
                    raise EngineGoneError("the engine ended unexpectedly; the next request starts it again")
                finished = not isinstance(reply, Text)
                if isinstance(reply, Failure):
                    raise FimbleError(reply.message)
                yield reply
        finally:
            del self._waiting[identifier]
            if not finished:
                self._send(Cancel(identifier))

    def _send(self, request: Request) -> None:
        if not self.open:
            raise EngineGoneError("the engine ended unexpectedly; the next request starts it again")
        self._writer.write(encode(request))

    async def ask(self, make: Callable[[int], Request]) -> Reply:
        """Send a request that has a single reply, and return that; raises as `replies` does."""
        async for reply in self.replies(make):
            return reply
        raise EngineGoneError("the engine gave no answer")

    async def ended(self) -> None:
        """Wait until the other side has closed the connection."""
        await asyncio.wait([self._reading])

    async def close(self) -> None:
        """End the connection."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


class LocalEngine:
    """The engine process of this user, started when it is needed."""

    def __init__(self, model: Callable[[], Path], options: EngineOptions) -> None:
        """Use the model file that `model` finds when the engine is needed; it may raise a `FimbleError`."""
        self._model = model
        self._options = options
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()

    async def complete(self, request: Complete, on_text: Callable[[str], None] | None = None) -> Completion | None:
        """Implement `Engine.complete`."""
        connection = await self._connected()
        replies = connection.replies(lambda identifier: msgspec.structs.replace(request, id=identifier))
        try:
            async for reply in replies:
                match reply:
                    case Text() if on_text is not None:
                        on_text(reply.text)
                    case Completion():
                        return reply
                    case Cancelled():
                        return None
        finally:
            await replies.aclose()  # type: ignore[attr-defined]  # an async generator
        return None

    async def generate(self, request: Generate) -> AsyncIterator[str | Generated]:
        """Implement `Engine.generate`."""
        connection = await self._connected()
        replies = connection.replies(lambda identifier: msgspec.structs.replace(request, id=identifier))
        try:
            async for reply in replies:
                match reply:
                    case Text():
                        yield reply.text
                    case Generated():
                        yield reply
        finally:
            await replies.aclose()  # type: ignore[attr-defined]  # an async generator

    async def status(self) -> Status:
        """Implement `Engine.status`; starts the engine if need be."""
        connection = await self._connected()
        reply = await connection.ask(StatusRequest)
        if not isinstance(reply, Status):
            raise EngineGoneError("the engine gave no status")
        return reply

    async def close(self) -> None:
        """Implement `Engine.close`."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._connection is None or not self._connection.open:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> Connection:
        model = self._model()
        directory = runtime_directory()
        expected = fingerprint(model, self._options)
        deadline = monotonic() + _START_SECONDS
        process: subprocess.Popen[bytes] | None = None
        while monotonic() < deadline:
            connection = await _greet(directory, expected)
            if connection is not None:
                return connection
            if process is None or process.poll() is not None:
                process = _start(directory, model, expected, self._options)
            await asyncio.sleep(_RETRY_SECONDS)
        raise FimbleError(f"the engine did not start within {_START_SECONDS:.0f} s; see {log_path()}")


def log_path() -> Path:
    """Return the engine's log file."""
    return log_directory() / "engine.log"


async def stop_engine() -> bool:
    """End this user's engine process, whatever it serves; False if none runs."""
    try:
        reader, writer, token = await connect(runtime_directory())
    except (OSError, ValueError):
        return False
    connection = Connection(reader, writer)
    try:
        await _say_hello(connection, token, "")
        await connection.ask(Shutdown)
        await connection.ended()
    except EngineGoneError:
        pass
    finally:
        await connection.close()
    return True


async def running_status() -> Status | None:
    """Return the status of this user's engine process without starting one; None if none runs."""
    try:
        reader, writer, token = await connect(runtime_directory())
    except (OSError, ValueError):
        return None
    connection = Connection(reader, writer)
    try:
        await _say_hello(connection, token, "")
        reply = await connection.ask(StatusRequest)
        return reply if isinstance(reply, Status) else None
    except EngineGoneError:
        return None
    finally:
        await connection.close()


async def _say_hello(connection: Connection, token: str, expected: str) -> bool:
    welcome = await connection.ask(lambda identifier: Hello(identifier, VERSION, expected, token))
    return isinstance(welcome, Welcome) and welcome.compatible


async def _greet(directory: Path, expected: str) -> Connection | None:
    """Connect to the running engine; one with another model, settings or version is asked to make room."""
    try:
        reader, writer, token = await connect(directory)
    except (OSError, ValueError):
        return None
    connection = Connection(reader, writer)
    try:
        if await _say_hello(connection, token, expected):
            return connection
        await connection.ask(Shutdown)
        await connection.ended()
    except EngineGoneError:
        pass
    await connection.close()
    return None


def _start(directory: Path, model: Path, expected: str, options: EngineOptions) -> subprocess.Popen[bytes]:
    """Start an engine process that outlives this one; if another client was faster it ends by itself."""
    log = log_path()
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".log.old"))
    arguments = [str(directory), str(model), expected, msgspec.json.encode(options).decode()]
    with log.open("ab") as output:
        process = subprocess.Popen(
            # -P: a workspace's own modules must not stand in for installed ones.
            [sys.executable, "-P", "-m", "fimble_server.engine", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            # OpenMP's threads wait for each other by spinning unless told otherwise. As soon as anything else wants a
            # core, a token then takes twenty times as long; sleeping costs little while nothing does.
            env={"OMP_WAIT_POLICY": "passive", **os.environ},
            start_new_session=os.name != "nt",
        )
    _started.append(process)
    return process
