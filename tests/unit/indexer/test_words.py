import pytest

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
