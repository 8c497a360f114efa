"""Code that parsed before an edit has to parse behind it."""

import pytest

from fimble_indexer.syntax.languages import language_named
from fimble_server.edits.checks import syntax_problem


@pytest.mark.parametrize(
    ("language", "before", "after", "line"),
    [
        pytest.param("python", "x = 1\n", "x = (1\n", 1, id="an unclosed bracket"),
        pytest.param("python", "def f():\n    return 1\n", "def f():\nreturn 1\n", 2, id="a body without indentation"),
        pytest.param("python", "x = 1\n", "y = 1\nHere is the code:\n", 2, id="prose"),
        pytest.param("javascript", "f(1);\n", "f(1);\ng({;\n", 2, id="JavaScript"),
        pytest.param("go", "package a\n", "package a\n```\n", 2, id="a fence"),
        pytest.param("python", "x = (1\n", "x = (1\n\ny = )]\n", 1, id="more errors than before"),
        pytest.param("python", "\ufeffif x:\n    y\n", "\ufeffif x:\ny\n", 2, id="behind a byte order mark"),
    ],
)
def test_code_that_is_broken_is_told_with_its_line(language: str, before: str, after: str, line: int) -> None:
    problem = syntax_problem(before, after, language_named(language))
    assert problem is not None
    assert f"line {line}" in problem


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        pytest.param("python", "x = (1\n", "x = (2\n", id="broken before"),
        pytest.param("python", "x = 1\n", "x = '\\d'\n", id="a doubtful escape"),
        pytest.param("python", "x = 1\n", "x = '\udcff'\n", id="a byte that is no UTF-8"),
        pytest.param(None, "anything\n", "{[(\n", id="no language"),
    ],
)
def test_code_that_is_no_worse_has_no_problem(language: str | None, before: str, after: str) -> None:
    assert syntax_problem(before, after, language_named(language) if language else None) is None
