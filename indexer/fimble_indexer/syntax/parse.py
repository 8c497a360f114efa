"""Source text to symbols: definitions, references and imports, by tree-sitter queries.

Parsing is a pure function that never fails: broken code gives what could be understood, and code that takes too
long gives nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import NamedTuple

import tree_sitter

from fimble_indexer.syntax.definitions import Definition, Docs, Found, definitions_from, keep_first, text_of
from fimble_indexer.syntax.imports import Import, imports_from_parts
from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.trees import query_cursor, syntax_tree

__all__ = ["Definition", "FileSymbols", "Import", "Reference", "error_count", "error_lines", "parse"]

_MAX_SECONDS = 2.0  # a file that takes longer is most likely generated, and would hold up all others
_MAX_ERROR_COUNT_SECONDS = 0.5  # somebody waits for the answer


class Reference(NamedTuple):  # a file has thousands: twice as fast to make as a frozen dataclass
    """A use of a name: a call, a type, a base class, the object of an attribute. ``line`` is 0-based."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class FileSymbols:
    """What one file defines, uses and imports, each in the order of the source."""

    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()


def parse(source: bytes, language: Language, *, is_resident: bool = False) -> FileSymbols:
    """Extract the symbols of ``source``, which should be UTF-8. Never raises for any source.

    A process that lives long and parses much the same again and again says ``is_resident``: a quarter slower, but the
    parser's binding then keeps no memory of each source.
    """
    language = language.dialect_of(source)
    tree = syntax_tree(language.readable(source), language, seconds=_MAX_SECONDS, is_resident=is_resident)
    if tree is None:
        return FileSymbols()
    matches = query_cursor(language.load_query()).matches(tree.root_node)

    used: list[tree_sitter.Node] = []
    imports: list[Import] = []
    found: dict[int, Found] = {}
    docs = Docs()
    exports: set[str] = set()
    local: set[int] = set()
    for pattern, captures in matches:
        if nodes := captures.get("reference"):
            used.append(nodes[0])
        elif "name" in captures:
            keep_first(found, Found.from_match(pattern, captures))
        elif nodes := captures.get("doc"):
            docs.inside[captures["doc.body"][0].start_byte] = text_of(source, nodes[0])
        elif nodes := captures.get("local"):
            local.add(nodes[0].start_byte)
        elif nodes := captures.get("export"):
            exports.update(text_of(source, node) for node in nodes)
        elif nodes := captures.get("comment"):
            docs.add_comment(nodes[0], source)
        elif nodes := captures.get("attribute"):
            docs.attributes[nodes[0].end_point.row] = nodes[0].start_point.row
        else:
            parts = {
                capture.removeprefix("import."): text_of(source, nodes[0])
                for capture, nodes in captures.items()
                if capture.startswith("import.")
            }
            imports.extend(imports_from_parts(parts, min(n[0].start_point.row for n in captures.values())))
    declared = [item for item in found.values() if item.node.start_byte not in local]
    local_names = {(item.line, item.alias or item.name) for item in imports}
    return FileSymbols(
        # `const fs = require("fs")` is an import, not one more definition of fs.
        definitions=tuple(
            definition
            for definition in definitions_from(source, declared, docs, language.exports, exports)
            if (definition.start_line, definition.name) not in local_names
        ),
        references=tuple(_references(source, used, found)),
        imports=tuple(dict.fromkeys(imports)),
    )


def error_count(source: bytes, language: Language) -> int:
    """Count the syntax errors and missing tokens of ``source``; 0 also for a source that is too large to tell."""
    return len(error_lines(source, language))


def error_lines(source: bytes, language: Language) -> list[int]:
    """List the 0-based lines of the syntax errors and missing tokens of ``source``, one for each, in order.

    Empty also for a source that is too large to tell.
    """
    language = language.dialect_of(source)
    tree = syntax_tree(language.readable(source), language, seconds=_MAX_ERROR_COUNT_SECONDS, is_resident=True)
    if tree is None or not tree.root_node.has_error:
        return []
    captures = query_cursor(_error_query(language)).captures(tree.root_node)
    return sorted(node.start_point.row for nodes in captures.values() for node in nodes) or [0]


@cache
def _error_query(language: Language) -> tree_sitter.Query:
    return tree_sitter.Query(language.load_grammar(), "(ERROR) @error (MISSING) @missing")


def _references(source: bytes, used: Iterable[tree_sitter.Node], defined: Collection[int]) -> Iterable[Reference]:
    """One reference for each name on a line, without the places where a definition stands."""
    unique = dict.fromkeys(
        Reference(text_of(source, node), node.start_point.row) for node in used if node.start_byte not in defined
    )
    return sorted(unique, key=attrgetter("line"))
