"""What a command is about: whole lines of a file, which may be exactly those of a definition. Lines are 0-based."""

from collections.abc import Sequence
from dataclasses import dataclass

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.parse import Definition, FileSymbols, parse
from fimble_server.edits.changes import plain, split_lines
from fimble_server.edits.files import EditError

_KINDS = frozenset({"class", "enum", "function", "interface", "macro", "method", "struct", "trait", "type"})
_VALUES = frozenset({"constant", "variable", "field"})
"""Kinds that a function has that is a value, as in `const f = () => {...}`."""
_LEAST_LINES_OF_VALUE = 2
_ATTACHED = ("#", "//", "--", "@", "[")
"""What lines right above a definition begin with that belong to it: comments, decorators, attributes."""


@dataclass(frozen=True)
class Selection:
    """The lines from `start_line` to before `end_line`; `definition` is what these are, with its comments, if one."""

    start_line: int
    end_line: int
    definition: Definition | None = None


def select_lines(text: str, language: Language | None, start_line: int, end_line: int) -> Selection:
    """Select lines, without the blank ones at both ends; a single blank line stands for what it is in.

    Raises:
        EditError: there are no such lines, or nothing is in them.

    """
    lines = split_lines(text)
    if not 0 <= start_line < end_line or start_line >= max(len(lines), 1):
        raise EditError(f"there is no line {max(start_line, 0) + 1}; the file has {len(lines)}")
    first, last = start_line, min(end_line, len(lines))
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    if first == last:
        raise EditError(f"there is no code in line {start_line + 1}")
    definition = next(
        (
            item
            for item in definitions_of(text, language)
            if (first, last) in {(item.start_line, item.end_line), definition_span(lines, item)}
        ),
        None,
    )
    return Selection(first, last, definition)


def select_at(text: str, language: Language | None, line: int) -> Selection:
    """Select the innermost function or type around a line, with the comments above it; else the lines around it.

    Raises:
        EditError: there is no such line, or nothing around it.

    """
    lines = split_lines(text)
    spans = [(*definition_span(lines, definition), definition) for definition in definitions_of(text, language)]
    around = [span for span in spans if span[0] <= line < span[1]]
    if around:
        return Selection(*max(around, key=lambda span: (span[0], -span[1])))
    if not 0 <= line <= len(lines):  # editors show one more line behind the last line end
        raise EditError(f"there is no line {line + 1}; the file has {len(lines)}")
    start = end = line
    while start > 0 and lines[start - 1].strip():
        start -= 1
    while end < len(lines) and lines[end].strip():
        end += 1
    if start == end:
        raise EditError(f"there is no code in line {line + 1}")
    return Selection(start, end)


def select_symbol(text: str, language: Language | None, name: str) -> Selection:
    """Select a definition by its name, or by the end of its qualified name as in `Class.method`.

    Raises:
        EditError: there is none, or several.

    """
    found = [item for item in definitions_of(text, language) if f".{item.qualified_name}".endswith(f".{name}")]
    if not found:
        raise EditError(f"there is no definition {name!r} in the file")
    if len(found) > 1:
        places = ", ".join(f"{item.qualified_name} in line {item.start_line + 1}" for item in found)
        raise EditError(f"{name!r} is not the only one: {places}")
    return Selection(*definition_span(split_lines(text), found[0]), found[0])


def definitions_of(text: str, language: Language | None) -> list[Definition]:
    """List the functions and types of a text, in its order, at any depth."""
    if language is None:
        return []
    return [
        item
        for item in symbols_of(text, language).definitions
        if item.kind in _KINDS or (item.kind in _VALUES and item.end_line - item.start_line >= _LEAST_LINES_OF_VALUE)
    ]


def symbols_of(text: str, language: Language) -> FileSymbols:
    """Parse a text whose lines may end in any way: tree-sitter counts line feeds alone."""
    return parse(plain(text).encode(), language, is_resident=True)


def definition_span(lines: Sequence[str], definition: Definition) -> tuple[int, int]:
    """Return the lines of a definition and of what is right above it and belongs to it."""
    start = definition.start_line
    while True:
        above = comment_start(lines, start)
        if above == start and start and lines[start - 1].strip().startswith(_ATTACHED):
            above = start - 1
        if above == start:
            return start, definition.end_line
        start = above


def comment_start(lines: Sequence[str], end: int) -> int:
    """Return the first line of the comment `/* ... */` that is all that stands right above line `end`, else `end`."""
    if not end or not lines[end - 1].rstrip().endswith("*/"):
        return end
    for number in range(end - 1, -1, -1):
        line = lines[number].strip()
        if line.startswith("/*"):
            return number
        if "/*" in line and not line.startswith("*"):
            return end  # it begins behind code
        if "*/" in line and number < end - 1:
            return end
    return end
