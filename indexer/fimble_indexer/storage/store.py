# ruff: noqa: S608 - what is put into SQL text are constants of this module, never values
"""The index on disk: one SQLite file, and all the SQL that there is.

``database.py`` opens the file; its tables are described in ``schema.sql``.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fimble_indexer.modules.configuration import Alias
from fimble_indexer.modules.resolve import module_parts
from fimble_indexer.storage import database
from fimble_indexer.storage.database import StoreUnavailableError
from fimble_indexer.storage.rows import FileRows
from fimble_indexer.syntax.chunks import Chunk
from fimble_indexer.syntax.definitions import DATA_KINDS
from fimble_indexer.syntax.parse import Definition, Import
from fimble_indexer.words import words

__all__ = ["FileRecord", "Store", "StoreUnavailableError"]

_COMMON_SHARE = 0.01  # of all chunks
_MAX_REMEMBERED_WORDS = 50_000
_MIN_COMMON_CHUNKS = 50  # below this, looking a word up is fast however small the repository
_FILE = "files.path, language, size, mtime_ns, hash, is_foreign"
_DEFINITION = "kind, name, qualified_name, signature, doc, start_line, end_line, parent, exported"

# A parameter that is a JSON list, wherever a statement takes any number of values.
_EACH_1 = "(SELECT value FROM json_each(?1))"
_EACH_2 = "(SELECT value FROM json_each(?2))"

_IS_DATA = f"(kind IN {tuple(sorted(DATA_KINDS))})"
_IS_SMALL = f"(kind IN {(*sorted(DATA_KINDS - {'heading'}), 'constant', 'field', 'property', 'variable')})"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the index knows of a file. ``hash`` is of the content, ``language`` None for text.

    Of one that ``is_foreign`` the index holds only what it defines.
    """

    path: str
    language: str | None
    size: int
    mtime_ns: int
    hash: bytes
    is_foreign: bool = False


