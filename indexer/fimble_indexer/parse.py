"""Source text to symbols: definitions, references and imports, by tree-sitter queries.

Parsing is a pure function that never fails: broken code gives what could be understood, and code that takes too
long gives nothing. No Python recursion follows the depth of the code.
"""

import re
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

import tree_sitter

from fimble_indexer.imports import Import, imports_from_parts
from fimble_indexer.languages import Language

__all__ = ["Definition", "FileSymbols", "Import", "Reference", "error_count", "outline", "parse"]

# A file beyond either limit is most likely generated, and would hold up all others.
_MAX_BYTES = 4_000_000
_MAX_SECONDS = 2.0
_MAX_ERROR_COUNT_SECONDS = 0.5  # somebody waits for the answer
_MAX_SIGNATURE = 400  # characters
_MAX_DOC = 200  # characters
_MAX_NAME = 200  # characters
_MAX_DEPTH = 30  # definitions nested deeper are named as if they were not
_MAX_SYNTAX_DEPTH = 200  # nodes; what is nested deeper is not looked at
_MAX_UNCLOSED = 10_000
_MAX_LOOSE_TOKENS = 10_000
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"), (b"<", b">"))
_READ_BYTES = 1 << 9

_CONTAINERS = frozenset({"class", "interface", "struct", "enum", "trait", "scope"})
_NAME_SEPARATOR = re.compile(r"::|[.:\\]")
_TYPE_ARGUMENTS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
_COMMENT_MARKS = re.compile(r"</?summary>|^\s*(?:/\*+!?|\*+/|\*|//[/!]?|#+|--+(?:\[=*\[)?)\s?|\s*\*+/\s*$")
_STRING_PREFIX = re.compile(r"^[A-Za-z]{0,2}(\"\"\"|'''|\"|')")


@dataclass(frozen=True, slots=True)
class Definition:
    """A named thing that code defines.

    ``kind`` is one of class, constant, enum, field, function, interface, macro, method, module, property, struct,
    trait, type, variable. ``qualified_name`` joins the names of what encloses it with dots, whatever the language.
    ``signature`` is the header on one line, without the body; ``doc`` the first line of its documentation or "".
    Lines are 0-based and ``end_line`` is exclusive. ``parent`` is the qualified name of what encloses it.
    ``exported`` tells whether other files can use it by the rules of the language.
    """

    kind: str
    name: str
    qualified_name: str
    signature: str
    doc: str
    start_line: int
    end_line: int
    parent: str | None
    exported: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a name: a call, a type, a base class, the object of an attribute. ``line`` is 0-based."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class FileSymbols:
    """What one file defines, uses and imports, each in the order of the source."""

    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()


def parse(source: bytes, language: Language) -> FileSymbols:
    """Extract the symbols of ``source``, which should be UTF-8. Never raises for any source."""
    tree = _syntax_tree(source, language, _MAX_SECONDS)
    if tree is None:
        return FileSymbols()
    matches = _cursor(language.load_query()).matches(tree.root_node)

    used: list[tree_sitter.Node] = []
    imports: list[Import] = []
    found: dict[int, _Found] = {}
    docs = _Docs()
    for pattern, captures in matches:
        if nodes := captures.get("reference"):
            used.append(nodes[0])
        elif "name" in captures:
            _keep_first(found, _Found.from_match(pattern, captures))
        elif nodes := captures.get("doc"):
            docs.inside[captures["doc.body"][0].start_byte] = _text(source, nodes[0])
        elif nodes := captures.get("comment"):
            docs.add_comment(nodes[0], source)
        elif nodes := captures.get("attribute"):
            docs.attributes[nodes[0].end_point.row] = nodes[0].start_point.row
        else:
            parts = {
                capture.removeprefix("import."): _text(source, nodes[0])
                for capture, nodes in captures.items()
                if capture.startswith("import.")
            }
            imports.extend(imports_from_parts(parts, min(n[0].start_point.row for n in captures.values())))
    local_names = {(item.line, item.alias or item.name) for item in imports}
    return FileSymbols(
        # `const fs = require("fs")` is an import, not one more definition of fs.
        definitions=tuple(
            definition
            for definition in _definitions(source, found.values(), docs)
            if (definition.start_line, definition.name) not in local_names
        ),
        references=tuple(_references(source, used, found)),
        imports=tuple(dict.fromkeys(imports)),
    )


