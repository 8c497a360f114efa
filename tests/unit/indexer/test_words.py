import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_indexer.words import identifiers, split_identifier, words


@pytest.mark.parametrize(
    ("identifier", "tokens"),
    [
        ("name", ("name",)),
        ("get_user_name", ("get_user_name", "get", "user", "name")),
        ("getHTTPUrl", ("gethttpurl", "get", "http", "url")),
        ("HTTPServer2", ("httpserver2", "http", "server")),
        ("__init__", ("__init__", "init")),
        ("MAX_SIZE", ("max_size", "max", "size")),
        ("sha256sum", ("sha256sum", "sha", "256", "sum")),
        ("größeMaß", ("größemaß", "größe", "maß")),
        ("retries", ("retri",)),
        ("retryUploads", ("retryuploads", "retri", "upload")),
        ("_connections", ("_connections", "connect")),
        ("x", ("x",)),
        ("a" * 100, ()),
    ],
)
def test_identifier_is_split(identifier: str, tokens: tuple[str, ...]) -> None:
    assert split_identifier(identifier) == tokens


def test_identifiers_leave_numbers_and_signs_out() -> None:
    assert identifiers("x1 = foo.bar(2, 'b c')") == ["x1", "foo", "bar", "b", "c"]


def test_words_keep_repetitions() -> None:
    assert words("a.b(a)") == "a b a"


@pytest.mark.parametrize("group", [("upload", "uploads", "uploaded", "Uploading"), ("retry", "retries", "RETRIED")])
def test_forms_of_a_word_are_one_token(group: tuple[str, ...]) -> None:
    assert len({split_identifier(word) for word in group}) == 1


def test_a_word_and_its_place_in_a_name_are_one_token() -> None:
    assert split_identifier("connection")[0] == split_identifier("closeConnections")[-1]


@given(st.text(st.sampled_from("aB1_ .\x1f\u2028é(")))
def test_words_are_those_of_the_identifiers(text: str) -> None:
    assert words(text).split() == [token for name in identifiers(text) for token in split_identifier(name)]
