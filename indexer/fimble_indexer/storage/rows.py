"""What the tables of an index hold of one file, as plain rows: cheap to send from one process to another."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter

from fimble_indexer.modules.configuration import Alias, first_part
from fimble_indexer.syntax.chunks import Chunk
from fimble_indexer.syntax.definitions import DATA_KINDS
from fimble_indexer.syntax.parse import Definition, FileSymbols
from fimble_indexer.words import words

Row = tuple[str | int | bool | None, ...]

_NOT_IMPORTED = DATA_KINDS | {"field", "method", "property"}
_DEFINITION_FIELDS = [field.name for field in fields(Definition)]
DEFINITION_COLUMNS = ", ".join(_DEFINITION_FIELDS)
_definition_row = attrgetter(*_DEFINITION_FIELDS)


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


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of one file without their numbers, in the order of the columns in ``schema.sql``.

    The last column of definitions and of chunks are the words by which full-text search finds them.
    """

    definitions: list[Row]
    references: list[Row]
    imports: list[Row]
    chunks: list[Row]
    aliases: list[Row]


def file_rows(symbols: FileSymbols, chunks: Iterable[Chunk], aliases: Iterable[Alias] = ()) -> FileRows:
    """Turn what was understood of a file into rows."""
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for reference in symbols.references:
        lines[reference.name].append(reference.line)
    namespaces = {None, *(found.qualified_name for found in symbols.definitions if found.kind == "module")}
    return FileRows(
        definitions=[
            (*_definition_row(found), found.parent in namespaces and found.kind not in _NOT_IMPORTED, words(found.name))
            for found in symbols.definitions
        ],
        references=[(name, f"[{','.join(map(str, numbers))}]") for name, numbers in lines.items()],
        imports=[(item.module, item.name, item.alias, item.line) for item in symbols.imports],
        chunks=[(chunk.start_line, chunk.end_line, chunk.text, words(chunk.text)) for chunk in chunks],
        aliases=[
            (first_part(alias.prefix), alias.scope, alias.prefix, json.dumps(alias.targets), alias.is_whole)
            for alias in aliases
        ],
    )
