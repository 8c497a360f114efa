"""Look-ups in a workspace's index for people: code by words, definitions by name, a map of all.

Each brings the index up to date first; `on_progress` is told how many of how many files are done. Lines are 1-based and
inclusive.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fimble_indexer.retrieval import search
from fimble_indexer.retrieval.repository_map import repository_map
from fimble_indexer.storage.store import Store, StoreUnavailableError
from fimble_indexer.words import identifiers
from fimble_server.errors import FimbleError
from fimble_server.index import IndexingError, database_path, update_index
from fimble_server.suggest import CHARACTERS_PER_TOKEN

Progress = Callable[[int, int], None]


async def find_code(
    root: Path, query: str, limit: int, *, within: str = "", on_progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Return the chunks that fit the words best, with their text; only those in the file or folder `within`.

    `line` is the one of the chunk that fits best, and `preview` its text.

    Raises:
        FimbleError: there is no word in the query, or the workspace could not be indexed.

    """
    if not identifiers(query):
        raise FimbleError(f"there is no word to look for in {query!r}")
    async with _opened(root, on_progress) as store:
        return [
            {
                "path": hit.path,
                "line": (line := search.best_line(store, query, hit)) + 1,
                "preview": hit.chunk.text.split("\n")[line - hit.chunk.start_line].strip(),
                "start_line": hit.chunk.start_line + 1,
                "end_line": hit.chunk.end_line,
                "score": round(hit.score, 4),
                "text": hit.chunk.text,
            }
            for hit in search.search(store, query, limit, within=within)
        ]


async def find_definitions(
    root: Path, name: str, limit: int, *, on_progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Return the definitions of a name.

    Raises:
        FimbleError: the name is empty, or the workspace could not be indexed.

    """
    if not identifiers(name):
        raise FimbleError(f"{name!r} is no name to look for")
    async with _opened(root, on_progress) as store:
        return [
            {
                "path": hit.path,
                "kind": hit.definition.kind,
                "name": hit.definition.name,
                "qualified_name": hit.definition.qualified_name,
                "signature": hit.definition.signature,
                "doc": hit.definition.doc,
                "start_line": hit.definition.start_line + 1,
                "end_line": hit.definition.end_line,
            }
            for hit in search.find_symbols(store, name, limit)
        ]


async def map_repository(
    root: Path, tokens: int, *, focus: Sequence[str], within: Sequence[str], on_progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Return the files and definitions that matter most to the files `focus`, or to all; about so many tokens.

    `focus` and `within`, the files and folders to show, are relative to the root.

    Raises:
        FimbleError: a file of `focus` is not in the index, or the workspace could not be indexed.

    """
    async with _opened(root, on_progress) as store:
        known = frozenset(store.paths())
        for path in focus:
            if path not in known:
                raise FimbleError(f"{path} is not in the index: no file of {root}, or an ignored one")
        files = repository_map(store, int(tokens * CHARACTERS_PER_TOKEN), focus=focus, within=within)
        return [
            {
                "path": file.path,
                "rank": round(file.rank, 6),
                "text": file.render(),
                "definitions": [
                    {
                        "kind": definition.kind,
                        "name": definition.name,
                        "qualified_name": definition.qualified_name,
                        "signature": definition.signature,
                        "start_line": definition.start_line + 1,
                        "end_line": definition.end_line,
                    }
                    for definition in file.definitions
                ],
            }
            for file in files
        ]


@asynccontextmanager
async def _opened(root: Path, on_progress: Progress | None) -> AsyncIterator[Store]:
    """Bring the index up to date and open it."""
    await update_index(root, on_progress=on_progress)
    try:
        with Store.open(database_path(root), read_only=True) as store:
            yield store
    except (StoreUnavailableError, sqlite3.Error) as error:
        raise IndexingError(f"the index of {root} cannot be read: {error}") from error
