# ruff: noqa: S608 - what is put into SQL text are constants of this module, never values
"""The index on disk: one SQLite file. Look-ups are in ``files.py``, ``definitions.py`` and ``chunks.py``.

``database.py`` opens the file; its tables are described in ``schema.sql``.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from fimble_indexer.modules.resolve import module_parts
from fimble_indexer.storage import database
from fimble_indexer.storage.chunks import ChunkLookUps
from fimble_indexer.storage.database import StoreUnavailableError
from fimble_indexer.storage.definitions import DefinitionLookUps
from fimble_indexer.storage.files import FileLookUps
from fimble_indexer.storage.rows import DEFINITION_COLUMNS, FileRecord, FileRows
from fimble_indexer.words import words

__all__ = ["FileRecord", "Store", "StoreUnavailableError"]

_COMMON_SHARE = 0.01  # of all chunks
_MIN_COMMON_CHUNKS = 50  # below this, looking a word up is fast however small the repository


class Store(FileLookUps, DefinitionLookUps, ChunkLookUps):
    """An open index. One thread at a time may use it; each reader opens its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._is_checked = False

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the index at ``path``.

        A writer creates the file and its folder where they are missing, and replaces a file that is of another version
        or evidently damaged; ``check`` looks closer. A reader raises StoreUnavailableError in these cases.
        """
        return cls(database.open_reader(path) if read_only else database.open_writer(path))

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Group writes: all of them are kept, or none if an exception leaves the block."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def check(self) -> None:
        """Look for damage at the first call, so that it does not wait to be met. Raises sqlite3.DatabaseError."""
        if not self._is_checked:
            database.check_pages(self._connection)
            self._is_checked = True

    def write_file(self, record: FileRecord, rows: FileRows) -> None:
        """Put a file in the place of what was known of its path."""
        self.remove_file(record.path)
        outer_folder, folder, module = ("", "", "", *module_parts(record.path))[-3:]
        execute, executemany = self._connection.execute, self._connection.executemany
        file_id = execute(
            "INSERT INTO files (path, module, folder, outer_folder, language, size, mtime_ns, hash, is_foreign)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.path,
                module,
                folder,
                outer_folder,
                record.language,
                record.size,
                record.mtime_ns,
                record.hash,
                record.is_foreign,
            ),
        ).lastrowid
        first = self._next_id("definitions")
        executemany(
            f"INSERT INTO definitions (id, file_id, {DEFINITION_COLUMNS}, importable)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(number, file_id, *row[:-1]) for number, row in enumerate(rows.definitions, first)],
        )
        executemany(
            "INSERT INTO definition_words (rowid, words) VALUES (?, ?)",
            [(number, row[-1]) for number, row in enumerate(rows.definitions, first)],
        )
        executemany(
            'INSERT INTO "references" (file_id, name, lines) VALUES (?, ?, ?)',
            [(file_id, *row) for row in rows.references],
        )
        executemany(
            "INSERT INTO imports (file_id, module, name, alias, line) VALUES (?, ?, ?, ?, ?)",
            [(file_id, *row) for row in rows.imports],
        )
        executemany(
            "INSERT INTO aliases (file_id, beginning, scope, prefix, targets, is_whole) VALUES (?, ?, ?, ?, ?, ?)",
            [(file_id, *row) for row in rows.aliases],
        )
        first = self._next_id("chunks")
        executemany(
            "INSERT INTO chunks (id, file_id, start_line, end_line, text) VALUES (?, ?, ?, ?, ?)",
            [(number, file_id, *row[:-1]) for number, row in enumerate(rows.chunks, first)],
        )
        executemany(
            "INSERT INTO chunk_words (rowid, words) VALUES (?, ?)",
            [(number, row[-1]) for number, row in enumerate(rows.chunks, first)],
        )

    def touch_file(self, path: str, size: int, mtime_ns: int) -> None:
        """Note the new time of a file whose content is the same."""
        self._connection.execute("UPDATE files SET size = ?, mtime_ns = ? WHERE path = ?", (size, mtime_ns, path))

    def remove_file(self, path: str) -> None:
        """Forget a file; nothing happens if it is not known."""
        execute, executemany = self._connection.execute, self._connection.executemany
        row = execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
        if row is None:
            return
        for table, column in (("definition", "name"), ("chunk", "text")):
            # A contentless table is told what it holds so that it can take it out.
            executemany(
                f"INSERT INTO {table}_words ({table}_words, rowid, words) VALUES ('delete', ?, ?)",
                [
                    (number, words(text))
                    for number, text in execute(f"SELECT id, {column} FROM {table}s WHERE file_id = ?", row)
                ],
            )
        for table in ("definitions", '"references"', "imports", "aliases", "chunks"):
            execute(f"DELETE FROM {table} WHERE file_id = ?", row)
        execute("DELETE FROM files WHERE id = ?", row)

    def count_words(self) -> None:
        """Find the common words anew: a walk through the whole vocabulary, worth it when much has changed."""
        self._connection.execute("DELETE FROM common_words")
        self._connection.execute(
            "INSERT INTO common_words (word) SELECT term FROM chunk_vocabulary WHERE doc > ?",
            (max(_MIN_COMMON_CHUNKS, int(self.chunk_count() * _COMMON_SHARE)),),
        )
        self._common_words = None

    def _next_id(self, table: str) -> int:
        (last,) = self._connection.execute(f"SELECT max(id) FROM {table}").fetchone()
        return (last or 0) + 1
