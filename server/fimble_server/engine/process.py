"""The engine process of this user as its clients see it: find it, start it, replace it, end it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from fimble_server.directories import log_directory, runtime_directory
from fimble_server.engine.connection import Connection, EngineGoneError
from fimble_server.engine.options import EngineOptions, model_fingerprint, options_fingerprint
from fimble_server.engine.protocol import Shutdown, Status, StatusRequest, Welcome
from fimble_server.engine.transport import connect
from fimble_server.errors import FimbleError

_LARGEST_LOG = 1024 * 1024
_ANSWER_SECONDS = 10.0
"""A message is answered at once, except by an engine that is stopped or stuck."""
# On Windows no console window, and no part in what Ctrl+C ends; elsewhere a session of its own does that.
_DETACHED = 0x08000000 | 0x00000200 if sys.platform == "win32" else 0
_started: list[subprocess.Popen[bytes]] = []
"""Kept, because they go on after whoever started them: a handle that is dropped counts as a forgotten child."""


def log_path() -> Path:
    """Return the engine's log file."""
    return log_directory() / "engine.log"


async def stop_engine() -> bool:
    """End this user's engine process, whatever it serves; False if none runs. Raises `FimbleError`."""
    async with _attached() as connection:
        if connection is None:
            return False
        await _shut_down(connection)
        return True


async def running_status() -> Status | None:
    """Return the status of this user's engine process without starting one; None if none runs.

    Raises:
        FimbleError: it does not answer.

    """
    async with _attached() as connection:
        if connection is None:
            return None
        try:
            async with _time_limit():
                reply = await connection.ask(StatusRequest)
        except EngineGoneError:
            return None
        return reply if isinstance(reply, Status) else None


async def find_engine(directory: Path, model: Path, options: EngineOptions) -> Connection | None:
    """Connect to the running engine; None if none runs, or if one was asked to make room for this model or options.

    An engine that others use is not taken from them: two windows whose settings differ must not end each other's
    engine for ever. What they run is taken as it is, unless it is another model.

    Raises:
        FimbleError: others use another model, or the engine does not answer.

    """
    async with AsyncExitStack() as stack:
        opened = await _open(directory, model_fingerprint(model), options_fingerprint(options))
        if opened is None:
            return None
        connection, welcome = opened
        stack.push_async_callback(connection.close)
        if welcome.same_model and (welcome.same_options or welcome.others):
            stack.pop_all()
            return connection
        if welcome.others:
            raise FimbleError(
                "another window runs another model on the one engine of this user; "
                "set the same `model` there, or close it, then run: fimble stop"
            )
        await _shut_down(connection)
    return None


@asynccontextmanager
async def _attached() -> AsyncIterator[Connection | None]:
    """Connect to the engine that runs, if one does, with no wish for any model."""
    opened = await _open(runtime_directory(), "", "")
    if opened is None:
        yield None
        return
    connection, _ = opened
    try:
        yield connection
    finally:
        await connection.close()


async def _open(directory: Path, model: str, options: str) -> tuple[Connection, Welcome] | None:
    """Connect and say hello; None if no engine listens, or it is just ending."""
    async with _time_limit():
        try:
            reader, writer, token = await connect(directory)
        except (OSError, ValueError):
            return None
        connection = Connection(reader, writer)
        try:
            return connection, await connection.greet(model, options, token)
        except EngineGoneError:
            await connection.close()
            return None
        except BaseException:
            await connection.close()
            raise


async def _shut_down(connection: Connection) -> None:
    async with _time_limit():
        try:
            await connection.ask(Shutdown)
        except EngineGoneError:
            return
        await connection.ended()


@asynccontextmanager
async def _time_limit() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            yield
    except TimeoutError as error:
        raise FimbleError(f"the engine does not answer; end its process and look into {log_path()}") from error


def start_engine(directory: Path, model: Path, options: EngineOptions) -> subprocess.Popen[bytes]:
    """Start an engine process that outlives this one; if another client was faster it ends by itself."""
    arguments = [str(directory), str(model), msgspec.json.encode(options).decode()]
    _started[:] = [process for process in _started if process.poll() is None]
    with _open_log() as output:
        process = subprocess.Popen(
            # -P: a workspace's own modules must not stand in for installed ones.
            [sys.executable, "-P", "-m", "fimble_server.engine", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            # OpenMP's threads wait for each other by spinning, for milliseconds unless told otherwise. As soon as other
            # programs want the cores, a token may then take seconds. So they spin for as long as a wait on a quiet
            # machine takes, and then sleep; docs/performance.md has the numbers.
            env={"GOMP_SPINCOUNT": "1000", **os.environ},
            start_new_session=os.name != "nt",
            creationflags=_DETACHED,
        )
    _started.append(process)
    return process


def _open_log() -> BinaryIO:
    """Open the log, or nothing where it cannot be written: an engine without a log is better than none."""
    log = log_path()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LARGEST_LOG:
            log.replace(log.with_suffix(".log.old"))
        return log.open("ab")
    except OSError:
        return Path(os.devnull).open("ab")
