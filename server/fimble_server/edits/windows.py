"""A long selection cut into windows that a model can read and write again, between definitions where it can be."""

from fimble_indexer.syntax.chunks import chunk
from fimble_indexer.syntax.languages import Language
from fimble_server.edits.changes import split_lines, without_end
from fimble_server.edits.selection import Selection, symbols_of


def windows(text: str, selection: Selection, language: Language | None, limit: int) -> list[Selection]:
    """Cut a selection into parts of at most `limit` characters, or little more where a single piece is longer.

    The blank lines at the ends of a part belong to none.
    """
    lines = [without_end(line) for line in split_lines(text)][selection.start_line : selection.end_line]
    if sum(map(len, lines)) <= limit:
        return [selection]
    code = "\n".join(lines)
    parts: list[Selection] = []
    size = 0
    for piece in chunk(code, symbols_of(code, language) if language else None):
        start, end = selection.start_line + piece.start_line, selection.start_line + piece.end_line
        if parts and size + len(piece.text) <= limit:
            parts[-1] = Selection(parts[-1].start_line, end)
            size += len(piece.text)
        else:
            parts.append(Selection(start, end))
            size = len(piece.text)
    return [part for part in (_shrunk(part, lines, selection.start_line) for part in parts) if part is not None]


def _shrunk(part: Selection, lines: list[str], first: int) -> Selection | None:
    start, end = part.start_line, part.end_line
    while start < end and not lines[start - first].strip():
        start += 1
    while end > start and not lines[end - 1 - first].strip():
        end -= 1
    return Selection(start, end) if start < end else None
