"""One connection to an engine process, as its clients use it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import count

import msgspec

from fimble_server.engine.protocol import (
    VERSION,
    Cancel,
    Failure,
    Hello,
    Reply,
    Request,
    Text,
    Welcome,
    decode_reply,
    encode,
)
from fimble_server.engine.transport import read_frame
from fimble_server.errors import FimbleError


class EngineGoneError(FimbleError):
    """The engine process ended while it was serving; the next request starts it again."""

    def __init__(self) -> None:
        """Say so in one sentence."""
        super().__init__("the engine ended unexpectedly; the next request starts it again")


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

    async def replies(self, make: Callable[[int], Request]) -> AsyncGenerator[Reply, None]:
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
                    raise EngineGoneError
                finished = not isinstance(reply, Text)
                if isinstance(reply, Failure):
                    raise FimbleError(reply.message)
                yield reply
        finally:
            del self._waiting[identifier]
            if not finished and self.open:
                self._send(Cancel(identifier))

    def _send(self, request: Request) -> None:
        if not self.open:
            raise EngineGoneError
        self._writer.write(encode(request))

    async def ask(self, make: Callable[[int], Request]) -> Reply:
        """Send a request that has a single reply, and return that; raises as `replies` does."""
        async with aclosing(self.replies(make)) as replies:
            return await anext(replies)

    async def greet(self, model: str, options: str, token: str) -> Welcome:
        """Say what this client expects of the engine; the first message of every connection."""
        welcome = await self.ask(lambda identifier: Hello(identifier, VERSION, model, options, token))
        if not isinstance(welcome, Welcome):
            raise EngineGoneError
        return welcome

    async def ended(self) -> None:
        """Wait until the other side has closed the connection."""
        await asyncio.wait([self._reading])

    async def close(self) -> None:
        """End the connection."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
