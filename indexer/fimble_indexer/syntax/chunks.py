"""Cut a file into chunks for search: whole definitions where they fit, never two chunks with the same line."""

from dataclasses import dataclass

from fimble_indexer.syntax.definitions import Definition
from fimble_indexer.syntax.parse import FileSymbols

_MIN_LINES = 10
_MIN_WHOLE_LINES = 4  # of whole definitions beside a long one
_MAX_LINES = 60
_BODY_LINES = 3  # of a definition that stay with its header
_BLANK_LINE_LEVEL = 1000  # a cut at a blank line is worse than one at any definition, however deep

# Lines directly above a definition that start like this belong to it: comments, decorators, attributes.
_ATTACHED = ("#", "//", "/*", "*", "--", "@", "[")
_SMALL_KINDS = frozenset({"constant", "field", "macro", "property", "variable"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive lines of a file. Lines are 0-based, ``end_line`` is exclusive, ``text`` keeps its line ends."""

    start_line: int
    end_line: int
    text: str


def chunk(source: str, symbols: FileSymbols | None) -> list[Chunk]:
    """Cut ``source`` into chunks of about 10 to 60 lines that join to exactly ``source``.

    Only a line feed ends a line, as in tree-sitter. Without symbols the cuts are made at blank lines.
    """
    lines = source.split("\n")
    if not lines[-1]:
        lines.pop()
    levels = _cut_levels(lines, symbols)
    chunks = []
    start = 0
    while start < len(lines):
        end = _next_cut(start, len(lines), levels)
        text = "\n".join(lines[start:end])
        chunks.append(Chunk(start, end, f"{text}\n" if end < len(lines) or source.endswith("\n") else text))
        start = end
    return chunks


def _cut_levels(lines: list[str], symbols: FileSymbols | None) -> dict[int, int]:
    """Map each line that may start a chunk to how bad a cut there is, 0 being best.

    A line that opens a definition is never among them, unless it is the first one.
    """
    is_text = [bool(line) and not line.isspace() for line in lines]
    levels = {
        number: _BLANK_LINE_LEVEL
        for number, (before, line) in enumerate(zip([False, *is_text], is_text, strict=False))
        if line and not before
    }
    inside: set[int] = set()
    for definition in symbols.definitions if symbols else ():
        if definition.kind in _SMALL_KINDS:
            continue
        line = min(definition.start_line, len(lines))
        while line and lines[line - 1].lstrip().startswith(_ATTACHED):
            line -= 1
        level = definition.qualified_name.count(".")
        levels[line] = min(level, levels.get(line, level))
        inside.update(range(line + 1, _opening_end(lines, definition)))
    return {line: level for line, level in levels.items() if line not in inside}


def _opening_end(lines: list[str], definition: Definition) -> int:
    """Return the line behind the header of a definition and the first lines of its body."""
    words = len(definition.signature.split())
    for number in range(definition.start_line, definition.end_line):
        words -= len(lines[number].split())
        if words <= 0:
            return min(number + 1 + _BODY_LINES, definition.end_line)
    return definition.end_line


def _next_cut(start: int, total: int, levels: dict[int, int]) -> int:
    """Find the end of the chunk that starts at ``start``."""
    latest = min(start + _MAX_LINES, total)
    lines = [line for line in range(start + 1, latest + 1) if line in levels]
    tops = [line for line in lines if levels[line] == 0]
    for before, top, behind in zip([start, *tops], tops, [*tops[1:], total], strict=False):
        # Short definitions share a chunk, but in that of a long one they would hardly be found.
        is_beside_long = max(top - before, behind - top) >= _MIN_LINES
        if min(top - start, total - top) >= (_MIN_WHOLE_LINES if is_beside_long else _MIN_LINES):
            return top
    if latest == total:
        return total
    candidates = [line for line in lines if line - start >= _MIN_LINES]
    # What is left over should not be too small to mean anything.
    candidates = [line for line in candidates if total - line >= _MIN_LINES] or candidates
    best = min((levels[line] for line in candidates), default=None)
    return latest if best is None else max(line for line in candidates if levels[line] == best)
