"""Definitions from the matches of a query: their names, what encloses them, their documentation."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from math import inf

import tree_sitter

from fimble_indexer.syntax.exports import ExportRule

# Kinds of data and documents, which no code imports or calls.
DATA_KINDS = frozenset({"animation", "element", "heading", "key", "selector"})

_MAX_SIGNATURE = 400  # characters
_MAX_DOC = 200  # characters
_MAX_NAME = 200  # characters
_MAX_DEPTH = 30  # definitions nested deeper are named as if they were not
_MAX_DATA = 500  # definitions of data kinds in one file

_CONTAINERS = frozenset({"class", "interface", "struct", "enum", "trait", "scope", "scope.open"})
_CALLABLES = frozenset({"function", "macro", "method"})
# What a query cannot tell from a local variable, and what it is outside of functions.
_LOCAL_DECLARATIONS = {"declared": "variable", "prototype": "function"}
_NAME_SEPARATOR = re.compile(r"::|[.:\\]")
_OPERATOR = re.compile(r"\boperator\b\s*(?:\(\)|[^(]*)")
_TYPE_ARGUMENTS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
_COMMENT_MARKS = re.compile(r"</?summary>|^\s*(?:<!--|/\*+!?|\*+/|\*|//[/!]?|#+|--+(?:\[=*\[)?)\s?|\s*(?:\*+/|-->)\s*$")
_STRING_PREFIX = re.compile(r"^[A-Za-z]{0,2}(\"\"\"|'''|\"|')")


@dataclass(frozen=True, slots=True)
class Definition:
    """A named thing that code defines.

    ``kind`` is one of class, constant, enum, field, function, interface, macro, method, module, property, struct,
    table, trait, type, variable, view for code; animation, element, heading, key, selector for data and documents.
    ``qualified_name`` joins the names of what encloses it with dots, whatever the language.
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


@dataclass(slots=True)
class Found:
    """A query match for a definition or a scope, in tree-sitter's terms.

    What ``is_open_ended`` encloses all that follows it, as ``namespace a;`` does.
    """

    pattern: int
    kind: str
    node: tree_sitter.Node
    name: tree_sitter.Node
    body: tree_sitter.Node | None
    receiver: tree_sitter.Node | None
    is_open_ended: bool

    @classmethod
    def from_match(cls, pattern: int, captures: dict[str, list[tree_sitter.Node]]) -> "Found":
        """Read a match that captures a name."""
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
            is_open_ended="following" in captures,
        )


def keep_first(found: dict[int, Found], new: Found) -> None:
    """Of several matches for one name, keep the one whose pattern stands first in the query."""
    old = found.get(new.name.start_byte)
    if old is None or new.pattern < old.pattern:
        found[new.name.start_byte] = new


class Docs:
    """Documentation by place: inside a body, or in the comments that end right above a definition."""

    def __init__(self) -> None:
        self.inside: dict[int, str] = {}  # start byte of the body -> string literal
        self.comments: dict[tuple[int, int], tuple[int, str]] = {}  # (last row, column) -> first row, text
        self.attributes: dict[int, int] = {}  # last row -> first row

    def add_comment(self, node: tree_sitter.Node, source: bytes) -> None:
        """Note a comment and where it ends."""
        last_row = node.end_point.row - (node.end_point.column == 0)  # some grammars take in the line's end
        self.comments[last_row, node.start_point.column] = (node.start_point.row, text_of(source, node))

    def of(self, found: Found) -> str:
        """Return the first line of the documentation of a definition, or ""."""
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


@dataclass(slots=True)
class _Enclosing:
    """What encloses the definitions up to the byte ``end``."""

    start: int
    end: float
    kind: str
    qualified_name: str
    exported: bool
    is_open_ended: bool
    is_used: bool = False  # whether something other than the next of its kind has been found in it


def definitions_from(
    source: bytes, found: Iterable[Found], docs: Docs, rule: ExportRule, exports: Collection[str]
) -> tuple[Definition, ...]:
    """Build the definitions of a file; ``exports`` are the names that it lists as exported."""
    if rule.is_script(source):
        rule = ExportRule()
    named = named_in(source, found, docs, rule, exports)
    return _bounded([definition for _, definition in named if not definition.kind.startswith("scope")])