def error_count(source: bytes, language: Language) -> int:
    """Count the syntax errors and missing tokens of ``source``; 0 also for a source that is too large to tell."""
    tree = _syntax_tree(source, language, _MAX_ERROR_COUNT_SECONDS)
    if tree is None or not tree.root_node.has_error:
        return 0
    captures = _cursor(_error_query(language)).captures(tree.root_node)
    return max(1, sum(map(len, captures.values())))


def outline(definition: Definition, symbols: FileSymbols) -> str:
    """Render the signature of ``definition`` and, indented on lines of their own, those of its public members."""
    members = [
        f"    {member.signature}"
        for member in symbols.definitions
        if member.parent == definition.qualified_name and not member.name.startswith("_")
    ]
    return "\n".join([definition.signature, *members])


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


def _syntax_tree(source: bytes, language: Language, seconds: float) -> tree_sitter.Tree | None:
    if len(source) > _MAX_BYTES or _is_unbalanced(source):
        return None
    deadline = time.monotonic() + seconds

    def read(offset: int, _point: object) -> bytes:
        # Slices of bytes, not of a memoryview, which py-tree-sitter 0.26.1 does not keep alive. Small ones: a lexer
        # that fails asks anew at every byte, and does so without a call of is_late. Lines that are empty make it end.
        part = source[offset : offset + _READ_BYTES]
        return b"\n" * len(part) if time.monotonic() > deadline else part

    def is_late(_offset: int, _has_error: object) -> bool:
        return time.monotonic() > deadline

    try:
        tree = tree_sitter.Parser(language.load_grammar()).parse(read, progress_callback=is_late)
    except ValueError:  # is_late stopped it
        return None
    return None if time.monotonic() > deadline or _is_rubble(tree) else tree


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


def _text(source: bytes, node: tree_sitter.Node) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")


@dataclass(slots=True)
class _Found:
    """A query match for a definition or a scope, in tree-sitter's terms."""

    pattern: int
    kind: str
    node: tree_sitter.Node
    name: tree_sitter.Node
    body: tree_sitter.Node | None
    receiver: tree_sitter.Node | None

    @classmethod
    def from_match(cls, pattern: int, captures: dict[str, list[tree_sitter.Node]]) -> "_Found":
        role = next(capture for capture in captures if capture.startswith(("definition.", "scope")))
        body = captures.get("body")
        receiver = captures.get("receiver")
        return cls(
            pattern=pattern,
            kind=role.removeprefix("definition."),
            node=captures[role][0],
            name=captures["name"][0],
            body=body[0] if body else None,
            receiver=receiver[0] if receiver else None,
        )


def _keep_first(found: dict[int, _Found], new: _Found) -> None:
    """Of several matches for one name, keep the one whose pattern stands first in the query."""
    old = found.get(new.name.start_byte)
    if old is None or new.pattern < old.pattern:
        found[new.name.start_byte] = new


