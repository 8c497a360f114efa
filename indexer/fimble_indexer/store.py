# ruff: noqa: S608 - what is put into SQL text are constants of this module, never values
"""The index on disk: one SQLite file, and all the SQL that there is.

The file is disposable: one that is damaged or of another version is replaced by an empty one when a writer opens it.
Many readers may have it open while one process writes.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fimble_indexer.chunks import Chunk
from fimble_indexer.parse import Definition, FileSymbols, Import
from fimble_indexer.words import words

SCHEMA_VERSION = 1
_BUSY_SECONDS = 10.0
_MAX_VARIABLES = 500  # values in one statement, below every SQLite's limit
_DEFINITION = "kind, name, qualified_name, signature, doc, start_line, end_line, parent"


class StoreUnavailableError(Exception):
    """There is no index to read yet, or one that only a writer can replace."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the index knows of a file. ``hash`` is of the content, ``language`` None for text."""

    path: str
    language: str | None
    size: int
    mtime_ns: int
    hash: bytes


class Store:
    """An open index. One thread at a time may use it; each reader opens its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the index at ``path``.

        A writer creates the file and its folder where they are missing, and replaces a file that is damaged or of
        another version. A reader raises StoreUnavailableError in these cases.
        """
        if read_only:
            try:
                return cls(_checked(_connect(f"{path.absolute().as_uri()}?mode=ro")))
            except sqlite3.Error as error:
                raise StoreUnavailableError(f"no index at {path}: {error}") from error
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return cls(_checked(_connect(path.absolute().as_uri())))
        except sqlite3.Error as error:
            if not is_damage(error) and not isinstance(error, _WrongVersionError):
                raise
        cls.delete(path)
        return cls(_created(_connect(path.absolute().as_uri())))

    @staticmethod
    def delete(path: Path) -> None:
        """Delete the index at ``path``, for a file whose damage shows only later. No writer may have it open."""
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

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

    # Writing

    def write_file(self, record: FileRecord, symbols: FileSymbols, chunks: Sequence[Chunk]) -> None:
        """Put a file in the place of what was known of its path."""
        self.remove_file(record.path)
        execute, executemany = self._connection.execute, self._connection.executemany
        file_id = execute(
            "INSERT INTO files (path, language, size, mtime_ns, hash) VALUES (?, ?, ?, ?, ?)",
            (record.path, record.language, record.size, record.mtime_ns, record.hash),
        ).lastrowid
        first = self._next_id("definitions")
        executemany(
            f"INSERT INTO definitions (id, file_id, {_DEFINITION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(first + index, file_id, *_definition_row(d)) for index, d in enumerate(symbols.definitions)],
        )
        executemany(
            "INSERT INTO definition_words (rowid, words) VALUES (?, ?)",
            [(first + index, words(d.name)) for index, d in enumerate(symbols.definitions)],
        )
        lines: defaultdict[str, list[int]] = defaultdict(list)
        for reference in symbols.references:
            lines[reference.name].append(reference.line)
        executemany(
            'INSERT INTO "references" (name, file_id, lines) VALUES (?, ?, ?)',
            [(name, file_id, json.dumps(numbers, separators=(",", ":"))) for name, numbers in lines.items()],
        )
        executemany(
            "INSERT INTO imports (file_id, module, name, alias, line) VALUES (?, ?, ?, ?, ?)",
            [(file_id, i.module, i.name, i.alias, i.line) for i in symbols.imports],
        )
        first = self._next_id("chunks")
        executemany(
            "INSERT INTO chunks (id, file_id, start_line, end_line, text) VALUES (?, ?, ?, ?, ?)",
            [(first + index, file_id, c.start_line, c.end_line, c.text) for index, c in enumerate(chunks)],
        )
        executemany(
            "INSERT INTO chunk_words (rowid, words) VALUES (?, ?)",
            [(first + index, words(c.text)) for index, c in enumerate(chunks)],
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
        for table in ("definitions", '"references"', "imports", "chunks"):
            execute(f"DELETE FROM {table} WHERE file_id = ?", row)
        execute("DELETE FROM files WHERE id = ?", row)

    # Reading

    def files(self) -> dict[str, FileRecord]:
        """Return all known files by path."""
        rows = self._connection.execute("SELECT path, language, size, mtime_ns, hash FROM files")
        return {row[0]: FileRecord(*row) for row in rows}

    def file_count(self) -> int:
        """Count the known files."""
        (count,) = self._connection.execute("SELECT count(*) FROM files").fetchone()
        return int(count)

    def definitions_of(self, path: str) -> list[Definition]:
        """List the definitions of a file in the order of the source."""
        rows = self._connection.execute(
            f"SELECT {_DEFINITION} FROM definitions WHERE file_id = (SELECT id FROM files WHERE path = ?) ORDER BY id",
            (path,),
        )
        return [Definition(*row) for row in rows]

    def imports_of(self, path: str) -> list[Import]:
        """List the imports of a file in the order of the source."""
        rows = self._connection.execute(
            "SELECT module, name, alias, line FROM imports WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " ORDER BY rowid",
            (path,),
        )
        return [Import(*row) for row in rows]

    def references_to(self, name: str) -> list[tuple[str, int]]:
        """List path and line of every use of ``name``."""
        rows = self._connection.execute(
            'SELECT path, lines FROM "references" JOIN files ON files.id = file_id WHERE name = ? ORDER BY path',
            (name,),
        )
        return [(path, line) for path, lines in rows for line in json.loads(lines)]

    def definitions_named(self, names: Iterable[str]) -> list[tuple[str, Definition]]:
        """List path and definition for each of ``names``, whatever the case of the letters."""
        rows = self._select_in(
            f"SELECT path, {_DEFINITION} FROM definitions JOIN files ON files.id = file_id"
            " WHERE name IN ({}) ORDER BY definitions.id",
            names,
        )
        return [(row[0], Definition(*row[1:])) for row in rows]

    def importable_definitions(self, names: Iterable[str]) -> list[tuple[str, Definition]]:
        """List path and definition for those of ``names``, in this case, that stand in no other but a namespace."""
        rows = self._select_in(
            f"SELECT path, {_DEFINITION} FROM definitions JOIN files ON files.id = file_id"
            " WHERE name IN ({}) AND kind NOT IN ('method', 'field', 'property') AND (parent IS NULL OR parent IN"
            " (SELECT module.qualified_name FROM definitions AS module"
            "  WHERE module.file_id = definitions.file_id AND module.kind = 'module'))",
            wanted := frozenset(names),
        )
        return [(row[0], Definition(*row[1:])) for row in rows if row[2] in wanted]

    def definitions_with_prefix(self, prefix: str, limit: int) -> list[tuple[str, Definition]]:
        """List path and definition where the name starts with ``prefix``, whatever the case; shortest first."""
        rows = self._connection.execute(
            f"SELECT path, {_DEFINITION} FROM definitions JOIN files ON files.id = file_id"
            " WHERE name >= ? AND name < ? ORDER BY length(name), name LIMIT ?",
            (prefix, f"{prefix}\U0010ffff", limit),
        )
        return [(row[0], Definition(*row[1:])) for row in rows]

    def definitions_matching(self, tokens: Sequence[str], limit: int) -> list[tuple[str, Definition]]:
        """List path and definition where the name contains one of the sub-words ``tokens``, by BM25."""
        rows = self._connection.execute(
            f"SELECT path, {_DEFINITION} FROM definition_words"
            " JOIN definitions ON definitions.id = definition_words.rowid JOIN files ON files.id = file_id"
            " WHERE definition_words MATCH ? ORDER BY rank LIMIT ?",
            (_any_of(tokens), limit),
        )
        return [(row[0], Definition(*row[1:])) for row in rows]

    def chunks_matching(
        self, tokens: Sequence[str], limit: int, *, exclude_path: str | None = None
    ) -> list[tuple[str, Chunk, float]]:
        """List path, chunk and BM25 score (higher is better) of the chunks that hold any of ``tokens``."""
        rows = self._connection.execute(
            "SELECT path, start_line, end_line, text, -found.rank FROM"
            " (SELECT rowid, rank FROM chunk_words WHERE chunk_words MATCH ? ORDER BY rank LIMIT ?) AS found"
            " JOIN chunks ON chunks.id = found.rowid JOIN files ON files.id = file_id"
            " WHERE path IS NOT ? ORDER BY found.rank LIMIT ?",
            # The file left out can take the first places: ask for more, so that enough remain.
            (_any_of(tokens), limit + (50 if exclude_path else 0), exclude_path, limit),
        )
        return [(path, Chunk(start, end, text), score) for path, start, end, text, score in rows]

    def chunk_at(self, path: str, line: int) -> Chunk | None:
        """Find the chunk of a file that holds ``line``."""
        row = self._connection.execute(
            "SELECT start_line, end_line, text FROM chunks WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " AND start_line <= ? ORDER BY start_line DESC LIMIT 1",
            (path, line),
        ).fetchone()
        return Chunk(*row) if row and line < row[1] else None

    def chunks_of(self, path: str) -> list[Chunk]:
        """List the chunks of a file in order."""
        rows = self._connection.execute(
            "SELECT start_line, end_line, text FROM chunks WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " ORDER BY start_line",
            (path,),
        )
        return [Chunk(*row) for row in rows]

    def chunk_count(self) -> int:
        """Count all chunks."""
        (count,) = self._connection.execute("SELECT count(*) FROM chunks").fetchone()
        return int(count)

    def chunk_frequencies(self, tokens: Iterable[str]) -> dict[str, int]:
        """Count in how many chunks each of ``tokens`` occurs; tokens that occur nowhere are left out."""
        return dict(self._select_in("SELECT term, doc FROM chunk_vocabulary WHERE term IN ({})", tokens))

    def _select_in(self, statement: str, values: Iterable[str]) -> list[tuple[Any, ...]]:
        """Run a statement whose ``{}`` stands for any number of values."""
        values = list(dict.fromkeys(values))
        rows = []
        for start in range(0, len(values), _MAX_VARIABLES):
            part = values[start : start + _MAX_VARIABLES]
            rows += self._connection.execute(statement.format(",".join("?" * len(part))), part).fetchall()
        return rows

    def _next_id(self, table: str) -> int:
        (last,) = self._connection.execute(f"SELECT max(id) FROM {table}").fetchone()
        return (last or 0) + 1


def is_damage(error: sqlite3.Error) -> bool:
    """Tell an error that a damaged file causes from one of the moment, such as a lock or a full disk."""
    primary_code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return primary_code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class _WrongVersionError(sqlite3.DatabaseError):
    pass


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _checked(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Look at the file; an empty one is filled, which fails if it is read-only."""
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version == 0 and tables == 0:
            return _created(connection)
        _check_version(version)
        connection.execute("SELECT path FROM files LIMIT 1").fetchone()
        _tune(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(version: int) -> None:
    if version != SCHEMA_VERSION:
        raise _WrongVersionError(f"version {version}, not {SCHEMA_VERSION}")


def _created(connection: sqlite3.Connection) -> sqlite3.Connection:
    schema = (files(__package__) / "schema.sql").read_text(encoding="utf-8")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN;\n{schema}\nPRAGMA user_version = {SCHEMA_VERSION};\nCOMMIT;")
    _tune(connection)
    return connection


def _tune(connection: sqlite3.Connection) -> None:
    # Losing the last moments in a power cut costs one more parse; waiting for the disk would cost every batch.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA mmap_size = 268435456")


def _any_of(tokens: Sequence[str]) -> str:
    return " OR ".join(f'"{token}"' for token in dict.fromkeys(tokens))


def _definition_row(definition: Definition) -> tuple[object, ...]:
    return (
        definition.kind,
        definition.name,
        definition.qualified_name,
        definition.signature,
        definition.doc,
        definition.start_line,
        definition.end_line,
        definition.parent,
    )
