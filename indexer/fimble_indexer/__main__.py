"""Index a workspace: ``python -m fimble_indexer ROOT DATABASE [PATH ...]``, or ``watch ROOT DATABASE`` to keep it true.

The first prints one JSON object on each line: ``{"done": n, "total": m}`` while it works, and at the end
a ``Summary``. A second one on the same database waits for the first. If another process keeps the index true, there is
nothing to do. The second form is described in ``service.py``.

Both run at low priority. SIGTERM ends them early and leaves an index that is whole; what was done is kept.
"""

import argparse
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from fimble_indexer.building.build import Summary, update
from fimble_indexer.building.pool import Pool, WorkerError
from fimble_indexer.storage.locks import is_kept
from fimble_indexer.storage.versions import delete_older
from fimble_indexer.storage.writer import DamagedError, StoppedError, Writer
from fimble_indexer.watching.priority import lower_priority
from fimble_indexer.watching.service import Service

_HEARD_SECONDS = 0.15  # after this, who watches the workspace has taken up what was written just before


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 done, 1 failed, 130 ended early."""
    arguments = sys.argv[1:] if arguments is None else arguments
    is_watching = arguments[:1] == ["watch"]
    parser = argparse.ArgumentParser(prog="python -m fimble_indexer", description="Index a workspace.")
    parser.add_argument("root", type=Path, help="folder of the workspace")
    parser.add_argument("database", type=Path, help="file of the index; made if it does not exist")
    parser.add_argument("--workers", type=int, default=0, help="processes that parse; 0 for half of the processors")
    if not is_watching:
        parser.add_argument("paths", nargs="*", metavar="PATH", help="look at these only, relative to ROOT")
    options = parser.parse_args(arguments[is_watching:])
    if not options.root.is_dir():
        parser.error(f"{options.root} is no folder")

    lower_priority()
    try:
        with Pool(options.workers or None) as pool:
            if is_watching:
                return _watch(options.root, options.database, pool)
            return _update(options.root, options.database, options.paths or None, pool)
    except BrokenPipeError:
        # Nobody listens any more. Without this, Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, sqlite3.Error, WorkerError) as error:
        print(f"fimble_indexer: {error}", file=sys.stderr)  # noqa: T201 - this is a command
        return 1


def _watch(root: Path, database: Path, pool: Pool) -> int:
    service = Service(root, database, pool, _print)
    _on_end(service.stop)
    # Not sys.stdin, which Python wants to close at its end, while the thread that reads it may still wait.
    service.run(os.fdopen(sys.stdin.fileno(), "rb", closefd=False))
    return 0


def _update(root: Path, database: Path, paths: list[str] | None, pool: Pool) -> int:
    stopped = threading.Event()
    _on_end(stopped.set)
    writer = Writer(database)

    def run(paths: list[str] | None) -> Summary:
        if paths is None and is_kept(database):
            time.sleep(_HEARD_SECONDS)
        with writer.writing(stopped.is_set) as store:
            if paths is None and is_kept(database):
                return Summary(store.file_count(), 0, 0, 0, 0.0)
            return update(
                root,
                store,
                paths=paths,
                pool=pool,
                progress=lambda done, total: _print({"done": done, "total": total}),
                cancelled=stopped.is_set,
            )

    try:
        try:
            summary = run(paths)
        except DamagedError:
            summary = run(None)
        if paths is None and not stopped.is_set():
            delete_older(database)
        _print(asdict(summary))
    except StoppedError:
        pass
    finally:
        writer.close()
    return 130 if stopped.is_set() else 0


def _on_end(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _print(record: dict[str, object]) -> None:
    print(json.dumps(record), flush=True)  # noqa: T201 - this is a command


if __name__ == "__main__":
    sys.exit(main())
