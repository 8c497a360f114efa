"""A process that keeps an index true, as the language server starts it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fimble_indexer.storage.store import Store, StoreUnavailableError

SECONDS = 60.0


class Keeper:
    """`python -m fimble_indexer watch` on a workspace; it ends with the block.

    It stays in the session of the tests. In one of its own, as the language server starts it, it would stand back
    behind all other sessions, and the time it takes would be that of whatever else the machine does.
    """

    def __init__(self, root: Path, database: Path, *, inside: Sequence[str] = ()) -> None:
        """Start it; `inside` is a command that runs the command behind it."""
        self.database = database
        self.messages: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [*inside, sys.executable, "-P", "-m", "fimble_indexer", "watch", str(root), str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> int:
        """Close its stdin, as the end of the editor does, and wait."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        status = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        self.process.stdout.close()
        return status

    def send(self, **message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def has_said(self, key: str, value: Any = None) -> bool:
        return any(key in message and value in {None, message[key]} for message in self.messages)

    def ready(self) -> Self:
        """Wait until everything has been looked at."""
        wait_until(lambda: any(message.get("complete") and message["paths"] is None for message in self.messages))
        return self

    def warnings(self) -> list[str]:
        return [message["warning"] for message in self.messages if "warning" in message]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.messages.append(json.loads(line))


def wait_until(holds: Callable[[], object], seconds: float = SECONDS) -> float:
    """Wait until something holds; returns the seconds it took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, "it did not come true in time"
        time.sleep(0.01)
    return time.monotonic() - started


def defined(database: Path, name: str) -> list[str]:
    """Return the files that define a name, as a reader sees it now."""
    try:
        with Store.open(database, read_only=True) as store:
            return sorted(path for path, _ in store.definitions_named(name, 10))
    except StoreUnavailableError:
        return []
