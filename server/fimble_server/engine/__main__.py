"""The engine process: `python -P -m fimble_server.engine RUNTIME_DIRECTORY MODEL OPTIONS`.

Clients start it on demand; `OPTIONS` is `EngineOptions` as JSON. If this user's engine runs already it ends at once.
"""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import filelock
import msgspec

from fimble_server.engine.options import EngineOptions
from fimble_server.engine.transport import lock_path

_LOCK_SECONDS = 5.0
"""An engine that ends may take as long; one that runs on is what the clients find then."""


def main() -> int:
    """Serve until idle; returns the exit code."""
    directory, model = Path(sys.argv[1]), Path(sys.argv[2])
    options = msgspec.json.decode(sys.argv[3], type=EngineOptions)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    try:
        with filelock.FileLock(lock_path(directory), timeout=_LOCK_SECONDS, mode=0o600):
            asyncio.run(_serve(directory, model, options))
    except filelock.Timeout:
        return 0
    # llama.cpp's static destructors have nothing to add, and can wait on threads for long.
    logging.shutdown()
    os._exit(0)


async def _serve(directory: Path, model: Path, options: EngineOptions) -> None:
    # Imported behind the lock: a process that finds an engine running need not load llama.cpp first.
    from fimble_server.engine.service import Service  # noqa: PLC0415

    service = Service(model, options)
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.end)
    await service.run(directory)


if __name__ == "__main__":
    sys.exit(main())