class _Docs:
    """Documentation by place: inside a body, or in the comments that end right above a definition."""

    def __init__(self) -> None:
        self.inside: dict[int, str] = {}  # start byte of the body -> string literal
        self.comments: dict[tuple[int, int], tuple[int, str]] = {}  # (last row, column) -> first row, text
        self.attributes: dict[int, int] = {}  # last row -> first row

    def add_comment(self, node: tree_sitter.Node, source: bytes) -> None:
        last_row = node.end_point.row - (node.end_point.column == 0)  # some grammars take in the line's end
        self.comments[last_row, node.start_point.column] = (node.start_point.row, _text(source, node))

    def of(self, found: _Found) -> str:
        if found.body is not None and (literal := self.inside.get(found.body.start_byte)):
            opening = _STRING_PREFIX.match(literal)
            quote = opening[1] if opening else ""
            return _first_line(literal[opening.end() if opening else 0 :].removesuffix(quote))
        row, column = found.node.start_point.row - 1, found.node.start_point.column
        texts: list[str] = []  # from the bottom up
        while True:
            if (comment := self.comments.get((row, column))) is not None:
                texts.append(comment[1])
                row = comment[0] - 1
            elif not texts and row in self.attributes:
                row = self.attributes[row] - 1
            else:
                return _first_line("\n".join(reversed(texts)))


def _first_line(text: str) -> str:
    for line in text.splitlines():
        if stripped := _COMMENT_MARKS.sub("", _COMMENT_MARKS.sub("", line)).strip():
            return stripped[:_MAX_DOC]
    return ""


def _references(source: bytes, used: Iterable[tree_sitter.Node], defined: Collection[int]) -> Iterable[Reference]:
    """One reference for each name on a line, without the places where a definition stands."""
    unique = dict.fromkeys(
        (node.start_point.row, _text(source, node)) for node in used if node.start_byte not in defined
    )
    return (Reference(name, line) for line, name in sorted(unique, key=lambda item: item[0]))


def _definitions(source: bytes, found: Iterable[_Found], docs: _Docs) -> Iterable[Definition]:
    enclosing: list[tuple[tuple[int, int], str, str]] = []  # byte range, kind, qualified name
    for item in sorted(found, key=lambda item: (item.node.start_byte, -item.node.end_byte)):
        node = item.node
        # One node may define several names, as `int x, y` does: then none of them encloses the next.
        while enclosing and (enclosing[-1][0][1] < node.end_byte or enclosing[-1][0] == node.byte_range):
            enclosing.pop()
        path = _name_path(_text(source, item.name))
        if not path:
            continue
        kind, prefix = item.kind, enclosing[-1][2] if enclosing else ""
        if kind == "function" and enclosing and enclosing[-1][1] in _CONTAINERS:
            kind = "method"
        if item.receiver is not None:
            prefix = ".".join(_name_path(_text(source, item.receiver)))
        if prefix:
            path = [prefix, *path]
        qualified_name = ".".join(path)
        if len(enclosing) < _MAX_DEPTH:
            enclosing.append((node.byte_range, kind, qualified_name))
        if kind == "scope":
            continue
        yield Definition(
            kind=kind,
            name=path[-1],
            qualified_name=qualified_name,
            signature=_signature(source, item),
            doc=docs.of(item),
            start_line=node.start_point.row,
            end_line=node.end_point.row + (node.end_point.column > 0),
            parent=".".join(path[:-1]) or None,
        )


def _name_path(text: str) -> list[str]:
    """Split a name as it is written: ``Outer<T>::method``, ``M.f``, ``*Server``, ``"quoted key"``."""
    if len(text) > _MAX_NAME:  # broken code can make a name of half a file
        return []
    if text.startswith("operator") or text.isidentifier():
        return [text]
    while (shorter := _TYPE_ARGUMENTS.sub("", text)) != text:
        text = shorter
    words = (part.strip("*&\"'` \t\r\n()") for part in _NAME_SEPARATOR.split(text))
    return [" ".join(word.split()) for word in words if word]


def _signature(source: bytes, found: _Found) -> str:
    if found.body is not None:
        header = source[found.node.start_byte : found.body.start_byte]
    else:
        header = source[found.node.start_byte : found.node.end_byte].split(b"\n", 1)[0]
    # Four bytes a character at most: a huge header is cut before it is decoded.
    text = " ".join(header[: 4 * _MAX_SIGNATURE].decode("utf-8", "replace").split())
    return text.rstrip("{:;=, ")[:_MAX_SIGNATURE]
