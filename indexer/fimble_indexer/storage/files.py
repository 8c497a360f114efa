# ruff: noqa: S608 - what is put into SQL text are constants of this package, never values
"""Look-ups of files: which there are, what they import, and what imports may call them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fimble_indexer.modules.configuration import Alias
from fimble_indexer.storage.rows import FileRecord
from fimble_indexer.storage.statements import EACH_1, EACH_2, Connected, json_list
from fimble_indexer.syntax.imports import Import

_FILE = "files.path, language, size, mtime_ns, hash, is_foreign"


class FileLookUps(Connected):
    """Look-ups of files and imports."""

    def files(self, within: Iterable[str] | None = None) -> dict[str, FileRecord]:
        """Return every known file by path, or only those ``within`` some files and folders."""
        if within is None:
            rows = self._connection.execute(f"SELECT {_FILE} FROM files")
        else:
            # "0" comes right after "/": the range holds what is below a folder.
            rows = self._connection.execute(
                f"SELECT {_FILE} FROM json_each(?1) CROSS JOIN files ON files.path = value UNION SELECT {_FILE}"
                " FROM json_each(?1) CROSS JOIN files ON files.path > value || '/' AND files.path < value || '0'",
                (json_list(within),),
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

    def module_paths(self, names: Iterable[str], *, folders: Iterable[str] = ()) -> list[str]:
        """List the files whose module is called one of ``names``, or the folder around it one of ``folders``."""
        rows = self._connection.execute(
            f"SELECT path FROM files WHERE module IN {EACH_1} UNION SELECT path FROM files WHERE folder IN {EACH_2}",
            (json_list(names), json_list(folders)),
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
            f" UNION SELECT path FROM files WHERE module IN {EACH_2}"
            f" UNION SELECT path FROM files WHERE folder IN {EACH_2}",
            (json_list(end for end in ends if len(end) > 1), json_list(end[0] for end in ends if len(end) == 1)),
        )
        return [path for (path,) in rows]

    def paths_and_languages(self) -> dict[int, tuple[str, str | None]]:
        """Return path and language of all files in alphabetical order, by the number that stands for them in rows."""
        rows = self._connection.execute("SELECT id, path, language FROM files ORDER BY path")
        return {number: (path, language) for number, path, language in rows}

    def imports_of(self, path: str) -> list[Import]:
        """List the imports of a file in the order of the source."""
        rows = self._connection.execute(
            "SELECT module, name, alias, line FROM imports WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " ORDER BY rowid",
            (path,),
        )
        return [Import(*row) for row in rows]

    def all_imports(self) -> Iterator[tuple[int, str, str | None]]:
        """Yield file, module and name of every import: the whole table."""
        return self._connection.execute("SELECT file_id, module, name FROM imports ORDER BY rowid")

    def aliases(self, beginnings: Iterable[str] | None = None) -> list[Alias]:
        """List the aliases that files of configuration state, or only those with one of ``beginnings``."""
        statement = "SELECT scope, prefix, targets, is_whole FROM aliases JOIN files ON files.id = file_id"
        if beginnings is None:
            rows = self._connection.execute(f"{statement} ORDER BY path, aliases.rowid")
        else:
            rows = self._connection.execute(
                f"{statement} WHERE beginning IN {EACH_1} ORDER BY path, aliases.rowid", (json_list(beginnings),)
            )
        return [Alias(scope, prefix, tuple(json.loads(targets)), bool(whole)) for scope, prefix, targets, whole in rows]


def _file_record(row: Sequence[Any]) -> FileRecord:
    path, language, size, mtime_ns, content_hash, is_foreign = row
    return FileRecord(path, language, size, mtime_ns, content_hash, bool(is_foreign))
