"""Look-ups in a workspace's index for people: code by words, definitions by name. Lines are 1-based and inclusive."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fimble_indexer import search
from fimble_indexer.store import Store, StoreUnavailableError
from fimble_server.index import IndexingError, database_path, update_index


async def find_code(root: Path, query: str, limit: int) -> list[dict[str, Any]]:
    """Return the chunks that fit the words best, with their text.

    Raises:
        IndexingError: the workspace could not be indexed.

    """
    async with _opened(root) as store:
        return [
            {
                "path": hit.path,
                "start_line": hit.chunk.start_line + 1,
                "end_line": hit.chunk.end_line,
                "score": round(hit.score, 4),
                "text": hit.chunk.text,
            }
            for hit in search.search(store, query, limit)
        ]


async def find_definitions(root: Path, name: str, limit: int) -> list[dict[str, Any]]:
    """Return the definitions of a name.

    Raises:
        IndexingError: the workspace could not be indexed.

    """
    async with _opened(root) as store:
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


@asynccontextmanager
async def _opened(root: Path) -> AsyncIterator[Store]:
    """Bring the index up to date and open it."""
    await update_index(root)
    try:
        with Store.open(database_path(root), read_only=True) as store:
            yield store
    except (StoreUnavailableError, sqlite3.Error) as error:
        raise IndexingError(f"the index of {root} cannot be read: {error}") from error
