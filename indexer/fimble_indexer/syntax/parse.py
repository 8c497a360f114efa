"""Source text to symbols: definitions, references and imports, by tree-sitter queries.

Parsing is a pure function that never fails: broken code gives what could be understood, and code that takes too
long gives nothing. No Python recursion follows the depth of the code.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import attrgetter
from typing import NamedTuple

import tree_sitter

from fimble_indexer.syntax.definitions import Definition, Docs, Found, definitions_from, keep_first, text_of
from fimble_indexer.syntax.imports import Import, imports_from_parts
from fimble_indexer.syntax.languages import Language

__all__ = ["Definition", "FileSymbols", "Import", "Reference", "error_count", "error_lines", "parse"]

# A file beyond either limit is most likely generated, and would hold up all others.
_MAX_BYTES = 4_000_000
_MAX_SECONDS = 2.0
_MAX_ERROR_COUNT_SECONDS = 0.5  # somebody waits for the answer
_MAX_SYNTAX_DEPTH = 200  # nodes; what is nested deeper is not looked at
_MAX_UNCLOSED = 10_000
_MAX_LOOSE_TOKENS = 10_000
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"), (b"<", b">"))
_READ_BYTES = 1 << 9


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
    tree = _syntax_tree(language.readable(source), language, _MAX_SECONDS, is_resident=is_resident)
    if tree is None:
        return FileSymbols()
    matches = _cursor(language.load_query()).matches(tree.root_node)

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
    tree = _syntax_tree(language.readable(source), language, _MAX_ERROR_COUNT_SECONDS, is_resident=True)
    if tree is None or not tree.root_node.has_error:
        return []
    captures = _cursor(_error_query(language)).captures(tree.root_node)
    return sorted(node.start_point.row for nodes in captures.values() for node in nodes) or [0]


@cache
def _error_query(language: Language) -> tree_sitter.Query:
    return tree_sitter.Query(language.load_grammar(), "(ERROR) @error (MISSING) @missing")


def _cursor(query: tree_sitter.Query) -> tree_sitter.QueryCursor:
    """Bound the work of a query, which otherwise grows with the square of the code's depth.

    A progress callback would be the better bound, but py-tree-sitter 0.26.1 crashes on one.
    """
    cursor = tree_sitter.QueryCursor(query, match_limit=1 << 16)
    cursor.set_max_start_depth(_MAX_SYNTAX_DEPTH)
    return cursor


def _syntax_tree(source: bytes, language: Language, seconds: float, *, is_resident: bool) -> tree_sitter.Tree | None:
    if len(source) > _MAX_BYTES or _is_unbalanced(source) or language.is_too_much(source):
        return None
    deadline = time.monotonic() + seconds

    def read(offset: int, _point: object) -> bytes:
        # Slices of bytes, not of a memoryview, which py-tree-sitter 0.26.1 does not keep alive. Small ones: a lexer
        # that fails asks anew at every byte, and does so without a call of is_late. Lines that are empty make it end.
        end = source.find(b"\n", offset, offset + _READ_BYTES) + 1 if is_resident else 0
        part = source[offset : end or offset + _READ_BYTES]
        if time.monotonic() > deadline:
            return b"\n" * len(part)
        return _same(part) if is_resident else part

    def is_late(_offset: int, _has_error: object) -> bool:
        return time.monotonic() > deadline

    try:
        tree = tree_sitter.Parser(language.load_grammar()).parse(read, progress_callback=is_late)
    except ValueError:  # is_late stopped it
        return None
    return None if time.monotonic() > deadline or _is_rubble(tree) else tree


@lru_cache(maxsize=1 << 14)
def _same(line: bytes) -> bytes:
    """Return the same object for the same line: py-tree-sitter 0.26.1 never frees what it was given to read.

    A document that is parsed again and again would otherwise cost its whole size each time.
    """
    return line


def _is_unbalanced(source: bytes) -> bool:
    """Tell code with so many unclosed brackets that grammars take the square of their number, or crash on it."""
    return any(source.count(opening) - source.count(closing) > _MAX_UNCLOSED for opening, closing in _BRACKETS)


def _is_rubble(tree: tree_sitter.Tree) -> bool:
    """Tell broken code with so many loose tokens in a row that a query takes the square of their number."""
    root = tree.root_node
    if not root.has_error:
        return False
    errors = [root, *(child for child in root.children if child.is_error)]
    return any(node.child_count - node.named_child_count > _MAX_LOOSE_TOKENS for node in errors)


def _references(source: bytes, used: Iterable[tree_sitter.Node], defined: Collection[int]) -> Iterable[Reference]:
    """One reference for each name on a line, without the places where a definition stands."""
    unique = dict.fromkeys(
        Reference(text_of(source, node), node.start_point.row) for node in used if node.start_byte not in defined
    )
    return sorted(unique, key=attrgetter("line"))
