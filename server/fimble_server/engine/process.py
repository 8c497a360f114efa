"""The engine process of this user as its clients see it: find it, start it, replace it, end it."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from fimble_server.directories import log_directory, runtime_directory
from fimble_server.engine.connection import Connection, EngineGoneError
from fimble_server.engine.options import EngineOptions, model_fingerprint, options_fingerprint
from fimble_server.engine.protocol import Shutdown, Status, StatusRequest
from fimble_server.engine.transport import connect

_LARGEST_LOG = 1024 * 1024
_started: list[subprocess.Popen[bytes]] = []
"""Kept, because they go on after whoever started them: a handle that is dropped counts as a forgotten child."""


def log_path() -> Path:
    """Return the engine's log file."""
    return log_directory() / "engine.log"


async def stop_engine() -> bool:
    """End this user's engine process, whatever it serves; False if none runs."""
    async with _attached() as connection:
        if connection is None:
            return False
        await _shut_down(connection)
        return True


async def running_status() -> Status | None:
    """Return the status of this user's engine process without starting one; None if none runs."""
    async with _attached() as connection:
        reply = await connection.ask(StatusRequest) if connection else None
        return reply if isinstance(reply, Status) else None


@asynccontextmanager
async def _attached() -> AsyncIterator[Connection | None]:
    """Connect to the engine that runs, if one does, with no wish for any model."""
    try:
        reader, writer, token = await connect(runtime_directory())
    except (OSError, ValueError):
        yield None
        return
    connection = Connection(reader, writer)
    try:
        await connection.greet("", "", token)
        yield connection
    finally:
        await connection.close()


async def find_engine(directory: Path, model: Path, options: EngineOptions, *, insist: bool) -> Connection | None:
    """Connect to the running engine if it serves this model; otherwise ask it to make room, and return None.

    Other options make it unfit only for a client that insists: two windows whose settings differ must not end each
    other's engine for ever.
    """
    try:
        reader, writer, token = await connect(directory)
    except (OSError, ValueError):
        return None
    connection = Connection(reader, writer)
    try:
        welcome = await connection.greet(model_fingerprint(model), options_fingerprint(options), token)
        if welcome.same_model and (welcome.same_options or not insist):
            return connection
        await _shut_down(connection)
    except EngineGoneError:
        pass
    await connection.close()
    return None


async def _shut_down(connection: Connection) -> None:
    try:
        await connection.ask(Shutdown)
    except EngineGoneError:
        return
    await connection.ended()


def start_engine(directory: Path, model: Path, options: EngineOptions) -> subprocess.Popen[bytes]:
    """Start an engine process that outlives this one; if another client was faster it ends by itself."""
    log = log_path()
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".log.old"))
    arguments = [str(directory), str(model), msgspec.json.encode(options).decode()]
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
