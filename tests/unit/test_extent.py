import pytest

from fimble_indexer.syntax.languages import language_named
from fimble_server.engine.protocol import Stop
from fimble_server.extent import opens_block, stop_for

LINE = Stop()


def stop_at(text: str, language: str | None, *, explicit: bool = False) -> Stop:
    """Decide for the cursor at `|`."""
    before, _, after = text.partition("|")
    known = language_named(language) if language else None
    return stop_for(before + after, len(before), known, explicit=explicit, block_lines=9)


@pytest.mark.parametrize(
    ("text", "language", "stop"),
    [
        pytest.param("x = |", "python", LINE, id="inside a statement"),
        pytest.param("def f():|", "python", Stop("block", 1, 9), id="behind an opener"),
        pytest.param("    if x:|\n    y = 1", "python", Stop("block", 5, 9), id="behind an indented opener"),
        pytest.param("def f():\n    |", "python", Stop("block", 4, 9), id="on the line below an opener"),
        pytest.param("def f():\n\n    |", "python", Stop("block", 4, 9), id="blank lines below an opener"),
        pytest.param("func f() {\n\t|\n}", "go", Stop("block", 1, 9), id="between braces, with tabs"),
        pytest.param("int f(void)\n{\n    |\n}", "c", Stop("block", 4, 9), id="a brace on its own line"),
        pytest.param("def f():\n    x = 1\n    |", "python", LINE, id="the block goes on already"),
        pytest.param("f(() => {|})", "typescript", LINE, id="text stands behind the cursor"),
        pytest.param("def f():| # why", "python", LINE, id="a comment stands behind the cursor"),
        pytest.param("def f():|  \ny", "python", Stop("block", 1, 9), id="white space behind the cursor is nothing"),
        pytest.param("if x; then|", "bash", Stop("block", 1, 9), id="an opening word"),
        pytest.param("local undo|", "lua", LINE, id="a word that ends like an opening word"),
        pytest.param("notes:|", None, LINE, id="no language"),
        pytest.param("|", "python", LINE, id="an empty document"),
    ],
)
def test_a_block_is_suggested_where_one_was_just_opened(text: str, language: str | None, stop: Stop) -> None:
    assert stop_at(text, language) == stop


@pytest.mark.parametrize(
    ("text", "stop"),
    [
        ("x = |", Stop("block", 0, 9)),
        ("def f():\n    x = 1\n    |", Stop("block", 4, 9)),
        ("def f():|", Stop("block", 1, 9)),
        ("f(|)", LINE),
    ],
)
def test_an_explicit_request_gets_a_block_at_the_end_of_any_line(text: str, stop: Stop) -> None:
    assert stop_at(text, "python", explicit=True) == stop


@pytest.mark.parametrize(
    ("line", "language", "opens"),
    [
        ("while x do", "lua", True),
        ("do", "lua", True),
        ("x = todo", "lua", False),
        ("x = un_do", "lua", False),
        ("if x {  ", "go", True),
        ("items.each do |item|", "ruby", True),
        ("return x", "python", False),
        ("", "python", False),
    ],
)
def test_a_line_opens_a_block_by_what_it_ends_with(line: str, language: str, opens: bool) -> None:  # noqa: FBT001
    assert opens_block(line, language_named(language)) is opens


def test_without_a_language_nothing_opens_a_block() -> None:
    assert not opens_block("if x:", None)
