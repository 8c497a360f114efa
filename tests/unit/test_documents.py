import re

from hypothesis import given
from hypothesis import strategies as st

from fimble_indexer.syntax.languages import language_named
from fimble_server.documents import Document, Documents

URI = "file:///project/app.py"
TEXTS = st.text(alphabet=["a", "é", "😀", "\t", "\n", "\r", "\f", "\v", "\u0085", "\u2028", "\ud800"])


def lines_of(text: str) -> list[str]:
    """Split as the protocol has it, in another way than the code does."""
    return re.sub("\r\n?", "\n", text).split("\n")


@given(TEXTS)
def test_lines_end_where_the_protocol_says_and_nowhere_else(text: str) -> None:
    document = Document(URI, text)
    assert [document.line(number) for number in range(len(document.line_starts))] == lines_of(text)


@given(TEXTS)
def test_every_line_starts_right_behind_the_end_of_the_one_before(text: str) -> None:
    document = Document(URI, text)
    starts = document.line_starts
    assert starts[0] == 0
    for number, start in enumerate(starts[1:]):
        assert text[starts[number] + len(document.line(number)) : start] in {"\n", "\r\n", "\r"}


def test_an_empty_document_has_one_empty_line() -> None:
    assert Document(URI, "").line_starts == [0]
    assert Document(URI, "").line(0) == ""


def test_a_change_replaces_a_range_and_keeps_uri_and_language() -> None:
    documents = Documents()
    python = language_named("python")
    documents.open(Document(URI, "x = 1\n", 1, python))
    documents.replace(URI, 4, 5, "22", 2)
    assert documents.get(URI) == Document(URI, "x = 22\n", 2, python)


def test_a_change_gives_new_line_starts() -> None:
    documents = Documents()
    documents.open(Document(URI, "one\ntwo"))
    before = documents.get(URI)
    assert before is not None
    assert before.line_starts == [0, 4]
    documents.replace(URI, 3, 4, "\r\n\r\n", 1)
    after = documents.get(URI)
    assert after is not None
    assert after.line_starts == [0, 5, 7]


def test_a_closed_document_is_gone_and_closing_it_again_is_no_error() -> None:
    documents = Documents()
    documents.open(Document(URI, "x"))
    documents.close(URI)
    documents.close(URI)
    assert documents.get(URI) is None
