"""Where the definitions and imports of a file stand, in bytes: what edits by syntax need to know.

``parse`` says what a file defines; this says where each of it begins and ends, with the comments and annotations above.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import tree_sitter

from fimble_indexer.syntax.definitions import DATA_KINDS, Definition, Docs, Found, keep_first, named_in, text_of
from fimble_indexer.syntax.exports import ExportRule
from fimble_indexer.syntax.imports import Import, imports_from_parts
from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.trees import query_cursor, syntax_tree

CONTAINER_KINDS = frozenset({"class", "enum", "interface", "module", "scope", "scope.open", "struct", "trait"})

_MAX_SECONDS = 1.0  # somebody waits for the answer
_ANNOTATION = re.compile("annotation|attribute_(?:item|list)|decorator")
_COMMENT = re.compile("comment")
_STRING = re.compile("string|heredoc|text_block|char_literal|character_literal|raw_text|quoted")
# What is imported in one of these is known in there alone.
_INNER = re.compile(
    r"lambda|method|arrow_function|class(?:_\w+)?|(?:closure|impl|mod|trait)_(?:expression|item)|object_definition"
    r"|(?:\w+_)?(?:function|method)_(?:declaration|definition|expression|item|statement)"
)
# What stands in one of these belongs to an expression: no part of a file that is put in its place by name.
_EXPRESSION = re.compile("call|argument|function|lambda|closure|object|pair|method|array")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes of a source, the end exclusive."""

    start: int
    end: int

    def holds(self, other: "Span") -> bool:
        """Tell whether another span is in this one."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Item:
    """A definition, or a scope such as Rust's ``impl``, and where it stands.

    ``span`` is that of the whole without what stands above it: ``comments`` and ``annotations``, which end right
    above or before it. ``lead`` is where the first of those begins. ``members`` are what a container defines directly.
    """

    kind: str
    name: str
    qualified_name: str
    signature: str
    span: Span
    lead: int
    comments: tuple[Span, ...]
    annotations: tuple[Span, ...]
    body: Span | None
    members: tuple["Item", ...]

    @property
    def is_container(self) -> bool:
        """Whether what it defines can be replaced one by one."""
        return self.kind in CONTAINER_KINDS and self.body is not None

    def walk(self) -> Iterator["Item"]:
        """Yield the item and all below it."""
        yield self
        for member in self.members:
            yield from member.walk()


@dataclass(frozen=True, slots=True)
class ImportStatement:
    """An import of a whole file, with the records that it stands for and where each imported name ends."""

    span: Span
    imports: tuple[Import, ...]
    name_ends: tuple[int, ...]


@dataclass(frozen=True)
class Outline:
    """What stands at the top of a file, each in the order of the source.

    ``others`` are statements that are neither items nor imports nor comments.
    """

    items: tuple[Item, ...]
    imports: tuple[ImportStatement, ...]
    comments: tuple[Span, ...]
    others: tuple[Span, ...]
    tree: tree_sitter.Tree

    @cached_property
    def all_items(self) -> tuple[Item, ...]:
        """Every item, those in others right behind them."""
        return tuple(below for item in self.items for below in item.walk())

    def is_text(self, start: int, end: int) -> bool:
        """Tell whether these bytes are inside a string or a comment."""
        node = self.tree.root_node.descendant_for_byte_range(start, end)
        while node is not None:
            if node.is_named and _is_text(node) and node.start_byte < start and end < node.end_byte:
                return True
            node = node.parent
        return False

    def strings(self) -> Iterator[Span]:
        """Yield the strings that go on for more than one line, but for those that are statements, as docstrings are."""
        cursor = self.tree.walk()
        is_new = True
        while True:
            node = cursor.node
            is_string = is_new and node is not None and node.is_named and bool(_STRING.search(node.type))
            if is_string and node is not None and node.start_point.row != node.end_point.row:
                if node.parent is None or node.parent.type != "expression_statement":
                    yield Span(node.start_byte, node.end_byte)
            elif is_new and cursor.goto_first_child():
                continue
            is_new = cursor.goto_next_sibling()
            if not is_new and not cursor.goto_parent():
                return


def outline(source: bytes, language: Language) -> Outline | None:
    """Return the outline of a source, which should be UTF-8; None if it is too large or takes too long."""
    language = language.dialect_of(source)
    tree = syntax_tree(language.readable(source), language, seconds=_MAX_SECONDS, is_resident=True)
    if tree is None:
        return None
    found: dict[int, Found] = {}
    local: set[int] = set()
    imports: dict[Span, list[tuple[Import, int]]] = {}
    for pattern, captures in query_cursor(language.load_query()).matches(tree.root_node):
        if "reference" in captures:
            continue
        if "name" in captures:
            keep_first(found, Found.from_match(pattern, captures))
        elif nodes := captures.get("local"):
            local.add(nodes[0].start_byte)
        elif any(capture.startswith("import.") for capture in captures):
            _add_import(imports, source, captures)
    imported = {(record.line, record.alias or record.name) for found_ in imports.values() for record, _ in found_}
    named = [
        (item, definition)
        for item, definition in named_in(
            source, [item for item in found.values() if item.node.start_byte not in local], Docs(), ExportRule(), ()
        )
        if (definition.start_line, definition.name) not in imported
        and definition.kind not in DATA_KINDS
        and not item.is_open_ended
    ]
    items = _items(source, named)
    return Outline(items, _statements(imports), *_rest(tree.root_node, items, imports), tree)


def _add_import(
    imports: dict[Span, list[tuple[Import, int]]], source: bytes, captures: dict[str, list[tree_sitter.Node]]
) -> None:
    parts = {
        capture.removeprefix("import."): text_of(source, nodes[0])
        for capture, nodes in captures.items()
        if capture.startswith("import.")
    }
    node: tree_sitter.Node = next(nodes[0] for capture, nodes in captures.items() if capture.startswith("import."))
    while node.parent is not None and node.parent.parent is not None:
        node = node.parent
        if _INNER.fullmatch(node.type):
            return
    named = [nodes[0].end_byte for capture, nodes in captures.items() if capture != "import.module"]
    end = max(named, default=node.end_byte)
    records = imports.setdefault(Span(node.start_byte, node.end_byte), [])
    for record in imports_from_parts(parts, node.start_point.row):
        if record not in [other for other, _ in records]:
            records.append((record, end))


def _statements(imports: dict[Span, list[tuple[Import, int]]]) -> tuple[ImportStatement, ...]:
    return tuple(
        ImportStatement(span, tuple(record for record, _ in records), tuple(end for _, end in records))
        for span, records in sorted(imports.items())
        if records
    )


def _items(source: bytes, named: Iterable[tuple[Found, Definition]]) -> tuple[Item, ...]:
    """Make items of what was found, outermost first; what belongs to an expression or to a function is left out."""
    tops: list[_Growing] = []
    enclosing: list[_Growing] = []
    for found, definition in named:
        span = Span(found.node.start_byte, found.node.end_byte)
        while enclosing and not enclosing[-1].span.holds(span):
            enclosing.pop()
        if enclosing and enclosing[-1].span == span:
            continue  # `int x, y`: the first name stands for both
        outer = enclosing[-1] if enclosing else None
        growing = _Growing(span, found, definition)
        enclosing.append(growing)
        if _is_declared(found.node, outer):
            (outer.members if outer else tops).append(growing)
    return tuple(item.grown(source) for item in tops)


def _is_declared(node: tree_sitter.Node, outer: "_Growing | None") -> bool:
    """Tell whether a definition stands as a declaration of its own in the file or in a container."""
    if outer is not None and outer.definition.kind not in CONTAINER_KINDS:
        return False
    above = node.parent
    while above is not None and (outer is None or above != outer.found.node):
        if outer is not None and above.start_byte <= outer.span.start and above.end_byte >= outer.span.end:
            return True
        if above.is_named and _EXPRESSION.search(above.type):
            return False
        above = above.parent
    return True


@dataclass(slots=True)
class _Growing:
    """An item whose members are not all known."""

    span: Span
    found: Found
    definition: Definition
    members: list["_Growing"]

    def __init__(self, span: Span, found: Found, definition: Definition) -> None:
        self.span, self.found, self.definition, self.members = span, found, definition, []

    def grown(self, source: bytes) -> Item:
        """Return the item as it stays; recursion follows containers, which are not named deeper than 30."""
        annotations, header = _annotations(self.found.node)
        comments: list[Span] = []
        above = self.found.node.prev_sibling
        row = self.found.node.start_point.row
        while above is not None and _ends_above(above, row):
            span = Span(above.start_byte, above.start_byte + len(source[above.start_byte : above.end_byte].rstrip()))
            if _ANNOTATION.search(above.type):
                annotations.insert(0, span)
            elif _COMMENT.search(above.type) and _begins_line(source, above.start_byte):
                comments.insert(0, span)
            else:
                break
            row = above.start_point.row
            above = above.prev_sibling
        body = self.found.body or self.found.node.child_by_field_name("body")
        return Item(
            kind=self.definition.kind,
            name=self.definition.name,
            qualified_name=self.definition.qualified_name,
            signature=self.definition.signature,
            span=Span(header, self.span.end),
            lead=min([header, *(span.start for span in [*comments, *annotations])]),
            comments=tuple(comments),
            annotations=tuple(annotations),
            body=_body(source, body) if body else None,
            members=tuple(member.grown(source) for member in self.members),
        )


def _body(source: bytes, node: tree_sitter.Node) -> Span:
    """Return where a body is, with the comments that it begins with: some grammars put them before it."""
    start = node.start_byte
    above = node.prev_sibling
    while above is not None and _COMMENT.search(above.type) and _begins_line(source, above.start_byte):
        start = above.start_byte
        above = above.prev_sibling
    return Span(start, node.end_byte)


def _annotations(node: tree_sitter.Node) -> tuple[list[Span], int]:
    """Return the annotations that a definition begins with, and where the rest begins."""
    annotations: list[Span] = []
    waiting = node.children[::-1]
    while waiting:
        child = waiting.pop()
        if _ANNOTATION.search(child.type):
            annotations.append(Span(child.start_byte, child.end_byte))
        elif child.type == "modifiers" or (
            child.is_named
            and child.start_byte == node.start_byte
            and child.children
            and _ANNOTATION.search(child.children[0].type)
        ):
            waiting += child.children[::-1]
        elif not _COMMENT.search(child.type):
            return annotations, child.start_byte if annotations else node.start_byte
    return [], node.start_byte


def _ends_above(node: tree_sitter.Node, row: int) -> bool:
    end = node.end_point
    last = end.row - (end.column == 0)  # some grammars take in the line's end
    return row - 1 <= last <= row


def _begins_line(source: bytes, start: int) -> bool:
    return not source[source.rfind(b"\n", 0, start) + 1 : start].strip()


def _rest(
    root: tree_sitter.Node, items: Iterable[Item], imports: Iterable[Span]
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the comments at the top of a file, and its statements that are neither items nor imports."""
    comments: list[Span] = []
    others: list[Span] = []
    known = [*(Span(item.lead, item.span.end) for item in items), *imports]
    for child in root.children:
        span = Span(child.start_byte, child.end_byte)
        if _COMMENT.search(child.type):
            comments.append(span)
        elif child.is_named and not any(span.holds(other) or other.holds(span) for other in known):
            others.append(span)
    return tuple(comments), tuple(others)


def _is_text(node: tree_sitter.Node) -> bool:
    return bool(_STRING.search(node.type) or _COMMENT.search(node.type))
