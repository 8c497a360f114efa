# ruff: noqa: S608 - what is put into SQL text are constants of this package, never values
"""What SQL statements on an index have in common, and the connection that they are run on."""

import json
import sqlite3
from collections.abc import Iterable

# A parameter that is a JSON list, wherever a statement takes any number of values.
EACH_1 = "(SELECT value FROM json_each(?1))"
EACH_2 = "(SELECT value FROM json_each(?2))"


class Connected:
    """An open index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection


def json_list(values: Iterable[object]) -> str:
    """Write values as the parameter that ``EACH_1`` stands for."""
    return json.dumps(list(values), separators=(",", ":"))


def full_text_query(tokens: Iterable[str], *, match_all: bool = False) -> str:
    """Ask for what contains any, or all, of the ``tokens``."""
    return (" AND " if match_all else " OR ").join(f'"{token}"' for token in dict.fromkeys(tokens))


def best_matches(table: str, within: str) -> str:
    """Select row and rank of the ?2 best matches of ?1 among the definitions or chunks, of the path ?3 if one is given.

    Without a path no other table is looked at, which is several times as fast.
    """
    words = f"{table}_words"
    if not within:
        return f"SELECT rowid, rank FROM {words} WHERE {words} MATCH ?1 AND ?3 = '' ORDER BY rank LIMIT ?2"
    return (
        f"SELECT {words}.rowid, rank FROM {words} JOIN {table}s ON {table}s.id = {words}.rowid"
        f" JOIN files ON files.id = file_id WHERE {words} MATCH ?1"
        " AND (path = ?3 OR substr(path, 1, length(?3) + 1) = ?3 || '/') ORDER BY rank LIMIT ?2"
    )
