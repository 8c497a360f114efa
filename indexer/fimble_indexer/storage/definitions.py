# ruff: noqa: S608 - what is put into SQL text are constants of this package, never values
"""Look-ups of definitions, and of the uses of their names."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fimble_indexer.storage.rows import DEFINITION_COLUMNS
from fimble_indexer.storage.statements import EACH_1, EACH_2, Connected, best_matches, full_text_query, json_list
from fimble_indexer.syntax.definitions import DATA_KINDS, Definition

_IS_DATA = f"(kind IN {tuple(sorted(DATA_KINDS))})"
_IS_SMALL = f"(kind IN {(*sorted(DATA_KINDS - {'heading'}), 'constant', 'field', 'property', 'variable')})"


class DefinitionLookUps(Connected):
    """Look-ups of definitions and references."""

    def definitions_of(self, path: str) -> list[Definition]:
        """List the definitions of a file in the order of the source."""
        rows = self._connection.execute(
            f"SELECT {DEFINITION_COLUMNS} FROM definitions"
            " WHERE file_id = (SELECT id FROM files WHERE path = ?) ORDER BY id",
            (path,),
        )
        return [_definition(row) for row in rows]

    def members_of(self, path: str, parent: str) -> list[Definition]:
        """List the definitions of a file that stand in the one with this qualified name, in the order of the source."""
        rows = self._connection.execute(
            f"SELECT {DEFINITION_COLUMNS} FROM definitions"
            " WHERE file_id = (SELECT id FROM files WHERE path = ?) AND parent = ? ORDER BY id",
            (path, parent),
        )
        return [_definition(row) for row in rows]

    def definitions_named(self, name: str, limit: int, *, qualifier: str | None = None) -> list[tuple[str, Definition]]:
        """List path and definition of at most ``limit`` definitions named so: code first, this very case first.

        With a ``qualifier``, only those whose parent's name ends with it, and those without a parent.
        """
        return self._path_and_definition(
            f"SELECT path, {DEFINITION_COLUMNS} FROM (SELECT * FROM definitions WHERE name = ?1"
            "  AND (?3 IS NULL OR parent IS NULL OR parent LIKE '%' || ?3)"
            f"  ORDER BY {_IS_DATA}, name = ?1 COLLATE BINARY DESC, parent IS NOT NULL, id LIMIT ?2) AS definitions"
            " JOIN files ON files.id = file_id",
            (name, limit, qualifier),
        )

    def importable_definitions(self, names: Iterable[str]) -> list[tuple[str, Definition]]:
        """List path and definition for those of ``names``, in this case, that stand in no other but a namespace."""
        return self._path_and_definition(
            f"SELECT path, {DEFINITION_COLUMNS} FROM definitions JOIN files ON files.id = file_id"
            f" WHERE name COLLATE BINARY IN {EACH_1} AND importable",
            (json_list(names),),
        )

    def definitions_in(self, paths: Iterable[str], names: Iterable[str]) -> list[tuple[str, Definition]]:
        """Do as ``importable_definitions``, for certain files only."""
        return self._path_and_definition(
            f"SELECT path, {DEFINITION_COLUMNS} FROM files CROSS JOIN definitions ON files.id = file_id"
            f" WHERE path IN {EACH_1} AND name IN {EACH_2} AND name COLLATE BINARY IN {EACH_2} AND importable",
            (json_list(paths), json_list(names)),
        )

    def definitions_in_namespaces(
        self, namespaces: Iterable[str], names: Iterable[str]
    ) -> list[tuple[str, Definition]]:
        """List path and definition for the types called one of ``names`` in certain namespaces."""
        return self._path_and_definition(
            f"SELECT path, {DEFINITION_COLUMNS} FROM definitions JOIN files ON files.id = file_id"
            f" WHERE parent IN {EACH_1} AND name COLLATE BINARY IN {EACH_2} AND parent IS NOT NULL"
            " AND kind IN ('class', 'interface', 'struct', 'enum', 'trait', 'type')",
            (json_list(namespaces), json_list(names)),
        )

    def definitions_with_prefix(self, prefix: str, limit: int) -> list[tuple[str, Definition]]:
        """List path and definition where the name starts with ``prefix``, whatever the case: code first, by name."""
        found: list[tuple[str, Definition]] = []
        for is_data in (False, True):  # in two steps, so that neither has to read more than it returns
            found += self._path_and_definition(
                f"SELECT path, {DEFINITION_COLUMNS} FROM definitions JOIN files ON files.id = file_id"
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
            f"SELECT path, {DEFINITION_COLUMNS} FROM ({best_matches('definition', within)}) AS found"
            " JOIN definitions ON definitions.id = found.rowid JOIN files ON files.id = file_id ORDER BY found.rank",
            (full_text_query(tokens, match_all=match_all), limit, within),
        )

    def names_defined(self, path: str, start_line: int, end_line: int) -> list[str]:
        """List the names of the definitions that start on these lines, without the small ones such as fields."""
        rows = self._connection.execute(
            "SELECT name FROM definitions WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " AND start_line >= ? AND start_line < ?"
            f" AND NOT {_IS_SMALL}",
            (path, start_line, end_line),
        )
        return [name for (name,) in rows]

    def defined_names(self, kinds: Iterable[str]) -> Iterator[tuple[int, str, str, int]]:
        """Yield file, name, kind and whether it is exported of what is one of ``kinds``: the whole table."""
        return self._connection.execute(
            "SELECT DISTINCT file_id, name COLLATE BINARY, kind, exported FROM definitions"
            f" WHERE kind IN {EACH_1} ORDER BY id",
            (json_list(kinds),),
        )

    def references_to(self, name: str, max_files: int = -1) -> list[tuple[str, int]]:
        """List path and line of every use of ``name``, or of those in the ``max_files`` files indexed first."""
        rows = self._connection.execute(
            'SELECT path, lines FROM (SELECT file_id, lines FROM "references" WHERE name = ? LIMIT ?)'
            " JOIN files ON files.id = file_id ORDER BY path",
            (name, max_files),
        )
        return [(path, line) for path, lines in rows for line in json.loads(lines)]

    def used_names(self) -> Iterator[tuple[int, str, int]]:
        """Yield file, name and number of lines for all names that files use: the whole table."""
        return self._connection.execute('SELECT file_id, name, json_array_length(lines) FROM "references"')

    def _path_and_definition(self, statement: str, values: tuple[object, ...]) -> list[tuple[str, Definition]]:
        return [(path, _definition(row)) for path, *row in self._connection.execute(statement, values)]


def _definition(row: Sequence[Any]) -> Definition:
    kind, name, qualified_name, signature, doc, start_line, end_line, parent, exported = row
    return Definition(kind, name, qualified_name, signature, doc, start_line, end_line, parent, bool(exported))
