import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_server.engine.healing import Healer

PIECES = [
    b"",
    b"re",
    b"turn",
    b"return",
    b" ",
    b"  ",
    b" return",
    b"r",
    b"r",
    b"(",
    b"()",
    "é".encode(),
    b"\xc3",
    b"_x",
]
VOCABULARIES = st.lists(st.binary(max_size=3).map(lambda data: bytes(b"ab "[byte % 3] for byte in data)), min_size=1)


def ids(*pieces: bytes) -> list[int]:
    return [PIECES.index(piece) for piece in pieces]


@pytest.mark.parametrize(
    ("typed", "kept", "pending"),
    [
        pytest.param([b"(", b"re"], [b"("], b"re", id="the last token"),
        pytest.param([b"(", b"re", b"turn"], [b"("], b"return", id="two tokens of one word"),
        pytest.param([b" ", b"re", b"turn", b"_x"], [b" ", b"re"], b"turn_x", id="no more than two"),
        pytest.param([b"return", b"("], [b"return"], b"(", id="a word ends where a bracket begins"),
        pytest.param([b"return", b" "], [b"return"], b" ", id="a word ends where white space begins"),
        pytest.param([b"r", b"\xc3"], [], b"r\xc3", id="half a character is part of a word"),
        pytest.param([b"return"], [], b"return", id="all there is"),
        pytest.param([], [], b"", id="nothing"),
    ],
)
def test_the_end_of_the_last_word_is_taken_back(typed: list[bytes], kept: list[bytes], pending: bytes) -> None:
    assert Healer(PIECES).take_back(ids(*typed)) == (ids(*kept), pending)


def test_taking_back_leaves_the_typed_tokens_alone() -> None:
    typed = ids(b"(", b"re")
    Healer(PIECES).take_back(typed)
    assert typed == ids(b"(", b"re")


@given(VOCABULARIES, st.text(alphabet="ab ", min_size=1, max_size=5))
def test_tokens_agree_if_one_begins_with_the_other(pieces: list[bytes], text: str) -> None:
    if not any(pieces):
        pieces = [*pieces, b"a"]
    pending = text.encode()
    expected = [
        token
        for token, piece in enumerate(pieces)
        if piece and (piece.startswith(pending) or pending.startswith(piece))
    ]
    assert sorted(Healer(pieces).agreeing(pending).tolist()) == expected


def test_a_control_token_never_agrees() -> None:
    assert 0 not in Healer(PIECES).agreeing(b"re")


def test_nothing_agrees_with_bytes_that_no_token_spells() -> None:
    assert Healer(PIECES).agreeing(b"\xff").tolist() == []
