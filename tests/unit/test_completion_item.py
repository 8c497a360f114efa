"""What a menu of an editor without inline completion shows, and what choosing it does."""

import pytest
from lsprotocol import types

from fimble_indexer.syntax.languages import language_named
from fimble_server.documents import Document
from fimble_server.lsp.completion_item import completion_item
from fimble_server.lsp.positions import UTF16, offset_at
from fimble_server.suggest import Suggestion

COMMAND = types.Command("accepted", "fimble.accept")


def entry(
    before: str, text: str, after: str = "", *, replaced: int = 0, markdown: bool = False
) -> types.CompletionItem:
    document = Document("file:///a.py", before + after, 1, language_named("python"))
    suggestion = Suggestion(text, replaced)
    return completion_item(document, len(before), suggestion, COMMAND, encoding=UTF16, markdown=markdown)


def chosen(before: str, text: str, after: str = "", *, replaced: int = 0) -> str:
    """Return the text after the entry was chosen, as the protocol says it."""
    edit = entry(before, text, after, replaced=replaced).text_edit
    assert isinstance(edit, types.TextEdit)
    document = Document("file:///a.py", before + after, 1, None)
    start, end = offset_at(document, edit.range.start), offset_at(document, edit.range.end)
    return document.text[:start] + edit.new_text + document.text[end:]


@pytest.mark.parametrize(
    ("before", "text", "after", "replaced"),
    [
        ("return ", "first", "", 0),
        ("return fir", "st - second", "", 0),
        ("  😀é = fir", "st(\n    1,\n)", "\n", 0),
        ("call(x", ", y)", ");", 1),
        ("def f():", "\n    return 1", "", 0),
    ],
)
def test_choosing_it_inserts_the_suggestion(before: str, text: str, after: str, replaced: int) -> None:
    assert chosen(before, text, after, replaced=replaced) == before + text + after[replaced:]


def test_it_begins_with_the_word_that_editors_compare_it_with() -> None:
    item = entry("return fir", "st - second")
    assert item.label == item.filter_text == "first - second"
    assert entry("return ", "first").filter_text == "first"


def test_a_very_long_word_is_found_before_the_test_is_given_up() -> None:
    word = "0123456789abcdef" * 100_000  # a pattern that tries each beginning takes far longer than a test may
    assert entry(f"{word} ", "x").filter_text == "x"
    assert entry(f"'{word}", "x").filter_text == f"{word}x"


def test_a_line_that_the_menu_shows_needs_no_documentation() -> None:
    item = entry("return ", "first - second")
    assert (item.label, item.detail, item.documentation) == ("first - second", "Fimble", None)


def test_lines_that_the_menu_cannot_show_are_documentation_as_they_will_be() -> None:
    item = entry("x = 1\n    if fir", "st:\n        return 1\n    return 2")
    assert (item.label, item.detail) == ("first:…", "Fimble, 3 lines")
    assert item.documentation == "if first:\n    return 1\nreturn 2"
    assert entry("x = 1\r\n  f(", "\r\n    1)").documentation == "f(\n  1)"


def test_a_long_line_is_cut_in_the_menu_only() -> None:
    text = "a_long_name + " * 9 + "1"
    item = entry("x = ", text)
    assert len(item.label) <= 60
    assert item.label.endswith("…")
    assert item.documentation == "x = " + text


def test_documentation_is_highlighted_where_the_editor_can() -> None:
    item = entry("def f():", "\n    return 1\n", markdown=True)
    expected = "```python\ndef f():\n    return 1\n```"
    assert item.documentation == types.MarkupContent(types.MarkupKind.Markdown, expected)


def test_code_cannot_end_its_own_fence() -> None:
    content = entry("x = ", '"""\n```\nno code\n```\n"""', markdown=True).documentation
    assert isinstance(content, types.MarkupContent)
    assert content.value.startswith("````python\n")
    assert content.value.endswith("\n````")


def test_its_lines_are_not_indented_once_more() -> None:
    assert entry("", "a\n    b").insert_text_mode == types.InsertTextMode.AsIs
