"""The private way between the clients and the engine: a Unix socket, or on Windows a loopback port with a token.

The socket has mode 0600 in a folder of mode 0700, so only the same user can connect. A loopback port is open to
every local user; there the first message has to carry a secret from a file that only this user can read.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from fimble_server.engine.protocol import LONGEST_MESSAGE

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def socket_path(directory: Path) -> Path:
    """Return the engine's socket in the runtime folder."""
    return directory / "engine.sock"


def lock_path(directory: Path) -> Path:
    """Return the lock that the one engine process of this user holds for its whole life."""
    return directory / "engine.lock"


def _port_path(directory: Path) -> Path:
    return directory / "engine.port"


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """Read one message's body.

    Raises:
        asyncio.IncompleteReadError: the connection ended.
        ConnectionError: the frame is longer than any message is.

    """
    length = int.from_bytes(await reader.readexactly(4), "big")
    if length > LONGEST_MESSAGE:
        raise ConnectionError(f"a frame of {length} bytes is no message")
    return await reader.readexactly(length)


if sys.platform == "win32":

    async def serve(directory: Path, handler: Handler) -> tuple[asyncio.Server, str]:
        """Listen on a free loopback port; returns the server and the secret that clients have to show."""
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        token = secrets.token_hex(32)
        path = _port_path(directory)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(f"{port} {token}", encoding="ascii")
        return server, token

    async def connect(directory: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
        """Connect to the engine; raises `OSError` if none listens."""
        port, token = _port_path(directory).read_text(encoding="ascii").split()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        return reader, writer, token

else:

    async def serve(directory: Path, handler: Handler) -> tuple[asyncio.Server, str]:
        """Listen on the private socket; the caller holds the engine's lock, so an old socket is a dead one's."""
        path = socket_path(directory)
        path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(handler, path)
        finally:
            os.umask(mask)
        return server, ""

    async def connect(directory: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
        """Connect to the engine; raises `OSError` if none listens."""
        reader, writer = await asyncio.open_unix_connection(socket_path(directory))
        return reader, writer, ""
