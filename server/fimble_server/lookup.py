"""Look-ups in a workspace's index for people: code by words, definitions by name. Lines are 1-based and inclusive."""

from pathlib import Path
from typing import Any

from fimble_indexer import search
from fimble_indexer.store import Store
from fimble_server.index import database_path, update_index


async def find_code(root: Path, query: str, limit: int) -> list[dict[str, Any]]:
    """Return the chunks that fit the words best, with their text; the index is brought up to date first.

    Raises:
        IndexingError: the workspace could not be indexed.

    """
    await update_index(root)
    with Store.open(database_path(root), read_only=True) as store:
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
    """Return the definitions of a name; the index is brought up to date first.

    Raises:
        IndexingError: the workspace could not be indexed.

    """
    await update_index(root)
    with Store.open(database_path(root), read_only=True) as store:
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
