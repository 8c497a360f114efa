"""Positions against a reference that walks a line character by character."""

from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lsprotocol import types

from fimble_server.documents import Document
from fimble_server.lsp.positions import UTF8, UTF16, UTF32, offset_at, position_at, range_at

ALPHABET = [
    "a",
    " ",
    "\t",
    "é",
    "e\u0301",
    "漢",
    "😀",
    "👩\u200d👩",
    "\f",
    "\u2028",
    "\ud83d",
    "\ude00",
    "\n",
    "\r\n",
    "\r",
]
TEXTS = st.lists(st.sampled_from(ALPHABET), max_size=30).map("".join)
ENCODINGS = st.sampled_from([UTF8, UTF16, UTF32])


def width(character: str, encoding: str) -> int:
    """Return how many code units a character takes, from the definitions of the encodings."""
    code = ord(character)
    if encoding == UTF32:
        return 1
    if encoding == UTF16:
        return 2 if code > 0xFFFF else 1
    return 1 + sum(code >= least for least in (0x80, 0x800, 0x10000))


def walk(text: str, line: int, units: int, encoding: str) -> int:
    """Return the offset of a position by walking there."""
    offset = 0
    for _ in range(line):
        while offset < len(text) and text[offset] not in "\r\n":
            offset += 1
        if offset == len(text):
            return offset
        offset += 2 if text[offset : offset + 2] == "\r\n" else 1
    while offset < len(text) and text[offset] not in "\r\n" and units >= width(text[offset], encoding):
        units -= width(text[offset], encoding)
        offset += 1
    return offset


@given(TEXTS, st.integers(0, 8), st.integers(0, 60), ENCODINGS)
@example("\ud83d\ude00x", 0, 2, UTF16)  # two lone surrogates are two characters, even side by side
@example("\ud800😀", 0, 2, UTF16)  # inside a character counts as before it
@example("a😀", 5, 0, UTF16)
def test_a_position_is_where_walking_leads(text: str, line: int, character: int, encoding: str) -> None:
    found = offset_at(Document("", text), types.Position(line, character), encoding)
    assert found == walk(text, line, character, encoding)


@given(TEXTS, ENCODINGS, st.data())
def test_an_offset_comes_back_from_its_position(text: str, encoding: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    document = Document("", text)
    inside_line_end = text[offset - 1 : offset + 1] == "\r\n"
    assert offset_at(document, position_at(document, offset, encoding), encoding) == offset - inside_line_end


@given(TEXTS, ENCODINGS, st.data())
def test_a_position_never_points_past_its_line(text: str, encoding: str, data: st.DataObject) -> None:
    document = Document("", text)
    position = position_at(document, data.draw(st.integers(0, len(text))), encoding)
    assert position.character <= sum(width(character, encoding) for character in document.line(position.line))


@pytest.mark.parametrize(("encoding", "character"), [(UTF8, 6), (UTF16, 4), (UTF32, 3)])
def test_each_encoding_counts_its_own_units(encoding: str, character: int) -> None:
    document = Document("", "x\ny😀z")
    assert position_at(document, 5, encoding) == types.Position(1, character)
    assert offset_at(document, types.Position(1, character), encoding) == 5


def test_without_an_encoding_units_are_utf_16() -> None:
    assert position_at(Document("", "😀"), 1) == types.Position(0, 2)
    assert offset_at(Document("", "😀x"), types.Position(0, 2)) == 1


def test_a_range_is_two_positions() -> None:
    assert range_at(Document("", "é\nab"), 1, 3, UTF8) == types.Range(types.Position(0, 2), types.Position(1, 1))


@pytest.mark.parametrize("encoding", [UTF8, UTF16, UTF32])
@pytest.mark.parametrize(
    "line", ["x" * 1_000_000, "é" * 1_000_000, "é😀" * 500_000 + "\ud800"], ids=["ascii", "bmp", "astral"]
)
def test_a_line_of_a_million_characters_is_fast(line: str, encoding: str) -> None:
    document = Document("", line)
    position = position_at(document, 999_999, encoding)
    started = process_time()
    assert offset_at(document, position, encoding) == 999_999
    position_at(document, 999_999, encoding)
    assert process_time() - started < 1.0  # far less on a quiet machine
