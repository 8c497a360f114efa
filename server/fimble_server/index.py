"""A workspace's index as the server uses it: built by a process of its own, read here.

Parsing and writing happen in `python -m fimble_indexer`, so that neither memory nor time of the language server
depends on the size of the repository.
"""

import asyncio
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

from fimble_indexer.storage.store import Store, StoreUnavailableError
from fimble_indexer.storage.versions import database_name
from fimble_prompts.candidates import Activity
from fimble_prompts.context import find_snippets
from fimble_prompts.fim import Snippet
from fimble_prompts.place import Place
from fimble_prompts.sources import Source
from fimble_server.directories import cache_directory
from fimble_server.errors import FimbleError

Result = TypeVar("Result")


class IndexingError(FimbleError):
    """The index could not be brought up to date."""


def database_path(root: Path) -> Path:
    """Return where the index of a workspace stands: one database a folder and schema, under the user's cache."""
    root = root.resolve()
    digest = hashlib.blake2s(os.fsencode(root), digest_size=8).hexdigest()
    return cache_directory() / "index" / database_name(f"{root.name or 'root'}-{digest}")


async def update_index(
    root: Path, paths: Sequence[str] = (), on_progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Bring a workspace's index up to date, or only the given files of it; returns what was done.

    `paths` are relative to the root. Cancelling the task ends the indexing; what it has done is kept.

    Raises:
        IndexingError: the indexer failed; the message says why.

    """
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-P", "-m", "fimble_indexer", "--", str(root), str(database_path(root)), *paths],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    summary: dict[str, Any] = {}
    try:
        async for line in process.stdout:
            message = json.loads(line)
            if "done" not in message:
                summary = message
            elif on_progress is not None:
                on_progress(message["done"], message["total"])
        _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if process.returncode != 0:
        reason = errors.decode("utf-8", "replace").strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        raise IndexingError(f"{root} could not be indexed: {reason}")
    return summary


async def look_up(database: Path, function: Callable[[Store], Result]) -> Result:
    """Return what a function finds in an index, in a thread: nobody else waits meanwhile.

    Raises:
        IndexingError: there is no index, or it cannot be read.

    """

    def run() -> Result:
        try:
            with Store.open(database, read_only=True) as store:
                return function(store)
        except (StoreUnavailableError, sqlite3.Error) as error:
            raise IndexingError(f"the index cannot be read: {error}") from error

    return await asyncio.to_thread(run)


class IndexReader:
    """Look-ups in a workspace's index; while there is none they find nothing."""

    def __init__(self, root: Path) -> None:
        """Read the index of a workspace; it is opened at the first look-up."""
        self.root = root
        self._store: Store | None = None

    def snippets(
        self, place: Place, *, limit: int, sources: Collection[Source], activity: Activity
    ) -> tuple[Snippet, ...]:
        """Return what `find_snippets` finds, or nothing if the index cannot be read just now."""
        try:
            if self._store is None:
                self._store = Store.open(database_path(self.root), read_only=True)
            return find_snippets(self._store, place, limit=limit, sources=sources, activity=activity)
        except (StoreUnavailableError, sqlite3.Error):
            # Not built yet, or just being replaced: a completion does without.
            self.close()
            return ()

    def paths(self) -> list[str]:
        """List the files of the workspace that are indexed; none if the index cannot be read just now."""
        try:
            if self._store is None:
                self._store = Store.open(database_path(self.root), read_only=True)
            return self._store.paths()
        except (StoreUnavailableError, sqlite3.Error):
            self.close()
            return []

    def close(self) -> None:
        """Close the database; the next look-up opens it again."""
        if self._store is not None:
            self._store.close()
            self._store = None