def named_in(
    source: bytes, found: Iterable[Found], docs: Docs, rule: ExportRule, exports: Collection[str]
) -> Iterator[tuple[Found, Definition]]:
    """Name what was found by what encloses it: definitions, and scopes, whose kind is that of their capture."""
    enclosing: list[_Enclosing] = []
    for item in sorted(found, key=lambda item: (item.node.start_byte, -item.node.end_byte)):
        node = item.node
        path = _name_path(text_of(source, item.name), item.kind)
        if not path:
            continue
        outer = _innermost(enclosing, item)
        kind = _kind_inside(item.kind, outer)
        if kind is None:
            continue
        exported = kind.startswith("scope") or rule.allows(
            path[-1], partial(_header, source, item), outer.kind if outer else None
        )
        if outer is None:
            exported = exported or path[-1] in exports
        elif not outer.exported or outer.kind in _CALLABLES:
            exported = False
        prefix = outer.qualified_name if outer else ""
        if item.receiver is not None:
            prefix = ".".join(_name_path(text_of(source, item.receiver), kind))
        if prefix:
            path = [prefix, *path]
        qualified_name = ".".join(path)
        if len(enclosing) < _MAX_DEPTH:
            enclosing.append(
                _Enclosing(
                    start=node.start_byte,
                    end=inf if item.is_open_ended else node.end_byte,
                    kind=kind,
                    qualified_name=prefix if kind == "scope.hidden" else qualified_name,
                    exported=exported and kind != "scope.hidden",
                    is_open_ended=item.is_open_ended,
                )
            )
        yield (
            item,
            Definition(
                kind=kind,
                name=path[-1],
                qualified_name=qualified_name,
                signature=_signature(source, item),
                doc=docs.of(item),
                start_line=node.start_point.row,
                end_line=node.end_point.row + (node.end_point.column > 0),
                parent=".".join(path[:-1]) or None,
                exported=exported,
            ),
        )


def _kind_inside(kind: str, outer: _Enclosing | None) -> str | None:
    """Tell the kind that a definition has in ``outer``; None for a local variable, even if it looks like a function."""
    if kind in _LOCAL_DECLARATIONS:
        if outer and outer.kind in _CALLABLES:
            return None
        kind = _LOCAL_DECLARATIONS[kind]
    if kind == "parameter":
        return "field"
    return "method" if kind == "function" and outer and outer.kind in _CONTAINERS else kind


def _innermost(enclosing: list[_Enclosing], item: Found) -> _Enclosing | None:
    """Return what encloses ``item`` most closely, and drop what does not enclose it from the end of ``enclosing``."""
    byte_range = item.node.byte_range
    # One node may define several names, as `int x, y` does: then none of them encloses the next.
    while enclosing and (enclosing[-1].end < byte_range[1] or (enclosing[-1].start, enclosing[-1].end) == byte_range):
        enclosing.pop()
    if item.is_open_ended:
        # `package a; package b;` nests, but one that comes after other code takes the place of the one before.
        last = next((index for index, outer in enumerate(enclosing) if outer.is_open_ended and outer.is_used), None)
        if last is not None:
            del enclosing[last:]
    elif enclosing and enclosing[-1].is_open_ended:
        enclosing[-1].is_used = True
    if item.kind == "parameter":
        return enclosing[-2] if len(enclosing) > 1 else None
    return enclosing[-1] if enclosing else None


def _bounded(definitions: list[Definition]) -> tuple[Definition, ...]:
    """Keep each name of data once, and of many the outermost: a lock file must not flood the index."""
    data: dict[tuple[str, str], Definition] = {}
    for definition in definitions:
        if definition.kind in DATA_KINDS:
            data.setdefault((definition.kind, definition.qualified_name), definition)
    kept = sorted(data.values(), key=lambda definition: definition.parent is not None)[:_MAX_DATA]
    kept_ids = set(map(id, kept))
    return tuple(d for d in definitions if d.kind not in DATA_KINDS or id(d) in kept_ids)


def _name_path(text: str, kind: str) -> list[str]:
    """Split a name as it is written: ``Outer<T>::method``, ``M.f``, ``*Server``, ``"quoted key"``."""
    if len(text) > _MAX_NAME:  # broken code can make a name of half a file
        return []
    if text.isidentifier():
        return [text]
    if operator := _OPERATOR.search(text):
        scope = _name_path(text[: operator.start()], kind)
        return [*scope, " ".join(operator[0].split())]
    if kind in DATA_KINDS and (kind != "key" or text.startswith(("'", '"'))):
        return [" ".join(text.strip("\"'").split())] if text.strip("\"'").strip() else []
    shorter = text
    while (plainer := _TYPE_ARGUMENTS.sub("", shorter)) != shorter:
        shorter = plainer
    if not shorter and kind.startswith("scope"):  # `impl Trait for [T]` has no other name
        return [text]
    words = (part.strip("*&\"'` \t\r\n()") for part in _NAME_SEPARATOR.split(shorter))
    return [" ".join(word.split()) for word in words if word]


def _header(source: bytes, found: Found) -> str:
    """Return what stands before the name: on the line where the definition starts, and from there on."""
    start = found.node.start_byte
    before = source[max(0, start - _MAX_SIGNATURE) : start].rpartition(b"\n")[2]
    header = re.split(rb"[{};,]", before)[-1] + source[start : found.name.start_byte]
    return header[-_MAX_SIGNATURE:].decode("utf-8", "replace")


def _signature(source: bytes, found: Found) -> str:
    if found.body is not None:
        header = source[found.node.start_byte : found.body.start_byte]
    else:
        header = source[found.node.start_byte : found.node.end_byte].split(b"\n", 1)[0]
    # Four bytes a character at most: a huge header is cut before it is decoded.
    text = " ".join(header[: 4 * _MAX_SIGNATURE].decode("utf-8", "replace").split())
    return text.rstrip("{:;=, ")[:_MAX_SIGNATURE]


def text_of(source: bytes, node: tree_sitter.Node) -> str:
    """Return the text of a node."""
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")
