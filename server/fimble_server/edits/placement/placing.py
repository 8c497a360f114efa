"""What both sides of a placement are: a file and a piece of code, with edits between bytes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.outline import CONTAINER_KINDS, Item, Outline, Span
from fimble_server.edits.placement.blocks import Block
from fimble_server.edits.placement.encoding import to_text
from fimble_server.edits.placement.indentation import Style, reindent, style_of
from fimble_server.errors import FimbleError

CALLABLES = frozenset({"function", "macro", "method"})
DATA = frozenset({"constant", "field", "property", "variable"})
SCOPES = frozenset({"scope", "scope.open"})
TYPES = CONTAINER_KINDS - SCOPES - {"module"} | {"type"}

_MEMBER = re.compile(r"\(\s*(?:&\s*(?:'\w+\s+)?(?:mut\s+)?|mut\s+)?(?:self|cls)\b")
_MEMBER_ANNOTATION = re.compile(rb"@(?:staticmethod|classmethod|property|abstractmethod|override|\w+\.setter)\b")


class ApplyError(FimbleError):
    """The code cannot be put into the file with certainty; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Bytes of a file that others take the place of."""

    span: Span
    data: bytes


def replaced(source: bytes, replacements: Iterable[Replacement]) -> bytes:
    """Apply replacements, which must not overlap; those at one place come in the order in which they are given."""
    pieces: list[bytes] = []
    position = 0
    for replacement in sorted(replacements, key=lambda item: item.span):
        if replacement.span.start < position:
            raise ApplyError("Two parts of the code belong to the same place; apply them one by one")
        pieces += [source[position : replacement.span.start], replacement.data]
        position = replacement.span.end
    return b"".join([*pieces, source[position:]])


@dataclass(frozen=True)
class File:
    """The file that code goes into. ``cursor`` is a byte of it, if the user has one there."""

    source: bytes
    language: Language
    outline: Outline
    style: Style
    cursor: int | None

    @cached_property
    def _lines(self) -> list[str]:
        return to_text(self.source).split("\n")

    @cached_property
    def _lines_in_strings(self) -> set[int]:
        return _lines_in_strings(self.source, self.outline)

    @cached_property
    def parents(self) -> dict[int, Item]:
        """The container of each item, by the identity of the item."""
        return {id(member): item for item in self.outline.all_items for member in item.members}

    def indent_at(self, offset: int) -> str:
        """Return the indentation of the line that a byte is on."""
        return indent_at(self.source, offset)

    def style_at(self, item: Item) -> Style:
        """Return the style that an item is written in; that of the file where the item does not tell."""
        first, last = (self.source.count(b"\n", 0, place) for place in (item.span.start, item.span.end))
        numbers = (number for number in range(first, last + 1) if number not in self._lines_in_strings)
        own = style_of("\n".join(self._lines[number] for number in numbers))
        return Style(own.unit or self.style.unit, self.style.newline)

    def line_end(self, offset: int) -> int:
        """Return where the line of a byte ends, without its line end."""
        end = self.source.find(b"\n", offset)
        end = len(self.source) if end < 0 else end
        return end - (end > 0 and self.source[end - 1 : end] == b"\r")

    def end_of(self, item: Item) -> int:
        """Return where an item ends, with the comments at the end of its body."""
        return end_of(self.source, item, self.language)


def indent_at(source: bytes, offset: int) -> str:
    """Return the indentation of the line that a byte is on."""
    line = source[source.rfind(b"\n", 0, offset) + 1 :]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode()


def end_of(source: bytes, item: Item, language: Language) -> int:
    """Return where an item ends; by indentation, comments below its last statement belong to it as well."""
    end = item.span.end
    if ":" not in language.block_openers or language.line_comment is None:
        return end
    column = len(indent_at(source, item.span.start))
    position = end
    mark = language.line_comment.encode()
    while (start := source.find(b"\n", position) + 1) > 0 and start < len(source):
        stop = source.find(b"\n", start)
        stop = len(source) if stop < 0 else stop
        line = source[start:stop].rstrip()
        stripped = line.lstrip()
        if stripped.startswith(mark) and len(line) - len(stripped) > column:
            end = start + len(line)
        elif stripped:
            break
        position = stop
    return end


def code_of(block: Block, span: Span, *, target: str, style: Style) -> str:
    """Return code of a block as it stands in a file at the indentation ``target``; its first line comes without."""
    first, last = block.line_of(span.start), block.line_of(span.end)
    inside = _lines_in_strings(block.source, block.outline)
    lines = to_text(block.source).split("\n")
    return reindent(
        to_text(block.source[span.start : span.end]),
        indent_at(block.source, span.start),
        target,
        source=style_of("\n".join(lines[number] for number in range(first, last + 1) if number not in inside)),
        style=style,
        kept={number - first for number in inside},
    )


def style_in(source: bytes, found: Outline | None) -> Style:
    """Return the style of a source, whatever stands in its strings."""
    inside = _lines_in_strings(source, found)
    lines = to_text(source).split("\n")
    return style_of("\n".join(line for number, line in enumerate(lines) if number not in inside))


def _lines_in_strings(source: bytes, found: Outline | None) -> set[int]:
    """Return the lines, from 0, that begin inside a string: moving them would change it."""
    inside: set[int] = set()
    for string in found.strings() if found else ():
        first = source.count(b"\n", 0, string.start)
        inside.update(range(first + 1, first + 1 + source.count(b"\n", string.start, string.end)))
    return inside


def is_member_like(item: Item, block: Block) -> bool:
    """Tell a definition that can stand only in a type, though its type is not shown."""
    if item.kind not in CALLABLES:
        return False
    annotations = b" ".join(block.source[span.start : span.end] for span in item.annotations)
    return (
        block.is_fragment
        or item.kind == "method"
        or bool(_MEMBER.search(item.signature) or _MEMBER_ANNOTATION.search(annotations))
    )


def words(data: bytes) -> bytes:
    """Return code without what is between its words."""
    return b" ".join(data.split())


def title(item: Item) -> str:
    """Name an item to the user."""
    kind = "impl" if item.kind in SCOPES else item.kind
    return f"{kind} {item.qualified_name}"
