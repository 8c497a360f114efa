"""Positions of the protocol to offsets into a text and back: the one place where this is done.

A position is a line and a number of code units in it, UTF-16 unless the client asked for another encoding. Offsets
count characters (code points) of a `str`.
"""

from bisect import bisect_right

from lsprotocol import types

from fimble_server.documents import Document

UTF8 = types.PositionEncodingKind.Utf8
UTF16 = types.PositionEncodingKind.Utf16
UTF32 = types.PositionEncodingKind.Utf32
_WIDEST: dict[str, int] = {UTF8: 4, UTF16: 2}
"""Code units that a character takes, at most."""


def offset_at(document: Document, position: types.Position, encoding: str = UTF16) -> int:
    """Return the offset of a position; beyond the end of a line or of the text it is that end."""
    if position.line >= len(document.line_starts):
        return len(document.text)
    line = document.line(position.line)
    return document.line_starts[position.line] + _characters(line, position.character, encoding)


def position_at(document: Document, offset: int, encoding: str = UTF16) -> types.Position:
    """Return the position of an offset between 0 and the text's length; inside a line end it is where the line ends."""
    line = bisect_right(document.line_starts, offset) - 1
    before = document.text[document.line_starts[line] : offset].removesuffix("\r")
    return types.Position(line, _units(before, encoding))


def range_at(document: Document, start: int, end: int, encoding: str = UTF16) -> types.Range:
    """Return the range between two offsets."""
    return types.Range(position_at(document, start, encoding), position_at(document, end, encoding))


def _characters(line: str, units: int, encoding: str) -> int:
    """Return how many characters of a line its first `units` code units are; inside a character counts as before it."""
    if encoding == UTF32 or line.isascii():
        return min(units, len(line))
    widest = _WIDEST[encoding]
    count = 0
    while units > 0 and count < len(line):
        # So many characters cannot be too many, unless it is a single one that the units end in.
        part = line[count : count + max(1, units // widest)]
        units -= _units(part, encoding)
        count += len(part)
    return count if units >= 0 else count - 1


def _units(text: str, encoding: str) -> int:
    """Return the length in code units; a lone surrogate, which a JSON string may hold, is encoded like any other."""
    if encoding == UTF32 or text.isascii():
        return len(text)
    codec, width = ("utf-8", 1) if encoding == UTF8 else ("utf-16-le", 2)
    return len(text.encode(codec, "surrogatepass")) // width
