"""Index a workspace: ``python -m fimble_indexer ROOT DATABASE [PATH ...]``.

Prints one JSON object on each line: ``{"done": n, "total": m}`` while it works, and at the end
``{"files": n, "parsed": n, "removed": n, "seconds": s}``. It runs at low priority. A second one on the same database
waits for the first. SIGTERM ends it early and leaves an index that is whole; what was done is kept.
"""

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from fimble_indexer.build import Summary, update
from fimble_indexer.database import delete, is_damage
from fimble_indexer.store import Store

_NICENESS = 10
_LOCK_SECONDS = 0.5  # how often a process that waits looks whether it was told to stop


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 done, 1 failed, 130 ended early."""
    parser = argparse.ArgumentParser(prog="python -m fimble_indexer", description="Index a workspace.")
    parser.add_argument("root", type=Path, help="folder of the workspace")
    parser.add_argument("database", type=Path, help="file of the index; made if it does not exist")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="look at these only, relative to ROOT")
    options = parser.parse_args(arguments)
    if not options.root.is_dir():
        parser.error(f"{options.root} is no folder")

    _lower_priority()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        options.database.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{options.database}.lock")
        while not stopped.is_set():
            with contextlib.suppress(Timeout), lock.acquire(timeout=_LOCK_SECONDS):
                _print(asdict(_update(options, stopped)))
                break
    except BrokenPipeError:
        # Nobody listens any more. Without this, Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, sqlite3.Error) as error:
        print(f"fimble_indexer: {error}", file=sys.stderr)  # noqa: T201 - this is a command
        return 1
    return 130 if stopped.is_set() else 0


def _update(options: argparse.Namespace, stopped: threading.Event) -> Summary:
    def run(paths: list[str] | None) -> Summary:
        with Store.open(options.database) as store:
            return update(
                options.root,
                store,
                paths=paths,
                progress=lambda done, total: _print({"done": done, "total": total}),
                cancelled=stopped.is_set,
            )

    try:
        return run(options.paths or None)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    delete(options.database)
    return run(None)


def _print(record: dict[str, object]) -> None:
    print(json.dumps(record), flush=True)  # noqa: T201 - this is a command


def _lower_priority() -> None:
    if sys.platform == "win32":
        import psutil  # noqa: PLC0415 - os.nice does not exist here

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(_NICENESS)


if __name__ == "__main__":
    sys.exit(main())
