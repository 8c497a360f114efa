"""The clients' side of the engine: `Engine` is all that the rest of Fimble sees of it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from time import monotonic
from typing import Protocol

import msgspec

from fimble_server.directories import runtime_directory
from fimble_server.engine.connection import Connection, EngineGoneError
from fimble_server.engine.options import EngineOptions
from fimble_server.engine.process import find_engine, log_path, start_engine
from fimble_server.engine.protocol import (
    Cancelled,
    Complete,
    Completion,
    Generate,
    Generated,
    Status,
    StatusRequest,
    Text,
)
from fimble_server.errors import FimbleError

_START_SECONDS = 20.0
_RETRY_SECONDS = 0.02
_MOST_STARTS = 5
_STARTS_SECONDS = 60.0
"""An engine that had to be started `_MOST_STARTS` times within this long is not started again for the time being."""


class Engine(Protocol):
    """Whatever answers completions and conversations: the local engine process, later a server elsewhere."""

    async def complete(self, request: Complete, on_text: Callable[[str], None] | None = None) -> Completion | None:
        """Return the completion, or None if a newer request superseded it; text is passed on as it comes.

        Cancelling the task cancels the request. Raises `FimbleError`.
        """

    def generate(self, request: Generate) -> AsyncGenerator[str | Generated, None]:
        """Yield the answer's text in pieces and, last, the facts about it; closing it early cancels the answer.

        Raises `FimbleError`.
        """

    async def status(self) -> Status:
        """Describe the engine. Raises `FimbleError`."""

    async def close(self) -> None:
        """Give the connection up; the engine itself goes on for others."""


class LocalEngine:
    """The engine process of this user, started when it is needed."""

    def __init__(self, model: Callable[[], Path], options: EngineOptions) -> None:
        """Use the model file that `model` finds when the engine is needed; it may raise a `FimbleError`."""
        self._model = model
        self._options = options
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._closed = False
        self._starts: deque[float] = deque(maxlen=_MOST_STARTS)

    async def complete(self, request: Complete, on_text: Callable[[str], None] | None = None) -> Completion | None:
        """Implement `Engine.complete`."""
        connection = await self._connected()
        request = msgspec.structs.replace(request, stream=on_text is not None)
        replies = connection.replies(lambda identifier: msgspec.structs.replace(request, id=identifier))
        async with aclosing(replies):
            async for reply in replies:
                match reply:
                    case Text() if on_text is not None:
                        on_text(reply.text)
                    case Completion():
                        return reply
                    case Cancelled():
                        return None
        return None

    async def generate(self, request: Generate) -> AsyncGenerator[str | Generated, None]:
        """Implement `Engine.generate`."""
        connection = await self._connected()
        replies = connection.replies(lambda identifier: msgspec.structs.replace(request, id=identifier))
        async with aclosing(replies):
            async for reply in replies:
                match reply:
                    case Text():
                        yield reply.text
                    case Generated():
                        yield reply

    async def status(self) -> Status:
        """Implement `Engine.status`; starts the engine if need be."""
        connection = await self._connected()
        reply = await connection.ask(StatusRequest)
        if not isinstance(reply, Status):
            raise EngineGoneError
        return reply

    async def close(self) -> None:
        """Implement `Engine.close`."""
        self._closed = True
        async with self._connecting:
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
        deadline = monotonic() + _START_SECONDS
        process = None
        while monotonic() < deadline and not self._closed:
            connection = await find_engine(directory, model, self._options)
            if connection is not None:
                return connection
            exit_code = process.poll() if process else 0
            if exit_code:
                raise FimbleError(f"the engine ended with exit code {exit_code} when it started; see {log_path()}")
            if exit_code == 0:
                # It was never started, or found another one starting, which may have ended since.
                self._count_start()
                process = start_engine(directory, model, self._options)
            await asyncio.sleep(_RETRY_SECONDS)
        if self._closed:
            raise EngineGoneError
        raise FimbleError(f"the engine did not start within {_START_SECONDS:.0f} s; see {log_path()}")

    def _count_start(self) -> None:
        now = monotonic()
        if len(self._starts) == _MOST_STARTS and now - self._starts[0] < _STARTS_SECONDS:
            raise FimbleError(f"the engine ended {_MOST_STARTS} times within a minute; see {log_path()}")
        self._starts.append(now)
