"""The engine process's server: connections in, replies out; all decoding happens in the worker's thread."""

import asyncio
import hmac
import logging
from pathlib import Path
from time import monotonic

import msgspec

from fimble_server.engine.options import EngineOptions, model_fingerprint, options_fingerprint
from fimble_server.engine.protocol import (
    VERSION,
    Cancel,
    Complete,
    Done,
    Generate,
    Hello,
    Reply,
    Request,
    Shutdown,
    StatusRequest,
    Welcome,
    decode_request,
    encode,
)
from fimble_server.engine.transport import read_frame, serve
from fimble_server.engine.worker import Send, Worker

_log = logging.getLogger(__name__)
_IDLE_CHECK_SECONDS = 5.0
_SLOWEST_CLIENT = 8 * 1024 * 1024
"""Bytes waiting to be read by a client before its connection is given up."""


class Service:
    """Serves every editor window of one user until it is told to end or nobody asks any more."""

    def __init__(self, model: Path, options: EngineOptions) -> None:
        """Prepare the service; `run` serves."""
        self._worker = Worker(model, options)
        self._model = model_fingerprint(model)
        self._options = options_fingerprint(options)
        self._idle_seconds = options.idle_minutes * 60
        self._last_request = monotonic()
        self._ended = asyncio.Event()
        self._token = ""
        self._clients = 0

    async def run(self, directory: Path) -> None:
        """Listen before the model is loaded, so that clients can connect at once and wait for their answers."""
        server, self._token = await serve(directory, self._connected)
        self._worker.start()
        try:
            while not self._ended.is_set() and not self._idle():
                try:
                    await asyncio.wait_for(self._ended.wait(), min(_IDLE_CHECK_SECONDS, self._idle_seconds))
                except TimeoutError:
                    continue
        finally:
            server.close()
            self._worker.stop()

    def end(self) -> None:
        """Let `run` return soon; from the event loop's thread only."""
        self._ended.set()

    def _idle(self) -> bool:
        if self._worker.busy:
            self._last_request = monotonic()
        return monotonic() - self._last_request >= self._idle_seconds

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()

        def write(reply: Reply) -> None:
            if writer.is_closing():
                return
            writer.write(encode(reply))
            if writer.transport.get_write_buffer_size() > _SLOWEST_CLIENT:
                writer.transport.abort()

        def send(reply: Reply) -> None:
            loop.call_soon_threadsafe(write, reply)

        try:
            hello = decode_request(await read_frame(reader))
            if not isinstance(hello, Hello) or not hmac.compare_digest(hello.token.encode(), self._token.encode()):
                return
            same_model = hello.version == VERSION and hello.model == self._model
            same_options = hello.options == self._options
            write(Welcome(hello.id, same_model, same_options=same_options, others=self._clients))
            await self._serve(reader, send)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # The client left, or the process ends: either way there is nobody to tell.
            pass
        except msgspec.MsgspecError as error:
            _log.warning("a client sent no message of this protocol: %s", error)
        finally:
            self._worker.forget(send)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, send: Send) -> None:
        self._clients += 1
        try:
            while True:
                self._handle(decode_request(await read_frame(reader)), send)
        finally:
            self._clients -= 1

    def _handle(self, request: Request, send: Send) -> None:
        match request:
            case Complete() | Generate():
                self._last_request = monotonic()
                self._worker.submit(request, send)
            case Cancel():
                self._worker.cancel(request.id, send)
            case StatusRequest():
                send(self._worker.status(request.id))
            case Shutdown():
                send(Done(request.id))
                self.end()
            case Hello():
                _log.warning("a client said hello twice")