class Store:
    """An open index. One thread at a time may use it; each reader opens its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._common_words: frozenset[str] | None = None
        self._frequencies: dict[str, int] = {}
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

    # Writing

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
            f"INSERT INTO definitions (id, file_id, {_DEFINITION}, importable)"
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

    # Reading

    def files(self, within: Iterable[str] | None = None) -> dict[str, FileRecord]:
        """Return every known file by path, or only those ``within`` some files and folders."""
        if within is None:
            rows = self._connection.execute(f"SELECT {_FILE} FROM files")
        else:
            # "0" comes right after "/": the range holds what is below a folder.
            rows = self._connection.execute(
                f"SELECT {_FILE} FROM json_each(?1) CROSS JOIN files ON files.path = value UNION SELECT {_FILE}"
                " FROM json_each(?1) CROSS JOIN files ON files.path > value || '/' AND files.path < value || '0'",
                (_json(within),),
            )
        return {row[0]: _file_record(row) for row in rows}

    def paths(self) -> list[str]:
        """List all known paths in alphabetical order."""
        return [path for (path,) in self._connection.execute("SELECT path FROM files ORDER BY path")]

    def file(self, path: str) -> FileRecord | None:
        """Return what is known of one file."""
        row = self._connection.execute(f"SELECT {_FILE} FROM files WHERE path = ?", (path,)).fetchone()
        return _file_record(row) if row else None

    def version(self) -> int:
        """Return a number that changes when somebody else has written."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def state(self) -> tuple[int, int]:
        """Return what differs as soon as anybody has written, here or elsewhere."""
        return self.version(), self._connection.total_changes

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
        return [_definition(row) for row in rows]

    def imports_of(self, path: str) -> list[Import]:
        """List the imports of a file in the order of the source."""
        rows = self._connection.execute(
            "SELECT module, name, alias, line FROM imports WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " ORDER BY rowid",
            (path,),
        )
        return [Import(*row) for row in rows]

    def references_to(self, name: str, max_files: int = -1) -> list[tuple[str, int]]:
        """List path and line of every use of ``name``, or of those in the ``max_files`` files indexed first."""
        rows = self._connection.execute(
            'SELECT path, lines FROM (SELECT file_id, lines FROM "references" WHERE name = ? LIMIT ?)'
            " JOIN files ON files.id = file_id ORDER BY path",
            (name, max_files),
        )
        return [(path, line) for path, lines in rows for line in json.loads(lines)]

    def definitions_named(self, name: str, limit: int, *, qualifier: str | None = None) -> list[tuple[str, Definition]]:
        """List path and definition of at most ``limit`` definitions named so: code first, this very case first.

        With a ``qualifier``, only those whose parent's name ends with it, and those without a parent.
        """
        return self._path_and_definition(
            f"SELECT path, {_DEFINITION} FROM (SELECT * FROM definitions WHERE name = ?1"
            "  AND (?3 IS NULL OR parent IS NULL OR parent LIKE '%' || ?3)"
            f"  ORDER BY {_IS_DATA}, name = ?1 COLLATE BINARY DESC, parent IS NOT NULL, id LIMIT ?2) AS definitions"
            " JOIN files ON files.id = file_id",
            (name, limit, qualifier),
        )

    def module_paths(self, names: Iterable[str], *, folders: Iterable[str] = ()) -> list[str]:
        """List the files whose module is called one of ``names``, or the folder around it one of ``folders``."""
        rows = self._connection.execute(
            f"SELECT path FROM files WHERE module IN {_EACH_1} UNION SELECT path FROM files WHERE folder IN {_EACH_2}",
            (_json(names), _json(folders)),
        )
        return [path for (path,) in rows]

    def paths_ending(self, ends: Iterable[Sequence[str]]) -> list[str]:
        """List the files whose module ends with one of ``ends``, and those right inside such a module.

        An end is the last two parts of a module, or its only one. Of two, the first may be above the root.
        """
        ends = list(ends)
        rows = self._connection.execute(
            "WITH pairs AS (SELECT json_extract(value, '$[0]') AS first, json_extract(value, '$[1]') AS last"
            " FROM json_each(?1))"
            " SELECT path FROM pairs CROSS JOIN files ON module = last AND folder IN (first, '')"
            " UNION SELECT path FROM pairs CROSS JOIN files ON folder = last AND outer_folder IN (first, '')"
            f" UNION SELECT path FROM files WHERE module IN {_EACH_2}"
            f" UNION SELECT path FROM files WHERE folder IN {_EACH_2}",
            (_json(end for end in ends if len(end) > 1), _json(end[0] for end in ends if len(end) == 1)),
        )
        return [path for (path,) in rows]

    def has_file(self, path: str) -> bool:
        """Tell whether the index knows a file."""
        return self._connection.execute("SELECT 1 FROM files WHERE path = ?", (path,)).fetchone() is not None

    def has_folder(self, path: str) -> bool:
        """Tell whether the index knows a file below a folder."""
        return (
            self._connection.execute(
                "SELECT 1 FROM files WHERE path > ?1 || '/' AND path < ?1 || '0' LIMIT 1", (path,)
            ).fetchone()
            is not None
        )

    def has_module(self, name: str) -> bool:
        """Tell whether a module, or a folder that holds one, is called ``name``."""
        rows = self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM files WHERE module = ?1) OR EXISTS (SELECT 1 FROM files WHERE folder = ?1)",
            (name,),
        )
        return bool(rows.fetchone()[0])

    def aliases(self, beginnings: Iterable[str] | None = None) -> list[Alias]:
        """List the aliases that files of configuration state, or only those with one of ``beginnings``."""
        statement = "SELECT scope, prefix, targets, is_whole FROM aliases JOIN files ON files.id = file_id"
        if beginnings is None:
            rows = self._connection.execute(f"{statement} ORDER BY path, aliases.rowid")
        else:
            rows = self._connection.execute(
                f"{statement} WHERE beginning IN {_EACH_1} ORDER BY path, aliases.rowid", (_json(beginnings),)
            )
        return [Alias(scope, prefix, tuple(json.loads(targets)), bool(whole)) for scope, prefix, targets, whole in rows]

    def importable_definitions(self, names: Iterable[str]) -> list[tuple[str, Definition]]:
        """List path and definition for those of ``names``, in this case, that stand in no other but a namespace."""
        return self._path_and_definition(
            f"SELECT path, {_DEFINITION} FROM definitions JOIN files ON files.id = file_id"
            f" WHERE name COLLATE BINARY IN {_EACH_1} AND importable",
            (_json(names),),
        )

    def definitions_in(self, paths: Iterable[str], names: Iterable[str]) -> list[tuple[str, Definition]]:
        """Do as ``importable_definitions``, for certain files only."""
        return self._path_and_definition(
            f"SELECT path, {_DEFINITION} FROM files CROSS JOIN definitions ON files.id = file_id"
            f" WHERE path IN {_EACH_1} AND name IN {_EACH_2} AND name COLLATE BINARY IN {_EACH_2} AND importable",
            (_json(paths), _json(names)),
        )

    def definitions_in_namespaces(
        self, namespaces: Iterable[str], names: Iterable[str]
    ) -> list[tuple[str, Definition]]:
        """List path and definition for the types called one of ``names`` in certain namespaces."""
        return self._path_and_definition(
            f"SELECT path, {_DEFINITION} FROM definitions JOIN files ON files.id = file_id"
            f" WHERE parent IN {_EACH_1} AND name COLLATE BINARY IN {_EACH_2} AND parent IS NOT NULL"
            " AND kind IN ('class', 'interface', 'struct', 'enum', 'trait', 'type')",
            (_json(namespaces), _json(names)),
        )

    def definitions_with_prefix(self, prefix: str, limit: int) -> list[tuple[str, Definition]]:
        """List path and definition where the name starts with ``prefix``, whatever the case: code first, by name."""
        found: list[tuple[str, Definition]] = []
        for is_data in (False, True):  # in two steps, so that neither has to read more than it returns
            found += self._path_and_definition(
                f"SELECT path, {_DEFINITION} FROM definitions JOIN files ON files.id = file_id"
                f" WHERE name >= ? AND name < ? AND {_IS_DATA} = ? ORDER BY name LIMIT ?",
                (prefix, f"{prefix}\U0010ffff", is_data, limit - len(found)),
            )
        return found

    def definitions_matching(
        self, tokens: Iterable[str], limit: int, *, match_all: bool = False, within: str = ""
    ) -> list[tuple[str, Definition]]:
        """List path and definition where the name contains any, or all, of the sub-words ``tokens``, by BM25.

        With ``within``, only those in this file or folder.
        """
        return self._path_and_definition(
            f"SELECT path, {_DEFINITION} FROM ({_found('definition', within)}) AS found"
            " JOIN definitions ON definitions.id = found.rowid JOIN files ON files.id = file_id ORDER BY found.rank",
            (_full_text_query(tokens, match_all=match_all), limit, within),
        )

    def chunks_matching(
        self,
        tokens: Sequence[str],
        limit: int,
        *,
        exclude_path: str | None = None,
        within: str = "",
    ) -> list[tuple[str, Chunk, float]]:
        """List path, chunk and BM25 score (higher is better) of the chunks that hold any of ``tokens``.

        With ``within``, only those in this file or folder.
        """
        rows = self._connection.execute(
            f"SELECT path, start_line, end_line, text, -found.rank FROM ({_found('chunk', within)}) AS found"
            " JOIN chunks ON chunks.id = found.rowid JOIN files ON files.id = file_id"
            " WHERE path IS NOT ?4 ORDER BY found.rank LIMIT ?5",
            # The file left out can take the first places: ask for more, so that enough remain.
            (
                _full_text_query(tokens),
                limit + (50 if exclude_path else 0),
                within,
                exclude_path,
                limit,
            ),
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

    def names_defined(self, path: str, start_line: int, end_line: int) -> list[str]:
        """List the names of the definitions that start on these lines, without the small ones such as fields."""
        rows = self._connection.execute(
            "SELECT name FROM definitions WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " AND start_line >= ? AND start_line < ?"
            f" AND NOT {_IS_SMALL}",
            (path, start_line, end_line),
        )
        return [name for (name,) in rows]

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
        """Count in how many chunks each of ``tokens`` occurs; tokens that occur nowhere are left out.

        A count is remembered as it first was: it takes time in proportion, and serves to compare words only.
        """
        if len(self._frequencies) > _MAX_REMEMBERED_WORDS:
            self._frequencies.clear()
        frequencies = {}
        for token in tokens:
            if (count := self._frequencies.get(token)) is None:
                row = self._connection.execute("SELECT doc FROM chunk_vocabulary WHERE term = ?", (token,)).fetchone()
                count = self._frequencies[token] = row[0] if row else 0
            if count:
                frequencies[token] = count
        return frequencies

    def common_words(self) -> frozenset[str]:
        """Return the words that are in too many chunks to tell anything, as of the last ``count_words``."""
        if self._common_words is None:
            rows = self._connection.execute("SELECT word FROM common_words")
            self._common_words = frozenset(word for (word,) in rows)
        return self._common_words

    def paths_and_languages(self) -> dict[int, tuple[str, str | None]]:
        """Return path and language of all files in alphabetical order, by the number that stands for them in rows."""
        rows = self._connection.execute("SELECT id, path, language FROM files ORDER BY path")
        return {number: (path, language) for number, path, language in rows}

    def defined_names(self, kinds: Iterable[str]) -> Iterator[tuple[int, str, str, int]]:
        """Yield file, name, kind and whether it is exported of what is one of ``kinds``: the whole table."""
        return self._connection.execute(
            "SELECT DISTINCT file_id, name COLLATE BINARY, kind, exported FROM definitions"
            f" WHERE kind IN {_EACH_1} ORDER BY id",
            (_json(kinds),),
        )

    def used_names(self) -> Iterator[tuple[int, str, int]]:
        """Yield file, name and number of lines for all names that files use: the whole table."""
        return self._connection.execute('SELECT file_id, name, json_array_length(lines) FROM "references"')

    def all_imports(self) -> Iterator[tuple[int, str, str | None]]:
        """Yield file, module and name of every import: the whole table."""
        return self._connection.execute("SELECT file_id, module, name FROM imports ORDER BY rowid")

    def _path_and_definition(self, statement: str, values: tuple[object, ...]) -> list[tuple[str, Definition]]:
        return [(path, _definition(row)) for path, *row in self._connection.execute(statement, values)]

    def _next_id(self, table: str) -> int:
        (last,) = self._connection.execute(f"SELECT max(id) FROM {table}").fetchone()
        return (last or 0) + 1


def _found(table: str, within: str) -> str:
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


def _full_text_query(tokens: Iterable[str], *, match_all: bool = False) -> str:
    return (" AND " if match_all else " OR ").join(f'"{token}"' for token in dict.fromkeys(tokens))


def _json(values: Iterable[object]) -> str:
    return json.dumps(list(values), separators=(",", ":"))


def _file_record(row: Sequence[Any]) -> FileRecord:
    path, language, size, mtime_ns, content_hash, is_foreign = row
    return FileRecord(path, language, size, mtime_ns, content_hash, bool(is_foreign))


def _definition(row: Sequence[Any]) -> Definition:
    kind, name, qualified_name, signature, doc, start_line, end_line, parent, exported = row
    return Definition(kind, name, qualified_name, signature, doc, start_line, end_line, parent, bool(exported))
